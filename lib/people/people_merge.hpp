/// What directories say of single people, merged into rows. Inside units and reads only.
///
/// A listing adds and corrects: it joins a calling user to a person where nothing speaks against
/// it, and takes them apart when the user's address is another one. What needs everybody in view
/// (several who claim one address, who is gone) is settled after a complete reading
/// (person_join.hpp).
#pragma once
#include "people/people_sql.hpp"
#include "ports/directory.hpp"

namespace wardroom::people {

/// What one item did.
struct Merged {
  PersonChange main;                   ///< the row that holds the item now
  std::vector<PersonChange> others{};  ///< rows that lost something to it
};

Merged merge_person(store::Sql& sql, Person const& person, Instant now);
Merged merge_user(store::Sql& sql, CallingUser const& user, Instant now);

/// For each item its row where merging it would change nothing; made for whole pages that say what
/// is known already.
std::vector<std::optional<PersonChange>> unchanged(store::Sql& sql,
                                                   std::vector<Person> const& page);
std::vector<std::optional<PersonChange>> unchanged(store::Sql& sql,
                                                   std::vector<CallingUser> const& page);

/// Takes the calling half out of a row, and puts one in.
struct CallingHalf {
  XsiUserId id;
  std::string email, external_id, number, extension, country_code, name;
  std::int64_t missed = 0;
};
CallingHalf take_calling_half(PersonRecord& row);
void put_calling_half(PersonRecord& row, CallingHalf half);

}  // namespace wardroom::people
