/// People: a person of the Webex organisation, and the number that names them inside Wardroom.
#pragma once
#include "base/id.hpp"
#include "base/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wardroom {

using PersonId = Id<struct PersonTag>;    ///< Webex API id (base64 of ciscospark://…/PEOPLE/uuid)
using XsiUserId = Id<struct XsiUserTag>;  ///< platform user id, local@domain, as in targetId

/// Index of a person's dense row, given by the store, never reused; 0 = nobody.
using PersonNo = std::uint32_t;

struct Person {
  PersonId id;
  std::string uuid;  ///< lower case, 36 characters: last element of the decoded id
  std::string display_name;
  std::vector<std::string> emails;  ///< lower case; the first is primary
  std::string department;
  std::string location_id;
  std::string country;  ///< ISO 3166 alpha-2 of their Webex location; empty = not known
  std::vector<std::string> roles;
  std::string org_id;
  std::optional<bool> login_enabled;  ///< absent = unknown, which is not false
  std::optional<bool> invite_pending;
  bool is_person = true;  ///< false for bots and appusers
  /// Whether calling data was asked for: only then an empty location, number or extension says that
  /// there is none.
  bool calling_known = false;
  std::string location{};  ///< its name
  std::string number{};    ///< E.164, of their desk
  std::string extension{};
  bool operator==(Person const&) const = default;
};

/// One report of where a person is.
struct Fix {
  GeoPoint where;
  Meters accuracy;
  Uptime received;      ///< server receipt on the boot-time clock: the only source of age
  Instant received_at;  ///< the same moment for people to read
  bool operator==(Fix const&) const = default;
};

}  // namespace wardroom
