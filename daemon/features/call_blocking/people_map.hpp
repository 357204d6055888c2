/// Learns who the users of the call platform are: from both directories in the background, and at
/// once when an event names somebody unknown. Never delays protection, never goes by display names.
/// Source: xsi.md 9 (methods C, D, E).
#pragma once
#include "features/call_blocking/people_lookups.hpp"
#include "features/call_blocking/people_refresh.hpp"

#include <functional>
#include <string>
#include <vector>

namespace wardroom::call_blocking {

class PeopleMap {
 public:
  struct Ports {
    Executor loop;
    Random& dice;
    Directory& directory;
    CallingDirectory& calling;
    people::PeopleStore& people;
    people::Roster& roster;
    Clock& clock;
    TaskGroup& tasks;
  };
  struct Hear {
    /// A target was looked up, or belongs to somebody else now; 0 = the platform does not know such
    /// a user, or could not say.
    std::function<void(XsiUserId const&, PersonNo)> found;
    std::function<void(PersonNo, std::vector<std::string> const& emails)> changed;
    /// Both directories were read to their end; `fresh` as PeopleRefresh tells them.
    std::function<void(std::vector<XsiUserId> fresh)> read;
  };
  using Answer = LookupAnswer;

  PeopleMap(Ports ports, Milliseconds refresh_every, Hear hear);

  /// Looks the target up unless that was done lately.
  void ask(XsiUserId const& target) { lookups_.ask(target); }
  Answer answer(XsiUserId const& target) const { return lookups_.answer(target); }

  /// Refreshes now and on schedule.
  Task<void> run() { return refresh_.run(); }
  /// Once more in between: what was refused before may be allowed now (somebody logged in).
  void refresh_soon() { refresh_.now(); }

  std::uint64_t refreshes() const { return progress().refreshes; }
  /// Of the last refresh; empty = it went well.
  std::string const& trouble() const { return progress().trouble; }
  DirectoryProgress const& progress() const { return refresh_.progress(); }
  PeopleLookups const& lookups() const { return lookups_; }

 private:
  void learned(people::Learned const& what);
  Task<void> tell_emails(std::vector<PersonNo> changed);
  void fill_country(PersonNo person, std::string_view number, std::string_view country_code);

  Ports ports_;
  Hear hear_;
  PeopleLookups lookups_;
  PeopleRefresh refresh_;
};

}  // namespace wardroom::call_blocking
