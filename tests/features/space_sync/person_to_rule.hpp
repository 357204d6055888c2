/// A person of a test's directory, with the texts that PersonFacts only points to.
#pragma once
#include "ports/people_listing.hpp"

#include <string>
#include <vector>

namespace wardroom::space_sync {

struct TestPerson {
  std::string name = "Ada Lovelace";
  std::vector<std::string> emails{"ada@acme.example"};
  std::string department{}, title{}, location_id{}, location{};
  std::vector<std::string> roles{}, licenses{};
  AccountType type = AccountType::person;
  std::optional<bool> login_enabled = true, invite_pending = false;
  bool whole = true;
  Uuid id{};

  /// Calls `look` with the facts, which live until it returns.
  template <class F>
  auto with(F look) const {
    std::vector<std::string_view> const email_views(emails.begin(), emails.end()),
        role_views(roles.begin(), roles.end()), licence_views(licenses.begin(), licenses.end());
    return look(PersonFacts{.id = id,
                            .api_id = "A",
                            .name = name,
                            .emails = email_views,
                            .department = department,
                            .title = title,
                            .location_id = location_id,
                            .location = location,
                            .roles = role_views,
                            .licenses = licence_views,
                            .type = type,
                            .login_enabled = login_enabled,
                            .invite_pending = invite_pending,
                            .whole = whole});
  }
};

}  // namespace wardroom::space_sync
