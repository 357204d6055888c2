#include "features/space_sync/space_sync_doctor.hpp"

#include "base/time_text.hpp"
#include "features/space_sync/access.hpp"
#include "features/space_sync/space_sync_health.hpp"
#include "features/space_sync/space_sync_verbs.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::space_sync {
namespace {

constexpr auto area = "space_sync";
/// Webex is asked about each job's space and groups.
constexpr Milliseconds outside_limit{30'000};

Findings look_at_login(SpaceSync& feature) {
  auto const& logged_in = feature.ports().logged_in;
  auto const& identity = feature.settings().identity;
  if (feature.settings().jobs.empty()) return {skipped("No job needs a login.", "login")};
  if (logged_in && !logged_in())
    return {
        bad(fmt::format("The identity {} is not logged in, so no space can be read.", identity),
            identity == "admin" ? "wardroomctl login" : "wardroomctl login --identity " + identity,
            "login")};
  return {fine(fmt::format("Spaces are read and changed as the identity {}.", identity), "login")};
}

std::vector<JobSettings> jobs_of(SpaceSync const& feature) { return feature.settings().jobs; }

Task<Finding> look_at_space(SpaceSync& feature, JobSettings job) {
  auto const self = co_await feature.ports().spaces.self();
  auto const refused = [&](Error const& why) {
    return bad(fmt::format("The space of {} cannot be used: {}.", job.name, why.what),
               why.kind == ErrorKind::unauthorized ? login_command(feature.settings().identity)
               : why.kind == ErrorKind::not_found
                   ? "wardroomctl config explain space_sync.jobs   # is the space's id right, and "
                     "are we in it?"
                   : "wardroomctl sync pause " + job.name + " --reason '…'   # until it is mended",
               job.name);
  };
  if (!self) co_return refused(self.error());
  auto const space = co_await feature.ports().spaces.space(job.space);
  if (!space) co_return refused(space.error());
  auto const own = co_await feature.ports().spaces.member(job.space, *self);
  if (!own) co_return refused(own.error());
  if (auto const may = may_act(*space, *own); !may) co_return refused(may.error());
  co_return fine(
      fmt::format("{}: the space \"{}\" can be read and changed.", job.name, space->title),
      job.name);
}

Task<Findings> look_at_spaces(SpaceSync& feature) {
  Findings out;
  for (auto const& job : jobs_of(feature)) out.push_back(co_await look_at_space(feature, job));
  co_return out;
}

Task<Findings> look_at_groups(SpaceSync& feature) {
  Findings out;
  for (auto const& job : jobs_of(feature)) {
    for (auto const& group : Selection(job.rules).groups()) {
      std::size_t people = 0;
      auto const found = co_await feature.ports().directory.group(
          group, [&people](GroupPage page) { people += page.people.size(); });
      if (!found)
        out.push_back(bad(fmt::format("The group \"{}\" of {} cannot be read: {}.", group, job.name,
                                      found.error().what),
                          found.error().kind == ErrorKind::not_found
                              ? "wardroomctl config explain space_sync.jobs   # correct its name, "
                                "then: wardroomctl reload"
                              : "wardroomctl token check",
                          job.name));
      else
        out.push_back(fine(
            fmt::format("{}: the group \"{}\" has {} people.", job.name, group, people), job.name));
    }
  }
  co_return out;
}

/// On a helper: lists are files of some megabytes at times.
Findings look_at_files(std::vector<JobSettings> const& jobs) {
  Findings out;
  for (auto const& job : jobs) {
    auto const has_file = [](Rule const& rule) { return !rule.file.empty(); };
    if (std::ranges::none_of(job.rules.include, has_file) &&
        std::ranges::none_of(job.rules.exclude, has_file))
      continue;
    auto const rules = reread_lists(job);
    if (!rules) {
      out.push_back(bad(fmt::format("A list of {} cannot be used, so no run begins: {}.", job.name,
                                    rules.error().what),
                        "wardroomctl config check", job.name));
      continue;
    }
    auto now = job;
    now.rules = *rules;
    auto const empty = empty_lists(now);
    for (auto const& sentence : empty)
      out.push_back(warn(fmt::format("{}: {}", job.name, sentence),
                         "wardroomctl config check   # is it the right file?", job.name));
    if (empty.empty()) out.push_back(fine(job.name + ": its lists can be read.", job.name));
  }
  return out;
}

std::string moment_words(Instant at) {
  auto const text = iso_text(at);
  return text.substr(0, 10) + " " + text.substr(11, 5) + " UTC";
}

}  // namespace

Finding judge_mode(FeatureMode mode, std::size_t jobs) {
  constexpr auto about = "mode";
  if (jobs == 0) return skipped("No space is kept equal to the directory.", about);
  switch (mode) {
    case FeatureMode::off:
      return warn("Space sync is off: no job runs.",
                  "wardroomctl config explain space_sync.mode   # then: wardroomctl reload", about);
    case FeatureMode::observe:
      return fine("Space sync observes: it plans and tells, and changes no space.", about);
    case FeatureMode::enforce:
      break;
  }
  return fine(fmt::format("Space sync keeps {} space{} equal to the directory.", jobs,
                          jobs == 1 ? "" : "s"),
              about);
}

Finding judge_schedule(JobView const& view, Instant now) {
  auto const& job = *view.settings;
  if (view.memory.paused)
    return warn(fmt::format("{} is paused by {}: {}", job.name, view.memory.paused_by,
                            view.memory.pause_reason),
                "wardroomctl sync resume " + job.name, job.name);
  if (!job.schedule) return fine(job.name + " runs only when somebody asks.", job.name);
  if (auto const since = overdue_since(view, now))
    return bad(
        fmt::format("{} should have run at {}, and did not.", job.name, moment_words(*since)),
        "wardroomctl sync run " + job.name, job.name);
  auto const next = view.next ? view.next : job.schedule->next(now, view.memory.last_began);
  if (!next)
    return bad(fmt::format("The schedule of {} (\"{}\") never comes.", job.name, job.schedule_text),
               "wardroomctl config explain space_sync.jobs   # then: wardroomctl reload", job.name);
  return fine(
      fmt::format("{} runs next at {} ({}).", job.name, moment_words(*next), job.schedule_text),
      job.name);
}

Finding judge_last_run(JobView const& view) {
  auto const& job = view.settings->name;
  if (view.held)
    return warn(
        fmt::format("Run {} of {} waits for approval: {}", view.held->id, job, view.held->hold),
        fmt::format(
            "wardroomctl sync plan {}   # then, if it is right: wardroomctl sync approve {} "
            "--removals {}",
            job, job, view.held->counts.to_remove),
        job);
  if (!view.last) return warn(job + " never ran.", "wardroomctl sync plan " + job, job);
  auto const& last = *view.last;
  if (last.state == RunState::failed)
    return bad(fmt::format("Run {} of {} failed: {}", last.id, job, last.error),
               "wardroomctl sync run " + job, job);
  if (last.state == RunState::partly)
    return warn(fmt::format("{} changes of {} were not done in run {}.",
                            last.counts.failed + last.counts.skipped, job, last.id),
                fmt::format("wardroomctl sync show {}", last.id), job);
  return fine(fmt::format("Run {} of {}: {} added, {} removed ({}).", last.id, job,
                          last.counts.added, last.counts.removed, name(last.state)),
              job);
}

void add_space_sync_checks(Doctor& doctor, SpaceSync& feature) {
  auto& f = feature;
  auto const add = [&](std::string name, auto look, Milliseconds limit = Milliseconds(8'000)) {
    doctor.add({area, area + ("." + std::move(name)), std::move(look), limit});
  };
  doctor.add({area, area, [&f](CheckWish) -> Task<Findings> {
                co_return Findings{judge_mode(f.settings().mode, f.settings().jobs.size())};
              }});
  doctor.add({area, area, [&f](CheckWish) -> Task<Findings> { co_return look_at_login(f); }});
  add("schedule", [&f](CheckWish) -> Task<Findings> {
    Findings out;
    for (auto const& view : f.jobs()) out.push_back(judge_schedule(view, f.ports().clock.now()));
    co_return out;
  });
  add("run", [&f](CheckWish) -> Task<Findings> {
    Findings out;
    for (auto const& view : f.jobs()) out.push_back(judge_last_run(view));
    co_return out;
  });
  add("space", [&f](CheckWish) { return look_at_spaces(f); }, outside_limit);
  add("groups", [&f](CheckWish) { return look_at_groups(f); }, outside_limit);
  add("lists", [&f](CheckWish) -> Task<Findings> {
    co_return co_await f.ports().helpers.run([jobs = jobs_of(f)] { return look_at_files(jobs); });
  });
}

}  // namespace wardroom::space_sync
