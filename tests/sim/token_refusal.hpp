/// How the token endpoints say no: by keyword, or in the prose that real answers were seen with.
/// Source: webex-rest.md 1.5.
#pragma once
#include "sim/token_book.hpp"
#include "sim/webex_answer.hpp"

#include <cstddef>

namespace wardroom::sim {

/// `turn` picks one of the prose texts, in turn.
Answer refuse_token(Refusal why, bool prose, std::size_t turn, Request const& request);

}  // namespace wardroom::sim
