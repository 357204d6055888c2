/// Turns PostgreSQL's SQLSTATEs into errors with a remedy; the one place that chooses their kind.
#pragma once
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace wardroom::store {

///   unavailable  the server is away, full, read-only or out of something    malformed  damaged
///   conflict     a constraint refused the change      timed_out  statement_timeout
///   denied       a right is missing                   internal   our SQL is wrong
/// `at` names the server without a password; an empty `state` is a lost connection.
Error postgres_error(std::string_view at, std::string_view state, std::string_view detail);

/// A connection that could not be made; libpq gives no SQLSTATE for it, only its words.
Error postgres_connect_error(std::string_view at, std::string_view detail);

/// After such an error the session is over, whatever the handle says.
bool ends_session(std::string_view state);

}  // namespace wardroom::store
