/// Names, addresses and ids of everybody, in the store; gives people their numbers and the roster
/// its ids.
#pragma once
#include "people/name_cache.hpp"
#include "people/people_sql.hpp"
#include "people/roster.hpp"

#include <string>
#include <vector>

namespace wardroom::people {

/// On the loop only. Owner of the name cache.
class PeopleStore {
 public:
  PeopleStore(store::Database& database, Clock& clock, Roster& roster)
      : database_(database), clock_(clock), roster_(roster) {}

  /// Fills the roster's rows and ids at start; before SessionStore::load and FixLog::load.
  Task<Result<void>> load();

  /// Merges a listing, or one person at login; answers their numbers in the order given (0 = no
  /// usable id). Written in commits of 500. Afterwards the roster finds them by uuid and platform
  /// id.
  Task<Result<std::vector<PersonNo>>> upsert(std::vector<Person> people);
  Task<Result<std::vector<PersonNo>>> upsert(std::vector<CallingUser> users);

  /// Errors of all lookups: not_found.
  Task<Result<PersonRecord>> person(PersonNo person);
  Task<Result<PersonRecord>> by_email(std::string email);
  Task<Result<PersonRecord>> by_phone_number(std::string number);
  /// What an operator types: a person number, a mail address, +number, or a unique part of a name.
  /// Error conflict names some of those who match.
  Task<Result<PersonRecord>> resolve(std::string text);
  Task<Result<std::vector<PersonRecord>>> search(std::string part, std::size_t limit);
  Task<Result<std::vector<PersonRecord>>> page(PersonNo after, std::size_t limit);
  /// All addresses of these people, lower case; numbers nobody has are left out.
  using Emails = std::vector<std::pair<PersonNo, std::vector<std::string>>>;
  Task<Result<Emails>> emails_of(std::vector<PersonNo> people);

  /// At once, from the cache only; null when nobody asked lately.
  PersonName const* cached_name(PersonNo person) { return names_.find(person); }
  /// Reads what the cache lacks; people without a record stay unknown.
  Task<Result<void>> fetch_names(std::vector<PersonNo> people);
  /// "Ada Lovelace", else the mail address, else "person 7".
  Task<std::string> display_name(PersonNo person);

 private:
  template <class Item, class Upsert>
  Task<Result<std::vector<PersonNo>>> upsert_all(std::vector<Item> items, Upsert one);
  void apply(PersonChange const& change);

  store::Database& database_;
  Clock& clock_;
  Roster& roster_;
  NameCache names_;
};

}  // namespace wardroom::people
