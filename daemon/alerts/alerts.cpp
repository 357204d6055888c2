#include "alerts/alerts.hpp"

#include "base/log.hpp"
#include "runtime/task_group.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

namespace wardroom::alerts {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds look_every{5000};
constexpr std::size_t kept_deliveries = 60;
constexpr std::string_view unconfigured = "this way is no longer configured";

/// Old rows go, but never one that waits, the first word, or the last that each target got.
void shorten(std::vector<Delivery>& rows) {
  if (rows.size() <= kept_deliveries) return;
  std::set<Target> told;
  std::vector<Delivery> kept;
  for (auto& row : std::views::reverse(rows)) {
    bool const got = row.state == DeliveryState::sent || row.state == DeliveryState::uncertain;
    bool const last_word = got && told.insert({row.channel, row.to}).second;
    bool const needed =
        last_word || row.state == DeliveryState::pending || row.notice == Notice::raised;
    if (needed || kept.size() < kept_deliveries) kept.push_back(std::move(row));
  }
  std::ranges::reverse(kept);
  rows = std::move(kept);
}

}  // namespace

Alerts::Alerts(Ports ports, AlertRules rules, Site site, Channels channels, Signs signs)
    : ports_(ports),
      rules_(rules),
      site_(std::move(site)),
      channels_(std::move(channels)),
      signs_(std::move(signs)),
      store_(ports.database),
      book_(rules, {}, ports.clock.now(), ports.clock.uptime()),
      wake_(ports.loop) {}

Task<Result<void>> Alerts::load() {
  auto kept = co_await store_.load();
  if (!kept) co_return std::unexpected(std::move(kept.error()));
  auto begun = co_await store_.load_begun();
  if (!begun) co_return std::unexpected(std::move(begun.error()));
  begun_ = std::move(*begun);
  auto const now = ports_.clock.now();
  auto const up = ports_.clock.uptime();
  find_ways();
  std::vector<OpenFact> open;
  for (auto& alert : *kept) {
    last_alert_ = std::max(last_alert_, alert.id);
    if (!alert.cleared_at) open.push_back(alert.fact);
    for (auto& row : alert.deliveries) {
      last_delivery_ = std::max(last_delivery_, row.id);
      if (row.state != DeliveryState::pending) continue;
      auto const way = ways_.find({row.channel, row.to});
      if (way == ways_.end()) {
        row.state = DeliveryState::superseded;
        row.detail = unconfigured;
        row.at = now;
        unsaved_.insert(alert.id);
        continue;
      }
      // Whatever the wall clock did meanwhile: within four hours.
      auto const wait = std::clamp<Milliseconds>(row.next_at - now, gather, 4h);
      way->second.due = std::min(way->second.due, up + wait);
      way->second.failures = std::max(way->second.failures, row.attempts);
    }
    alerts_.emplace(alert.id, std::move(alert));
  }
  book_ = AlertBook(rules_, open, now, up, begun_);
  started_ = up;
  co_return Result<void>{};
}

Task<void> Alerts::run() {
  co_await finish_politely();
  if (ways_.empty()) find_ways();
  if (ways_.empty())
    log::info("nobody is told of trouble: no channel is configured", {{"keys", "alerts"}});
  for (;;) {
    fold();
    deliver();
    save();
    co_await wake_.wait_until(ports_.clock, next_look());
  }
}

/// A reload may have changed who is to be told.
void Alerts::find_ways() {
  std::map<Target, Channel*> wanted;
  for (auto const& channel : channels_)
    for (auto& to : channel->targets())
      wanted.emplace(Target{std::string(channel->name()), std::move(to)}, channel.get());
  auto const gone = std::erase_if(
      ways_, [&](auto const& one) { return !wanted.contains(one.first) && !one.second.busy; });
  if (gone > 0) drop_ways(ports_.clock.now());
  for (auto const& [target, channel] : wanted) ways_.try_emplace(target, Way{.channel = channel});
}

/// What waits for a way that is not there any more would wait for ever.
void Alerts::drop_ways(Instant now) {
  for (auto& [id, alert] : alerts_)
    for (auto& row : alert.deliveries) {
      if (row.state != DeliveryState::pending || ways_.contains({row.channel, row.to})) continue;
      row.state = DeliveryState::superseded;
      row.detail = unconfigured;
      row.at = now;
      unsaved_.insert(id);
    }
}

void Alerts::fold() {
  find_ways();
  auto signs = signs_();
  std::erase_if(signs, [](HealthSign const& sign) { return sign.part == "alerts"; });
  auto const now = ports_.clock.now();
  for (auto const& event : book_.fold(signs, now, ports_.clock.uptime())) apply(event, now);
  forget_old(now);
}

void Alerts::apply(AlertEvent const& event, Instant now) {
  auto& alert = alert_of(event, now);
  alert.fact = {.part = event.sign.part,
                .colour = event.sign.colour,
                .key = event.sign.key,
                .sentence = event.sign.sentence,
                .remedy = event.sign.remedy,
                .since = event.since,
                .told_at = event.notice == Notice::cleared ? alert.fact.told_at : now,
                .flapping = event.flapping};
  if (event.notice == Notice::raised) ++counters_.raised;
  if (event.notice == Notice::cleared) {
    ++counters_.cleared;
    alert.cleared_at = now;
  }
  log::write(event.notice == Notice::cleared ? log::Level::info : log::Level::warning, "alert",
             {{"notice", name(event.notice)},
              {"part", event.sign.part},
              {"colour", name(event.sign.colour)},
              {"sentence", event.sign.sentence}});
  queue(alert, event.notice, now);
  unsaved_.insert(alert.id);
  if (hear_) hear_(event);
}

Alert& Alerts::alert_of(AlertEvent const& event, Instant now) {
  if (event.notice != Notice::raised)
    for (auto& [id, alert] : alerts_)
      if (!alert.cleared_at && alert.fact.part == event.sign.part) return alert;
  auto& fresh = alerts_[++last_alert_];
  fresh.id = last_alert_;
  fresh.fact.told_at = now;
  return fresh;
}

void Alerts::queue(Alert& alert, Notice notice, Instant now) {
  auto const due = ports_.clock.uptime() + gather;
  for (auto& [target, way] : ways_) {
    bool const heard = std::ranges::any_of(
        alert.deliveries, [&](Delivery const& row) { return is_for(row, target); });
    if (notice == Notice::cleared && !heard) continue;  // configured since
    alert.deliveries.push_back({.id = ++last_delivery_,
                                .notice = notice,
                                .channel = target.channel,
                                .to = target.to,
                                .next_at = now + gather,
                                .at = now});
    way.due = std::min(way.due, due);
  }
  shorten(alert.deliveries);
}

void Alerts::forget_old(Instant now) {
  std::size_t over = 0;
  for (auto const& [id, alert] : alerts_) over += alert.cleared_at.has_value();
  for (auto it = alerts_.begin(); it != alerts_.end();) {  // oldest first
    auto const& alert = it->second;
    bool const waits = std::ranges::any_of(
        alert.deliveries, [](Delivery const& row) { return row.state == DeliveryState::pending; });
    bool const old = alert.cleared_at && (over > kept_alerts || now - *alert.cleared_at > kept_for);
    if (!old || (waits && over <= 2 * kept_alerts)) {
      ++it;
      continue;
    }
    --over;
    unsaved_.erase(alert.id);
    forgotten_.push_back(alert.id);
    it = alerts_.erase(it);
  }
}

/// At once when another part begins or ends, else every few seconds to say that it is still there.
std::optional<std::vector<Begun>> Alerts::beginnings_to_note() const {
  auto const up = ports_.clock.uptime();
  auto begun = book_.begun(ports_.clock.now(), up);
  bool const recent = up - begun_noted_at_ < look_every;
  if (std::ranges::equal(begun, begun_, {}, &Begun::part, &Begun::part) &&
      (begun.empty() || recent))
    return std::nullopt;
  return begun;
}

/// One unit at a time; what changes meanwhile goes into the next.
void Alerts::save() {
  auto begun = beginnings_to_note();
  if (saving_ || (unsaved_.empty() && forgotten_.empty() && !begun)) return;
  saving_ = true;
  if (begun) begun_noted_at_ = ports_.clock.uptime();
  std::vector<Alert> changed;
  auto const given = std::exchange(unsaved_, {});
  auto const gone = std::exchange(forgotten_, {});
  for (auto const id : given)
    if (auto const found = alerts_.find(id); found != alerts_.end())
      changed.push_back(found->second);
  store_.save(std::move(changed), gone, begun, [this, given, gone, begun](Result<void> done) {
    saving_ = false;
    if (done) {
      if (begun) begun_ = *begun;
      save_trouble_.clear();
      wake_.raise();  // messages that waited for it
      return;
    }
    if (save_trouble_.empty())
      log::warning("alerts cannot be noted; they are sent all the same",
                   {{"why", done.error().what}});
    save_trouble_ = done.error().what;
    unsaved_.insert(given.begin(), given.end());
    forgotten_.insert(forgotten_.end(), gone.begin(), gone.end());
  });
}

Uptime Alerts::next_look() const {
  auto const up = ports_.clock.uptime();
  auto next = up + look_every;
  if (up < started_ + rules_.settle) next = std::min(next, started_ + rules_.settle);
  for (auto const& [target, way] : ways_)
    if (!way.busy) next = std::min(next, std::max(way.due, up + 250ms));
  return next;
}

std::size_t Alerts::open() const { return book_.open(); }

HealthSign Alerts::sign() const {
  HealthSign out{.part = "alerts"};
  if (ways_.empty()) {
    out.sentence =
        "Nobody is told of trouble: the section alerts of the configuration names nobody.";
    return out;
  }
  std::string troubles;
  std::size_t failing = 0;
  for (auto const& [target, way] : ways_)
    if (!way.trouble.empty()) {
      ++failing;
      troubles += fmt::format("{}{} to {}: {}", troubles.empty() ? "" : "; ", target.channel,
                              target.to, way.trouble);
    }
  if (failing == ways_.size()) {
    out.colour = HealthColour::yellow;
    out.sentence = "No alert gets through: " + troubles;
    out.remedy = "Mend the way the sentence names, then try it: wardroomctl alerts test";
  } else {
    out.sentence = fmt::format("{} of {} ways to tell people work{}.", ways_.size() - failing,
                               ways_.size(), failing ? ", not " + troubles : std::string());
  }
  return out;
}

}  // namespace wardroom::alerts
