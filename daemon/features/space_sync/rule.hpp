/// One include or exclude rule over people: what it looks at, and how it compares. Pure.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
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
  /// As they were written, none empty; any of them fits, whatever the case. Of files: what they
  /// hold.
  std::vector<std::string> patterns;
  std::string file{};  ///< where they come from
  bool operator==(Rule const&) const = default;
};

/// As the configuration writes it: "department_contains".
std::string_view name(RuleKind kind);
/// "department_contains: Contractor", "email_file: /etc/wardroom/excluded.txt (412 entries)". Rules
/// by address name people: such a text is for the store's erasable rows and for operators' eyes.
std::string text(Rule const& rule);

/// Blank lines and lines that begin with '#' say nothing, spaces around and CR at the end neither;
/// a byte order mark is skipped.
struct ListLine {
  int number = 0;  ///< from 1
  std::string text;
  bool operator==(ListLine const&) const = default;
};
std::vector<ListLine> numbered_lines_of_list(std::string_view text);
std::vector<std::string> lines_of_list(std::string_view text);

}  // namespace wardroom::space_sync
