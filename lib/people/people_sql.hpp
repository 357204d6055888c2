/// The people table in SQL: merging what directories say into rows, and finding rows again.
/// Inside units and reads only.
///
/// One person may come from two listings. A row is found by uuid, then (for a row without one yet)
/// by any mail address; a calling user by platform id, then uuid, then mail address. Numbers are
/// never given twice: a row that lost its ids to another one stays, inactive.
#pragma once
#include "domain/person.hpp"
#include "ports/directory.hpp"
#include "store/database.hpp"

#include <optional>
#include <string>
#include <vector>

namespace wardroom::people {

/// A person as the store knows them.
struct PersonRecord {
  PersonNo no = 0;
  PersonId id;
  std::string uuid;
  XsiUserId xsi;
  std::string name, email;
  std::vector<std::string> emails;
  std::string country;  ///< of their Webex location, alpha-2
  std::string department, number, extension;
  std::string country_code;  ///< calling code of their number, as the call platform tells
  bool active = true;
  Instant updated{};
  bool operator==(PersonRecord const&) const = default;
};

/// What an upsert means for those who keep an index of ids.
struct PersonChange {
  PersonNo no = 0;  ///< 0: the item had no usable id and was passed over
  bool changed = false;
  std::string uuid, xsi, old_xsi;
  std::string country, name, email;
};

PersonChange upsert_person(store::Sql& sql, Person const& person, Instant now);
PersonChange upsert_calling_user(store::Sql& sql, CallingUser const& user, Instant now);

std::optional<PersonRecord> person_by_no(store::Sql& sql, PersonNo no);
std::optional<PersonRecord> person_by_email(store::Sql& sql, std::string const& email);
std::optional<PersonRecord> person_by_phone_number(store::Sql& sql, std::string const& number);
/// Whose name or mail address holds `part`; case is ignored for ASCII letters.
std::vector<PersonRecord> people_by_part(store::Sql& sql, std::string const& part,
                                         std::size_t limit);
/// In order of their number.
std::vector<PersonRecord> people_after(store::Sql& sql, PersonNo after, std::size_t limit);

}  // namespace wardroom::people
