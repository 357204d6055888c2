/// Looks for damage in a SQLite file, as far as the file itself can show it: pages, cells, indexes.
/// SQLite keeps no checksums of its pages, so a changed letter inside a value is not found here.
#pragma once
#include "store/database.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace wardroom::store {

/// Up to this size a store is checked in full before each start: 0.7 s were measured for 57 MB.
/// A bigger one is checked by `wardroomctl doctor`, and page by page as it is read.
constexpr std::int64_t checked_at_start = std::int64_t{64} << 20;

/// Bytes in the file, its WAL included.
std::int64_t size_of_store(Sql& sql);

/// The first damage in SQLite's words, or nothing. Reads every page. Every row is found through
/// every index, too: a row that an index has lost would be gone for those who look it up there.
/// Throws StoreError when the disk does not let it look.
std::optional<std::string> find_damage(Sql& sql, std::string_view path);

}  // namespace wardroom::store
