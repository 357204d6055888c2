#include "features/space_sync/space_sync_health.hpp"

#include "base/time_text.hpp"
#include "features/space_sync/space_sync_doctor.hpp"
#include "features/space_sync/space_sync_json.hpp"
#include "features/space_sync/space_sync_verbs.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::space_sync {
namespace {

std::string part_of(JobView const& view) {
  return fmt::format("{}.{}", SpaceSync::feature, view.settings->name);
}

/// "06:30 UTC on 2026-11-22"
std::string moment_words(Instant at) {
  auto const text = iso_text(at);
  return text.substr(11, 5) + " UTC on " + text.substr(0, 10);
}

HealthSign held_sign(JobView const& view, Run const& held) {
  auto const& job = view.settings->name;
  auto const remedy =
      held.kind == RunKind::undo
          ? fmt::format(
                "wardroomctl sync show {}   # then, if it is right: wardroomctl sync undo {} "
                "--removals {}",
                held.id, held.undoes, held.counts.to_remove)
          : fmt::format(
                "wardroomctl sync plan {}   # then, if it is right: wardroomctl sync "
                "approve {} --removals {}",
                job, job, held.counts.to_remove);
  auto part = part_of(view);
  if (held.kind == RunKind::undo) part += ".undo";
  return {std::move(part), HealthColour::yellow,
          fmt::format("Space job {}, run {}: {}", job, held.id, held.hold), remedy, "held"};
}

std::optional<HealthSign> sign_of_last(JobView const& view) {
  if (!view.last) return std::nullopt;
  auto const& last = *view.last;
  auto const& job = view.settings->name;
  if (last.state == RunState::failed)
    return HealthSign{
        part_of(view), HealthColour::yellow,
        fmt::format("The last run ({}) of the space job {} failed: {}", last.id, job, last.error),
        fmt::format("wardroomctl doctor space_sync   # then: wardroomctl sync run {}", job),
        "failed"};
  if (last.state == RunState::partly)
    return HealthSign{
        part_of(view), HealthColour::yellow,
        fmt::format("{} of {} changes of the space job {} were not done in run {}.",
                    last.counts.failed + last.counts.skipped,
                    last.counts.to_add + last.counts.to_remove, job, last.id),
        fmt::format("wardroomctl sync show {}   # names them; the next run tries again", last.id),
        "partly"};
  return std::nullopt;
}

}  // namespace

std::optional<Instant> overdue_since(JobView const& view, Instant now) {
  auto const& job = *view.settings;
  auto const& memory = view.memory;
  if (!job.schedule || memory.paused || view.running || !memory.last_began) return std::nullopt;
  // What passed while it was paused was not missed.
  auto const from = std::max(*memory.last_began, memory.paused_at.value_or(*memory.last_began));
  auto const due = job.schedule->next(from, memory.last_began);
  if (!due || *due + job.jitter + overdue_after > now) return std::nullopt;
  return due;
}

std::optional<HealthSign> sign_of_job(JobView const& view, FeatureMode mode, Instant now) {
  if (mode == FeatureMode::off) return std::nullopt;
  if (view.held) return held_sign(view, *view.held);
  if (auto sign = sign_of_last(view)) return sign;
  auto const overdue = overdue_since(view, now);
  if (!overdue) return std::nullopt;
  auto const& job = view.settings->name;
  return HealthSign{
      part_of(view), HealthColour::yellow,
      fmt::format("The space job {} should have run at {}, and did not.", job,
                  moment_words(*overdue)),
      fmt::format("wardroomctl doctor space_sync   # then: wardroomctl sync run {}", job),
      "overdue"};
}

HealthSign sign_of_jobs(std::vector<JobView> const& jobs, FeatureMode mode) {
  HealthSign sign{std::string(SpaceSync::feature), HealthColour::green, {}};
  if (jobs.empty()) {
    sign.sentence = "No space is kept equal to the directory.";
    return sign;
  }
  auto const running = std::ranges::count_if(jobs, [](auto const& v) { return !!v.running; });
  auto const paused = std::ranges::count_if(jobs, [](auto const& v) { return v.memory.paused; });
  sign.sentence = fmt::format("{} job{}, mode {}", jobs.size(), jobs.size() == 1 ? "" : "s",
                              space_sync::name(mode));
  if (running > 0) sign.sentence += fmt::format(", {} running", running);
  if (paused > 0) sign.sentence += fmt::format(", {} paused", paused);
  sign.sentence += ".";
  return sign;
}

std::vector<HealthSign> SpaceSync::health() const {
  auto const views = jobs();
  std::vector<HealthSign> out{sign_of_jobs(views, settings_.mode)};
  for (auto const& view : views) {
    if (auto sign = sign_of_job(view, settings_.mode, ports_.clock.now()))
      out.push_back(std::move(*sign));
    if (view.held_undo && settings_.mode != FeatureMode::off)
      out.push_back(held_sign(view, *view.held_undo));
  }
  return out;
}

void SpaceSync::add_status(nlohmann::ordered_json& status) const {
  auto const views = jobs();
  status["features"].push_back(
      {{"name", std::string(feature)}, {"mode", std::string(space_sync::name(settings_.mode))}});
  if (views.empty()) return;
  auto const count = [&](auto const& fits) { return std::ranges::count_if(views, fits); };
  status["sync"] = {
      {"jobs", views.size()},
      {"running", count([](auto const& v) { return v.running.has_value(); })},
      {"held", count([](auto const& v) { return v.held.has_value(); })},
      {"paused", count([](auto const& v) { return v.memory.paused; })},
      {"failed", count([](auto const& v) {
         return v.last && (v.last->state == RunState::failed || v.last->state == RunState::partly);
       })}};
}

void SpaceSync::add_verbs(control::Verbs& verbs) { add_space_sync_verbs(verbs, *this); }
void SpaceSync::add_checks(Doctor& doctor) { add_space_sync_checks(doctor, *this); }

}  // namespace wardroom::space_sync
