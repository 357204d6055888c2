/// Turns SQLite's codes into errors with a remedy; the one place that chooses their kind.
#pragma once
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace wardroom::store {

/// `code` is an extended result code, `detail` SQLite's own words, `system_error` errno or 0.
///   malformed    the file is damaged or no database
///   unavailable  disk full, I/O, read-only, busy
///   conflict     a constraint refused the change
///   cancelled    interrupted by close()
///   internal     our SQL is wrong
Error sqlite_error(std::string_view path, int code, std::string_view detail, int system_error = 0);

/// The store `path` is damaged, in the way `how`: what it means and what to do.
Error damage_error(std::string_view path, std::string_view how);

/// What errno says about a disk: "is full; …", "is mounted read-only; …" and so on, or nullptr.
char const* disk_trouble(int system_error);

}  // namespace wardroom::store
