/// What is needed from a directory: all people page by page, one by id, the members of a group, and
/// people's calling identities.
#pragma once
#include "base/result.hpp"
#include "domain/person.hpp"
#include "runtime/task.hpp"

#include <functional>
#include <string>
#include <vector>

namespace wardroom {

/// A group of the directory, by whichever of the two it was asked for.
struct DirectoryGroup {
  std::string id, name;
  bool operator==(DirectoryGroup const&) const = default;
};

/// Some of a group's members.
struct GroupPage {
  std::vector<std::string> people;  ///< UUIDs, lower case
  std::size_t others = 0;           ///< members that are no people: groups within it, machines
};

class Directory {
 public:
  virtual ~Directory() = default;
  /// Calls `page` for each page in order. An error anywhere means the listing is incomplete.
  virtual Task<Result<void>> people(std::function<void(std::vector<Person>)> page) = 0;
  virtual Task<Result<Person>> person(PersonId id) = 0;
  /// Asked while a phone rings: before everything else. Errors: not_found; conflict when several
  /// have it.
  virtual Task<Result<Person>> person_by_email(std::string email) = 0;
  /// Calls `page` for each page of the members of the group of this name or id; groups within it
  /// are counted, not opened. Errors: not_found; conflict when several have the name; any error
  /// means that the membership is incomplete.
  virtual Task<Result<DirectoryGroup>> group(std::string name_or_id,
                                             std::function<void(GroupPage)> page) = 0;
};

/// A person as the call platform knows them.
struct CallingUser {
  XsiUserId id;
  std::string email;  ///< lower case; may be empty
  std::string number, extension, country_code;
  std::string display_name;
  std::string person_uuid;  ///< when the platform fills in externalId; else empty
  bool operator==(CallingUser const&) const = default;
};

class CallingDirectory {
 public:
  virtual ~CallingDirectory() = default;
  /// Everybody the platform knows, page by page. `any_user` = some user id the path needs.
  virtual Task<Result<void>> users(std::string any_user,
                                   std::function<void(std::vector<CallingUser>)> page) = 0;
  /// One user by platform id or person UUID.
  virtual Task<Result<CallingUser>> user(std::string id) = 0;
};

}  // namespace wardroom
