/// What the site learned by its logins: the organisation, and who came in by a one-time code.
#pragma once
#include "domain/person.hpp"
#include "runtime/task.hpp"
#include "store/database.hpp"

#include <set>
#include <string>

namespace wardroom::front {

/// `by_code` = 1 for those who stay administrators although no list names them.
inline constexpr store::Migration site_admins_migration{22, "administrators the site has seen",
                                                        R"sql(
CREATE TABLE site_admins (
  person_uuid TEXT PRIMARY KEY,
  org_uuid TEXT NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  by_code BIGINT NOT NULL,
  first_login BIGINT NOT NULL
)
)sql"};

class SiteAdmins {
 public:
  SiteAdmins(store::Database& database, Clock& clock) : database_(database), clock_(clock) {}

  Task<Result<void>> load();
  /// After a login that was accepted; answers after the commit.
  Task<Result<void>> remember(Person person, bool by_code);

  /// UUID of the first administrator's organisation; empty before the first login.
  std::string const& org_uuid() const { return org_uuid_; }
  bool came_by_code(std::string const& person_uuid) const { return by_code_.contains(person_uuid); }
  bool empty() const { return org_uuid_.empty(); }

 private:
  store::Database& database_;
  Clock& clock_;
  std::string org_uuid_;
  std::set<std::string> by_code_;
};

}  // namespace wardroom::front
