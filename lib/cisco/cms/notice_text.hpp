/// What is sent so that a call shows a message, or none. Pure. Source: cms.md 6.3.
#pragma once
#include "base/result.hpp"
#include "domain/conference.hpp"
#include "http/message.hpp"

namespace wardroom::cms {

/// On one line: control characters and line ends become spaces, those at both ends go. Error:
/// malformed when the text is not UTF-8.
Result<std::string> one_line(std::string_view text);
/// The form of a PUT; of a message that nobody sees the one that takes it away.
Result<http::QueryPairs> form_of(conference::Message const& message);

}  // namespace wardroom::cms
