/// Texts and lists as YAML writes them, with no more quotes than they need. Pure.
#pragma once
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace wardroom::config {

/// One text, or a list of texts.
using NewValue = std::variant<std::string, std::vector<std::string>>;

/// "a" as it is, "a: b" in quotes: one text as YAML, inside brackets when `in_flow`.
std::string yaml_scalar(std::string_view text, bool in_flow = false);
/// Quoted as the one it replaces was (0 = not at all), where that is possible.
std::string yaml_scalar_like(char old_quote, std::string_view text, bool in_flow);
/// The same for a value; a list stands in brackets.
std::string yaml_value(NewValue const& value, char old_quote, bool in_flow);

}  // namespace wardroom::config
