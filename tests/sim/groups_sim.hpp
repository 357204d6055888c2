/// Groups of the organisation: one for each department, "Pilot", and what tests make of them.
/// Source: webex-rest.md 2.8, 3.4.
#pragma once
#include "sim/faults.hpp"
#include "sim/oauth_client.hpp"
#include "sim/webex_answer.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <string>
#include <vector>

namespace wardroom::sim {

class GroupsSim {
 public:
  GroupsSim(Organisation const& org, Faults& faults);

  /// /v1/groups, /v1/groups/{id}, /v1/groups/{id}/members; `rest` = what follows "groups/".
  Answer handle(Request const& request, Bearer const& who, std::string const& rest);

  /// `{name, members?: [emails], nested?: n}`. Names need not differ, as in Control Hub.
  /// Errors: malformed, not_found names the address that is nobody's.
  Result<nlohmann::json> make(nlohmann::json const& wish);
  /// `{add?, remove?, members?: [emails], rename?, nested?}`. Errors: also conflict when several
  /// have the name.
  Result<nlohmann::json> change(std::string const& name_or_id, nlohmann::json const& wish);
  Result<void> drop(std::string const& name_or_id);
  nlohmann::json state() const;  ///< for GET /sim/state
  std::uint64_t pages() const { return pages_; }

 private:
  struct Group {
    std::string uuid, id, name;
    std::vector<Person const*> members;
    std::size_t nested = 0;  ///< members that are groups themselves
    std::size_t size() const { return members.size() + nested; }
  };

  Group& add(std::string name);
  Result<Group*> find(std::string const& name_or_id);
  Group const* by_id(std::string const& id) const;
  Result<std::vector<Person const*>> people_in(nlohmann::json const& wish, char const* key) const;
  Answer list(Request const& request);
  Answer members(Request const& request, Group const& group);
  nlohmann::json shown(Group const& group) const;
  nlohmann::json member(Group const& group, std::size_t index) const;
  nlohmann::json members_from(Group const& group, std::size_t from, std::size_t count) const;
  nlohmann::json told(Group const& group) const;

  Organisation const& org_;
  Faults& faults_;
  std::deque<Group> groups_;
  std::uint64_t made_ = 0, pages_ = 0;
};

}  // namespace wardroom::sim
