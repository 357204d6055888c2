// How alerts leave: what a target is to hear goes out as one message, and its end is noted.
#include "alerts/alerts.hpp"
#include "base/log.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::alerts {
namespace {

using namespace std::chrono_literals;

/// How long a message waits for the store to have noted it.
constexpr Milliseconds patience_with_store{10'000};

}  // namespace

void Alerts::deliver() {
  auto const up = ports_.clock.uptime();
  for (auto& [target, way] : ways_) {
    if (way.busy || way.due > up) continue;
    bool const noted = unsaved_.empty() && !saving_;
    if (!noted && save_trouble_.empty() && up - way.due < patience_with_store) continue;
    std::vector<std::int64_t> rows;
    auto const items = items_for(target, rows);
    way.due = Uptime::max();
    if (!items.empty()) send(target, way, items, std::move(rows));
  }
}

std::vector<Item> Alerts::items_for(Target const& target, std::vector<std::int64_t>& rows) {
  std::vector<Item> out;
  auto const now = ports_.clock.now();
  for (auto& [id, alert] : alerts_) {
    if (settle(alert, target, now)) unsaved_.insert(id);
    for (auto const& row : alert.deliveries)
      if (is_for(row, target) && row.state == DeliveryState::pending) {
        out.push_back({row.notice, &alert});
        rows.push_back(row.id);
      }
  }
  return out;
}

void Alerts::send(Target const& target, Way& way, std::vector<Item> const& items,
                  std::vector<std::int64_t> rows) {
  auto bulletin = compose(site_, items, ports_.clock.now());
  bulletin.id = fmt::format("{}.{}", unix_ms(items.back().alert->fact.since), rows.back());
  auto const why = std::make_shared<std::optional<Error>>();
  way.busy = true;
  Effect effect{
      .feature = "alerts",
      .key = fmt::format("{} {} {} {}", target.channel, target.to, rows.back(), way.failures),
      .kind = EffectKind::once,
      .attempts = {0ms}};
  effect.act = [channel = way.channel, to = target.to, bulletin = std::move(bulletin),
                why]() -> Task<Result<std::string>> {
    auto done = co_await channel->send(to, bulletin);
    if (!done) *why = done.error();
    co_return done;
  };
  ports_.effects.submit(std::move(effect),
                        [this, target, rows = std::move(rows), why](EffectOutcome const& outcome) {
                          sent(target, rows, outcome, *why);
                        });
}

void Alerts::sent(Target const& target, std::vector<std::int64_t> const& rows,
                  EffectOutcome const& outcome, std::optional<Error> const& why) {
  auto const found = ways_.find(target);
  if (found == ways_.end()) return;
  auto& way = found->second;
  way.busy = false;
  bool const done = outcome.end == EffectEnd::done || outcome.end == EffectEnd::observed;
  bool const uncertain = why && why->kind == ErrorKind::conflict;
  if (!done && !why && outcome.end == EffectEnd::failed && outcome.attempts == 0)
    return;  // stopping
  Error const error = why.value_or(Error{ErrorKind::internal, outcome.detail, std::nullopt});
  if (done)
    note_success(way);
  else
    note_failure(way, error);
  auto const now = ports_.clock.now();
  auto const delay = retry_delay(way.failures, error);
  bool again = false;
  for (auto& [id, alert] : alerts_)
    for (auto& row : alert.deliveries) {
      if (std::ranges::find(rows, row.id) == rows.end()) continue;
      ++row.attempts;
      row.at = now;
      row.detail = done ? outcome.detail : error.what;
      row.state = done        ? DeliveryState::sent
                  : uncertain ? DeliveryState::uncertain
                              : DeliveryState::pending;
      if (row.state == DeliveryState::pending && !worth_retrying(alert, row, error, now))
        row.state = DeliveryState::failed;
      if (row.state == DeliveryState::pending) {
        row.next_at = now + delay;
        again = true;
      }
      unsaved_.insert(id);
    }
  if (again) way.due = std::min(way.due, ports_.clock.uptime() + delay);
  log::write(done ? log::Level::info : log::Level::warning,
             done ? "an alert was delivered" : "an alert could not be delivered",
             {{"channel", target.channel},
              {"to", target.to},
              {"detail", done ? outcome.detail : error.what}});
  wake_.raise();
}

void Alerts::note_success(Way& way) {
  ++counters_.delivered;
  way.failures = 0;
  way.trouble.clear();
}

void Alerts::note_failure(Way& way, Error const& why) {
  ++counters_.failed;
  ++way.failures;
  way.trouble = why.what;
}

}  // namespace wardroom::alerts
