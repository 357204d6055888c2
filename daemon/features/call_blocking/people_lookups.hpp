/// Finds out who a user of the call platform is while their phone rings: profile, mail address, the
/// person in Webex. Each id is asked after once, a few at a time; slow answers hold nobody up.
/// Source: xsi.md 9 (method D).
#pragma once
#include "people/people_store.hpp"
#include "ports/directory.hpp"
#include "runtime/task_group.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

namespace wardroom::call_blocking {

/// What is known of an id that no row has.
enum class LookupAnswer : std::uint8_t {
  none,  ///< not asked lately
  asking,
  nobody,    ///< the platform has no such user: a queue, a hunt group, an auto attendant
  no_answer  ///< the platform could not say; asked again after 30 s
};

class PeopleLookups {
 public:
  struct Ports {
    Directory& directory;
    CallingDirectory& calling;
    people::PeopleStore& people;
    people::Roster& roster;
    Clock& clock;
    TaskGroup& tasks;
  };
  struct Hear {
    /// A target was looked up; 0 = the platform does not know such a user, or could not say.
    std::function<void(XsiUserId const&, PersonNo)> found;
    /// What the look-up added to the rows.
    std::function<void(people::Learned const&)> learned;
    /// A user who is nobody that the directories have told of so far.
    std::function<void()> stranger;
  };
  struct Counters {
    std::uint64_t asked = 0, found = 0, nobody = 0, failed = 0, dropped = 0;
  };

  PeopleLookups(Ports ports, Hear hear) : ports_(ports), hear_(std::move(hear)) {}

  /// Looks the target up unless that was done lately.
  void ask(XsiUserId const& target);
  LookupAnswer answer(XsiUserId const& target) const;
  /// The platform also calls this user by other ids: where the user goes, they go.
  void follow(std::vector<people::MovedUser> const& moved);

  Counters const& counters() const { return counters_; }
  std::size_t waiting() const { return waiting_.size(); }
  std::size_t running() const { return running_; }
  std::size_t remembered() const { return asked_.size(); }

 private:
  struct Asked {
    LookupAnswer answer = LookupAnswer::none;
    Uptime until{};
  };
  /// A look-up's place among those at once; given up early by one that takes long.
  struct Place {
    PeopleLookups& lookups;
    bool held = true;
    TimerHandle patience{};
    void leave();
  };

  void forget_some();
  void start();
  Task<void> look_up(XsiUserId target);
  Task<Result<CallingUser>> learn_user(XsiUserId target);
  Task<void> learn_person_of(CallingUser user);
  Task<void> ask_for_strangers(PersonNo person);
  void bind_alias(XsiUserId const& target, XsiUserId const& user);

  Ports ports_;
  Hear hear_;
  std::unordered_map<XsiUserId, Asked> asked_;
  std::unordered_map<XsiUserId, std::vector<XsiUserId>> aliases_;  ///< by the user's own id
  std::size_t alias_count_ = 0;
  std::deque<XsiUserId> waiting_;
  std::size_t places_taken_ = 0, running_ = 0;
  Counters counters_;
};

}  // namespace wardroom::call_blocking
