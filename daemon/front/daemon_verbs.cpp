#include "front/daemon_verbs.hpp"

#include "base/log.hpp"
#include "base/time_text.hpp"
#include "config/yaml_section.hpp"
#include "front/grant_json.hpp"
#include "front/trail.hpp"

#include <fmt/format.h>

namespace wardroom {
namespace {

using control::VerbCall;
using nlohmann::ordered_json;
using Answer = Task<Result<ordered_json>>;
using Shared = std::shared_ptr<DaemonFacts>;

constexpr std::string_view version = "0.1.0";

ordered_json store_json(DaemonFacts const& facts) {
  auto const& health = facts.database.health();
  ordered_json out{{"url", facts.database.address()}, {"commits", health.commits}};
  if (health.commits > 0)
    out["last_commit_age_ms"] = (facts.clock.uptime() - health.last_commit) / Milliseconds(1);
  if (health.trouble) out["trouble"] = *health.trouble;
  return out;
}

void add_status(control::Verbs& verbs, Shared facts, Instant started, Uptime booted) {
  verbs.handle("status", [facts, started, booted](VerbCall) -> Answer {
    auto const signs = facts->signs();
    ordered_json out{{"version", version},
                     {"started_at", iso_text(started)},
                     {"uptime_s", (facts->clock.uptime() - booted) / std::chrono::seconds(1)},
                     {"health", name(worst(signs))},
                     {"signs", to_json(signs)}};
    facts->features_status(out);
    out["grants"] = front::grants_json(facts->vault.grants(), facts->vault.signs());
    out["store"] = store_json(*facts);
    out["http"] = {{"listen", facts->listen}, {"public_url", facts->public_url}};
    co_return out;
  });
  verbs.handle("health", [facts](VerbCall) -> Answer {
    auto const signs = facts->signs();
    co_return ordered_json{{"health", name(worst(signs))}, {"signs", to_json(signs)}};
  });
  verbs.handle("metrics", [facts](VerbCall) -> Answer {
    co_return ordered_json{{"text", facts->metrics_text()}};
  });
}

/// Whether what `wait --for` asks has come true.
bool reached(DaemonFacts const& facts, std::string_view what) {
  if (what == "ready") return facts.ready();
  ordered_json status;
  facts.features_status(status);
  auto const monitoring = status.value("monitoring", ordered_json::object());
  bool any_up = false;
  for (auto const& channel : monitoring.value("channels", ordered_json::array()))
    any_up |= channel.value("up", false);
  return any_up && monitoring.value("subscribed", false);
}

void add_wait(control::Verbs& verbs, Shared facts) {
  verbs.handle("wait", [facts](VerbCall call) -> Answer {
    std::string const what(call.get("for"));
    if (what != "ready" && what != "xsi")
      co_return failure(ErrorKind::malformed,
                        fmt::format("cannot wait for '{}'; wait for ready or xsi", what));
    Milliseconds limit(30'000);
    if (auto const given = call.get("timeout"); !given.empty()) {
      auto const wanted = config::parse_duration(given);
      if (!wanted || *wanted > std::chrono::hours(1))
        co_return failure(ErrorKind::malformed,
                          fmt::format("'{}' is no time-out; write 30s or 2m, at most 1h", given));
      limit = *wanted;
    }
    auto const deadline = facts->clock.uptime() + limit;
    while (!reached(*facts, what)) {
      if (facts->clock.uptime() >= deadline)
        co_return failure(ErrorKind::timed_out, fmt::format("'{}' was not reached within {} s",
                                                            what, double(limit.count()) / 1000));
      co_await facts->clock.sleep_for(Milliseconds(50));
    }
    co_return ordered_json{{"reached", true}};
  });
}

void add_log_level(control::Verbs& verbs, Shared facts, log::Level configured) {
  verbs.handle(
      "log-level",
      [facts, configured, back = std::make_shared<TimerHandle>()](VerbCall call) -> Answer {
        log::Level wanted{};
        if (!log::parse_level(call.get("level"), wanted))
          co_return failure(
              ErrorKind::malformed,
              fmt::format("'{}' is no level; write trace, debug, info, warning or error",
                          call.get("level")));
        back->cancel();
        ordered_json after{{"level", log::name(wanted)}};
        if (!call.get("for").empty()) after["for"] = call.get("for");
        *call.change = {.object = "log",
                        .before = ordered_json{{"level", log::name(log::level())}}.dump(),
                        .after = after.dump()};
        log::set_level(wanted);
        log::info("log level changed", {{"level", log::name(wanted)}, {"by", call.caller.name}});
        if (auto const given = call.get("for"); !given.empty()) {
          auto const time = config::parse_duration(given);
          if (!time)
            co_return failure(ErrorKind::malformed,
                              fmt::format("'{}' is no duration; write 10m or 2h", given));
          *back = facts->clock.after(*time, [configured] { log::set_level(configured); });
        }
        co_return ordered_json{{"level", log::name(wanted)}};
      });
}

}  // namespace

ordered_json to_json(std::vector<HealthSign> const& signs) {
  auto out = ordered_json::array();
  for (auto const& sign : signs) {
    ordered_json row{
        {"part", sign.part}, {"colour", name(sign.colour)}, {"sentence", sign.sentence}};
    if (!sign.remedy.empty()) row["remedy"] = sign.remedy;
    out.push_back(std::move(row));
  }
  return out;
}

void add_daemon_verbs(control::Verbs& verbs, DaemonFacts given) {
  auto facts = std::make_shared<DaemonFacts>(std::move(given));
  add_status(verbs, facts, facts->clock.now(), facts->clock.uptime());
  add_wait(verbs, facts);
  add_log_level(verbs, facts, log::level());
}

}  // namespace wardroom
