/// A run that goes on: what its parts share, and who watches it. On the loop only.
#pragma once
#include "features/space_sync/space_sync.hpp"
#include "runtime/wake.hpp"

#include <memory>
#include <string>
#include <vector>

namespace wardroom::space_sync {

class ActiveRun {
 public:
  ActiveRun(Executor loop, RunOrder asked, JobSettings by, SpaceSyncSettings const& settings);

  Run run;
  RunOrder order;
  JobSettings job;       ///< by which it began, whatever is configured meanwhile
  std::string identity;  ///< whose login acts
  FeatureMode mode;
  std::size_t concurrency;
  std::vector<Step> steps;
  std::vector<Change> shown;     ///< of the plan that `order.plan` names
  JobMemory* memory = nullptr;   ///< of the job; SpaceSync's, which outlives the run
  std::optional<Error> trouble;  ///< why it was refused, or failed
  std::map<std::string, std::size_t> out_by_rule;
  bool resumed = false;  ///< a crash or a stop broke it off
  bool stop = false;     ///< ends what is under way and leaves the rest for the next start

  void watch(RunEvents events);
  Progress const& progress() const { return progress_; }
  void enter(Stage stage, std::size_t total = 0);
  /// So many more people or steps of this stage.
  void move_on(std::size_t count, bool failed = false);
  void tell(Step const& step);

  /// Looks each second until the run is over: while requests wait, nothing else moves.
  void tell_what_it_waits_for(Clock& clock, std::function<std::string()> ask);

  bool is_over() const { return over_; }
  /// Nothing more comes: watchers and those who wait hear of it, once.
  void end();
  /// Waits for end().
  Task<void> ended();

 private:
  void tell_progress();

  Executor loop_;
  Progress progress_;
  std::vector<std::shared_ptr<RunEvents const>> watchers_;
  std::vector<std::shared_ptr<Wake>> waiting_;
  TimerHandle look_;
  bool over_ = false;
};

using ActiveRunPtr = std::shared_ptr<ActiveRun>;

}  // namespace wardroom::space_sync
