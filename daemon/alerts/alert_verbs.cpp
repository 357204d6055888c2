// What operators ask of the alerts: what is open, what was told to whom, and whether it would
// arrive.
#include "alerts/alerts.hpp"
#include "base/time_text.hpp"

#include <fmt/format.h>

namespace wardroom::alerts {
namespace {

using Json = nlohmann::ordered_json;
using Answer = Task<Result<Json>>;
using namespace std::chrono_literals;

/// When the first word of it got through; nobody knows of it before.
std::optional<Instant> first_told(Alert const& alert) {
  std::optional<Instant> out;
  for (auto const& row : alert.deliveries)
    if (row.notice != Notice::cleared &&
        (row.state == DeliveryState::sent || row.state == DeliveryState::uncertain))
      out = std::min(out.value_or(row.at), row.at);
  return out;
}

Json to_json(Alert const& alert) {
  auto const& fact = alert.fact;
  Json out{{"part", fact.part},
           {"colour", name(fact.colour)},
           {"sentence", fact.sentence},
           {"remedy", fact.remedy},
           {"since", iso_text(fact.since)}};
  if (auto const told = first_told(alert)) out["told_at"] = iso_text(*told);
  if (fact.flapping) out["flapping"] = true;
  if (alert.cleared_at) out["cleared_at"] = iso_text(*alert.cleared_at);
  auto& rows = out["deliveries"] = Json::array();
  for (auto const& row : alert.deliveries) {
    Json line{{"channel", row.channel},     {"to", row.to},
              {"state", name(row.state)},   {"detail", row.detail},
              {"notice", name(row.notice)}, {"at", iso_text(row.at)}};
    if (row.state == DeliveryState::pending) line["next_at"] = iso_text(row.next_at);
    rows.push_back(std::move(line));
  }
  return out;
}

}  // namespace

Json Alerts::list() const {
  Json out{{"open", Json::array()}, {"recent", Json::array()}};
  for (auto one = alerts_.rbegin(); one != alerts_.rend(); ++one)  // newest first
    out[one->second.cleared_at ? "recent" : "open"].push_back(to_json(one->second));
  if (ways_.empty()) out["message"] = sign().sentence;
  return out;
}

void Alerts::add_status(Json& status) const {
  auto channels = Json::array();
  for (auto const& [target, way] : ways_) {
    Json row{{"channel", target.channel}, {"to", target.to}, {"works", way.trouble.empty()}};
    if (!way.trouble.empty()) row["detail"] = way.trouble;
    channels.push_back(std::move(row));
  }
  status["alerts"] = {{"open", open()}, {"channels", std::move(channels)}};
  if (ways_.empty()) status["alerts"]["message"] = sign().sentence;
}

/// All ways at once: the slowest bounds it.
Task<Json> Alerts::test() {
  struct Round {
    explicit Round(Executor loop) : wake(loop) {}
    std::map<Target, Json> rows;
    std::size_t left = 0;
    Wake wake;
  };
  find_ways();
  auto const round = std::make_shared<Round>(ports_.loop);
  round->left = ways_.size();
  auto const bulletin = compose_test(site_, ports_.clock.now());
  auto const number = ++tests_;
  for (auto const& [target, way] : ways_) {
    Effect effect{.feature = "alerts",
                  .key = fmt::format("test {} {} {}", number, target.channel, target.to),
                  .kind = EffectKind::idempotent,
                  .attempts = {0ms}};
    auto mine = bulletin;
    mine.id += fmt::format(".{}", number);
    effect.act = [channel = way.channel, to = target.to, mine] { return channel->send(to, mine); };
    ports_.effects.submit(std::move(effect), [this, round, target](EffectOutcome const& outcome) {
      bool const ok = outcome.end == EffectEnd::done || outcome.end == EffectEnd::observed;
      round->rows[target] = {
          {"channel", target.channel}, {"to", target.to}, {"ok", ok}, {"detail", outcome.detail}};
      if (auto const found = ways_.find(target); found != ways_.end()) {
        if (ok)
          note_success(found->second);
        else
          note_failure(found->second, {ErrorKind::unavailable, outcome.detail, std::nullopt});
        // What waits for a way that works again need not wait any longer.
        if (ok && !found->second.busy && found->second.due != Uptime::max()) {
          found->second.due = ports_.clock.uptime();
          look();
        }
      }
      if (--round->left == 0) round->wake.raise();
    });
  }
  if (round->left > 0) co_await round->wake.wait();
  Json out{{"deliveries", Json::array()}};
  for (auto& [target, row] : round->rows) out["deliveries"].push_back(std::move(row));
  if (ways_.empty()) out["message"] = sign().sentence;
  co_return out;
}

void Alerts::add_verbs(control::Verbs& verbs) {
  verbs.handle("alerts list", [this](control::VerbCall) -> Answer { co_return list(); });
  verbs.handle("alerts test", [this](control::VerbCall) -> Answer { co_return co_await test(); });
}

}  // namespace wardroom::alerts
