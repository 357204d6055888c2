/// The people table in SQL: rows as records, and finding them again. Inside units and reads only.
///
/// A row holds a person of Webex (`uuid`), a user of the call platform (`xsi`), or both once they
/// are known to be one. Numbers are never given twice: a row that lost its ids to another one
/// stays, inactive.
#pragma once
#include "domain/person.hpp"
#include "store/database.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace wardroom::people {

/// After so many complete listings without them, somebody is gone.
inline constexpr std::int64_t kMissedIsGone = 2;

/// How a row's two halves stand to each other.
enum class Mapping : std::uint8_t {
  mapped,
  no_calling_user,  ///< a person whom the call platform does not have
  no_person,        ///< a calling user who is nobody of Webex that we know of
  conflict,         ///< several claim the same address: nobody is taken for the other
  gone              ///< in no listing any more
};
std::string_view name(Mapping mapping);
std::optional<Mapping> parse_mapping(std::string_view word);

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
  std::string calling_email;  ///< the address by which the call platform knows its user
  std::string external_id;    ///< what the platform calls its user's id elsewhere; often empty
  std::string phone, work_extension;                ///< as Webex tells them; E.164
  std::string location;                             ///< name of their Webex location
  std::string conflict;                             ///< a sentence; empty = none
  std::int64_t missed_person = 0, missed_user = 0;  ///< complete listings in a row without them
  bool operator==(PersonRecord const&) const = default;

  bool is_person() const { return !uuid.empty() && missed_person < kMissedIsGone; }
  Mapping mapping() const;
  std::string e164() const;        ///< Webex's number, else the platform's with its calling code
  std::string const& ext() const;  ///< the same for the extension
};

/// What a change of a row means for those who keep an index of ids.
struct PersonChange {
  PersonNo no = 0;  ///< 0: the item had no usable id and was passed over
  bool changed = false;
  std::string uuid, xsi, old_xsi;
  std::string country, name, email;
};
PersonChange change_of(std::optional<PersonRecord> const& before, PersonRecord const& now,
                       bool changed);

std::string lower_ascii(std::string_view text);
/// "+43 1 5550100" of the platform's two parts; empty without a calling code.
std::string e164_of(std::string_view country_code, std::string_view number);

std::optional<PersonRecord> person_by_no(store::Sql& sql, PersonNo no);
std::optional<PersonRecord> person_by_uuid(store::Sql& sql, std::string const& uuid);
std::optional<PersonRecord> person_by_xsi(store::Sql& sql, std::string const& user);
/// All rows with this address: people first, then calling users who are nobody else.
std::vector<PersonRecord> people_by_email(store::Sql& sql, std::string const& email);
/// The same for many addresses (lower case) at once, in order of their number.
std::vector<PersonRecord> people_by_emails(store::Sql& sql, std::span<std::string const> emails);
std::vector<PersonRecord> people_by_phone_number(store::Sql& sql, std::string const& number);
std::vector<PersonRecord> people_by_extension(store::Sql& sql, std::string const& extension);
/// In order of their number.
std::vector<PersonRecord> people_after(store::Sql& sql, PersonNo after, std::size_t limit);
/// By one column that is unique, many at once.
std::vector<PersonRecord> people_with(store::Sql& sql, std::string_view column,
                                      std::vector<std::string> const& keys);

/// Writes `wanted` where it differs from `known`; gives a new number when there is none. False when
/// nothing was written.
bool save(store::Sql& sql, std::optional<PersonRecord> const& known, PersonRecord& wanted,
          Instant now);

}  // namespace wardroom::people
