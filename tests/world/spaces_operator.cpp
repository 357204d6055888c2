#include "spaces_operator.hpp"

#include <fmt/format.h>

namespace wardroom::world {
namespace {
using namespace std::chrono_literals;
using nlohmann::json;

/// Twice the schedule of jobs at rest, and what a run may take.
constexpr Milliseconds schedule_holds = 12min;

json first_line(std::string const& body) {
  return json::parse(body.substr(0, body.find('\n')), nullptr, false);
}

std::int64_t number(json const& object, char const* key) {
  auto const found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

std::string text(json const& object, char const* key) {
  auto const found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

// --- asking and hearing --------------------------------------------------------------------------

void SpacesOperator::say(std::string const& verb, json body, Heard then) {
  world_.note("spaces", fmt::format("sync {} {}", verb, body.dump()));
  world_.control(http::Method::post, "/v1/sync/" + verb, body.dump(),
                 [then = std::move(then)](Answered const& answer) {
                   if (then) then(answer);
                 });
}

/// A run is to begin; `then` hears its number.
void SpacesOperator::begin(std::string const& verb, json body,
                           std::function<void(std::int64_t)> then) {
  if (verb != "plan") body["no-wait"] = true;
  say(verb, std::move(body), [this, verb, then = std::move(then)](Answered const& answer) {
    auto const line = first_line(answer.body);
    if (!line.is_object()) return;
    auto const run = number(line, "run");
    if (run > 0)
      world_.note("spaces", fmt::format("run {} ({})", run, verb));
    else if (line.contains("error"))
      world_.note("spaces", fmt::format("{}: {}", verb, text(line["error"], "message")));
    if (run > 0 && then) then(run);
  });
}

void SpacesOperator::look() {
  if (looking_) return;
  looking_ = true;
  world_.control(http::Method::get, "/v1/sync/list", "", [this](Answered const& answer) {
    looking_ = false;
    if (answer.status == 200) learn(answer);
  });
}

void SpacesOperator::learn(Answered const& answer) {
  auto const list = answer.json();
  if (!list.is_object() || !list.contains("jobs")) return;
  fresh_ = true;
  looked_ = world_.now();
  seen_.clear();
  for (auto const& job : list["jobs"]) {
    auto& seen = seen_[text(job, "name")];
    if (auto const* room = world_.platform().rooms.by_id(text(job, "space")))
      seen.room = room->uuid;
    seen.paused = job["paused"].is_object();
    seen.running = job["running"].is_object();
    if (job["held"].is_object()) {
      seen.held = number(job["held"], "id");
      seen.held_removals = number(job["held"]["counts"], "to_remove");
    }
    if (!job["last"].is_object()) continue;
    auto const& last = job["last"];
    auto const& counts = last["counts"];
    seen.last = number(last, "id");
    seen.last_state = text(last, "state");
    seen.last_error = text(last, "error");
    auto const cause = text(last, "cause");
    seen.last_by_itself = cause == "schedule" || cause == "catch_up";
    seen.last_added = number(counts, "added");
    seen.last_changes = seen.last_added + number(counts, "removed");
    bool const good =
        seen.last_state == "done" || seen.last_state == "partly" || seen.last_state == "observed";
    if (good && text(last, "kind") == "sync" && text(last, "space") == text(job, "space"))
      truth_.good_run(seen.room, std::size_t(number(counts, "people")),
                      std::size_t(number(counts, "members")));
  }
}

void SpacesOperator::newest_run(std::string const& job, std::function<void(std::int64_t)> then) {
  world_.control(http::Method::get, "/v1/sync/history?limit=1&job=" + job, "",
                 [then = std::move(then)](Answered const& answer) {
                   auto const history = answer.json();
                   if (answer.status != 200 || !history.is_object()) return;
                   auto const& runs = history["runs"];
                   then(runs.empty() ? 0 : number(runs[0], "id"));
                 });
}

void SpacesOperator::daemon_gone() {
  looking_ = fresh_ = false;
  timers_.clear();
  for (auto& [job, rest] : rests_) rest.waits = 0;
}

// --- acts ----------------------------------------------------------------------------------------

void SpacesOperator::act(Chance& chance) {
  look();
  if (seen_.empty()) return;
  auto const at = std::next(seen_.begin(), static_cast<std::ptrdiff_t>(chance.below(seen_.size())));
  auto const& [job, seen] = *at;
  auto const what = chance.below(20);
  if (what < 4) return begin("run", {{"job", job}}, {});
  if (what < 6) return begin("run", {{"job", job}, {"add-left", true}}, {});
  if (what < 7) return begin("plan", {{"job", job}}, {});
  if (what < 12) {
    bool const wrong = chance.one_in(5);
    if (seen.held != 0) approve(job, seen.held_removals + (wrong ? 1 : 0));
    return;
  }
  if (what < 14) return undo(job, seen, chance);
  if (what < 16 && world_.has("spaces pauses", 400)) return seen.paused ? resume(job) : pause(job);
  if (what < 17 && seen.paused) return resume(job);
}

void SpacesOperator::approve(std::string const& job, std::int64_t removals,
                             std::function<void(std::int64_t)> then) {
  truth_.approved(seen_[job].room);
  approved_.insert(job);
  begin("approve", {{"job", job}, {"removals", removals}}, std::move(then));
}

void SpacesOperator::undo(std::string const& job, Seen const& seen, Chance& chance) {
  bool const bold = chance.one_in(3);
  if (!world_.has("spaces undo") || seen.last_changes == 0 || seen.running) return;
  truth_.undo_asked(seen.room);
  auto const place = undos_.size();
  undos_.push_back({job, seen.last, 0, world_.now(), truth_.members_are_old()});
  json body{{"run", seen.last}};
  if (bold) body["removals"] = seen.last_added;
  begin("undo", std::move(body), [this, place](std::int64_t run) { undos_[place].run = run; });
}

void SpacesOperator::pause(std::string const& job) {
  say("pause", {{"job", job}, {"reason", "somebody wants it so"}},
      [this, job](Answered const& answer) {
        if (answer.status != 200) return;
        auto const place = pauses_.size();
        pauses_.push_back({job});
        // What was due at that very moment may just have begun.
        timers_.push_back(world_.clock().after(30s, [this, job, place] {
          newest_run(job, [this, place](std::int64_t run) { pauses_[place].after = run; });
        }));
      });
}

/// However it ends, the job may run again from the moment that it was asked for.
void SpacesOperator::resume(std::string const& job) {
  newest_run(job, [this, job](std::int64_t run) {
    for (auto& pause : pauses_)
      if (pause.job == job && !pause.before) pause.before = run;
    say("resume", {{"job", job}}, [this](Answered const&) { look(); });
  });
}

// --- to rest -------------------------------------------------------------------------------------

bool SpacesOperator::settled(SpacePolicy const& calm, bool quiet) {
  bool over = true;
  for (auto const& job : calm.jobs) {
    auto& rest = rests_[job.name];
    if (!rest.over) bring_to_rest(job.name, calm, quiet, rest);
    over = over && rest.over;
  }
  return over;
}

/// One step a second, as far as the newest list tells what is next.
void SpacesOperator::bring_to_rest(std::string const& job, SpacePolicy const& calm, bool quiet,
                                   Rest& rest) {
  if (world_.now() < rest.again) return;
  if (!fresh_ || world_.now() - looked_ > 4s || !seen_.contains(job)) return look();
  auto const seen = seen_[job];
  rest.again = world_.now() + 5s;
  if (seen.paused) return resume(job);
  if (!rest.ran_by_itself) expect_a_run(job, seen, rest);
  if (seen.running || !quiet || !rest.ran_by_itself) return;
  if (calm.mode != "enforce") {
    rest.over = true;
    return;
  }
  auto const waits = [this, &rest](std::int64_t run) {
    rest.waits = run, rest.since = world_.now();
  };
  if (rest.waits == 0) return begin("run", {{"job", job}, {"add-left", true}}, waits);
  if (seen.last < rest.waits) {  // it was refused: what was found is not what was approved
    if (world_.now() - rest.since > 30s) rest.waits = 0;
    return;
  }
  rest.last = fmt::format("run {}: {} {}", seen.last, seen.last_state, seen.last_error);
  rest.waits = 0;
  if (seen.last_state == "held") return approve(job, seen.held_removals, waits);
  if (seen.last_error.contains("log in first")) return;
  judge(job, calm, rest);
}

/// Every five minutes now; one of them may be left out for a run that still waits for Webex.
void SpacesOperator::expect_a_run(std::string const& job, Seen const& seen, Rest& rest) {
  if (!rest.may_run) {
    rest.may_run = world_.now();
    rest.before = seen.last;
  }
  rest.ran_by_itself = seen.last > rest.before && seen.last_by_itself;
  if (!rest.ran_by_itself && world_.now() - *rest.may_run > schedule_holds)
    world_.fail("S2", fmt::format("the job {} has not run by its schedule for {} s", job,
                                  schedule_holds.count() / 1000));
}

void SpacesOperator::judge(std::string const& job, SpacePolicy const& calm, Rest& rest) {
  ++rest.runs;
  auto const wrong = truth_.difference(*calm.named(job));
  rest.over = wrong.empty();
  if (rest.runs >= 2 && !rest.over)
    world_.fail("S2", fmt::format("two runs after all was healed {} ({})", wrong, rest.last));
}

}  // namespace wardroom::world
