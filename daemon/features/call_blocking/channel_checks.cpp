#include "features/call_blocking/channel_checks.hpp"

#include "features/call_blocking/call_blocking.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace wardroom::call_blocking {
namespace {

using Channel = ChannelHealth::Channel;
/// Less passes at every start, before anybody could have seen anything.
constexpr double kBlindTells = 15;
/// A server that sends heartbeats is heard more often than this.
constexpr auto kSilent = std::chrono::seconds(60);
constexpr std::uint64_t kAcksThatFail = 3;

std::string trimmed_end(std::string text, std::string_view of) {
  while (!text.empty() && of.contains(text.back())) text.pop_back();
  return text;
}

/// " (backing off): connection refused", without the host in front of it.
std::string why_down(Channel const& channel) {
  std::string error = channel.last_error;
  if (error.starts_with(channel.host + ": ")) error.erase(0, channel.host.size() + 2);
  auto const state = channel.state.substr(0, channel.state.find_first_of("0123456789"));
  auto words = state.empty() ? std::string() : fmt::format(" ({})", trimmed_end(state, " "));
  error = trimmed_end(std::move(error), ".");
  return error.empty() ? words : words + ": " + error;
}

struct Remedy {
  std::string_view sign;  ///< part of the error
  std::string_view text;  ///< {} = host and port
};
/// The first that fits. Sources: xsi.md 3.5, 11.1.
constexpr std::array remedies{
    Remedy{"another instance",
           "systemctl status 'wardroomd*'   # here and on other machines: stop "
           "the second one"},
    Remedy{"DuplicateChannelSet",
           "systemctl status 'wardroomd*'   # here and on other machines: "
           "stop the second one"},
    Remedy{"identity that owns", "wardroomctl login   # as an administrator who stays"},
    Remedy{"UserDeleted", "wardroomctl login   # as an administrator who stays"},
    Remedy{"not enabled",
           "wardroomctl whoami   # ask Cisco TAC to enable XSI for that organisation"},
    Remedy{"may not watch",
           "wardroomctl token show   # is spark-admin:xsi there? then: wardroomctl "
           "login; without XSI ask Cisco TAC"},
    Remedy{"403",
           "wardroomctl token show   # is spark-admin:xsi there? then: wardroomctl login; "
           "without XSI ask Cisco TAC"},
    Remedy{"401", "wardroomctl token check   # then: wardroomctl login"},
    Remedy{"token", "wardroomctl token check   # then: wardroomctl login"},
    Remedy{"ertificate",
           "openssl s_client -connect {} -showcerts </dev/null   # who signed? a "
           "private CA goes into webex.ca_file"},
    Remedy{"TLS", "openssl s_client -connect {} -showcerts </dev/null   # a proxy in between?"},
    Remedy{"resolve", "getent ahosts HOST   # HOST = {} without the port; DNS of this machine"},
    Remedy{"NonResponsiveChannel",
           "wardroomctl monitor status   # acknowledgements that fail? a "
           "proxy in between, or too little CPU"},
    Remedy{"no byte for",
           "wardroomctl events --kind channel   # at a regular distance? then a "
           "firewall or proxy cuts long connections"},
    Remedy{"heartbeat",
           "curl -sS -m 5 -o /dev/null https://{}/   # a firewall that drops idle "
           "connections, or the XSP is overloaded"},
    Remedy{"did not open",
           "curl -sS -m 5 -o /dev/null https://{}/   # a proxy that waits for the "
           "end of a stream?"},
};

std::vector<Finding> channels_that_are_down(ChannelHealth const& health) {
  std::vector<Finding> out;
  std::set<std::string> reasons;
  for (auto const& channel : health.channels) {
    if (channel.up) continue;
    auto const why = why_down(channel);
    reasons.insert(why);
    out.push_back(bad(fmt::format("The event channel to {} is down{}.", channel.host, why),
                      channel_remedy(channel.last_error, channel.host), channel.host));
  }
  // The same for all is one trouble, and hardly that of a host.
  if (out.size() > 1 && out.size() == health.channels.size() && reasons.size() == 1) {
    if (health.protection_down) return {};  // told already
    return {bad(fmt::format("No event channel is up{}: calls pass unseen.", *reasons.begin()),
                out.front().remedy, "channels")};
  }
  return out;
}

/// What makes a channel that is up worth a look.
void judge_heartbeats(ChannelHealth const& health, Instant now, Findings& out) {
  for (auto const& channel : health.channels) {
    if (!channel.up || !channel.since || now - *channel.since < kSilent) continue;
    if (channel.last_heard && now - *channel.last_heard < kSilent) continue;
    out.push_back(warn(fmt::format("Nothing is heard from {}, not even server heartbeats: should "
                                   "it die silently, only our own heartbeats would notice (35 s).",
                                   channel.host),
                       "wardroomctl monitor status   # harmless when calls are seen all the same",
                       channel.host));
  }
}

void judge_acknowledgements(ChannelHealth const& health, Findings& out) {
  auto const all = health.acks + health.ack_failures;
  if (health.unresponsive > 0)
    out.push_back(warn(fmt::format("{} times Webex Calling ended a channel because it missed "
                                   "acknowledgements (NonResponsiveChannel).",
                                   health.unresponsive),
                       channel_remedy("NonResponsiveChannel", ""), "acks"));
  else if (health.ack_failures >= kAcksThatFail && health.ack_failures * 100 >= all)
    out.push_back(warn(
        fmt::format("{} of {} acknowledgements failed since the start.", health.ack_failures, all),
        channel_remedy("NonResponsiveChannel", ""), "acks"));
  if (health.overflows > 0)
    out.push_back(warn(
        fmt::format("{} events were dropped because too many waited.", health.overflows),
        "top -b -n 1 | head -15   # is the machine too slow? docs/performance.md", "overflow"));
}

}  // namespace

std::string channel_remedy(std::string_view error, std::string_view host) {
  auto const found = std::ranges::find_if(
      remedies, [&](Remedy const& remedy) { return error.contains(remedy.sign); });
  if (found != remedies.end()) return fmt::format(fmt::runtime(found->text), host);
  return fmt::format("curl -sS -m 5 -o /dev/null https://{}/   # can it be reached from here?",
                     host);
}

Findings judge_channels(ChannelHealth const& health, bool on, Instant now) {
  if (!on)
    return {warn("Monitoring is off: every call passes.", "wardroomctl monitor start", "channels")};
  Findings out;
  if (health.protection_down)
    out.push_back(bad("Calls are not watched: " + trimmed_end(*health.protection_down, ".") + ".",
                      channel_remedy(*health.protection_down,
                                     health.channels.empty() ? "" : health.channels[0].host),
                      "protection"));
  std::ranges::move(channels_that_are_down(health), std::back_inserter(out));
  auto const up = std::ranges::count_if(health.channels, &Channel::up);
  if (health.channels.empty())
    out.push_back(
        bad("No event channel was opened yet: calls pass unseen.",
            "wardroomctl doctor logins   # then the other lines of: wardroomctl doctor xsi",
            "channels"));
  else if (up > 0 && !health.subscribed)
    out.push_back(warn("The event channels are up but not subscribed: calls pass unseen.",
                       "wardroomctl token show   # is spark-admin:xsi there?", "subscription"));
  else if (up == std::ssize(health.channels))
    out.push_back(
        fine(fmt::format("{} event channel{} up and subscribed.", up, up == 1 ? " is" : "s are"),
             "channels"));
  judge_heartbeats(health, now, out);
  judge_acknowledgements(health, out);
  for (auto const& warning : health.warnings)
    out.push_back(warn(warning, "wardroomctl monitor status", "session"));
  if (health.blind_seconds >= kBlindTells)
    out.push_back(warn(fmt::format("For {:.0f} s in all since the start no channel was up, and "
                                   "calls passed unseen.",
                                   health.blind_seconds),
                       "wardroomctl events --kind channel   # says when and why", "blind"));
  return out;
}

void add_channel_checks(Doctor& doctor, CallBlocking& feature) {
  doctor.add({"xsi", "xsi", [&feature](CheckWish) -> Task<Findings> {
                if (feature.standings().policy().mode == Mode::off) co_return Findings{};
                auto const& monitoring = feature.monitoring();
                co_return judge_channels(monitoring.channels(), monitoring.on(),
                                         feature.ports().clock.now());
              }});
}

}  // namespace wardroom::call_blocking
