/// Loads a YAML file and the secrets it points to: files beside it, or systemd credentials.
#pragma once
#include "base/result.hpp"
#include "base/secret.hpp"
#include "config/yaml_section.hpp"

#include <yaml-cpp/yaml.h>

#include <string>

namespace wardroom::config {

/// Parses `file`. A syntax error is one complaint with its place; the node is then empty.
YAML::Node load_yaml(std::string const& file, Complaints& complaints);

/// Reads the secret a `*_file` key names: trailing newline dropped, at most 64 KiB, not empty.
/// A name without '/' is looked for among the systemd credentials first ($CREDENTIALS_DIRECTORY).
/// What others may have read or planted is refused with the remedy (base/private_file.hpp).
Result<Secret> read_secret(std::string const& file);

}  // namespace wardroom::config
