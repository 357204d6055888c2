#include "features/space_sync/schedule_keeper.hpp"

#include "base/planted.hpp"

#include <algorithm>

namespace wardroom::space_sync {
namespace {

bool same(std::optional<timetable::Timetable> const& one,
          std::optional<timetable::Timetable> const& other) {
  return one.has_value() == other.has_value() && (!one || one->text() == other->text());
}

Milliseconds to_ms(BootClock::duration d) { return std::chrono::duration_cast<Milliseconds>(d); }

}  // namespace

Milliseconds ScheduleKeeper::draw(Milliseconds most) {
  return Milliseconds(static_cast<std::int64_t>(dice_.fraction() * double(most.count())));
}

/// Finds out what comes next, and draws its jitter once.
void ScheduleKeeper::aim(Job& job) {
  if (!job.timetable) return;
  if (job.timetable->is_interval()) {
    job.delay = draw(job.jitter);
    job.interval_due =
        (job.from ? *job.from + job.timetable->interval() : clock_.uptime()) + job.delay;
    return;
  }
  job.moment = job.timetable->next(job.passed, {});
  if (job.moment == job.drawn_for) return;
  job.drawn_for = job.moment;
  job.delay = draw(job.jitter);
}

void ScheduleKeeper::set_jobs(std::vector<ScheduledJob> jobs,
                              std::map<std::string, JobPast, std::less<>> const& past) {
  auto before = std::exchange(jobs_, {});
  for (auto& wanted : jobs) {
    auto& job = jobs_[wanted.name];
    auto const known = before.find(wanted.name);
    bool const stays = known != before.end() && same(known->second.timetable, wanted.timetable);
    if (known != before.end()) job = std::move(known->second);
    bool const other_jitter = job.jitter != wanted.jitter;
    job.jitter = wanted.jitter;
    job.timetable = std::move(wanted.timetable);  // the zone may have newer rules
    if (!stays || other_jitter) job.drawn_for.reset();
    if (stays && !other_jitter && job.timetable && job.timetable->is_interval()) continue;
    if (!stays) {
      job.passed = clock_.now();
      if (known != before.end())
        job.from = clock_.uptime();
      else if (auto const it = past.find(wanted.name); it != past.end())
        remember(job, it->second);
    }
    aim(job);
  }
}

void ScheduleKeeper::remember(Job& job, JobPast const& past) {
  job.paused = past.paused;
  if (!past.last_began) return;
  job.passed = *past.last_began;
  // Set back meanwhile: it began just now, as far as anybody can tell.
  job.from = clock_.uptime() - std::max(clock_.now() - *past.last_began, Milliseconds(0));
}

std::vector<Due> ScheduleKeeper::due() {
  std::vector<Due> out;
  for (auto& [name, job] : jobs_) {
    if (!job.timetable || job.paused) continue;
    auto found = job.timetable->is_interval() ? look_at_interval(job) : look_at_calendar(job);
    if (!found) continue;
    found->job = name;
    if (job.running > 0) found->what = Due::What::skip;
    out.push_back(std::move(*found));
  }
  return out;
}

std::optional<Due> ScheduleKeeper::look_at_calendar(Job& job) {
  auto const now = clock_.now();
  if (job.passed > now + set_back) {
    job.passed = now;
    aim(job);
  }
  if (!job.moment || *job.moment + job.delay > now) return std::nullopt;
  auto const begins_by = *job.moment + job.delay + late;
  auto const moment = job.timetable->missed(*job.moment, now).value_or(*job.moment);
  job.passed = moment;
  aim(job);
  if (now - moment > catch_up_within) return std::nullopt;
  return Due{.moment = moment, .what = now > begins_by ? Due::What::catch_up : Due::What::run};
}

std::optional<Due> ScheduleKeeper::look_at_interval(Job& job) {
  auto const uptime = clock_.uptime();
  if (uptime < job.interval_due) return std::nullopt;
  auto const by = uptime - job.interval_due;
  job.from = uptime;
  aim(job);
  return Due{.moment = clock_.now() - to_ms(by),
             .what = by > late ? Due::What::catch_up : Due::What::run};
}

std::optional<Uptime> ScheduleKeeper::wake_at() const {
  std::optional<Uptime> out;
  auto const uptime = clock_.uptime();
  for (auto const& [name, job] : jobs_) {
    if (!job.timetable || job.paused) continue;
    auto at = job.interval_due;
    if (!job.timetable->is_interval()) {
      if (!job.moment) continue;
      auto const left = *job.moment + job.delay - clock_.now();
      at = uptime + std::clamp<Milliseconds>(left, Milliseconds(0), look_again);
    }
    out = std::min(out.value_or(at), at);
  }
  return out;
}

void ScheduleKeeper::began(std::string_view name) {
  auto const it = jobs_.find(name);
  if (it == jobs_.end()) return;
  auto& job = it->second;
  ++job.running;
  job.from = clock_.uptime();
  // What was due until now is served by it.
  job.passed = std::max(job.passed, clock_.now());
  aim(job);
}

void ScheduleKeeper::ended(std::string_view name) {
  auto const it = jobs_.find(name);
  if (WARDROOM_PLANTED("run-stays-under-way")) return;
  if (it != jobs_.end() && it->second.running > 0) --it->second.running;
}

void ScheduleKeeper::pause(std::string_view name, bool paused) {
  auto const it = jobs_.find(name);
  if (it == jobs_.end() || it->second.paused == paused) return;
  auto& job = it->second;
  job.paused = paused;
  if (paused || !job.timetable) return;
  if (!job.timetable->is_interval())
    job.passed = std::max(job.passed, clock_.now());
  else if (job.interval_due <= clock_.uptime())
    job.from = clock_.uptime();
  else
    return;
  aim(job);
}

std::vector<Instant> ScheduleKeeper::next(std::string_view name, std::size_t count) const {
  auto const it = jobs_.find(name);
  if (it == jobs_.end() || !it->second.timetable || it->second.paused || count == 0) return {};
  auto const& job = it->second;
  auto const now = clock_.now();
  std::vector<Instant> out;
  auto from = std::max(job.passed, now);
  if (job.timetable->is_interval())
    from = out.emplace_back(std::max(now, now + to_ms(job.interval_due - clock_.uptime())));
  else if (job.moment && *job.moment <= now)
    out.push_back(std::max(now, *job.moment + job.delay));
  for (auto const at : job.timetable->next_few(from, from, count - out.size())) out.push_back(at);
  return out;
}

}  // namespace wardroom::space_sync
