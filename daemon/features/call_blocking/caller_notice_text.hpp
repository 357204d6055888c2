/// The words of the message to a person whose call was ended. Pure.
#pragma once
#include "features/call_blocking/caller_notice.hpp"
#include "ports/messages.hpp"

#include <string>

namespace wardroom::call_blocking {

/// What the site says the same to everybody.
struct NoticeSite {
  std::string page;  ///< "https://wardroom.acme.example/me"
  std::string text;  ///< the operator's own line; may be empty
};

/// Who ended the call, why, and what to do; no place, no other party.
Message caller_message(Episode const& episode, NoticeSite const& site);

}  // namespace wardroom::call_blocking
