#include "spaces_journal.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::world {
namespace {
using namespace std::chrono_literals;
using nlohmann::json;

/// With all the waiting and a crash in between.
constexpr Milliseconds one_step_takes = 25min;

std::int64_t number(json const& object, char const* key, std::int64_t otherwise = 0) {
  auto const found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>()
                                                             : otherwise;
}

std::string text(json const& object, char const* key) {
  auto const found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

bool SpacesJournal::Run::changed() const {
  return std::ranges::any_of(steps, [](Step const& step) { return step.state == "done"; });
}

void SpacesJournal::check(std::vector<SpaceJob> const& jobs) {
  if (!read()) return;
  check_ends();
  check_changes();
  check_holds(jobs);
  check_undos(jobs);
  check_pauses();
}

/// False when nothing can be said: a clock that went on for a month had it forgotten.
bool SpacesJournal::read() {
  auto const answer = world_.ask(http::Method::get, "/v1/sync/history?limit=500");
  auto const history = answer.json();
  if (answer.status != 200 || !history.is_object()) {
    world_.fail("S2", fmt::format("the history of syncs was answered with {}", answer.status));
    return false;
  }
  std::set<std::string> months;
  for (auto const& row : history["runs"]) {
    auto const id = number(row, "id");
    months.insert(text(row, "began").substr(0, 7));
    auto const* room = world_.platform().rooms.by_id(text(row, "space"));
    auto const& counts = row["counts"];
    auto& run = runs_[id];
    run = {.id = id,
           .undoes = number(row, "undoes"),
           .to_remove = number(counts, "to_remove"),
           .approved = number(row, "approved_removals", -1),
           .members = number(counts, "members"),
           .job = text(row, "job"),
           .room = room ? room->uuid : "",
           .kind = text(row, "kind"),
           .cause = text(row, "cause"),
           .state = text(row, "state")};
    if (number(counts, "to_add") + run.to_remove > 0 && !read_steps(run)) return false;
  }
  bool const all = !runs_.empty() && runs_.rbegin()->first == std::ssize(runs_);
  return all && months.size() == 1;
}

bool SpacesJournal::read_steps(Run& run) {
  auto const answer =
      world_.ask(http::Method::get, fmt::format("/v1/sync/show?limit=1000&run={}", run.id));
  auto const shown = answer.json();
  if (answer.status != 200 || !shown.is_object()) {
    world_.fail("S2", fmt::format("run {} was shown with {}", run.id, answer.status));
    return false;
  }
  for (auto const& step : shown["steps"])
    run.steps.push_back({.person = text(step, "person"),
                         .state = text(step, "state"),
                         .outcome = text(step, "outcome"),
                         .adds = text(step, "act") == "add"});
  return true;
}

std::string SpacesJournal::address_of(std::string const& uuid) const {
  auto const* person = world_.platform().org.by_uuid(uuid);
  return person ? person->email : uuid;
}

/// What was broken off went on, or was ended; what only looked, or waited, changed nothing.
void SpacesJournal::check_ends() {
  for (auto const& [id, run] : runs_) {
    bool const open = run.state == "reading" || run.state == "applying";
    if (open && !unstored_)
      return world_.fail("S2", fmt::format("run {} of {} is still {} at the end of the world", id,
                                           run.job, run.state));
    bool const quiet = run.state == "planned" || run.state == "held" || run.state == "observed" ||
                       run.state == "superseded";
    if (quiet && run.changed())
      return world_.fail(
          "S3", fmt::format("run {} of {} is {} and changed somebody", id, run.job, run.state));
  }
}

/// Every change that the simulator saw by the daemon is a step that was tried, and no step is told
/// as done that was not.
void SpacesJournal::check_changes() {
  struct Count {
    int by_daemon = 0, by_anybody = 0, done = 0, tried = 0;
    std::optional<Uptime> last{};  ///< by the daemon
  };
  std::map<std::tuple<std::string, std::string, bool>, Count> counts;
  for (auto const& change : truth_.changes()) {
    auto& count = counts[{change.room, change.person->uuid, change.added}];
    ++count.by_anybody;
    // One step whose answer was lost, and was taken back by hand, is carried out again.
    if (change.by_daemon && !(count.last && change.at - *count.last < one_step_takes))
      ++count.by_daemon;
    if (change.by_daemon) count.last = change.at;
  }
  for (auto const& [id, run] : runs_)
    for (auto const& step : run.steps) {
      auto& count = counts[{run.room, step.person, step.adds}];
      bool const done = step.state == "done";
      if (done) ++count.done;
      // What was under way when a run was given up stays begun; what is skipped was not tried.
      if (done || step.state == "failed" || step.state == "already" || step.state == "begun")
        ++count.tried;
    }
  for (auto const& [what, count] : counts) {
    auto const& [room, person, added] = what;
    auto const* space = world_.platform().rooms.by_id(room);
    auto const told = [&](std::string_view how) {
      world_.fail("S2", fmt::format("{}: {} {} {} times by the daemon, {} by anybody; {} steps say "
                                    "done, {} that it was tried: {}",
                                    space ? space->title : room, address_of(person),
                                    added ? "added" : "removed", count.by_daemon, count.by_anybody,
                                    count.done, count.tried, how));
    };
    if (count.by_daemon > count.tried) return told("a change that no run tells of");
    auto const* who = world_.platform().org.by_uuid(person);
    if (count.done > count.by_anybody && who && truth_.is_told(room, *who))
      return told("a change is told of that never was");
  }
}

/// Judged by the loosest limits the job ever had.
void SpacesJournal::check_holds(std::vector<SpaceJob> const& jobs) {
  for (auto const& [id, run] : runs_) {
    auto const removed = std::ranges::count_if(
        run.steps, [](Step const& step) { return !step.adds && step.state == "done"; });
    double most = 0;
    for (auto const& job : jobs)
      if (job.name == run.job)
        most = std::max(
            {most, double(job.hold_count), double(job.hold_percent) * double(run.members) / 100});
    if (double(removed) <= most) continue;
    bool const approved = run.approved == run.to_remove || run.cause == "resumed";
    if (!approved)
      return world_.fail("S3", fmt::format("run {} of {} removed {} people, {} is the limit, and "
                                           "nobody approved it",
                                           id, run.job, removed, most));
  }
}

/// Of a run that is taken back, all that it did is, and nothing else.
void SpacesJournal::check_undos(std::vector<SpaceJob> const& jobs) {
  for (auto const& [id, run] : runs_) {
    if (run.kind != "undo" || !runs_.contains(run.undoes)) continue;
    auto const& undone = runs_.at(run.undoes);
    for (auto const& step : run.steps) {
      bool const reverse = std::ranges::any_of(undone.steps, [&](Step const& before) {
        // Whom it may have removed is added again; whom it may have added stays.
        bool const doubt = before.state == "begun" && !before.adds;
        return before.person == step.person && before.adds != step.adds &&
               (before.state == "done" || doubt);
      });
      if (!reverse)
        return world_.fail("S3",
                           fmt::format("run {} undoes run {}, which did not {} {}", id, run.undoes,
                                       step.adds ? "remove" : "add", address_of(step.person)));
    }
  }
  for (auto const& undo : operator_.undos()) {
    auto const found = runs_.find(undo.run);
    if (undo.run == 0 || found == runs_.end() || found->second.state != "done") continue;
    auto const& run = found->second;
    for (auto const& before : runs_.at(undo.undoes).steps) {
      bool const doubt = before.state == "begun" && !before.adds;
      if (before.state != "done" && !doubt) continue;
      // An old list still has them in, or not yet, and half a list lacks them.
      if (world_.has(before.adds ? "spaces short lists" : "spaces stale lists")) continue;
      if (undo.of_old_list) continue;
      bool const told = std::ranges::any_of(
          run.steps, [&](Step const& step) { return step.person == before.person; });
      // As that run left them from before it was asked for until the end, and nobody touched them.
      bool as_left = false, touched = false;
      for (auto const& change : truth_.changes()) {
        if (change.room != run.room || change.person->uuid != before.person) continue;
        if (change.at < undo.asked - 30min) continue;
        touched = touched || !change.by_daemon;
        if (change.at < undo.asked) as_left = change.added == before.adds;
      }
      auto const* room = world_.platform().rooms.by_id(run.room);
      auto const* person = world_.platform().org.by_uuid(before.person);
      bool const now = room && person && room->find(*person);
      bool const let_be =
          before.adds && person &&
          (truth_.was_moderator(run.room, *person) ||
           std::ranges::any_of(jobs, [&](SpaceJob const& job) {
             return std::ranges::find(job.protect, person->email) != job.protect.end();
           }));
      if (!told && as_left && !touched && now == before.adds && !let_be)
        return world_.fail("S3",
                           fmt::format("run {} undoes run {} and left {} {}", run.id, undo.undoes,
                                       address_of(before.person), before.adds ? "in" : "out"));
    }
  }
}

void SpacesJournal::check_pauses() {
  for (auto const& pause : operator_.pauses())
    for (auto const& [id, run] : runs_) {
      bool const scheduled = run.cause == "schedule" || run.cause == "catch_up";
      if (pause.after < 0 || !pause.before || run.job != pause.job || !scheduled) continue;
      if (id > pause.after && id <= *pause.before)
        return world_.fail("observe", fmt::format("run {} of {} began by its schedule while the "
                                                  "job was paused",
                                                  id, run.job));
    }
}

}  // namespace wardroom::world
