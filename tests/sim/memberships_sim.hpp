/// Memberships of the simulated Webex: who may see, add and remove whom, and every refusal.
/// Source: webex-rest.md 4.
#pragma once
#include "sim/rooms_sim.hpp"

#include <functional>

namespace wardroom::sim {

class MembershipsSim {
 public:
  MembershipsSim(Organisation& org, RoomsSim& rooms, Faults& faults)
      : org_(org), rooms_(rooms), faults_(faults) {}

  /// /v1/memberships and /v1/memberships/{id}.
  Answer handle(Request const& request, Bearer const& who, std::string const& id);
  /// Keeps or drops the state that a stale replica serves, as `members_stale` says.
  void follow_faults();

  struct Change {
    Room const* room = nullptr;
    Person const* person = nullptr;
    Person const* by = nullptr;
    bool added = false;
  };
  /// Told of every change by the API just before it is carried out.
  std::function<void(Change const&)> on_change{};
  nlohmann::json counters() const {
    return {{"member_pages", pages_}, {"added", added_}, {"removed", removed_}};
  }

 private:
  Answer list(Request const& request, Bearer const& who);
  Answer one_of(Bearer const& who, Room const& room, http::QueryPairs const& query);
  Answer own(Request const& request, Bearer const& who) const;
  Answer add(Request const& request, Bearer const& who);
  Answer put(Request const& request, Bearer const& who, Room& room, RoomMember& member);
  Answer remove(Request const& request, Bearer const& who, Room& room, RoomMember const& member);
  Answer page(Request const& request, Room const& room, bool moderators_only);
  nlohmann::json shown(Room const& room, RoomMember const& member) const;
  Person const* person_of(std::string const& id, std::string const& email);

  Organisation& org_;
  RoomsSim& rooms_;
  Faults& faults_;
  std::unordered_map<std::string, RoomMembers> stale_;  // by UUID of the space
  std::uint64_t pages_ = 0, added_ = 0, removed_ = 0;
};

}  // namespace wardroom::sim
