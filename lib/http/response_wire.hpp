/// Writes response heads as bytes. Pure.
#pragma once
#include "base/units.hpp"
#include "http/message.hpp"

#include <string>
#include <string_view>

namespace wardroom::http {

enum class BodyFraming { length, chunked, until_close };

struct WireOptions {
  Headers const* common = nullptr;  ///< carried unless the response has its own
  std::string_view date;
  BodyFraming framing = BodyFraming::length;
  bool head_only = false;   ///< HEAD: the length is told, the body is not sent
  bool close = false;       ///< the connection ends behind this answer
  bool keep_alive = false;  ///< HTTP/1.0 wants to be told
};

/// Status line, fields, empty line and (unless it is a stream's or HEAD's) the body.
/// A field that would break out of its line (CR, LF, NUL) is a broken invariant and throws.
std::string to_wire(Response const& response, WireOptions const& options);

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(Instant when);

}  // namespace wardroom::http
