#include "features/call_blocking/watch_report.hpp"

#include "base/time_text.hpp"
#include "features/call_blocking/call_blocking.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;

double tenth(double value) { return std::round(value * 10) / 10; }

std::string without_dot(std::string text) {
  while (text.ends_with('.') || text.ends_with(' ')) text.pop_back();
  return text;
}

/// What breaks the sight now, by the freshest word there is.
std::string cause_now(CallBlocking const& feature, std::string const& began_with) {
  auto const& health = feature.monitoring().channels();
  auto const trouble = trouble_of(health);
  auto const& down = health.protection_down;
  // "no call event can reach us for 20 s: …" says less than the channels themselves.
  bool const plain = down && down->starts_with("no call event can reach us");
  if (down && !(plain && !trouble.empty())) return without_dot(*down);
  if (!trouble.empty()) return trouble;
  return without_dot(began_with);
}

Json channels_json(ChannelHealth const& health) {
  auto out = Json::array();
  for (auto const& c : health.channels) {
    Json row{{"host", c.host}, {"up", c.up}, {"state", c.state}};
    if (c.since) row["since"] = iso_text(*c.since);
    if (!c.last_error.empty()) row["last_error"] = c.last_error;
    if (!c.up && !c.last_error.empty()) row["trouble"] = brief_error(c);
    row["events"] = c.events;
    if (c.last_heard) row["last_heard"] = iso_text(*c.last_heard);
    if (c.refresh_due) row["refresh_due"] = iso_text(*c.refresh_due);
    out.push_back(std::move(row));
  }
  return out;
}

Json blind_json(CallBlocking const& feature) {
  auto const& sight = feature.sight();
  auto const& clock = feature.ports().clock;
  Json out{{"total_s", tenth(feature.monitoring().channels().blind_seconds)},
           {"times", sight.times()}};
  if (sight.away_seconds() > 0) out["before_start_s"] = tenth(sight.away_seconds());
  if (auto now = sight.current(clock.uptime()); now && !feature.monitoring().watching()) {
    now->why = cause_now(feature, now->why);
    out["now"] = period_json(*now);
  }
  if (sight.last()) out["last"] = period_json(*sight.last());
  return out;
}

}  // namespace

std::string watch_sentence(CallBlocking const& feature) {
  auto const& monitoring = feature.monitoring();
  if (feature.standings().policy().mode == Mode::off)
    return "Calls are not watched: call blocking is off in the configuration.";
  if (!monitoring.on()) return "Calls are not watched: monitoring is off and every call passes.";
  auto const& health = monitoring.channels();
  auto const& clock = feature.ports().clock;
  if (monitoring.watching()) {
    auto const up = std::ranges::count_if(health.channels, [](auto const& c) { return c.up; });
    auto const all = std::ssize(health.channels);
    auto const observing = feature.standings().policy().mode == Mode::observe
                               ? " What is decided is only recorded: the mode is observe."
                               : "";
    if (up < all)
      return fmt::format("Calls are watched, over {} of {} event channels: {}.{}", up, all,
                         trouble_of(health), observing);
    return fmt::format("Calls are watched, over {} event channel{}.{}", up, up == 1 ? "" : "s",
                       observing);
  }
  auto const current = feature.sight().current(clock.uptime());
  auto const since = current
                         ? fmt::format(" since {} ({})", moment_words(current->from, clock.now()),
                                       span_words(current->seconds))
                         : std::string();
  auto const why = cause_now(feature, current ? current->why : "no event channel is open yet");
  return fmt::format("Calls are NOT watched{}, and every call passes: {}.", since, why);
}

Json monitoring_json(CallBlocking const& feature) {
  auto const& monitoring = feature.monitoring();
  auto const& h = monitoring.channels();
  Json out{{"on", monitoring.on()},
           {"watching", monitoring.watching()},
           {"sentence", watch_sentence(feature)},
           {"subscribed", h.subscribed},
           {"blind_s", tenth(h.blind_seconds)}};
  if (h.protection_down) out["protection_down"] = *h.protection_down;
  if (!h.warnings.empty()) out["warnings"] = h.warnings;
  out["blind"] = blind_json(feature);
  out["channels"] = channels_json(h);
  if (!h.subscription.empty()) out["subscription"] = {{"id", h.subscription}};
  if (h.subscription_refresh_due)
    out["subscription"]["refresh_due"] = iso_text(*h.subscription_refresh_due);
  out["events"] = h.events;
  out["events_waiting"] = h.events_waiting;
  out["acks"] = h.acks;
  out["ack_failures"] = h.ack_failures;
  out["acks_waiting"] = h.acks_waiting;
  out["unresponsive"] = h.unresponsive;
  out["duplicates"] = h.duplicates;
  out["malformed"] = h.malformed;
  out["gaps"] = h.gaps;
  out["overflows"] = h.overflows;
  out["reconnects"] = h.reconnects;
  out["resyncs"] = h.resyncs;
  auto const& survey = feature.survey();
  out["survey"] = {{"running", survey.running()},
                   {"waiting", survey.waiting()},
                   {"asked", survey.asked()},
                   {"failed", survey.failed()}};
  return out;
}

}  // namespace wardroom::call_blocking
