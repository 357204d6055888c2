/// Changes one value in the text of a YAML file and leaves everything else as it stands: comments,
/// order, quoting, line ends. Pure.
#pragma once
#include "base/result.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace wardroom::config {

using NewValue = std::variant<std::string, std::vector<std::string>>;

/// Puts `value` under `path`; a part of the path that is no mapping's key names the entry of a list
/// by its `name`. A missing key is inserted at the end of its section, a missing section appended.
/// Errors (malformed): the text is no YAML, or stands in a way that must be edited by hand; the
/// sentence says which.
Result<std::string> set_value(std::string_view text, std::vector<std::string> const& path,
                              NewValue const& value);

/// "a" as it is, "a: b" in quotes: one text as YAML, inside brackets when `in_flow`.
std::string yaml_scalar(std::string_view text, bool in_flow = false);

/// The lines that differ between two texts: where they begin (from 1), how they were, how they are.
struct ChangedLines {
  std::size_t line = 0;
  std::vector<std::string> before, after;
};
ChangedLines changed_lines(std::string_view before, std::string_view after);

}  // namespace wardroom::config
