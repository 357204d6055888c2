/// The organisation the simulator plays: people with their calling identities, and offices.
#pragma once
#include "base/result.hpp"
#include "base/units.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace wardroom::sim {

struct Office {
  std::string id;     ///< Webex location id
  std::string group;  ///< the same office in XSI
  std::string name;
  std::string country;       ///< ISO 3166 alpha-2
  std::string country_code;  ///< telephone
  std::string time_zone, city;
};

struct Person {
  std::string email;  ///< lower case
  std::string first_name, last_name;
  std::string uuid;      ///< lower case
  std::string id;        ///< Webex API id
  std::string xsi_user;  ///< local@domain, as in targetId
  std::string number;    ///< national, without country code
  std::string extension;
  std::string department;
  Office const* office = nullptr;
  bool full_admin = false;
  bool login_enabled = true;
  bool invite_pending = false;
  bool calling = true;  ///< has a Webex Calling licence
  std::string type = "person";
  std::string title{};
  std::string written{};                   ///< their address as it is shown; empty = `email`
  std::vector<std::string> more_emails{};  ///< further addresses, as they are shown
  std::string org{};                       ///< UUID of another organisation; empty = ours
  bool gone = false;     ///< the account was deleted: listed nowhere, asked for by id: 404
  bool addable = true;   ///< false: no space takes them (502)
  bool damaged = false;  ///< lists have only their id, and `errors`

  std::string name() const { return first_name + " " + last_name; }
  std::string const& shown_email() const { return written.empty() ? email : written; }
  std::string e164() const { return "+" + office->country_code + number; }
};

/// Where the story happens.
inline constexpr GeoPoint vienna{48.2082, 16.3738};
inline constexpr GeoPoint paris{48.8566, 2.3522};
inline constexpr GeoPoint budapest{47.4979, 19.0402};
inline constexpr GeoPoint denver{39.7392, -104.9903};

/// Same seed, same ids, whatever the number of people: a restarted simulator is the same one.
class Organisation {
 public:
  /// At least the cast of the story (13); more are made up.
  Organisation(std::uint64_t seed, std::size_t people);

  std::string const& name() const { return name_; }
  std::string const& uuid() const { return uuid_; }
  std::string const& id() const { return id_; }
  std::deque<Person> const& people() const { return people_; }
  std::deque<Office> const& offices() const { return offices_; }
  /// Accounts that are nobody: not among `people()`, but found by address and id.
  Person const& bot() const { return machines_[0]; }
  Person const& service_app() const { return machines_[1]; }
  /// A call queue: it has calls of its own, but is no person, and its profile is not found.
  Person const& queue() const { return machines_[2]; }

  Person const* by_email(std::string_view email) const;  ///< without regard to case
  Person const* by_uuid(std::string_view uuid) const;
  Person const* by_api_id(std::string_view id) const;
  Person const* by_xsi_user(std::string_view user) const;
  /// UUID, API id or platform id: what XSI takes in a path.
  Person const* by_any_id(std::string_view id) const;
  /// Extension, or number in E.164, of somebody with a calling licence.
  Person const* by_dialled(std::string_view digits) const;
  Office const* office(std::string_view id) const;

  /// Somebody new, with a number and a calling licence. Errors: conflict when the address is taken.
  Result<Person const*> hire(std::string email, std::string first, std::string last);
  /// Somebody of another organisation, as when an unknown address is invited.
  Person const& invite(std::string email);
  /// `{department?, title?, first_name?, last_name?, login_enabled?, invite_pending?, admin?,
  /// gone?, addable?, damaged?, office?, type?, emails?: [as shown, the first is primary]}`.
  /// Errors: not_found, malformed, conflict (an address is somebody else's).
  Result<Person const*> change(std::string_view email, nlohmann::json const& wish);
  /// Nobody's licence any more; the account stays, with its login disabled. False = not here.
  bool dismiss(std::string_view email);
  /// API ids of the licences.
  std::string const& calling_licence() const { return calling_licence_; }
  std::string const& messaging_licence() const { return messaging_licence_; }
  /// Made from the seed and what it is for.
  std::string uuid_of(std::string_view what) const;

 private:
  void add(std::string email, std::string first, std::string last, std::string department,
           Office const& office);
  void add_machine(std::string email, std::string first, std::string last, std::string type);
  void add_queue();
  void add_former();
  Result<void> set_addresses(Person& person, nlohmann::json const& list);

  std::uint64_t seed_;
  std::string name_ = "Acme Example", uuid_, id_, calling_licence_, messaging_licence_;
  std::deque<Office> offices_;
  std::deque<Person> machines_;
  std::deque<Person> people_;  // deque: pointers to people stay good
  std::unordered_map<std::string, Person const*> by_email_, by_uuid_, by_xsi_, by_number_;
};

/// ASCII letters only, as addresses are compared.
std::string lower_case(std::string_view text);

/// Unpadded base64 of ciscospark://us/TYPE/value. Source: webex-rest.md 2.6.
std::string api_id(std::string_view type, std::string_view value);
/// The value at the end of an API id; empty when it is none.
std::string value_of_api_id(std::string_view id);

/// Whether the platform treats `dialled` as a call to an emergency service: an emergency number of
/// the country or 112 or 911, behind at most one outside-line prefix (0 or 9).
bool is_emergency_number(std::string_view dialled, std::string_view country);

}  // namespace wardroom::sim
