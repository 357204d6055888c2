#include "sim/rooms_sim.hpp"

#include "sim/paging.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::sim {
namespace {
using nlohmann::json;
}

RoomMember const* Room::find(Person const& person) const {
  auto const place = places.find(&person);
  return place == places.end() ? nullptr : &members.at(place->second);
}
RoomMember* Room::find(Person const& person) {
  return const_cast<RoomMember*>(std::as_const(*this).find(person));
}
std::size_t Room::moderators() const {
  return std::size_t(
      std::ranges::count_if(members, [](auto const& one) { return one.second.moderator; }));
}

RoomsSim::RoomsSim(Organisation& org, Random& dice) : org_(org), dice_(dice) {
  // The same organisation has the same spaces, whatever the dice say.
  auto& operations = make_room("5b7ddefe-cc47-4af1-8f33-" + org.uuid().substr(24), "Operations");
  add(operations, org.people().front());
  add(operations, org.bot());
  story();
}

void RoomsSim::story() {
  auto const person = [&](char const* local) -> Person const& {
    return *org_.by_email(std::string(local) + "@acme.example");
  };
  auto& hands = make_room(org_.uuid_of("room All hands"), "All hands");
  hands.moderated = true;
  add(hands, person("ada"), true);
  for (auto const* one :
       {"zoe.mueller", "juergen.gross", "lukasz.zolc", "eleni.papa", "huong.dang", "max.former"})
    add(hands, person(one));
  add(hands, org_.bot());
  add(hands, org_.invite("pat@partner.example"));

  // Ada is of the team, and not in its moderated space: she sees moderators only.
  auto& team = make_room(org_.uuid_of("room Sales team"), "Sales team");
  team.team = api_id("TEAM", org_.uuid_of("team Sales"));
  team.moderated = true;
  team.team_members = {&person("ada"), &person("zoe.mueller"), &person("juergen.gross")};
  add(team, person("zoe.mueller"), true);
  add(team, person("juergen.gross"));

  auto& leads = make_room(org_.uuid_of("room Leads"), "Leads");
  leads.moderated = leads.restricted = true;
  add(leads, person("zoe.mueller"), true);
  add(leads, person("ada"));
  add(leads, person("bela"));
}

Room& RoomsSim::make_room(std::string uuid, std::string title) {
  Room room;
  room.id = api_id("ROOM", uuid);
  room.uuid = std::move(uuid);
  room.title = std::move(title);
  auto& kept = rooms_.emplace_back(std::move(room));
  by_uuid_[kept.uuid] = &kept;
  return kept;
}

bool RoomsSim::add(Room& room, Person const& person, bool moderator) {
  if (room.places.contains(&person)) return false;
  room.places[&person] = room.next_place;
  room.members.emplace_hint(room.members.end(), room.next_place++,
                            RoomMember{&person, moderator, false});
  return true;
}

bool RoomsSim::remove(Room& room, Person const& person) {
  auto const place = room.places.find(&person);
  if (place == room.places.end()) return false;
  room.members.erase(place->second);
  room.places.erase(place);
  return true;
}

Room const* RoomsSim::by_id(std::string_view id) const {
  auto const value = value_of_api_id(id);
  auto const found = by_uuid_.find(value.empty() ? lower_case(id) : value);
  return found == by_uuid_.end() ? nullptr : found->second;
}
Room* RoomsSim::by_id(std::string_view id) {
  return const_cast<Room*>(std::as_const(*this).by_id(id));
}

Room const* RoomsSim::visible(std::string_view id, Person const& to) const {
  auto const* room = by_id(id);
  return room && room->find(to) ? room : nullptr;
}

Room const& RoomsSim::direct(Person const& a, Person const& b) {
  for (auto const& r : rooms_)
    if (r.direct && r.find(a) && r.find(b)) return r;
  auto& made = make_room(dice_.uuid(), a.name() + " and " + b.name());
  made.direct = true;
  add(made, a);
  add(made, b);
  return made;
}

json RoomsSim::shown(Room const& room) const {
  json out{{"id", room.id},
           {"title", room.title},
           {"type", room.direct ? "direct" : "group"},
           {"isLocked", room.moderated},
           {"isReadOnly", room.read_only},
           {"isAnnouncementOnly", room.announcements},
           {"isPublic", false},
           {"ownerId", room.owner_org.empty() ? org_.id() : api_id("ORGANIZATION", room.owner_org)},
           {"created", "2021-03-04T10:11:12.000Z"},
           {"lastActivity", "2026-01-12T08:00:00.000Z"}};
  if (!room.team.empty()) out["teamId"] = room.team;
  return out;
}

Answer RoomsSim::list(Request const& request, Bearer const& who) const {
  auto const wish = page_wish(request, 1000);
  if (!wish) return webex_error(400, wish.error().what, request);
  auto const type = http::find(wish->query, "type").value_or(""),
             team = http::find(wish->query, "teamId").value_or("");
  PageEnd end;
  json items = json::array();
  for (auto at = wish->from; at < rooms_.size(); ++at) {
    auto const& room = rooms_[at];
    if (!room.find(*who.person) || (!team.empty() && room.team != team) ||
        (!type.empty() && (type == "direct") != room.direct))
      continue;
    if (items.size() == wish->max) {
      end.next = at;
      end.more = true;
      break;
    }
    items.push_back(shown(room));
  }
  auto answer = webex_ok({{"items", std::move(items)}});
  add_next(answer, request, *wish, end, "good");
  return answer;
}

Answer RoomsSim::handle(Request const& request, Bearer const& who, std::string const& id) const {
  if (!who.may("spark:rooms_read") && !who.may("spark:all"))
    return webex_error(403, "The token lacks the scope spark:rooms_read", request);
  if (id.empty()) return list(request, who);
  auto const* room = by_id(id);
  // A team's members see its spaces also when they are not in them.
  if (!room || (!room->find(*who.person) && !room->team_members.contains(who.person)))
    return webex_error(404, "Could not find a room with provided ID.", request);
  return webex_ok(shown(*room));
}

}  // namespace wardroom::sim
