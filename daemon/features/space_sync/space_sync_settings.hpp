/// The section `space_sync` of wardroom.yaml, checked: jobs with their space, rules, timetable,
/// protection and limits.
#pragma once
#include "config/yaml_section.hpp"
#include "feature_mode.hpp"
#include "features/space_sync/selection.hpp"
#include "timetable/timetable.hpp"

#include <optional>
#include <string>
#include <vector>

namespace wardroom::space_sync {

/// Who is never removed, whatever the rules say. Oneself and other organisations' people always.
struct Protect {
  bool moderators = true;
  bool bots = true;
  std::vector<std::string> people;  ///< e-mail addresses, as folded_address gives them
  bool operator==(Protect const&) const = default;
};

/// More removals than both wait for a person (promise S3).
struct HoldAbove {
  std::int64_t count = 5;
  double percent = 2;  ///< of the members that are not protected
  bool operator==(HoldAbove const&) const = default;
};

struct JobSettings {
  std::string name;
  std::string space;          ///< its id
  std::string schedule_text;  ///< empty = only on demand
  std::optional<timetable::Timetable> schedule;
  Milliseconds jitter{};  ///< a run begins up to so much later
  SelectionRules rules;
  Protect protect;
  HoldAbove hold_above;
  double shrink_percent = 10;  ///< a directory or member list smaller by more is not believed
};

struct SpaceSyncSettings {
  std::string identity = "admin";  ///< whose login reads and changes; needs a restart
  FeatureMode mode = FeatureMode::observe;
  int concurrency = 12;                            ///< changes under way at once
  Milliseconds keep{std::chrono::hours(24 * 30)};  ///< how long runs can be looked at and undone
  std::vector<JobSettings> jobs;

  JobSettings const* job(std::string_view name) const;
  /// Complaints go to the section; what comes back is only for use when there were none.
  static SpaceSyncSettings parse(config::Section section);
};

/// A job's rules with its list files as they are now: an edited list counts at the next run,
/// without a reload. Reads files (8 MiB at most each), so call it on a helper. Errors name the file
/// and what to do; a list that cannot be read is never "nobody is excluded".
Result<SelectionRules> reread_lists(JobSettings const& job);

/// Lists of excludes that hold nobody, each in a sentence: for those who look after the site.
std::vector<std::string> empty_lists(JobSettings const& job);

/// What Webex must have granted; nothing while the feature is off or has no job. Source:
/// webex-rest.md 11.
std::vector<std::string> needed_scopes(SpaceSyncSettings const& settings);

}  // namespace wardroom::space_sync
