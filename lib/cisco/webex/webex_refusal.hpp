/// What it means when Webex answers anything but success. Pure.
#pragma once
#include "base/result.hpp"
#include "base/units.hpp"
#include "http/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace wardroom::http {
struct ClientResponse;
}

namespace wardroom::webex {

/// What an error does not tell of: for adapters that decide by it.
struct Refused {
  int status = 0;           ///< of the last answer; 0 = none came
  bool own_words = false;   ///< its body is an error as the service writes them; a proxy's is not
  bool maybe_done = false;  ///< an attempt got no final answer: it may have been carried out
  std::string words{};      ///< of that body
};
/// `error` = its refusal().
Refused refused_by(http::ClientResponse const& answer, Error const& error);

/// The kind by the status; the sentence names request, status, the service's words and its tracking
/// id. `retry_after` is set when the bucket is to be left alone: 429 and 423 always (15 s when the
/// header is missing or malformed), 503 when it says so. `not_done` for 429 alone.
/// A redirect, and a 451, name the host they point to; nothing is ever sent there.
Error refusal(http::Method method, std::string_view resource, http::ClientResponse const& answer,
              Instant now);

/// The host a 451 names as the organisation's own, when it is one of Cisco's; the last word of
/// its message. Source: xsi.md 1.1.
std::optional<std::string> region_host(std::string_view body);

}  // namespace wardroom::webex
