#include "people/people_sql.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace wardroom::people {
using store::Row;
using store::Sql;
using store::Value;

namespace {

constexpr std::string_view columns =
    "p.person_no, p.webex_id, p.uuid, p.xsi_id, p.display_name, p.email, p.emails_json, "
    "p.location_country, p.department, p.number, p.extension, p.country_code, p.active, "
    "p.updated_ms, p.calling_email, p.external_id, p.phone, p.work_extension, p.location, "
    "p.conflict, p.missed_person, p.missed_user";

constexpr std::array mapping_names{"mapped", "no_calling_user", "no_person", "conflict", "gone"};

std::string text_or_empty(Row const& row, std::size_t column) {
  return row.is_null(column) ? std::string() : row.text(column);
}

PersonRecord record(Row const& row) {
  PersonRecord out;
  out.no = static_cast<PersonNo>(row.integer(0));
  out.id = PersonId(row.text(1));
  out.uuid = text_or_empty(row, 2);
  out.xsi = XsiUserId(text_or_empty(row, 3));
  out.name = row.text(4);
  out.email = row.text(5);
  auto const emails = nlohmann::json::parse(row.text(6), nullptr, false);
  if (emails.is_array())
    for (auto const& email : emails)
      if (email.is_string()) out.emails.push_back(email.get<std::string>());
  out.country = row.text(7);
  out.department = row.text(8);
  out.number = row.text(9);
  out.extension = row.text(10);
  out.country_code = row.text(11);
  out.active = row.integer(12) != 0;
  out.updated = from_unix_ms(row.integer(13));
  out.calling_email = row.text(14);
  out.external_id = row.text(15);
  out.phone = row.text(16);
  out.work_extension = row.text(17);
  out.location = row.text(18);
  out.conflict = row.text(19);
  out.missed_person = row.integer(20);
  out.missed_user = row.integer(21);
  return out;
}

std::vector<PersonRecord> records(Sql& sql, std::string_view rest, std::span<Value const> keys) {
  std::vector<PersonRecord> out;
  sql.query(fmt::format("SELECT {} FROM people p {}", columns, rest), keys,
            [&](Row const& row) { out.push_back(record(row)); });
  return out;
}

std::optional<PersonRecord> find(Sql& sql, std::string_view where, Value key) {
  auto const row =
      sql.one(fmt::format("SELECT {} FROM people p WHERE {}", columns, where), {std::move(key)});
  if (!row) return std::nullopt;
  return record(*row);
}

Value or_null(std::string const& text) { return text.empty() ? Value{} : Value{text}; }

void write_emails(Sql& sql, PersonRecord const& person) {
  sql.run("DELETE FROM person_email WHERE person_no = $1", {std::int64_t{person.no}});
  for (auto const& email : person.emails)
    sql.run("INSERT INTO person_email (email, person_no) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            {email, std::int64_t{person.no}});
}

std::vector<Value> values_of(PersonRecord const& person) {
  return {
      person.id.text(),
      or_null(person.uuid),
      or_null(person.xsi.text()),
      person.name,
      person.email,
      nlohmann::json(person.emails).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
      person.country,
      person.department,
      person.number,
      person.extension,
      person.country_code,
      std::int64_t{person.active ? 1 : 0},
      unix_ms(person.updated),
      person.calling_email,
      person.external_id,
      person.phone,
      person.work_extension,
      person.location,
      person.conflict,
      person.missed_person,
      person.missed_user};
}

}  // namespace

std::string_view name(Mapping mapping) { return mapping_names[static_cast<std::size_t>(mapping)]; }

std::optional<Mapping> parse_mapping(std::string_view word) {
  for (std::size_t i = 0; i < mapping_names.size(); ++i)
    if (word == mapping_names[i]) return static_cast<Mapping>(i);
  return std::nullopt;
}

Mapping PersonRecord::mapping() const {
  bool const calls = !xsi.empty();
  if (!calls && !is_person()) return Mapping::gone;
  if (!conflict.empty() && !(calls && is_person())) return Mapping::conflict;
  if (calls && is_person()) return Mapping::mapped;
  return calls ? Mapping::no_person : Mapping::no_calling_user;
}

std::string PersonRecord::e164() const {
  return phone.empty() ? e164_of(country_code, number) : phone;
}

std::string const& PersonRecord::ext() const {
  return work_extension.empty() ? extension : work_extension;
}

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string e164_of(std::string_view country_code, std::string_view number) {
  if (number.starts_with('+')) return std::string(number);
  if (number.empty() || country_code.empty()) return {};
  return fmt::format("+{}{}", country_code, number);
}

PersonChange change_of(std::optional<PersonRecord> const& before, PersonRecord const& now,
                       bool changed) {
  return {.no = now.no,
          .changed = changed,
          .uuid = now.uuid,
          .xsi = now.xsi.text(),
          .old_xsi = before ? before->xsi.text() : std::string(),
          .country = now.country,
          .name = now.name,
          .email = now.email};
}

std::optional<PersonRecord> person_by_no(Sql& sql, PersonNo no) {
  return find(sql, "p.person_no = $1", std::int64_t{no});
}
std::optional<PersonRecord> person_by_uuid(Sql& sql, std::string const& uuid) {
  if (uuid.empty()) return std::nullopt;
  return find(sql, "p.uuid = $1", uuid);
}
std::optional<PersonRecord> person_by_xsi(Sql& sql, std::string const& user) {
  if (user.empty()) return std::nullopt;
  return find(sql, "p.xsi_id = $1", user);
}

std::vector<PersonRecord> people_by_email(Sql& sql, std::string const& email) {
  if (email.empty()) return {};
  Value const keys[] = {lower_ascii(email)};
  auto out = records(sql,
                     "JOIN person_email e ON p.person_no = e.person_no WHERE e.email = $1 "
                     "ORDER BY p.person_no",
                     keys);
  std::ranges::sort(out, {}, [](auto const& p) { return std::pair(!p.is_person(), p.no); });
  return out;
}

std::vector<PersonRecord> people_by_emails(Sql& sql, std::span<std::string const> emails) {
  if (emails.empty()) return {};
  std::string places;
  std::vector<Value> values;
  for (auto const& email : emails) {
    values.emplace_back(email);
    places += fmt::format("{}${}", places.empty() ? "" : ", ", values.size());
  }
  return records(sql,
                 fmt::format("WHERE p.person_no IN (SELECT person_no FROM person_email WHERE email "
                             "IN ({})) ORDER BY p.person_no",
                             places),
                 values);
}

std::vector<PersonRecord> people_by_phone_number(Sql& sql, std::string const& number) {
  if (number.empty()) return {};
  Value const keys[] = {number};
  return records(sql,
                 "WHERE p.phone = $1 OR p.number = $1 OR (p.number <> '' AND "
                 "'+' || p.country_code || p.number = $1) ORDER BY p.person_no",
                 keys);
}

std::vector<PersonRecord> people_by_extension(Sql& sql, std::string const& extension) {
  if (extension.empty()) return {};
  Value const keys[] = {extension};
  return records(
      sql, "WHERE p.work_extension = $1 OR p.extension = $1 ORDER BY p.person_no LIMIT 20", keys);
}

std::vector<PersonRecord> people_after(Sql& sql, PersonNo after, std::size_t limit) {
  Value const keys[] = {std::int64_t{after}, static_cast<std::int64_t>(limit)};
  return records(sql, "WHERE p.person_no > $1 ORDER BY p.person_no LIMIT $2", keys);
}

std::vector<PersonRecord> people_with(Sql& sql, std::string_view column,
                                      std::vector<std::string> const& keys) {
  if (keys.empty()) return {};
  std::string places;
  std::vector<Value> values;
  for (auto const& key : keys) {
    values.emplace_back(key);
    places += fmt::format("{}${}", places.empty() ? "" : ", ", values.size());
  }
  return records(sql, fmt::format("WHERE p.{} IN ({})", column, places), values);
}

bool save(Sql& sql, std::optional<PersonRecord> const& known, PersonRecord& wanted, Instant now) {
  if (known) {
    wanted.no = known->no;
    wanted.updated = known->updated;
    if (wanted == *known) return false;
  }
  wanted.updated = now;
  auto values = values_of(wanted);
  if (known) {
    values.emplace_back(std::int64_t{wanted.no});
    sql.run(
        "UPDATE people SET webex_id = $1, uuid = $2, xsi_id = $3, display_name = $4, email = $5, "
        "emails_json = $6, location_country = $7, department = $8, number = $9, extension = $10, "
        "country_code = $11, active = $12, updated_ms = $13, calling_email = $14, "
        "external_id = $15, phone = $16, work_extension = $17, location = $18, conflict = $19, "
        "missed_person = $20, missed_user = $21 WHERE person_no = $22",
        values);
  } else {
    sql.query(
        "INSERT INTO people (webex_id, uuid, xsi_id, display_name, email, emails_json, "
        "location_country, department, number, extension, country_code, active, updated_ms, "
        "calling_email, external_id, phone, work_extension, location, conflict, missed_person, "
        "missed_user) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, "
        "$16, $17, $18, $19, $20, $21) RETURNING person_no",
        values, [&](Row const& row) { wanted.no = static_cast<PersonNo>(row.integer(0)); });
  }
  if (!known || known->emails != wanted.emails) write_emails(sql, wanted);
  return true;
}

}  // namespace wardroom::people
