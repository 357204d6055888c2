/// Whom a rule of the configuration is for: everybody, or people named by address and by group.
/// Pure.
#pragma once
#include <string>
#include <vector>

namespace wardroom::call_blocking {

struct PeopleChoice {
  bool everybody = true;
  std::vector<std::string> emails{};  ///< lower case, sorted; when not everybody
  std::vector<std::string> groups{};  ///< names or ids of Webex groups, as configured
  bool operator==(PeopleChoice const&) const = default;
};

}  // namespace wardroom::call_blocking
