/// One include or exclude rule over people: what it looks at, and how it compares. Pure.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace wardroom::space_sync {

/// What of a person a rule looks at.
enum class RuleKind : std::uint8_t {
  all,                  ///< everybody; only as an include
  email,                ///< any of their addresses, case-folded
  email_file,           ///< the same, from a file
  domain,               ///< of any of their addresses; "*.acme.example" = below it
  department,           ///< exactly
  department_contains,  ///< a part of it: the prototype's way
  department_glob,      ///< "Sales*", "R?D"
  department_file,      ///< parts of it, from a file: the prototype's excluded_departments.txt
  title,                ///< exactly; title_contains, title_glob likewise
  title_contains,
  title_glob,
  location,        ///< of Webex, by name or id
  licence,         ///< by id
  role,            ///< by id or name: "id_full_admin"
  group,           ///< of Webex, by name or id
  type,            ///< person, bot, app_user
  inactive,        ///< may not log in
  invite_pending,  ///< was invited and has not come yet
};

struct Rule {
  RuleKind kind = RuleKind::all;
  std::vector<std::string> patterns;  ///< folded; any of them fits. Of files: what they hold
  std::string file{};                 ///< where they come from
  bool operator==(Rule const&) const = default;
};

}  // namespace wardroom::space_sync
