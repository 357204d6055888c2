#include "features/space_sync/space_sync_settings.hpp"

#include "base/encoding.hpp"
#include "base/planted.hpp"
#include "features/space_sync/fold.hpp"
#include "features/space_sync/rule_lists.hpp"
#include "features/space_sync/rule_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace wardroom::space_sync {
namespace {

using config::Section;
using namespace std::chrono_literals;

constexpr std::size_t most_jobs = 200, longest_name = 64;

/// What names the same space in all its spellings: the UUID inside a Webex id.
std::string space_key(std::string const& id) {
  auto const uri = from_base64(id);
  auto const bare =
      uri && uri->starts_with("ciscospark://") ? uri->substr(uri->rfind('/') + 1) : id;
  return folded(bare);
}

std::string parse_name(Section& job) {
  auto out = job.required_text("name");
  bool const fits =
      out.size() <= longest_name && !out.starts_with('-') && std::ranges::all_of(out, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
      });
  if (!out.empty() && !fits)
    job.complain("name", fmt::format("'{}': a job's name is typed in commands: up to {} letters, "
                                     "digits, '-', '_' and '.', such as all-hands",
                                     out, longest_name));
  return out;
}

std::string parse_space(Section& job) {
  auto out = job.required_text("space");
  bool const fits = std::ranges::all_of(
      out, [](char c) { return c > 0x20 && c < 0x7F && !std::string_view("/?#\"").contains(c); });
  if (!fits)
    job.complain(
        "space",
        fmt::format("'{}' is no id of a space, such as Y2lzY29zcGFyazovL3VzL1JPT00vYmJj: take it "
                    "from https://developer.webex.com/docs/api/v1/rooms/list-rooms",
                    out));
  return out;
}

void parse_schedule(Section& job, JobSettings& out) {
  out.schedule_text = job.text("schedule");
  out.jitter = job.duration("jitter", 0ms);
  if (out.jitter > 12h) job.complain("jitter", "must be at most 12h");
  if (out.schedule_text.empty()) {
    if (job.has("jitter") && out.jitter > 0ms)
      job.complain("jitter", "is used only together with schedule");
    return;
  }
  auto schedule = timetable::Timetable::parse(out.schedule_text);
  if (schedule)
    out.schedule = std::move(*schedule);
  else
    job.complain("schedule", schedule.error().what);
}

Protect parse_protect(Section protect) {
  Protect out;
  out.moderators = protect.flag("moderators", out.moderators);
  out.bots = protect.flag("bots", out.bots);
  for (auto const& address : protect.texts("people")) {
    if (!is_address(address))
      protect.complain("people", fmt::format("'{}' is not an e-mail address", address));
    out.people.push_back(folded_address(address));
  }
  protect.personal("people");
  std::ranges::sort(out.people);
  protect.finish();
  return out;
}

HoldAbove parse_hold_above(Section hold) {
  HoldAbove out;
  out.count = hold.integer("count", out.count, 0, 1'000'000);
  out.percent = hold.number("percent", out.percent, 0, 100);
  hold.finish();
  return out;
}

JobSettings parse_job(Section job) {
  JobSettings out;
  out.name = parse_name(job);
  out.space = parse_space(job);
  parse_schedule(job, out);
  out.rules.include = parse_rules(job, RuleSide::include);
  out.rules.exclude = parse_rules(job, RuleSide::exclude);
  if (job.flag("exclude_inactive", true)) out.rules.exclude.push_back({RuleKind::inactive});
  if (job.flag("exclude_invite_pending", true))
    out.rules.exclude.push_back({RuleKind::invite_pending});
  out.protect = parse_protect(job.section("protect"));
  out.hold_above = parse_hold_above(job.section("hold_above"));
  out.shrink_percent = job.number("shrink_percent", out.shrink_percent, 0, 90);
  job.finish();
  return out;
}

std::vector<JobSettings> parse_jobs(Section& section) {
  std::vector<JobSettings> out;
  std::set<std::string> names;
  std::map<std::string, std::string> spaces;
  for (auto& entry : section.list("jobs")) {
    auto job = parse_job(entry);
    if (!job.name.empty() && !names.insert(folded(job.name)).second)
      entry.complain("name", fmt::format("a job named '{}' stands above already; names must differ",
                                         job.name));
    auto const [first, fresh] = spaces.try_emplace(space_key(job.space), job.name);
    if (!job.space.empty() && !fresh)
      entry.complain("space",
                     fmt::format("is the space of the job '{}' already: two jobs would undo each "
                                 "other's work; put the rules into one",
                                 first->second));
    out.push_back(std::move(job));
  }
  if (out.size() > most_jobs)
    section.complain("jobs", fmt::format("at most {} jobs are possible", most_jobs));
  return out;
}

bool has_rule(SpaceSyncSettings const& settings, RuleKind kind) {
  auto const of_kind = [kind](Rule const& rule) { return rule.kind == kind; };
  return std::ranges::any_of(settings.jobs, [&](JobSettings const& job) {
    return std::ranges::any_of(job.rules.include, of_kind) ||
           std::ranges::any_of(job.rules.exclude, of_kind);
  });
}

}  // namespace

JobSettings const* SpaceSyncSettings::job(std::string_view name) const {
  auto const found = std::ranges::find(jobs, name, &JobSettings::name);
  return found == jobs.end() ? nullptr : &*found;
}

SpaceSyncSettings SpaceSyncSettings::parse(Section section) {
  SpaceSyncSettings out;
  out.identity = section.text("identity", out.identity);
  auto const mode = section.word("mode", "observe", {"observe", "enforce", "off"});
  out.mode = mode == "enforce" ? FeatureMode::enforce
             : mode == "off"   ? FeatureMode::off
                               : FeatureMode::observe;
  if (WARDROOM_PLANTED("spaces-observe-enforces")) out.mode = FeatureMode::enforce;
  out.concurrency = static_cast<int>(section.integer("concurrency", out.concurrency, 1, 64));
  out.keep = section.duration("keep", out.keep);
  if (out.keep < 24h || out.keep > 24h * 365) section.complain("keep", "must be from 1d to 365d");
  out.jobs = parse_jobs(section);
  section.finish();
  return out;
}

Result<SelectionRules> reread_lists(JobSettings const& job) {
  auto out = job.rules;
  for (auto* side : {&out.include, &out.exclude}) {
    for (auto& rule : *side) {
      if (rule.file.empty()) continue;
      auto list = read_list(rule.kind, rule.file);
      if (!list) return std::unexpected(list.error());
      if (list->empty() && side == &out.include)
        return failure(ErrorKind::malformed,
                       fmt::format("{} holds nobody, and an include of nobody would empty the "
                                   "space: fill it, or remove the rule",
                                   rule.file));
      rule.patterns = std::move(*list);
    }
  }
  return out;
}

std::vector<std::string> empty_lists(JobSettings const& job) {
  std::vector<std::string> out;
  for (auto const& rule : job.rules.exclude)
    if (!rule.file.empty() && rule.patterns.empty())
      out.push_back(
          fmt::format("{} of the job {} holds only blank and comment lines: it excludes nobody",
                      rule.file, job.name));
  return out;
}

std::vector<std::string> needed_scopes(SpaceSyncSettings const& settings) {
  if (settings.mode == FeatureMode::off || settings.jobs.empty()) return {};
  std::vector<std::string> out{"spark-admin:people_read", "spark:memberships_read",
                               "spark:memberships_write", "spark:rooms_read"};
  if (has_rule(settings, RuleKind::location)) out.emplace_back("spark-admin:locations_read");
  if (has_rule(settings, RuleKind::group)) out.emplace_back("identity:groups_read");
  return out;
}

}  // namespace wardroom::space_sync
