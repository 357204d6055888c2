/// Loads a YAML file and the secrets it points to: files beside it, or systemd credentials.
#pragma once
#include "base/result.hpp"
#include "base/secret.hpp"
#include "config/yaml_section.hpp"

#include <yaml-cpp/yaml.h>

#include <string>
#include <string_view>

namespace wardroom::config {

/// The file as it is: a regular file, 1 MiB at most unless said. Errors say what is there instead.
Result<std::string> read_text(std::string const& file, std::size_t longest = 1u << 20);

/// Parses what was read from `file`. Refused, each with its place: a syntax error, bytes that are
/// no text, anchors and aliases, a second document, a quote that never closes; the node is then
/// empty. A byte order mark and Windows line ends are fine.
YAML::Node parse_yaml(std::string_view text, std::string const& file, Complaints& complaints);

/// Both in one.
YAML::Node load_yaml(std::string const& file, Complaints& complaints);

/// Reads the secret a `*_file` key names: trailing newline dropped, at most 64 KiB, not empty.
/// A name without '/' is looked for among the systemd credentials first ($CREDENTIALS_DIRECTORY).
/// What others may have read or planted is refused with the remedy (base/private_file.hpp).
Result<Secret> read_secret(std::string const& file);

}  // namespace wardroom::config
