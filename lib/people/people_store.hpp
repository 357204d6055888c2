/// Names, addresses and ids of everybody, in the store; gives people their numbers and the roster
/// its ids.
#pragma once
#include "people/name_cache.hpp"
#include "people/people_settle.hpp"
#include "people/people_sql.hpp"
#include "people/roster.hpp"

#include <string>
#include <utility>
#include <vector>

namespace wardroom::people {

/// A user of the call platform that is in another row now than before.
struct MovedUser {
  XsiUserId user;
  PersonNo to = 0;  ///< 0: in no row any more
};

/// What a page brought.
struct Learned {
  std::vector<PersonNo> numbers;  ///< in the order given; 0 = no usable id
  std::vector<PersonNo> changed;  ///< rows that were written
  std::vector<MovedUser> moved;
};

/// What settling found.
struct Settled {
  JoinPlan plan;
  std::vector<PersonNo> changed;
  std::vector<MovedUser> moved;
  MappingCounts counts;
};

/// Whom `page` shows.
struct PeopleFilter {
  std::string text{};  ///< as Needle takes it
  std::optional<Mapping> mapping{};
};

/// On the loop only. Owner of the name cache.
class PeopleStore {
 public:
  PeopleStore(store::Database& database, Clock& clock, Roster& roster)
      : database_(database), clock_(clock), roster_(roster) {}

  /// Fills the roster's rows and ids at start; before SessionStore::load and FixLog::load.
  Task<Result<void>> load();

  /// Merges a page of a listing, or one person; afterwards the roster finds them by uuid and
  /// platform id. What is known already is read but not written; the rest is one commit for each
  /// 500.
  Task<Result<Learned>> learn(std::vector<Person> people);
  Task<Result<Learned>> learn(std::vector<CallingUser> users);
  /// The numbers alone.
  Task<Result<std::vector<PersonNo>>> upsert(std::vector<Person> people);
  Task<Result<std::vector<PersonNo>>> upsert(std::vector<CallingUser> users);
  /// Joins people and calling users after a complete reading of both directories (person_join.hpp).
  /// Writes only what differs, in one commit.
  Task<Result<Settled>> settle(Seen seen);
  Task<Result<MappingCounts>> counts();

  /// Errors of all lookups: not_found; conflict where several fit.
  Task<Result<PersonRecord>> person(PersonNo person);
  Task<Result<PersonRecord>> by_email(std::string email);
  Task<Result<PersonRecord>> by_phone_number(std::string number);
  /// What an operator types: see people_search.hpp.
  Task<Result<PersonRecord>> resolve(std::string text);
  Task<Result<std::vector<PersonRecord>>> search(std::string part, std::size_t limit);
  Task<Result<std::vector<PersonRecord>>> page(PersonNo after, std::size_t limit);
  /// At most `limit` of those the filter shows, without the gone, and where to go on (0 = end).
  struct Page {
    std::vector<PersonRecord> people;
    PersonNo next = 0;
  };
  Task<Result<Page>> page(PersonNo after, std::size_t limit, PeopleFilter filter);
  /// All addresses of these people, lower case; numbers nobody has are left out.
  using Emails = std::vector<std::pair<PersonNo, std::vector<std::string>>>;
  Task<Result<Emails>> emails_of(std::vector<PersonNo> people);
  /// Who has these addresses (lower case), with all of their own: a calling user only where no
  /// person has the address, nobody where several have it (`disputed`).
  struct Addressed {
    Emails people;
    std::vector<std::string> disputed;
  };
  Task<Result<Addressed>> by_emails(std::vector<std::string> emails);
  /// Some user of the call platform: its directory wants one in the path. Empty = none is known.
  Task<Result<std::string>> any_calling_user();

  /// At once, from the cache only; null when nobody asked lately.
  PersonName const* cached_name(PersonNo person) { return names_.find(person); }
  /// Reads what the cache lacks; people without a record stay unknown.
  Task<Result<void>> fetch_names(std::vector<PersonNo> people);
  /// "Ada Lovelace", else the mail address, else "person 7".
  Task<std::string> display_name(PersonNo person);

 private:
  template <class Item, class Merge>
  Task<Result<Learned>> merge_all(std::vector<Item> items, Merge one);
  void apply(PersonChange const& change);
  void bind_missing(PersonChange const& row);
  void note(std::vector<PersonChange> const& changes, std::vector<PersonNo>& changed,
            std::vector<MovedUser>& moved);

  store::Database& database_;
  Clock& clock_;
  Roster& roster_;
  NameCache names_;
};

}  // namespace wardroom::people
