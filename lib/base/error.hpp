/// Expected trouble as a value: what went wrong, in a sentence for an operator.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom {

/// Chosen by the adapter that sees the status code; everything above branches on it.
enum class ErrorKind {
  not_found,
  denied,        ///< authenticated, but not allowed
  unauthorized,  ///< the credential is missing, expired or revoked
  throttled,
  unavailable,  ///< the other side, or the way to it, is down
  timed_out,
  malformed,  ///< what came in does not fit its format
  conflict,
  cancelled,
  internal,  ///< a broken invariant of ours
};

std::string_view name(ErrorKind kind);

struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string what;  ///< what was tried, on what, what came back; no secrets, no bodies
  std::optional<std::chrono::milliseconds> retry_after{};
  /// Certain that the request had no effect: it never left, or was turned away before any work
  /// (429). Otherwise it may have been carried out: look before repeating what must not be done
  /// twice.
  bool not_done = false;

  bool operator==(Error const&) const = default;
};

/// Whether the same request may succeed later without anybody changing anything.
bool is_transient(ErrorKind kind);

}  // namespace wardroom
