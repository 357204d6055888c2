#include "front/daemon_verbs.hpp"

#include "base/log.hpp"
#include "base/time_text.hpp"
#include "config/yaml_section.hpp"
#include "front/grant_json.hpp"
#include "front/ndjson.hpp"

#include <fmt/format.h>

#include <charconv>
#include <set>

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

ordered_json event_json(DaemonFacts const& facts, store::JournalEntry const& entry) {
  ordered_json out{{"seq", entry.seq}, {"at", iso_text(entry.at)}, {"kind", entry.kind}};
  if (entry.person_no) {
    out["person_no"] = entry.person_no;
    if (auto name = facts.name_of(entry.person_no); !name.empty()) out["person"] = std::move(name);
  }
  if (!entry.call.empty()) out["call"] = entry.call;
  auto const body = ordered_json::parse(entry.body, nullptr, false);
  if (body.is_object())
    for (auto const& [key, value] : body.items())
      if (!out.contains(key)) out[key] = value;
  return out;
}

std::vector<PersonNo> people_of(std::vector<store::JournalEntry> const& entries) {
  std::set<PersonNo> people;
  for (auto const& entry : entries)
    if (entry.person_no) people.insert(entry.person_no);
  return {people.begin(), people.end()};
}

/// Past entries from the store, then live ones; none twice, none lost in between.
Task<void> stream_events(Shared facts, VerbCall call,
                         std::shared_ptr<http::ResponseStream> stream) {
  store::JournalFilter filter;
  if (auto const who = call.get("person"); !who.empty()) {
    auto person = co_await facts->find_person(std::string(who));
    if (!person) {
      write_error(*stream, person.error());
      co_return stream->close();
    }
    filter.person_no = *person;
  }
  std::int64_t seq = std::max<std::int64_t>(0, facts->journal.last_seq() - 50);
  if (auto const since = call.get("since"); !since.empty()) {
    auto const [end, error] = std::from_chars(since.data(), since.data() + since.size(), seq);
    if (error != std::errc{} || end != since.data() + since.size() || seq < 0) {
      write_error(*stream,
                  {ErrorKind::malformed,
                   fmt::format("'{}' is no sequence number; give one that `events` shows", since)});
      co_return stream->close();
    }
  }
  // Live entries wait in `fresh` until the store has been read.
  auto fresh = std::make_shared<std::vector<store::JournalEntry>>();
  auto caught_up = std::make_shared<std::int64_t>(-1);
  auto subscription = facts->journal.on_entry(
      [facts, filter, fresh, caught_up, stream](store::JournalEntry const& entry) {
        if (!store::matches(filter, entry)) return;
        if (*caught_up < 0)
          fresh->push_back(entry);
        else if (entry.seq > *caught_up)
          write_line(*stream, event_json(*facts, entry));
      });
  for (;;) {
    auto page = co_await facts->journal.read_since(seq, filter, 500);
    if (!page) {
      write_error(*stream, page.error());
      co_return stream->close();
    }
    co_await facts->learn_names(people_of(*page));
    for (auto const& entry : *page) {
      write_line(*stream, event_json(*facts, entry));
      seq = entry.seq;
    }
    if (!stream->open()) co_return;  // nobody reads on
    if (page->size() < 500) break;
  }
  *caught_up = seq;
  for (auto const& entry : *fresh)
    if (entry.seq > seq) {
      write_line(*stream, event_json(*facts, entry));
      *caught_up = entry.seq;
    }
  fresh->clear();
  if (!call.flag("follow")) co_return stream->close();
  stream->on_close([subscription]() mutable { subscription.reset(); });
}

void add_events(control::Verbs& verbs, Shared facts) {
  verbs.handle_stream(
      "events", [facts](VerbCall call, std::shared_ptr<http::ResponseStream> stream) {
        facts->tasks.spawn("events verb", [facts, call = std::move(call), stream]() -> Task<void> {
          co_await stream_events(facts, call, stream);
        });
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
  add_events(verbs, facts);
  add_log_level(verbs, facts, log::level());
}

}  // namespace wardroom
