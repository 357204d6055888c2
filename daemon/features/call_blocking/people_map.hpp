/// Learns who the users of the call platform are: from both directories in the background, and at
/// once when an event names somebody unknown. Never delays protection, never goes by display names.
/// Source: xsi.md 9 (methods C, D, E).
#pragma once
#include "people/people_store.hpp"
#include "ports/directory.hpp"
#include "runtime/task_group.hpp"

#include <deque>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace wardroom::call_blocking {

class PeopleMap {
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
    std::function<void(PersonNo, std::vector<std::string> const& emails)> changed;
  };
  enum class Answer : std::uint8_t {
    none,  ///< not asked lately
    asking,
    nobody,    ///< the platform has no such user: a queue, a hunt group, an auto attendant
    no_answer  ///< the platform could not say; asked again after 30 s
  };

  PeopleMap(Ports ports, Hear hear) : ports_(ports), hear_(std::move(hear)) {}

  /// Looks the target up unless that was done lately.
  void ask(XsiUserId const& target);
  Answer answer(XsiUserId const& target) const;

  /// Both directories, joined by mail address. Errors: of the directories; what came before is
  /// kept.
  Task<Result<void>> refresh();
  /// Refreshes now and every hour, sooner after a failure.
  Task<void> run();
  /// Once more in between: what was refused before may be allowed now (somebody logged in).
  void refresh_soon();

  std::uint64_t refreshes() const { return refreshes_; }
  std::string const& trouble() const {
    return trouble_;
  }  ///< of the last refresh; empty = it went well

 private:
  struct Asked {
    Answer answer = Answer::none;
    Uptime until{};
  };
  Task<bool> refresh_and_tell();
  void start_lookups();
  Task<void> look_up(XsiUserId target);
  Task<void> learn(std::vector<Person> page);
  Task<void> learn(std::vector<CallingUser> page);
  void fill_country(CallingUser const& user);
  void forget_old();

  Ports ports_;
  Hear hear_;
  std::unordered_map<XsiUserId, Asked> asked_;
  std::deque<XsiUserId> waiting_;
  std::size_t looking_up_ = 0;
  std::string any_user_;
  std::uint64_t refreshes_ = 0;
  std::string trouble_;
};

}  // namespace wardroom::call_blocking
