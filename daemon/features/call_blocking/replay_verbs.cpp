#include "features/call_blocking/replay_verbs.hpp"

#include "base/encoding.hpp"
#include "base/iso_moment.hpp"
#include "base/time_text.hpp"
#include "features/call_blocking/call_blocking.hpp"
#include "features/call_blocking/replay_json.hpp"
#include "features/call_blocking/replay_settings.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <charconv>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;
using Stream = std::shared_ptr<http::ResponseStream>;
using control::VerbCall;

constexpr std::size_t kRowsUnlessGiven = 100;
constexpr std::size_t kMostRows = 10'000;
constexpr std::size_t kRowsAtOnce = 50;  // put together without a pause
constexpr auto kTellEvery = Milliseconds(200);
constexpr std::size_t kMostBacklog = 1u << 16;

/// One replay at a time, on a thread of its own.
struct Desk {
  explicit Desk(CallBlocking& f) : feature(f), helper(f.ports().loop, 1) {}
  CallBlocking& feature;
  Helpers helper;
  bool busy = false;
};
using SharedDesk = std::shared_ptr<Desk>;

struct Turn {
  explicit Turn(SharedDesk desk) : desk_(std::move(desk)) { desk_->busy = true; }
  ~Turn() { desk_->busy = false; }
  Turn(Turn const&) = delete;
  Turn& operator=(Turn const&) = delete;

 private:
  SharedDesk desk_;
};

std::string line_of(Json const& line) {
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_line(http::ResponseStream& stream, Json const& line) {
  stream.write(std::make_shared<std::string const>(line_of(line)));
}

Result<Instant> moment_of(VerbCall const& call, std::string_view param, Instant now,
                          Instant unless_given) {
  auto const text = call.get(param);
  if (text.empty()) return unless_given;
  if (auto const ago = config::parse_duration(text)) return now - *ago;
  if (auto const moment = parse_iso(text)) return *moment;
  return failure(ErrorKind::malformed,
                 fmt::format("--{}: '{}' is no moment; write 2h (that long ago), 2026-11-22 or "
                             "2026-11-22T08:00:00Z",
                             param, text));
}

Result<std::size_t> rows_of(VerbCall const& call) {
  auto const text = call.get("limit");
  if (text.empty()) return kRowsUnlessGiven;
  std::size_t n = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || n > kMostRows)
    return failure(ErrorKind::malformed,
                   fmt::format("limit must be a whole number from 0 to {}", kMostRows));
  return n;
}

/// Without kept positions nobody knows where people stood under other fences.
Result<void> history_is_there(HistoryKeeper const& history, people::FixHistorySize const& size) {
  if (history.hours().count() == 0)
    return failure(ErrorKind::conflict,
                   "no positions are kept, so nobody knows where people stood under other fences: "
                   "set call_blocking.history_hours: 24, reload, and come back tomorrow");
  if (size.batches == 0)
    return failure(ErrorKind::conflict,
                   fmt::format("no positions are kept yet: history_hours is {}, but nobody has "
                               "posted since; come back when people were at work",
                               history.hours().count()));
  return {};
}

struct Window {
  Instant since{}, until{};
};
Result<Window> window_of(VerbCall const& call, Instant now, Instant earliest) {
  auto const since = moment_of(call, "since", now, earliest);
  if (!since) return std::unexpected(since.error());
  auto const until = moment_of(call, "until", now, now);
  if (!until) return std::unexpected(until.error());
  if (*since >= *until)
    return failure(ErrorKind::malformed,
                   "nothing lies between --since and --until: since must be "
                   "earlier");
  return Window{*since, std::min(*until, now)};
}

Json complaints_json(config::Complaints const& complaints) {
  auto out = Json::array();
  for (auto const& one : complaints) {
    out.push_back({{"line", one.line}, {"column", one.column}});
    if (!one.key.empty()) out.back()["key"] = one.key;
    out.back()["message"] = one.message;
  }
  return out;
}

std::string plural(std::int64_t n, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

/// What whoever reads the figures must know.
Json warnings_of(ReplayResult const& result, ReplayReport const& report, Window const& window,
                 Instant history_since, PolicySettings const& policy) {
  auto out = Json::array();
  auto const say = [&](std::string sentence) { out.push_back(std::move(sentence)); };
  auto const& counts = report.counts;
  auto const known_since = std::max(history_since, result.fixes_since);
  if (known_since > window.since)
    say(fmt::format("Positions are known only since {}.", iso_text(known_since)));
  if (counts.without_history > 0)
    say(
        fmt::format("{} had no kept position before them and {} judged by no_fix, although there "
                    "was one.",
                    plural(std::int64_t(counts.without_history), "call", "calls"),
                    counts.without_history == 1 ? "is" : "are"));
  if (counts.reproduced < counts.compared)
    say(
        fmt::format("Replayed under the rules in force, {} of {} calls end as they were recorded: "
                    "restarts ({} in that time), reloads, overrides and clocks that were set make "
                    "the difference.",
                    counts.reproduced, counts.compared, result.starts));
  if (counts.other_rules > 0)
    say(fmt::format("{} decided under other rules than those in force now.",
                    plural(std::int64_t(counts.other_rules), "call was", "calls were")));
  if (result.not_judged > 0)
    say(fmt::format("{} without a verdict, and left out: monitoring was off, or nothing asked.",
                    plural(result.not_judged, "call is recorded", "calls are recorded")));
  if (result.damaged > 0)
    say(fmt::format("{} of positions could not be read.",
                    plural(result.damaged, "batch", "batches")));
  if (counts.only_observed > 0)
    say(fmt::format(
        "{} more would be refused, but enforce_for of the file leaves their people out.",
        plural(std::int64_t(counts.only_observed), "call", "calls")));
  if (policy.mode != Mode::enforce)
    say(fmt::format("The file has mode: {}; the figures tell what enforce would do.",
                    name(policy.mode)));
  say("Groups and addresses are those of now. A call that was ended is known only until then.");
  return out;
}

Task<Json> rows_json(CallBlocking& feature, ReplayResult const& result, ReplayReport const& report,
                     std::size_t limit) {
  auto rows = Json::array();
  for (auto const& changed : report.changed) {
    if (rows.size() >= limit) break;
    if (rows.size() % kRowsAtOnce == kRowsAtOnce - 1)
      co_await boost::asio::post(feature.ports().loop, use_task);
    auto row = row_json(result, changed);
    if (auto const no = result.calls[changed.call].person; no != 0)
      row["person"] = co_await feature.ports().people.display_name(no);
    rows.push_back(std::move(row));
  }
  co_return rows;
}

/// People of calls whom the daemon no longer knows.
std::size_t unknown_people(CallBlocking const& feature, ReplayResult const& result) {
  std::vector<PersonNo> out;
  for (auto const& call : result.calls)
    if (!feature.ports().roster.has(call.person)) out.push_back(call.person);
  std::ranges::sort(out);
  return static_cast<std::size_t>(std::ranges::unique(out).begin() - out.begin());
}

Task<Result<Json>> simulate(SharedDesk desk, Stream stream, VerbCall call) {
  auto& feature = desk->feature;
  auto& clock = feature.ports().clock;
  auto const rows = rows_of(call);
  if (!rows) co_return std::unexpected(rows.error());
  auto const file = std::make_shared<std::string const>(call.get("file"));
  auto const file_digest = to_hex(sha256(*file)).substr(0, 12);
  *call.change = {.object = "fences " + file_digest};
  auto const in_force = feature.standings().shared_policy();
  auto other =
      co_await desk->helper.run([file, in_force] { return read_other_policy(*file, *in_force); });
  if (!other.complaints.empty())
    co_return Json{{"ok", false}, {"complaints", complaints_json(other.complaints)}};
  auto const size = co_await feature.history().store().size();
  if (!size) co_return std::unexpected(size.error());
  if (auto const there = history_is_there(feature.history(), *size); !there)
    co_return std::unexpected(there.error());
  auto const now = clock.now();
  auto const kept = std::max(*size->oldest, now - feature.history().hours());
  auto const window = window_of(call, now, kept);
  if (!window) co_return std::unexpected(window.error());
  auto const flushed = co_await feature.store().flush();
  if (!flushed) co_return std::unexpected(flushed.error());

  auto const policy = std::make_shared<PolicySettings const>(std::move(other.policy));
  ReplayWish wish{.since = window->since,
                  .until = window->until,
                  .policy = policy,
                  .in_force = in_force,
                  .named = co_await feature.resolve_named(policy),
                  .named_in_force = co_await feature.resolve_named(in_force)};
  auto tell = [stream, &clock, next = Uptime{}, last = std::string()](
                  std::string_view phase, std::int64_t done, std::int64_t total) mutable {
    if (stream->open() && (phase != last || clock.uptime() >= next) &&
        stream->backlog() < kMostBacklog) {
      write_line(*stream, {{"phase", phase}, {"rows", done}, {"total", total}});
      next = clock.uptime() + kTellEvery;
      last = phase;
    }
    return stream->open();
  };
  ReplayRun run({feature.ports().database, feature.history().store(), desk->helper},
                std::move(wish), std::move(tell));
  auto result = co_await run.run();
  if (!result) co_await run.end();
  if (!result) co_return std::unexpected(result.error());
  auto const in_force_digest = digest_of(*in_force);
  auto const report = co_await desk->helper.run(
      [result = *result, in_force_digest] { return report_of(*result, in_force_digest); });
  Json out{{"ok", true},
           {"file_digest", file_digest},
           {"policy_digest", digest_of(*policy)},
           {"in_force_digest", in_force_digest},
           {"since", iso_text(window->since)},
           {"until", iso_text(window->until)},
           {"history_since", iso_text(*size->oldest)},
           {"calls", (*result)->calls.size()},
           {"fixes", (*result)->fixes}};
  out.update(counts_json(report));
  out["unknown_people"] = unknown_people(feature, **result);
  out["warnings"] = warnings_of(**result, report, *window, *size->oldest, *policy);
  out["changed"] = report.changed.size();
  out["rows"] = co_await rows_json(feature, **result, report, *rows);
  result->reset();
  co_await run.end();
  co_return out;
}

Task<void> answer(SharedDesk desk, VerbCall call, Stream stream) {
  Result<Json> done =
      failure(ErrorKind::conflict, "another replay is under way; wait until it is done");
  std::exception_ptr broken;
  if (!desk->busy) {
    Turn const turn(desk);
    try {
      done = co_await simulate(desk, stream, std::move(call));
      // Thousands of rows are not written out on the loop.
      if (done) {
        auto text = co_await desk->helper.run(
            [out = std::move(*done)] { return line_of({{"done", out}}); });
        stream->write(std::make_shared<std::string const>(std::move(text)));
        co_return stream->close();
      }
    } catch (std::exception const& e) {
      broken = std::current_exception();
      done = failure(ErrorKind::internal, is_cancellation(broken)
                                              ? "the daemon is stopping"
                                              : fmt::format("the replay broke off: {}", e.what()));
    }
  }
  write_line(*stream,
             {{"error", {{"code", name(done.error().kind)}, {"message", done.error().what}}}});
  stream->close();
  if (broken) std::rethrow_exception(broken);
}

}  // namespace

void add_replay_verbs(control::Verbs& verbs, CallBlocking& feature) {
  verbs.handle_stream(
      "fence simulate", [desk = std::make_shared<Desk>(feature)](VerbCall call, Stream stream) {
        desk->feature.tasks().spawn("a replay", [desk, call = std::move(call), stream] {
          return answer(desk, call, stream);
        });
      });
}

}  // namespace wardroom::call_blocking
