#include "features/call_blocking/monitoring.hpp"

#include "base/log.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::call_blocking {
namespace {

/// With the ten seconds that alerts wait, people are told after fifteen.
constexpr auto kBlindIsRed = std::chrono::seconds(5);
constexpr std::uint64_t kAcksThatFail = 3;

std::string without_dot(std::string text) {
  while (text.ends_with('.') || text.ends_with(' ')) text.pop_back();
  return text;
}

/// Told with seconds that run on; what the channels say is shorter.
bool is_plain_loss(std::string const& protection_down) {
  return protection_down.starts_with("no call event can reach us");
}

HealthSign part_of_channels_down(ChannelHealth const& health, std::ptrdiff_t up) {
  return {"call_blocking.channels", HealthColour::yellow,
          fmt::format("Calls are watched over {} of {} event channels; {}.", up,
                      health.channels.size(), trouble_of(health)),
          "It is opened again by itself; `wardroomctl doctor xsi` looks whether it can be "
          "reached.",
          fmt::format("{} up", up)};
}

}  // namespace

std::string brief_error(ChannelHealth::Channel const& channel) {
  std::string_view error = channel.last_error;
  if (error.starts_with(channel.host) && error.substr(channel.host.size()).starts_with(": "))
    error.remove_prefix(channel.host.size() + 2);
  for (std::string_view const request : {"POST http", "PUT http", "GET http"})
    if (auto const end = error.find(": "); error.starts_with(request) && end != error.npos)
      error.remove_prefix(end + 2);
  std::string out(error);
  for (std::string_view const number : {" (our tracking id", " (tracking id"})
    if (auto const begin = out.find(number); begin != out.npos) {
      auto const end = out.find(')', begin);
      out.erase(begin, end == out.npos ? out.npos : end - begin + 1);
    }
  return out;
}

std::string trouble_of(ChannelHealth const& health) {
  std::vector<std::pair<std::string, std::string>> down;  // host, why
  for (auto const& channel : health.channels) {
    if (channel.up) continue;
    auto const error = brief_error(channel);
    down.emplace_back(channel.host, error.empty() ? "" : ": " + without_dot(error));
  }
  if (down.empty()) return {};
  bool const one_reason =
      std::ranges::all_of(down, [&](auto const& one) { return one.second == down.front().second; });
  if (down.size() > 1 && down.size() == health.channels.size() && one_reason)
    return "no event channel is up" + down.front().second;
  return down.front().first + " is down" + down.front().second;
}

HealthSign channels_sign(ChannelHealth const& health, Uptime now) {
  HealthSign sign{"call_blocking.channels", HealthColour::green, {}, {}};
  auto const up = std::ranges::count_if(health.channels, [](auto const& c) { return c.up; });
  if (health.protection_down && !(up == 0 && is_plain_loss(*health.protection_down))) {
    sign.colour = HealthColour::red;
    sign.sentence = "Calls are not watched: " + *health.protection_down;
    sign.remedy = "See `wardroomctl doctor xsi` and `wardroomctl monitor status`.";
  } else if (up == 0 || !health.subscribed) {
    bool const long_blind = health.blind_since && now - *health.blind_since > kBlindIsRed;
    sign.colour = long_blind ? HealthColour::red : HealthColour::yellow;
    auto const why =
        up > 0 ? std::string("the event channels are up but not subscribed") : trouble_of(health);
    sign.sentence = "Calls are not watched and pass: " +
                    (why.empty() ? "no event channel to Webex Calling is open yet" : why) + ".";
    sign.remedy =
        "See `wardroomctl doctor xsi` and `wardroomctl monitor status`; it is tried again all the "
        "time.";
  } else if (up < std::ssize(health.channels)) {
    return part_of_channels_down(health, up);
  } else {
    sign.sentence =
        fmt::format("{} event channel{} up and subscribed.", up, up == 1 ? " is" : "s are");
  }
  return sign;
}

bool Monitoring::watching() const {
  auto const& health = events_.health();
  return on() && health.subscribed && !health.blind_since && !health.protection_down &&
         std::ranges::any_of(health.channels, &ChannelHealth::Channel::up);
}

void Monitoring::look() {
  auto const& health = events_.health();
  auto const now = clock_.uptime();
  acknowledged_.see(health.acks, now);
  unacknowledged_.see(health.ack_failures, now);
  unresponsive_.see(health.unresponsive, now);
  overflows_.see(health.overflows, now);
}

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
  sink_.on_sight(false, {}, "the stream of call events died: " + why);
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
  std::vector<HealthSign> out{channels_sign(events_.health(), clock_.uptime())};
  if (again_.armed() && out[0].colour != HealthColour::red)
    out[0] = {"call_blocking.channels", HealthColour::red,
              "The stream of call events died: " + last_death_,
              "It is started again within seconds; report it if this repeats."};
  auto const failed = unacknowledged_.rise();
  auto const sent = acknowledged_.rise() + failed;
  if (unresponsive_.rise() > 0)
    out.push_back({"call_blocking.acks", HealthColour::yellow,
                   fmt::format("Webex Calling ended {} event channel{} in the last 10 min because "
                               "it missed our acknowledgements (NonResponsiveChannel).",
                               unresponsive_.rise(), unresponsive_.rise() == 1 ? "" : "s"),
                   "See `wardroomctl doctor xsi`: is the way out slow, or the machine overloaded?",
                   "unresponsive"});
  else if (failed >= kAcksThatFail && failed * 100 >= sent)
    out.push_back({"call_blocking.acks", HealthColour::yellow,
                   fmt::format("{} of {} acknowledgements failed in the last 10 min; a channel "
                               "that answers too few events is ended.",
                               failed, sent),
                   "See `wardroomctl doctor xsi`: can every XSP be reached, also for requests?"});
  if (overflows_.rise() > 0)
    out.push_back({"call_blocking.overflow", HealthColour::yellow,
                   fmt::format("{} call events were dropped in the last 10 min because too many "
                               "waited; the live calls were asked for instead.",
                               overflows_.rise()),
                   "The machine is too slow for this load; see docs/performance.md."});
  return out;
}

}  // namespace wardroom::call_blocking
