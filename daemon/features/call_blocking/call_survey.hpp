/// Asks the platform for the live calls of many people, most urgent first, at a bounded rate.
///
/// Whoever waits keeps their place when more are asked for; who was asked already, or is being
/// asked, gets a new one. So rounds that follow each other quickly starve nobody; and of every five
/// places one goes to the less urgent. Nobody waits for somebody whose answer hangs.
#pragma once
#include "ports/call_control.hpp"
#include "runtime/task_group.hpp"

#include <array>
#include <deque>
#include <functional>
#include <queue>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace wardroom::call_blocking {

class CallSurvey {
 public:
  enum class Tier : std::uint8_t {
    blocked,  ///< has calls that are to end, as far as we know
    outside,  ///< may not call, and we know where they are
    open,     ///< has calls that may go on: did they end?
    others,   ///< may not call
    allowed,  ///< may call: what they began unseen must end should they leave, so at leisure
  };
  using Listed = std::function<void(XsiUserId const&, std::vector<CallLeg> const&, Uptime asked)>;
  CallSurvey(CallControl& calls, Clock& clock, TaskGroup& tasks, Listed listed)
      : calls_(calls), clock_(clock), tasks_(tasks), listed_(std::move(listed)) {}

  /// Behind those of the same tier that wait already. Whoever cannot be asked for want of an answer
  /// is asked again after 1, 2, 4, 8 and 16 s, and every 30 s until there is one: their call that
  /// began unseen would go on otherwise.
  void ask(std::vector<XsiUserId> targets, Tier tier);
  /// Once more, in a while.
  void ask_later(XsiUserId target, BootClock::duration delay);
  void stop();
  /// Whoever waits is asked no more: nobody wants to know.
  void forget();

  bool running() const { return under_way_ > 0 || waiting() > 0 || !later_.empty(); }
  std::size_t waiting() const { return waiting_.size(); }  ///< people still to be asked
  std::uint64_t asked() const { return asked_; }
  std::uint64_t failed() const { return failed_; }
  std::uint64_t dropped() const { return dropped_; }  ///< not asked: too many were waiting

 private:
  static constexpr std::size_t kTiers = 5;
  struct Place {
    Tier tier = Tier::others;
    int tries = 0;
    std::uint64_t round = 0;  ///< another one after forget()
  };
  struct Later {
    Uptime when;
    XsiUserId target;
    Place place;
    bool operator>(Later const& other) const { return when > other.when; }
  };
  void wait_in(XsiUserId target, Place place);
  void pump();
  std::optional<Tier> next_tier();
  void start(XsiUserId target, Place place);
  Task<void> look(XsiUserId target, Place place);
  void failed_to_list(XsiUserId target, Place place, Error const& why);

  CallControl& calls_;
  Clock& clock_;
  TaskGroup& tasks_;
  Listed listed_;
  std::unordered_map<XsiUserId, Place> waiting_;
  /// May hold somebody who moved to a more urgent tier: `waiting_` decides.
  std::array<std::deque<XsiUserId>, kTiers> lines_;
  std::priority_queue<Later, std::vector<Later>, std::greater<>> later_;
  TimerHandle timer_;
  Uptime next_start_{};                     ///< one after the other, after a few at once
  Uptime next_allowed_{};                   ///< of the last tier
  std::unordered_set<XsiUserId> stubborn_;  ///< who waits in `later_` after many tries: once
  std::uint64_t round_ = 0;
  std::optional<Uptime> warned_;
  std::size_t under_way_ = 0, leisurely_ = 0;
  std::uint64_t turns_ = 0, asked_ = 0, failed_ = 0, dropped_ = 0;
  bool stopped_ = false;
};

}  // namespace wardroom::call_blocking
