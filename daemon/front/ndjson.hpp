/// Lines of JSON on an open stream, for the control socket's streaming verbs.
#pragma once
#include "base/error.hpp"
#include "http/server_request.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <string>

namespace wardroom {

inline void write_line(http::ResponseStream& stream, nlohmann::ordered_json const& line) {
  stream.write(std::make_shared<std::string const>(
      line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n"));
}

/// {"error":{"code","message"}}
inline void write_error(http::ResponseStream& stream, Error const& why) {
  write_line(stream, {{"error", {{"code", name(why.kind)}, {"message", why.what}}}});
}

}  // namespace wardroom
