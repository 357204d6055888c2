/// Where Wardroom listens and under which addresses it is reached: the section `http`, and what
/// other sections say about addresses.
#pragma once
#include "config/yaml_section.hpp"
#include "settings.hpp"

#include <string>
#include <string_view>

namespace wardroom {

std::string without_slash(std::string url);

/// Complains unless it is https anywhere, or http on loopback.
void check_url(config::Section& section, std::string_view key, std::string const& url,
               bool http_anywhere = false);

void read_http(config::Section section, DaemonSettings& out);

/// Addresses in `security_notices`: bridges, the own listener. `root` = the whole file, once more
/// and without a record.
void check_notice_addresses(config::Section& root, DaemonSettings const& settings);

}  // namespace wardroom
