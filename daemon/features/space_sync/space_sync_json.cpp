#include "features/space_sync/space_sync_json.hpp"

#include "base/time_text.hpp"

namespace wardroom::space_sync {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kNextTimes = 5;

Json moment(std::optional<Instant> at) { return at ? Json(iso_text(*at)) : Json(nullptr); }

Json text_or_null(std::string const& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json counts_json(RunCounts const& c) {
  return {{"people", c.people},       {"members", c.members}, {"to_add", c.to_add},
          {"to_remove", c.to_remove}, {"added", c.added},     {"removed", c.removed},
          {"already", c.already},     {"spared", c.spared},   {"failed", c.failed},
          {"skipped", c.skipped},     {"calls", c.calls}};
}

/// Until it ended, or until its plan stood.
Json took_json(Run const& run) {
  auto const end = run.ended ? run.ended : run.planned;
  if (!end) return nullptr;
  return std::chrono::duration<double>(*end - run.began).count();
}

/// What comes next, as if each run began when it was due; the first as it was drawn (jitter): its
/// time may have come already.
Json next_json(JobView const& view, Instant now) {
  auto out = Json::array();
  if (!view.settings->schedule || view.memory.paused) return out;
  auto times = view.settings->schedule->next_few(now, view.memory.last_began, kNextTimes);
  if (view.next && !times.empty() && *view.next >= now) {
    if (*view.next < times.front()) times.insert(times.begin(), *view.next);
    times.front() = *view.next;
    times.resize(std::min(times.size(), kNextTimes));
  }
  for (auto const at : times) out.push_back(iso_text(at));
  return out;
}

Json rules_json(SelectionRules const& rules) {
  Json out{{"include", Json::array()}, {"exclude", Json::array()}};
  for (auto const& rule : rules.include) out["include"].push_back(space_sync::text(rule));
  for (auto const& rule : rules.exclude) out["exclude"].push_back(space_sync::text(rule));
  return out;
}

std::string_view word(Belongs belongs) {
  switch (belongs) {
    case Belongs::no:
      return "no";
    case Belongs::yes:
      return "yes";
    case Belongs::unknown:
      break;
  }
  return "unknown";
}

std::string_view word(Fit fit) {
  switch (fit) {
    case Fit::no:
      return "no";
    case Fit::yes:
      return "yes";
    case Fit::unknown:
      break;
  }
  return "unknown";
}

}  // namespace

std::string_view name(FeatureMode mode) {
  switch (mode) {
    case FeatureMode::off:
      return "off";
    case FeatureMode::observe:
      return "observe";
    case FeatureMode::enforce:
      break;
  }
  return "enforce";
}

Json run_json(Run const& run) {
  return {{"id", run.id},
          {"job", run.job},
          {"space", run.space},
          {"title", run.title},
          {"kind", name(run.kind)},
          {"cause", name(run.cause)},
          {"state", name(run.state)},
          {"by", run.by},
          {"began", iso_text(run.began)},
          {"planned", moment(run.planned)},
          {"expires", moment(run.expires)},
          {"ended", moment(run.ended)},
          {"took_s", took_json(run)},
          {"counts", counts_json(run.counts)},
          {"digest", run.digest},
          {"hold", text_or_null(run.hold)},
          {"error", text_or_null(run.error)},
          {"approved_removals",
           run.approved_removals < 0 ? Json(nullptr) : Json(run.approved_removals)},
          {"undoes", run.undoes == 0 ? Json(nullptr) : Json(run.undoes)}};
}

Json step_json(Step const& step) {
  auto const& change = step.change;
  return {{"n", step.number},          {"act", name(change.act)}, {"person", change.person.text()},
          {"name", change.name},       {"email", change.email},   {"why", change.why},
          {"state", name(step.state)}, {"outcome", step.outcome}, {"at", moment(step.at)}};
}

Json spared_json(SparedPerson const& spared) {
  return {{"person", spared.person.text()},
          {"name", spared.name},
          {"email", spared.email},
          {"why", name(spared.why)},
          {"rule", spared.rule}};
}

Json progress_json(Progress const& progress) {
  return {{"stage", name(progress.stage)},
          {"done", progress.done},
          {"total", progress.total},
          {"failed", progress.failed},
          {"waiting_for", text_or_null(progress.waiting_for)}};
}

Json job_json(JobView const& view, FeatureMode mode, Instant now) {
  auto const& job = *view.settings;
  Json out{{"name", job.name},
           {"space", job.space},
           {"title", view.last ? view.last->title : std::string()},
           {"mode", name(mode)},
           {"schedule", text_or_null(job.schedule_text)},
           {"next", next_json(view, now)},
           {"paused", nullptr},
           {"last", view.last ? run_json(*view.last) : Json(nullptr)},
           {"held", view.held ? run_json(*view.held) : Json(nullptr)},
           {"held_undo", view.held_undo ? run_json(*view.held_undo) : Json(nullptr)},
           {"running", nullptr},
           {"rules", rules_json(job.rules)}};
  if (view.memory.paused)
    out["paused"] = {{"by", view.memory.paused_by},
                     {"reason", view.memory.pause_reason},
                     {"at", moment(view.memory.paused_at)}};
  if (view.running) {
    out["running"] = {{"run", *view.running}};
    out["running"].update(progress_json(view.progress.value_or(Progress{})));
  }
  return out;
}

Json explained_json(std::string_view job, SpaceSync::Explained const& explained) {
  Json out{{"job", job},
           {"person", explained.id.text()},
           {"name", explained.name},
           {"email", explained.email},
           {"belongs", word(explained.ruling.belongs)},
           {"decided_by", explained.decided_by},
           {"rules", Json::array()},
           {"member", explained.membership.has_value()},
           {"moderator", explained.membership && explained.membership->moderator},
           {"spared", explained.spared ? Json(name(*explained.spared)) : Json(nullptr)},
           {"outcome", explained.outcome}};
  for (auto const& finding : explained.rules)
    out["rules"].push_back({{"rule", finding.text},
                            {"exclude", finding.exclude},
                            {"fit", word(finding.fit)},
                            {"what", finding.what},
                            {"decided", finding.decided}});
  return out;
}

Json plan_json(ShownPlan const& plan) {
  auto adds = Json::array(), removals = Json::array(), spared = Json::array(), left = Json::array();
  for (auto const& step : plan.steps) {
    auto& list = step.change.act == Act::add ? adds : removals;
    if (list.size() < kMostListed) list.push_back(step_json(step));
  }
  for (auto const& one : plan.spared) {
    if (spared.size() < kMostListed) spared.push_back(spared_json(one));
    if (one.why == Spared::left && left.size() < kMostListed) left.push_back(one.person.text());
  }
  auto const rest = [](std::int64_t all, Json const& listed) {
    return std::max<std::int64_t>(0, all - std::ssize(listed));
  };
  Json const more{{"adds", rest(plan.run.counts.to_add, adds)},
                  {"removals", rest(plan.run.counts.to_remove, removals)},
                  {"spared", rest(std::ssize(plan.spared), spared)}};
  auto out_by_rule = Json::object();
  for (auto const& [rule, people] : plan.out_by_rule) out_by_rule[rule] = people;
  return {{"run", run_json(plan.run)},
          {"adds", std::move(adds)},
          {"removals", std::move(removals)},
          {"spared", std::move(spared)},
          {"left", std::move(left)},
          {"out_by_rule", std::move(out_by_rule)},
          {"more", more}};
}

}  // namespace wardroom::space_sync
