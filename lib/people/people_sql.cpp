#include "people/people_sql.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace wardroom::people {
using store::Row;
using store::Sql;
using store::Value;

namespace {

constexpr std::string_view columns =
    "p.person_no, p.webex_id, p.uuid, p.xsi_id, p.display_name, p.email, p.emails_json, "
    "p.location_country, p.department, p.number, p.extension, p.country_code, p.active, "
    "p.updated_ms";

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

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
  return out;
}

std::optional<PersonRecord> find(Sql& sql, std::string_view where, Value key) {
  auto const row =
      sql.one(fmt::format("SELECT {} FROM people p WHERE {}", columns, where), {std::move(key)});
  if (!row) return std::nullopt;
  return record(*row);
}

/// The person of a mail address, when `column` of theirs is still empty: the two listings meet
/// here.
std::optional<PersonRecord> unclaimed(Sql& sql, std::string const& email, std::string_view column) {
  if (email.empty()) return std::nullopt;
  auto const row = sql.one(
      fmt::format("SELECT {} FROM person_email e JOIN people p ON p.person_no = e.person_no "
                  "WHERE e.email = $1 AND p.{} IS NULL",
                  columns, column),
      {email});
  if (!row) return std::nullopt;
  return record(*row);
}

Value or_null(std::string const& text) { return text.empty() ? Value{} : Value{text}; }

void write_emails(Sql& sql, PersonRecord const& person) {
  sql.run("DELETE FROM person_email WHERE person_no = $1", {std::int64_t{person.no}});
  for (auto const& email : person.emails)
    sql.run(
        "INSERT INTO person_email (email, person_no) VALUES ($1, $2) "
        "ON CONFLICT (email) DO UPDATE SET person_no = excluded.person_no",
        {email, std::int64_t{person.no}});
}

/// Writes `wanted` where it differs from `known`; gives a new number when there is none.
bool save(Sql& sql, std::optional<PersonRecord> const& known, PersonRecord& wanted, Instant now) {
  if (known) {
    wanted.no = known->no;
    wanted.updated = known->updated;
    if (wanted == *known) return false;
  }
  wanted.updated = now;
  std::vector<Value> values = {
      wanted.id.text(), or_null(wanted.uuid), or_null(wanted.xsi.text()),
      wanted.name,      wanted.email,         nlohmann::json(wanted.emails).dump(),
      wanted.country,   wanted.department,    wanted.number,
      wanted.extension, wanted.country_code,  std::int64_t{wanted.active ? 1 : 0},
      unix_ms(now)};
  if (known) {
    values.emplace_back(std::int64_t{wanted.no});
    sql.run(
        "UPDATE people SET webex_id = $1, uuid = $2, xsi_id = $3, display_name = $4, email = $5, "
        "emails_json = $6, location_country = $7, department = $8, number = $9, extension = $10, "
        "country_code = $11, active = $12, updated_ms = $13 WHERE person_no = $14",
        values);
  } else {
    sql.query(
        "INSERT INTO people (webex_id, uuid, xsi_id, display_name, email, emails_json, "
        "location_country, department, number, extension, country_code, active, updated_ms) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING person_no",
        values, [&](Row const& row) { wanted.no = static_cast<PersonNo>(row.integer(0)); });
  }
  if (!known || known->emails != wanted.emails) write_emails(sql, wanted);
  return true;
}

PersonChange change(std::optional<PersonRecord> const& known, PersonRecord const& now,
                    bool changed) {
  return {.no = now.no,
          .changed = changed,
          .uuid = now.uuid,
          .xsi = now.xsi.text(),
          .old_xsi = known ? known->xsi.text() : std::string(),
          .country = now.country,
          .name = now.name,
          .email = now.email};
}

std::vector<std::string> lowered(std::vector<std::string> const& emails) {
  std::vector<std::string> out;
  for (auto const& email : emails)
    if (!email.empty()) out.push_back(lower(email));
  return out;
}

}  // namespace

PersonChange upsert_person(Sql& sql, Person const& person, Instant now) {
  auto const uuid = lower(person.uuid);
  if (uuid.empty()) return {};
  auto const emails = lowered(person.emails);
  auto known = find(sql, "p.uuid = $1", uuid);
  for (auto const& email : emails)
    if (!known) known = unclaimed(sql, email, "uuid");

  auto wanted = known.value_or(PersonRecord{});
  wanted.uuid = uuid;
  wanted.id = person.id;
  if (!person.display_name.empty()) wanted.name = person.display_name;
  if (!emails.empty()) {
    wanted.email = emails.front();
    wanted.emails = emails;
  }
  wanted.country = person.country;
  wanted.department = person.department;
  wanted.active = person.login_enabled.value_or(true);
  bool const changed = save(sql, known, wanted, now);
  return change(known, wanted, changed);
}

PersonChange upsert_calling_user(Sql& sql, CallingUser const& user, Instant now) {
  if (user.id.empty()) return {};
  auto const uuid = lower(user.person_uuid);
  auto const email = lower(user.email);
  auto const by_xsi = find(sql, "p.xsi_id = $1", user.id.text());
  auto known = uuid.empty() ? std::nullopt : find(sql, "p.uuid = $1", uuid);
  if (known && by_xsi && known->no != by_xsi->no) {
    // The platform id belongs to somebody else now, or to a row we made before we knew the uuid.
    sql.run("UPDATE people SET xsi_id = NULL, active = $1, updated_ms = $2 WHERE person_no = $3",
            {std::int64_t{by_xsi->uuid.empty() ? 0 : 1}, unix_ms(now), std::int64_t{by_xsi->no}});
  }
  if (!known) known = by_xsi;
  if (!known) known = unclaimed(sql, email, "xsi_id");

  auto wanted = known.value_or(PersonRecord{});
  wanted.xsi = user.id;
  if (!uuid.empty()) wanted.uuid = uuid;
  if (wanted.name.empty()) wanted.name = user.display_name;
  if (wanted.emails.empty() && !email.empty()) {
    wanted.email = email;
    wanted.emails = {email};
  }
  wanted.number = user.number;
  wanted.extension = user.extension;
  wanted.country_code = user.country_code;
  bool const changed = save(sql, known, wanted, now);
  return change(known, wanted, changed);
}

std::optional<PersonRecord> person_by_no(Sql& sql, PersonNo no) {
  return find(sql, "p.person_no = $1", std::int64_t{no});
}

std::optional<PersonRecord> person_by_email(Sql& sql, std::string const& email) {
  auto const row = sql.one(
      fmt::format("SELECT {} FROM person_email e JOIN people p ON p.person_no = e.person_no "
                  "WHERE e.email = $1",
                  columns),
      {lower(email)});
  if (!row) return std::nullopt;
  return record(*row);
}

std::optional<PersonRecord> person_by_phone_number(Sql& sql, std::string const& number) {
  if (number.empty()) return std::nullopt;
  return find(sql, "p.number <> '' AND p.number = $1", number);
}

std::vector<PersonRecord> people_by_part(Sql& sql, std::string const& part, std::size_t limit) {
  std::string pattern = "%";
  for (char const c : lower(part)) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  pattern += '%';
  std::vector<PersonRecord> out;
  sql.query(fmt::format("SELECT {} FROM people p WHERE lower(p.display_name) LIKE $1 ESCAPE '\\' "
                        "OR p.email LIKE $1 ESCAPE '\\' ORDER BY p.person_no LIMIT $2",
                        columns),
            {pattern, static_cast<std::int64_t>(limit)},
            [&](Row const& row) { out.push_back(record(row)); });
  return out;
}

std::vector<PersonRecord> people_after(Sql& sql, PersonNo after, std::size_t limit) {
  std::vector<PersonRecord> out;
  sql.query(
      fmt::format("SELECT {} FROM people p WHERE p.person_no > $1 ORDER BY p.person_no LIMIT $2",
                  columns),
      {std::int64_t{after}, static_cast<std::int64_t>(limit)},
      [&](Row const& row) { out.push_back(record(row)); });
  return out;
}

}  // namespace wardroom::people
