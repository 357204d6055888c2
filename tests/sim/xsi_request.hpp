/// What every XSI request and answer has in common: its document, its refusals.
#pragma once
#include "base/result.hpp"
#include "sim/exchange.hpp"
#include "sim/xml_reader.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::sim {

std::vector<std::string> segments(std::string_view path);  ///< decoded
std::optional<std::int64_t> whole(std::string const& text);

/// The document of a body, with the root and the order its schema wants.
/// Errors: denied for a wrong media type, malformed for all else; `refuse` answers both.
Result<Element> document(Request const& r, std::string_view root,
                         std::vector<std::string_view> const& order);
Answer refuse(Error const& e);
/// A positive number of the document, nullopt when absent; complains when it is no number.
Result<std::optional<std::int64_t>> number_in(Element const& e, std::string_view name);

/// `<ErrorInfo>` declared and encoded as ISO-8859-1, with a code of BroadWorks.
Answer xsi_error(int status, int code, std::string_view summary);
Answer xsi_ok(std::string document);
Answer xsi_method_not_allowed(std::string allow);

}  // namespace wardroom::sim
