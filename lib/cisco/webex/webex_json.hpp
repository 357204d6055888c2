/// Webex's JSON as typed facts: people, organisations, roles, locations, ids. Pure.
#pragma once
#include "base/result.hpp"
#include "domain/person.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::webex {

/// Where the call platform of an organisation is reached. Source: xsi.md 1.1.
struct XsiEndpoints {
  std::string actions, events, channel, domain;
  bool operator==(XsiEndpoints const&) const = default;
};

struct Organization {
  std::string id, uuid, name;
  /// Absent when XSI is not enabled for the organisation, or the token may not see it.
  std::optional<XsiEndpoints> xsi;
};

struct Role {
  std::string id, name;
};

/// The text after the last '/' of a decoded id, lower case: "f5b36187-…", "id_full_admin". A bare
/// UUID stays as it is; nullopt for anything else.
std::optional<std::string> decode_id(std::string_view id);
/// Whether two ids mean the same thing, whatever cluster or alphabet they are written with.
bool same_id(std::string_view a, std::string_view b);

/// Parses with a bound on depth (32) and without duplicate keys. Error: malformed.
Result<nlohmann::json> parse_json(std::string_view body);

/// Error: malformed when it is no object or has no id that can be decoded; everything else is
/// optional.
Result<Person> person_of(nlohmann::json const& item);
Result<Organization> organization_of(nlohmann::json const& item);
std::vector<Role> roles_of(nlohmann::json const& body);
struct Place {
  std::string country;  ///< ISO 3166 alpha-2; empty = not told, or something else
  std::string name;
};
/// By location id.
std::vector<std::pair<std::string, Place>> places_of(nlohmann::json const& body);

/// True when one of the person's roles is the full administrator's, by id or by its name in
/// `known`.
bool is_full_admin(Person const& person, std::vector<Role> const& known);

/// The words of an error body, fit for a log: message and descriptions, at most 300 characters.
std::string words_of_error(std::string_view body);

}  // namespace wardroom::webex
