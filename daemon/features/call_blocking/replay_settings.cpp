#include "features/call_blocking/replay_settings.hpp"

#include "config/config_file.hpp"

namespace wardroom::call_blocking {
namespace {

/// The keys that a list of fences leaves out.
void fill_from(PolicySettings const& in_force, YAML::Node const& given, PolicySettings& policy) {
  auto const take = [&](char const* key, auto PolicySettings::* member) {
    if (!given[key]) policy.*member = in_force.*member;
  };
  take("mode", &PolicySettings::mode);
  take("internal_calls", &PolicySettings::internal_calls);
  take("outside_line_prefixes", &PolicySettings::outside_line_prefixes);
  take("emergency_numbers", &PolicySettings::emergency_numbers);
  take("confirmations", &PolicySettings::confirmations);
  take("end_running_calls", &PolicySettings::end_running);
  take("enforce_for", &PolicySettings::enforce_for);
}

/// The times are checked against each other, so those in force must stand beside those given.
YAML::Node with_times(YAML::Node const& given, PolicySettings const& in_force) {
  YAML::Node out(YAML::NodeType::Map);
  for (auto const& entry : given) out.force_insert(entry.first, entry.second);
  auto const fill = [&](char const* key, Milliseconds value) {
    if (!given[key]) out[key] = config::format_duration(value);
  };
  fill("post_interval", in_force.post_interval);
  fill("timeout", in_force.timeout);
  return out;
}

OtherPolicy checked(OtherPolicy out) {
  config::sort(out.complaints);
  return out;
}

}  // namespace

OtherPolicy read_other_policy(std::string_view text, PolicySettings const& in_force) {
  OtherPolicy out;
  auto root = config::parse_yaml(text, "", out.complaints);
  if (!out.complaints.empty()) return checked(std::move(out));
  if (root.IsSequence()) {
    YAML::Node wrapped(YAML::NodeType::Map);
    wrapped["fences"] = root;
    root = wrapped;
  }
  bool const mapping = root.IsMap();
  if (mapping && root["call_blocking"]) {
    config::Section file(root, "", "", out.complaints);
    out.policy = CallBlockingSettings::parse(file.section("call_blocking")).policy;
  } else if (mapping && root["fences"]) {
    config::Section section(with_times(root, in_force), "", "", out.complaints);
    out.policy = CallBlockingSettings::parse(std::move(section)).policy;
    fill_from(in_force, root, out.policy);
  } else {
    out.complaints.push_back({.message =
                                  "has no fences: write `fences:` with a list of them, a section "
                                  "`call_blocking:`, or give a whole wardroom.yaml"});
  }
  return checked(std::move(out));
}

}  // namespace wardroom::call_blocking
