#include "features/call_blocking/call_blocking_settings.hpp"

#include "base/encoding.hpp"
#include "base/planted.hpp"
#include "features/call_blocking/fence_settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace wardroom::call_blocking {
namespace {

using config::Section;

bool only_digits(std::string const& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<std::string> parse_digits(Section& section, std::string_view key,
                                      std::vector<std::string> fallback, std::size_t most) {
  auto out = section.texts(key, std::move(fallback));
  for (auto const& word : out)
    if (!only_digits(word) || word.size() > most)
      section.complain(key, fmt::format("'{}' must be 1 to {} digits, in quotes", word, most));
  return out;
}

void parse_times(Section& section, PolicySettings& out) {
  out.post_interval = section.duration("post_interval", out.post_interval);
  out.timeout = section.duration("timeout", out.timeout);
  if (out.post_interval < std::chrono::seconds(1))
    section.complain("post_interval", "must be at least 1s");
  if (out.timeout <= 2 * out.post_interval)
    section.complain(
        section.has("timeout") ? "timeout" : "",
        fmt::format(
            "timeout ({}) must be more than twice post_interval ({}): otherwise one lost post "
            "blocks a person's calls",
            config::format_duration(out.timeout), config::format_duration(out.post_interval)));
  if (WARDROOM_PLANTED("stale-at-twice-the-time")) out.timeout *= 2;
}

XsiSettings parse_xsi(Section xsi) {
  XsiSettings out;
  out.srv = xsi.flag("srv", true);
  out.dns_servers = xsi.texts("dns_servers");
  out.endpoints = xsi.texts("endpoints");
  out.application_id = xsi.text("application_id", out.application_id);
  if (out.application_id.empty()) xsi.complain("application_id", "must not be empty");
  out.decline_ringing = xsi.flag("decline_ringing", false);
  if (!out.srv && out.endpoints.empty())
    xsi.complain("srv", "false needs endpoints: [https://xsp1.example, …]");
  if (out.srv && !out.endpoints.empty())
    xsi.complain("endpoints", "are used only with srv: false; add that line or remove this one");
  for (auto const& url : out.endpoints)
    if (!url.starts_with("https://") && !url.starts_with("http://"))
      xsi.complain("endpoints",
                   fmt::format("'{}' is not a base URL such as https://xsp1.example", url));
  xsi.finish();
  return out;
}

}  // namespace

std::string digest_of(PolicySettings const& policy) {
  std::string all = fmt::format(
      "mode {}\ntimeout {}\ninternal {}\nconfirmations {}\nprefixes {}\nextra {}\nrunning {}\n",
      name(policy.mode), policy.timeout.count(),
      policy.internal_calls == InternalCalls::allow ? "allow" : "judge", policy.confirmations,
      fmt::join(policy.outside_line_prefixes, ","), fmt::join(policy.emergency_numbers, ","),
      name(policy.end_running));
  if (!policy.enforce_for.everybody)
    all += fmt::format("enforce for {} and groups {}\n", fmt::join(policy.enforce_for.emails, ","),
                       fmt::join(policy.enforce_for.groups, ","));
  for (auto const& fence : policy.fences) all += fence.digest + "\n";
  return to_hex(sha256(all)).substr(0, 12);
}

std::vector<std::string> named_groups(PolicySettings const& policy) {
  std::set<std::string> out(policy.enforce_for.groups.begin(), policy.enforce_for.groups.end());
  for (auto const& fence : policy.fences)
    out.insert(fence.who.groups.begin(), fence.who.groups.end());
  return {out.begin(), out.end()};
}

std::vector<std::string> needed_scopes(PolicySettings const& policy) {
  std::vector<std::string> out{"spark-admin:people_read", "spark-admin:organizations_read",
                               "spark-admin:locations_read", "spark-admin:xsi"};
  if (!named_groups(policy).empty()) out.emplace_back("identity:groups_read");
  return out;
}

CallBlockingSettings CallBlockingSettings::parse(Section section) {
  CallBlockingSettings out;
  out.identity = section.text("identity", out.identity);
  auto& policy = out.policy;
  auto const mode = section.word("mode", "observe", {"observe", "enforce", "off"});
  policy.mode = mode == "enforce" ? Mode::enforce : mode == "off" ? Mode::off : Mode::observe;
  if (WARDROOM_PLANTED("calls-observe-enforces")) policy.mode = Mode::enforce;
  parse_times(section, policy);
  policy.internal_calls = section.word("internal_calls", "judge", {"judge", "allow"}) == "allow"
                              ? InternalCalls::allow
                              : InternalCalls::judge;
  policy.outside_line_prefixes =
      parse_digits(section, "outside_line_prefixes", policy.outside_line_prefixes, 4);
  policy.emergency_numbers = parse_digits(section, "emergency_numbers", {}, 15);
  policy.confirmations = static_cast<int>(section.integer("confirmations", 2, 1, 20));
  auto const running = section.word("end_running_calls", "outside", {"never", "outside", "always"});
  policy.end_running = running == "never"    ? EndRunning::never
                       : running == "always" ? EndRunning::always
                                             : EndRunning::outside;
  policy.enforce_for = parse_people(section, "enforce_for");
  policy.fences = parse_fences(section);
  policy.history = std::chrono::hours(section.integer("history_hours", 0, 0, 720));
  out.directory_refresh = section.duration("directory_refresh", out.directory_refresh);
  if (out.directory_refresh < std::chrono::minutes(15) ||
      out.directory_refresh > std::chrono::days(7))
    section.complain("directory_refresh", "must be from 15m to 7d");
  policy.notice = CallerNoticeSettings::parse(section.section("caller_notice"));
  out.xsi = parse_xsi(section.section("xsi"));
  section.finish();
  return out;
}

}  // namespace wardroom::call_blocking
