#include "front/site_admins.hpp"

#include "cisco/webex/webex_json.hpp"

namespace wardroom::front {
using store::Row;
using store::Sql;

Task<Result<void>> SiteAdmins::load() {
  struct Seen {
    std::string uuid, org;
    bool by_code;
  };
  auto rows = co_await database_.read<std::vector<Seen>>([](Sql& sql) {
    std::vector<Seen> out;
    sql.query(
        "SELECT person_uuid, org_uuid, by_code FROM site_admins ORDER BY first_login", {},
        [&](Row const& row) { out.push_back({row.text(0), row.text(1), row.integer(2) != 0}); });
    return out;
  });
  if (!rows) co_return std::unexpected(std::move(rows.error()));
  for (auto const& seen : *rows) {
    if (org_uuid_.empty()) org_uuid_ = seen.org;
    if (seen.by_code) by_code_.insert(seen.uuid);
  }
  co_return Result<void>{};
}

Task<Result<void>> SiteAdmins::remember(Person person, bool by_code) {
  auto const org = webex::decode_id(person.org_id).value_or("");
  if (org.empty())
    co_return failure(ErrorKind::malformed, "Webex did not tell the organization of this person");
  auto const email = person.emails.empty() ? std::string() : person.emails.front();
  auto const now = std::int64_t{unix_ms(clock_.now())};
  auto const flag = std::int64_t{by_code ? 1 : 0};
  auto saved = co_await database_.write([=](Sql& sql) {
    // A code once given is not taken back by a later login without one.
    auto const changed = sql.run(
        "UPDATE site_admins SET name = $2, email = $3, by_code = CASE WHEN $4 = 1 THEN 1 ELSE "
        "by_code END "
        "WHERE person_uuid = $1",
        {person.uuid, person.display_name, email, flag});
    if (changed == 0)
      sql.run(
          "INSERT INTO site_admins (person_uuid, org_uuid, name, email, by_code, first_login) "
          "VALUES ($1, $2, $3, $4, $5, $6)",
          {person.uuid, org, person.display_name, email, flag, now});
  });
  if (!saved) co_return saved;
  if (org_uuid_.empty()) org_uuid_ = org;
  if (by_code) by_code_.insert(person.uuid);
  co_return saved;
}

}  // namespace wardroom::front
