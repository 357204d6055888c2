/// Changes one value in the text of a YAML file and leaves everything else as it stands: comments,
/// order, quoting, line ends. Pure.
#pragma once
#include "base/result.hpp"
#include "config/yaml_quote.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace wardroom::config {

/// Puts `value` under `path`; a part of the path that is no mapping's key names the entry of a list
/// by its `name`. A missing key is inserted at the end of its section, a missing section appended.
/// Errors (malformed): the text is no YAML, or stands in a way that must be edited by hand; the
/// sentence says which.
Result<std::string> set_value(std::string_view text, std::vector<std::string> const& path,
                              NewValue const& value);

}  // namespace wardroom::config
