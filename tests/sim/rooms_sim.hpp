/// Spaces of the simulated Webex and who is in them: the story's three and what tests make of them.
/// Source: webex-rest.md 5.1.
#pragma once
#include "runtime/random.hpp"
#include "sim/faults.hpp"
#include "sim/oauth_client.hpp"
#include "sim/webex_answer.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

namespace wardroom::sim {

struct RoomMember {
  Person const* person = nullptr;
  bool moderator = false, monitor = false;
};
/// By the order in which they came: a page begins anywhere at once, and what is removed while
/// somebody reads moves nobody else.
using RoomMembers = std::map<std::uint64_t, RoomMember>;

struct Room {
  std::string uuid, id, title;
  std::string team{};  ///< id of its team; empty = no team's
  bool direct = false;
  bool moderated = false;  ///< only moderators add and remove
  bool read_only = false, announcements = false;
  bool restricted = false;  ///< takes nobody of another organisation
  std::string owner_org{};  ///< UUID; empty = ours
  std::set<Person const*> team_members{};
  RoomMembers members{};
  std::unordered_map<Person const*, std::uint64_t> places{};
  std::uint64_t next_place = 1;

  RoomMember const* find(Person const& person) const;
  RoomMember* find(Person const& person);
  std::size_t moderators() const;
};

class RoomsSim {
 public:
  RoomsSim(Organisation& org, Random& dice);

  /// /v1/rooms and /v1/rooms/{id}.
  Answer handle(Request const& request, Bearer const& who, std::string const& id) const;

  Room const& operations() const { return rooms_[0]; }
  /// "All hands", which is to be equal to the directory: some are missing in it, three are too
  /// many.
  Room const& all_hands() const { return rooms_[1]; }
  std::deque<Room> const& all() const { return rooms_; }
  Room* by_id(std::string_view id);  ///< API id or UUID
  Room const* by_id(std::string_view id) const;
  /// Only when that person is in it: else it is as unknown as one that does not exist.
  Room const* visible(std::string_view id, Person const& to) const;
  Room const& direct(Person const& a, Person const& b);

  /// False = they are in it already.
  static bool add(Room& room, Person const& person, bool moderator = false);
  static bool remove(Room& room, Person const& person);

  /// `{title, moderated?, restricted?, read_only?, announcements?, team?, owner_org?, members?:
  /// [emails], moderators?: [emails], team_members?: [emails], people?: [from, to]}`: unknown
  /// addresses are people of other organisations; `people` = all of those positions of the
  /// directory. Errors: malformed.
  Result<nlohmann::json> make(nlohmann::json const& wish);
  /// The same members, and `add`, `remove`. Errors: also not_found, conflict (several of the
  /// title).
  Result<nlohmann::json> change(std::string const& title_or_id, nlohmann::json const& wish);
  Result<void> drop(std::string const& title_or_id);
  Result<nlohmann::json> one(std::string const& title_or_id) const;  ///< with every member
  nlohmann::json state() const;  ///< for GET /sim/state: at most 20 members of each

 private:
  Room& make_room(std::string uuid, std::string title);
  void story();
  Result<Room*> find(std::string const& title_or_id);
  Result<void> apply(Room& room, nlohmann::json const& wish);
  Result<std::vector<Person const*>> people_in(nlohmann::json const& wish, char const* key);
  Result<void> add_range(Room& room, nlohmann::json const& range);
  nlohmann::json shown(Room const& room) const;
  Answer list(Request const& request, Bearer const& who) const;

  Organisation& org_;
  Random& dice_;
  std::deque<Room> rooms_;  // deque: pointers to rooms stay good
  std::unordered_map<std::string, Room*> by_uuid_;
};

}  // namespace wardroom::sim
