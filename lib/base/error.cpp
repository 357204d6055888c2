#include "base/error.hpp"

namespace wardroom {

std::string_view name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::denied:
      return "denied";
    case ErrorKind::unauthorized:
      return "unauthorized";
    case ErrorKind::throttled:
      return "throttled";
    case ErrorKind::unavailable:
      return "unavailable";
    case ErrorKind::timed_out:
      return "timed_out";
    case ErrorKind::malformed:
      return "malformed";
    case ErrorKind::conflict:
      return "conflict";
    case ErrorKind::cancelled:
      return "cancelled";
    case ErrorKind::internal:
      return "internal";
  }
  return "internal";
}

bool is_transient(ErrorKind kind) {
  return kind == ErrorKind::throttled || kind == ErrorKind::unavailable ||
         kind == ErrorKind::timed_out;
}

}  // namespace wardroom
