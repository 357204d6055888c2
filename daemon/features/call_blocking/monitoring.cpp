#include "features/call_blocking/monitoring.hpp"

#include "base/log.hpp"
#include "base/time_text.hpp"
#include "features/call_blocking/call_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace wardroom::call_blocking {
namespace {

constexpr auto kBlindIsRed = std::chrono::seconds(30);

HealthSign sign_of(ChannelHealth const& health, Uptime now) {
  HealthSign sign{"call_blocking.channels", HealthColour::green, {}, {}};
  auto const up = std::ranges::count_if(health.channels, [](auto const& c) { return c.up; });
  if (health.protection_down) {
    sign.colour = HealthColour::red;
    sign.sentence = "Calls are not watched: " + *health.protection_down;
    sign.remedy = "Follow the sentence; `wardroomctl monitor status` shows every channel.";
  } else if (up == 0) {
    bool const long_blind = health.blind_since && now - *health.blind_since > kBlindIsRed;
    sign.colour = long_blind ? HealthColour::red : HealthColour::yellow;
    sign.sentence = "No event channel to Webex Calling is up: calls pass unseen.";
    sign.remedy =
        "See `wardroomctl monitor status` for each channel's last error, and `wardroomctl token "
        "check`.";
  } else if (up < std::ssize(health.channels) || !health.subscribed) {
    sign.colour = HealthColour::yellow;
    sign.sentence = health.subscribed
                        ? fmt::format("{} of {} event channels are up.", up, health.channels.size())
                        : std::string("The event channels are up but not subscribed yet.");
    sign.remedy =
        "Wait for the reconnect; `wardroomctl monitor status` shows the last error of each.";
  } else {
    sign.sentence =
        fmt::format("{} event channel{} up and subscribed.", up, up == 1 ? " is" : "s are");
  }
  return sign;
}

}  // namespace

void Monitoring::start() {
  if (state_ != State::off) return;
  state_ = State::on;
  backoff_.reset();
  begin();
}

void Monitoring::begin() {
  tasks_ = std::make_unique<TaskGroup>(
      loop_, [this](std::string_view, std::exception_ptr const& why) { died(words_of(why)); });
  tasks_->spawn("call events", [this]() -> Task<void> {
    co_await finish_politely();
    co_await events_.run(sink_);
    if (state_ == State::on) died("the stream of events ended by itself");
  });
}

void Monitoring::died(std::string const& why) {
  ++deaths_;
  last_death_ = why;
  log::error("the stream of call events died and is started again", {{"why", why}});
  if (state_ != State::on) return;
  again_ = clock_.after(backoff_.next(dice_), [this] {
    again_.cancel();
    if (state_ != State::on) return;
    begin();
    sink_.on_resync_needed("the stream of call events died");
  });
}

Task<void> Monitoring::stop() {
  if (state_ != State::on) co_return;
  state_ = State::stopping;
  again_.cancel();
  if (tasks_) co_await tasks_->stop(clock_, std::chrono::seconds(3));
  tasks_.reset();
  state_ = State::off;
}

std::vector<HealthSign> Monitoring::health() const {
  if (state_ != State::on)
    return {{"call_blocking.channels", HealthColour::yellow,
             "Monitoring is off: every call passes.",
             "Start it with `wardroomctl monitor start` or on the dashboard."}};
  std::vector<HealthSign> out{sign_of(events_.health(), clock_.uptime())};
  if (again_.armed() && out[0].colour != HealthColour::red)
    out[0] = {"call_blocking.channels", HealthColour::red,
              "The stream of call events died: " + last_death_,
              "It is started again within seconds; report it if this repeats."};
  return out;
}

nlohmann::ordered_json monitoring_json(Monitoring const& monitoring) {
  auto const& h = monitoring.channels();
  nlohmann::ordered_json out{{"on", monitoring.on()},
                             {"subscribed", h.subscribed},
                             {"blind_s", std::round(h.blind_seconds * 10) / 10}};
  if (h.protection_down) out["protection_down"] = *h.protection_down;
  auto channels = nlohmann::ordered_json::array();
  for (auto const& c : h.channels) {
    nlohmann::ordered_json row{{"host", c.host}, {"up", c.up}, {"state", c.state}};
    if (c.since) row["since"] = iso_text(*c.since);
    if (!c.last_error.empty()) row["last_error"] = c.last_error;
    channels.push_back(std::move(row));
  }
  out["channels"] = std::move(channels);
  out["events"] = h.events;
  out["acks"] = h.acks;
  out["ack_failures"] = h.ack_failures;
  out["duplicates"] = h.duplicates;
  out["malformed"] = h.malformed;
  out["reconnects"] = h.reconnects;
  out["resyncs"] = h.resyncs;
  return out;
}

}  // namespace wardroom::call_blocking
