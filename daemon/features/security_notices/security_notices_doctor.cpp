#include "features/security_notices/security_notices_doctor.hpp"

#include "base/time_text.hpp"
#include "config/config_file.hpp"
#include "features/security_notices/notices_inside.hpp"
#include "http/client.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

namespace wardroom::security_notices {
namespace {

using namespace std::chrono_literals;

/// A bridge that hangs is asked three times.
constexpr Milliseconds bridge_limit{45'000};
constexpr auto clock_warning = 60s;

std::string time_words(Instant at) { return iso_text(at).substr(11, 8) + " UTC"; }

std::string host_and_port(std::string const& url) {
  auto const origin = http::origin_of(url);
  return origin ? fmt::format("{}:{}", origin->host, origin->port) : url;
}

/// Why it is believed that the answer came from that bridge.
std::string trust_words(BridgeSettings const& bridge) {
  if (!bridge.api.starts_with("https:")) return "not encrypted: it is on this machine";
  if (bridge.pin.empty())
    return bridge.ca_file.empty() ? "its certificate is signed by an authority of the system"
                                  : "its certificate is signed by one of " + bridge.ca_file;
  return bridge.ca_file.empty()
             ? "its key is the pinned one"
             : fmt::format("its key is the pinned one, and its certificate signed by one of {}",
                           bridge.ca_file);
}

std::string api_remedy(BridgeSettings const& bridge, Error const& why) {
  auto const says = [&](std::string_view word) { return why.what.contains(word); };
  if (why.kind == ErrorKind::unauthorized)
    return fmt::format(
        "install -m 0600 /dev/stdin {}   # the password of {}, a user with the role api there; "
        "then: systemctl restart wardroomd",
        bridge.password_file, bridge.username);
  if (says("pinned") || says("certificate") || says("TLS"))
    return fmt::format(
        "openssl s_client -connect {} -showcerts </dev/null   # who signed? its authority goes "
        "into ca_file, or the hash of its key into pin",
        host_and_port(bridge.api));
  if (says("resolve"))
    return fmt::format("getent ahosts {}   # DNS of this machine: /etc/resolv.conf",
                       host_and_port(bridge.api));
  return fmt::format(
      "curl -vk -o /dev/null {}/system/status   # from this machine: a firewall, the port of the "
      "Web Admin, or /api/v1 is missing in api",
      bridge.api);
}

/// "3.5", "2.9.1 (…)": the first two numbers; absent for anything else.
std::optional<std::pair<int, int>> numbers_of(std::string_view version) {
  std::pair<int, int> out;
  auto const* const end = version.data() + version.size();
  auto const first = std::from_chars(version.data(), end, out.first);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '.') return std::nullopt;
  auto const second = std::from_chars(first.ptr + 1, end, out.second);
  if (second.ec != std::errc{}) return std::nullopt;
  return out;
}

std::string register_command(std::string const& bridge) {
  return "wardroomctl cms register " + bridge;
}

Findings look_at_settings(SecurityNoticesSettings const& settings) {
  Findings out{judge_mode(settings.policy.mode, settings.bridges.size())};
  if (settings.bridges.empty()) return out;
  out.push_back(judge_receiver_url(settings.receiver_url));
  for (auto const& caution : settings.cautions())
    if (settings.receiver_url.empty() || !caution.contains(settings.receiver_url))
      out.push_back(warn(caution, "wardroomctl config explain security_notices", "settings"));
  return out;
}

/// On a helper.
Findings look_at_files(std::vector<BridgeSettings> const& bridges) {
  Findings out;
  for (auto const& bridge : bridges) {
    out.push_back(judge_file(bridge.name, "password_file", bridge.password_file));
    out.push_back(judge_file(bridge.name, "cdr_secret_file", bridge.cdr_secret_file));
  }
  return out;
}

/// What is asked of one bridge.
struct Asking {
  BridgeState& bridge;
  Clock& clock;
  std::function<Task<Result<void>>()> look_at_registration;
  std::function<BridgeView()> view;
};

Task<Findings> look_at_bridge(Asking asking) {
  auto& bridge = asking.bridge;
  auto const asked = asking.clock.now();
  auto const status = co_await bridge.api->status();
  Findings out{judge_api(bridge.settings, status)};
  if (status) {
    out.push_back(judge_version(bridge.name(), *status));
    out.push_back(judge_clock(bridge.name(), asked, asking.clock.now(), *status));
    auto const looked = co_await asking.look_at_registration();
    if (!looked)
      out.push_back(warn(fmt::format("The receivers of {} cannot be read: {}.", bridge.name(),
                                     looked.error().what),
                         register_command(bridge.name()), bridge.name()));
  }
  auto const view = asking.view();
  out.push_back(judge_registration(view));
  out.push_back(judge_records(view));
  co_return out;
}

}  // namespace

Finding judge_mode(FeatureMode mode, std::size_t bridges) {
  constexpr auto about = "mode";
  if (bridges == 0) return skipped("No bridge is named, so no conference shows a notice.", about);
  switch (mode) {
    case FeatureMode::off:
      return warn("Security notices are off: no conference shows one.",
                  "wardroomctl config explain security_notices.mode   # then: wardroomctl reload",
                  about);
    case FeatureMode::observe:
      return fine("Security notices observe: levels are told here, and no screen shows one.",
                  about);
    case FeatureMode::enforce:
      break;
  }
  return fine(fmt::format("Security notices are shown in the conferences of {} bridge{}.", bridges,
                          bridges == 1 ? "" : "s"),
              about);
}

Finding judge_receiver_url(std::string_view url) {
  constexpr auto about = "receiver_url";
  constexpr auto remedy =
      "wardroomctl config explain security_notices.receiver_url   # then restart, and: wardroomctl "
      "cms register";
  auto const origin = http::origin_of(url);
  if (!origin)
    return bad("Our own URL is not known, so no bridge can be told where to post its records.",
               remedy, about);
  if (http::is_loopback_host(origin->host))
    return warn(
        fmt::format("Bridges are told to post to {}, which leads each of them to itself.", url),
        remedy, about);
  if (origin->scheme == "http")
    return warn(fmt::format("Bridges are told to post to {}: records and the secret travel "
                            "unencrypted.",
                            url),
                remedy, about);
  return fine(fmt::format("Bridges are to post to {}.", url), about);
}

Finding judge_api(BridgeSettings const& bridge, Result<BridgeStatus> const& answer) {
  if (answer)
    return fine(fmt::format("{} answers at {} and lets {} in ({}).", bridge.name, bridge.api,
                            bridge.username, trust_words(bridge)),
                bridge.name);
  return bad(
      fmt::format("The API of {} cannot be used, so its conferences keep their level or show "
                  "level 3: {}.",
                  bridge.name, answer.error().what),
      api_remedy(bridge, answer.error()), bridge.name);
}

Finding judge_version(std::string const& bridge, BridgeStatus const& status) {
  constexpr auto remedy = "wardroomctl cms status   # then: update the meeting server";
  auto const version = numbers_of(status.version);
  if (!version)
    return warn(fmt::format("{} does not say which version it is.", bridge), remedy, bridge);
  if (*version < std::pair{2, 1})
    return bad(fmt::format("{} is version {}: only 2.1 and later show messages in a conference.",
                           bridge, status.version),
               remedy, bridge);
  if (*version < std::pair{2, 2} || !status.next_record)
    return warn(fmt::format("{} is version {} and does not tell how many records it made: a loss "
                            "shows only in their numbers.",
                            bridge, status.version),
                remedy, bridge);
  return fine(fmt::format("{} is version {}.", bridge, status.version), bridge);
}

Finding judge_clock(std::string const& bridge, Instant asked, Instant answered,
                    BridgeStatus const& status) {
  if (!status.time)
    return skipped(fmt::format("{} does not tell the time of its clock.", bridge), bridge);
  // It tells whole seconds, and means some moment between the question and the answer.
  auto const theirs = *status.time;
  auto const skew = theirs > answered     ? theirs - answered
                    : asked > theirs + 1s ? asked - (theirs + 1s)
                                          : Milliseconds(0);
  if (skew <= clock_warning)
    return fine(fmt::format("The clock of {} agrees with ours.", bridge), bridge);
  return warn(fmt::format("The clock of {} is {} s {} ours: times in reports are wrong by that.",
                          bridge, std::chrono::round<std::chrono::seconds>(skew).count(),
                          theirs > answered ? "ahead of" : "behind"),
              "timedatectl timesync-status   # here; there, in the MMP: ntp status", bridge);
}

Finding judge_registration(BridgeView const& view) {
  auto const& bridge = view.settings->name;
  switch (view.registration) {
    case Registration::registered:
      return fine(fmt::format("We are among the receivers of {}.", bridge), bridge);
    case Registration::missing:
      return bad(
          fmt::format("{} does not post its records here: we are not among its receivers.", bridge),
          register_command(bridge), bridge);
    case Registration::full:
      return bad(fmt::format("{} does not post its records here, and all its places for receivers "
                             "are taken: {}.",
                             bridge, fmt::join(view.receivers, ", ")),
                 register_command(bridge) +
                     "   # once a place is free there: Configuration > CDR "
                     "settings",
                 bridge);
    case Registration::unknown:
      break;
  }
  return skipped(fmt::format("Whether {} posts its records here is not known.", bridge), bridge);
}

Finding judge_records(BridgeView const& view) {
  auto const& bridge = view.settings->name;
  if (view.behind.value_or(0) > 0)
    return bad(
        fmt::format("{} records that {} made did not come; the last post came {}.", *view.behind,
                    bridge, view.last_post ? "at " + time_words(*view.last_post) : "never"),
        register_command(bridge) +
            "   # then: is a firewall between, does its log tell of "
            "cdrConnectionFailure?",
        bridge);
  if (view.counters.refused > 0)
    return warn(fmt::format("{} posts of {} were refused for the address they came from.",
                            view.counters.refused, bridge),
                "wardroomctl config explain security_notices.bridges   # from = its addresses",
                bridge);
  if (!view.last_post)
    return skipped(
        fmt::format("{} has posted nothing since our start; a quiet one does not.", bridge),
        bridge);
  return fine(
      fmt::format("Records of {} come; the last at {}.", bridge, time_words(*view.last_post)),
      bridge);
}

Finding judge_file(std::string const& bridge, std::string_view key, std::string const& path) {
  auto const read = config::read_secret(path);
  if (read) return fine(fmt::format("The {} of {} can be read.", key, bridge), bridge);
  return bad(
      fmt::format("The {} of {} cannot be read, so the next start will be refused: {}.", key,
                  bridge, read.error().what),
      fmt::format("install -m 0600 /dev/stdin {}   # then paste what it holds, and Ctrl-D", path),
      bridge);
}

void SecurityNotices::add_checks(Doctor& doctor) {
  auto const area = std::string(feature);
  auto& inside = *impl_;
  doctor.add(
      {area, area, [this](CheckWish) -> Task<Findings> { co_return look_at_settings(settings_); }});
  doctor.add({area, area + ".files", [this](CheckWish) -> Task<Findings> {
                co_return co_await ports_.helpers.run(
                    [bridges = settings_.bridges] { return look_at_files(bridges); });
              }});
  for (auto const& one : inside.bridges)
    doctor.add({area, area + ".bridge",
                [&inside, &bridge = *one](CheckWish) {
                  return look_at_bridge(
                      {bridge, inside.ports.clock,
                       [&inside, &bridge] { return inside.look_at_registration(bridge); },
                       [&inside, &bridge] { return inside.views().at(bridge.no); }});
                },
                bridge_limit});
}

}  // namespace wardroom::security_notices
