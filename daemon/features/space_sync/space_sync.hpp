/// Keeps spaces equal to the directory: one run per space at a time, on schedule or on demand.
/// Owner of jobs, runs and their memory; everything here runs on the loop, reading pages and plans
/// on helpers.
#pragma once
#include "audit_port.hpp"
#include "effects/effects.hpp"
#include "feature.hpp"
#include "features/space_sync/progress.hpp"
#include "features/space_sync/schedule_keeper.hpp"
#include "features/space_sync/space_sync_settings.hpp"
#include "features/space_sync/space_sync_store.hpp"
#include "ports/directory.hpp"
#include "runtime/helpers.hpp"
#include "runtime/random.hpp"
#include "runtime/task_group.hpp"
#include "runtime/wake.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace wardroom::space_sync {

struct SyncCounters {
  std::uint64_t runs = 0, held = 0, failed = 0;
  std::uint64_t added = 0, removed = 0, already = 0, spared = 0, step_failures = 0;
};

class ActiveRun;
struct RunWorld;

/// What somebody asks for.
struct RunOrder {
  std::string job;
  RunCause cause = RunCause::operator_;
  std::string by;
  bool only_plan = false;  ///< `sync plan`
  RunId plan = 0;          ///< only if nothing differs from this plan; 0 = whatever is found
  std::int64_t approve_removals = -1;  ///< `sync approve`: only if exactly so many are found
  bool add_left_again = false;         ///< also people who went by themselves
  /// Of a run that is planned anew after a crash: whose removal was approved, sorted. Nobody else's
  /// is then.
  std::vector<Uuid> approved_people{};
};

/// For lists and pages.
struct JobView {
  JobSettings const* settings = nullptr;
  JobMemory memory;
  std::optional<Run> last;       ///< the latest that was more than a plan
  std::optional<Run> held;       ///< waits for `sync approve`
  std::optional<Run> held_undo;  ///< waits for `sync undo N --removals M`
  std::optional<RunId> running;
  std::optional<Progress> progress;
  std::optional<Instant> next;
};

class SpaceSync final : public Feature {
 public:
  static constexpr std::string_view feature = "space_sync";
  static constexpr auto plan_life = std::chrono::minutes(15);
  static constexpr auto undo_life = std::chrono::hours(24 * 30);

  struct Ports {
    Executor loop;
    Clock& clock;
    Random& dice;
    PeopleListing& listing;
    Spaces& spaces;
    Directory& directory;  ///< groups, and people by address
    Helpers& helpers;
    Effects& effects;
    store::Database& database;
    store::Journal& journal;
    AuditPort* audit = nullptr;          ///< absent in tests that are not about it
    std::function<bool()> logged_in{};   ///< whether the identity has a login; absent = yes
    std::function<std::string()> org{};  ///< UUID of our organisation; empty = not known yet
    /// "Webex asks for 12 s of quiet" while requests wait for that; empty = nothing.
    std::function<std::string()> waiting_for{};
  };
  SpaceSync(Ports ports, SpaceSyncSettings settings);
  ~SpaceSync() override;

  std::string_view name() const override { return feature; }
  /// Loads, resumes what a crash broke off, then runs jobs when they are due, until cancelled.
  /// Steps under way end within three seconds then; the rest is resumed at the next start.
  Task<void> run() override;
  Task<void> stop();  ///< run() does this when cancelled
  void resync(std::string_view why) override;
  std::vector<HealthSign> health() const override;
  void add_status(nlohmann::ordered_json& status) const override;
  void add_routes(http::Router& router) override;
  void add_verbs(control::Verbs& verbs) override;
  void add_checks(Doctor& doctor) override;

  /// Swaps jobs and mode; runs under way end by the rules they began with.
  void set_settings(SpaceSyncSettings settings);

  /// A run goes on whether or not anybody watches. Errors before it begins: not_found (job, plan),
  /// unauthorized ("log in first"), conflict (feature off; a run of this space is under way; the
  /// plan has expired or was another job's).
  Task<Result<RunId>> start(RunOrder order, RunEvents events = {});
  /// The reverse of what a run did, as a run of its own; the job is paused by it. Errors:
  /// not_found, conflict (too old, still running, nothing to undo).
  Task<Result<RunId>> undo(RunId run, std::string by, std::int64_t approve_removals,
                           RunEvents events = {});
  /// Follows a run under way; false = it is over, read it from the store.
  bool watch(RunId run, RunEvents events);
  /// Waits until it is over (or planned, held). Errors beside the store's: conflict when what was
  /// found is not what was approved or shown, unauthorized when nobody is logged in; nothing was
  /// done then.
  Task<Result<Run>> ended(RunId run);
  Task<Result<void>> pause(std::string job, bool paused, std::string by, std::string reason);
  /// How many of the directory each rule put out, by its text; of the latest plans only.
  std::map<std::string, std::size_t> out_by_rule(RunId run) const;
  /// `sync explain`: the person anew from the directory, and what each rule says. `person` = an
  /// address or an id.
  struct Explained {
    Uuid id{};
    std::string name, email;
    Ruling ruling;
    std::string decided_by;
    std::vector<RuleFinding> rules;
    std::optional<Membership> membership;
    std::optional<Spared> spared;  ///< why they stay, or are not added, all the same
    std::string outcome;           ///< "stays", "would be added", "would be removed", …
  };
  Task<Result<Explained>> explain(std::string job, std::string person);

  std::vector<JobView> jobs() const;
  SpaceSyncSettings const& settings() const { return settings_; }
  SpaceSyncStore& store() { return store_; }
  SyncCounters const& counters() const { return counters_; }
  Ports const& ports() const { return ports_; }
  TaskGroup& tasks() { return tasks_; }

 private:
  using ActiveRunPtr = std::shared_ptr<ActiveRun>;
  /// What is known of a job, beside its settings.
  struct Known {
    JobMemory memory;
    std::optional<Run> last, held, held_undo;
  };

  struct Claim;

  void set_effect_mode();
  Task<Result<void>> load();
  /// Once a job; then it is `known_`.
  Task<Result<void>> load_job(std::string job);
  void follow_jobs();
  Task<void> learn_new_jobs();
  Task<void> keep_house();
  void start_what_is_due();
  Task<void> start_due(Due due);

  Task<void> resume();
  Task<void> resume_run(Run run);
  Task<bool> is_fresh(Run run, JobSettings job);
  Task<void> plan_anew(Run run);
  Task<void> close_broken(Run run, std::string why);

  Result<JobSettings> job_to_run(std::string_view name, RunCause cause) const;
  Task<Result<RunId>> launch(ActiveRunPtr run, RunEvents events);
  Task<void> note_began(ActiveRun& run);
  Task<Result<void>> take_shown_plan(ActiveRunPtr run);
  void conduct(ActiveRunPtr run);
  void run_over(ActiveRun& run);
  ActiveRunPtr active(RunId run) const;

  Ports ports_;
  SpaceSyncSettings settings_;
  SpaceSyncStore store_;
  SyncCounters counters_;
  TaskGroup tasks_;
  std::unique_ptr<RunWorld> world_;
  ScheduleKeeper keeper_;
  Wake wake_;  ///< of the schedule: something changed
  std::map<std::string, Known, std::less<>> known_;
  std::map<std::string, ActiveRunPtr, std::less<>> by_space_;  ///< at most one run of each
  /// Refused when it ended; for those who ask afterwards.
  std::map<RunId, Error> refused_;
  std::map<RunId, std::map<std::string, std::size_t>> out_by_rule_;
  bool loaded_ = false;
};

}  // namespace wardroom::space_sync
