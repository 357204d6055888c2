// Spaces as tests and people at the simulator's page make and change them.
#include "sim/rooms_sim.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace wardroom::sim {
namespace {
using nlohmann::json;

constexpr std::array known{"title", "moderated", "restricted",   "read_only", "announcements",
                           "team",  "owner_org", "team_members", "members",   "moderators",
                           "add",   "remove",    "people"};

std::string stranger(json const& wish) {
  for (auto const& [key, value] : wish.items())
    if (std::ranges::find(known, key) == known.end())
      return fmt::format("\"{}\" is nothing of a space; docs/api.md lists what is", key);
  return {};
}

json told(Room const& room, std::size_t most) {
  json out{{"id", room.id},
           {"uuid", room.uuid},
           {"title", room.title},
           {"type", room.direct ? "direct" : "group"},
           {"team", room.team},
           {"moderated", room.moderated},
           {"restricted", room.restricted},
           {"read_only", room.read_only},
           {"announcements", room.announcements},
           {"size", room.members.size()},
           {"members", json::array()},
           {"moderators", json::array()}};
  for (auto const& [place, member] : room.members) {
    if (out["members"].size() == most) break;
    out["members"].push_back(member.person->email);
    if (member.moderator) out["moderators"].push_back(member.person->email);
  }
  return out;
}

}  // namespace

Result<Room*> RoomsSim::find(std::string const& title_or_id) {
  if (auto* room = by_id(title_or_id)) return room;
  Room* found = nullptr;
  for (auto& room : rooms_) {
    if (room.title != title_or_id || !by_uuid_.contains(room.uuid)) continue;
    if (found) return failure(ErrorKind::conflict, "several spaces are called " + title_or_id);
    found = &room;
  }
  if (!found) return failure(ErrorKind::not_found, "no space is called " + title_or_id);
  return found;
}

Result<std::vector<Person const*>> RoomsSim::people_in(json const& wish, char const* key) {
  std::vector<Person const*> out;
  auto const it = wish.find(key);
  if (it == wish.end()) return out;
  if (!it->is_array())
    return failure(ErrorKind::malformed, fmt::format("\"{}\" must be a list of addresses", key));
  for (auto const& email : *it) {
    auto const text = email.is_string() ? email.get<std::string>() : std::string();
    if (text.find('@') == std::string::npos)
      return failure(ErrorKind::malformed, email.dump() + " is no e-mail address");
    out.push_back(&org_.invite(text));
  }
  return out;
}

Result<void> RoomsSim::add_range(Room& room, json const& range) {
  auto const position = [](json const& n) {
    return n.is_number_integer() && n.get<std::int64_t>() >= 0;
  };
  if (!range.is_array() || range.size() != 2 || !position(range[0]) || !position(range[1]))
    return failure(ErrorKind::malformed, "\"people\" must be [from, to]");
  auto const& all = org_.people();
  auto const end = std::min(range[1].get<std::size_t>(), all.size());
  for (auto i = range[0].get<std::size_t>(); i < end; ++i) add(room, all[i]);
  return {};
}

Result<void> RoomsSim::apply(Room& room, json const& wish) {
  if (auto const bad = stranger(wish); !bad.empty()) return failure(ErrorKind::malformed, bad);
  for (auto const& [key, into] : {std::pair("moderated", &room.moderated),
                                  {"restricted", &room.restricted},
                                  {"read_only", &room.read_only},
                                  {"announcements", &room.announcements}})
    if (auto const found = wish.find(key); found != wish.end()) {
      if (!found->is_boolean())
        return failure(ErrorKind::malformed, fmt::format("\"{}\" must be true or false", key));
      *into = found->get<bool>();
    }
  for (auto const& [key, into] :
       {std::pair("title", &room.title), {"team", &room.team}, {"owner_org", &room.owner_org}})
    if (auto const found = wish.find(key); found != wish.end() && found->is_string())
      *into = found->get<std::string>();
  auto const members = people_in(wish, "members"), more = people_in(wish, "add"),
             fewer = people_in(wish, "remove"), moderators = people_in(wish, "moderators"),
             team = people_in(wish, "team_members");
  for (auto const* list : {&members, &more, &fewer, &moderators, &team})
    if (!*list) return std::unexpected(list->error());
  if (wish.contains("members")) {
    room.members.clear();
    room.places.clear();
  }
  for (auto const* list : {&*members, &*more, &*moderators})
    for (auto const* person : *list) add(room, *person);
  if (auto const range = wish.find("people"); range != wish.end())
    if (auto const added = add_range(room, *range); !added) return added;
  for (auto const* person : *fewer) remove(room, *person);
  if (wish.contains("moderators"))
    for (auto& [place, member] : room.members)
      member.moderator = std::ranges::find(*moderators, member.person) != moderators->end();
  if (wish.contains("team_members")) room.team_members = {team->begin(), team->end()};
  return {};
}

Result<json> RoomsSim::make(json const& wish) {
  auto const title = wish.value("title", json());
  if (!title.is_string() || title.get<std::string>().empty())
    return failure(ErrorKind::malformed, "Title cannot be empty.");
  auto const uuid = org_.uuid_of(fmt::format("room {} {}", rooms_.size(), title.dump()));
  Room scratch;
  if (auto const fine = apply(scratch, wish); !fine) return std::unexpected(fine.error());
  auto& room = make_room(uuid, title.get<std::string>());
  auto const applied = apply(room, wish);
  if (!applied) return std::unexpected(applied.error());
  return told(room, 20);
}

Result<json> RoomsSim::change(std::string const& title_or_id, json const& wish) {
  auto const room = find(title_or_id);
  if (!room) return std::unexpected(room.error());
  if (auto const done = apply(**room, wish); !done) return std::unexpected(done.error());
  return told(**room, 20);
}

// It stays in memory: messages may point to it.
Result<void> RoomsSim::drop(std::string const& title_or_id) {
  auto const room = find(title_or_id);
  if (!room) return std::unexpected(room.error());
  (*room)->members.clear();
  (*room)->places.clear();
  (*room)->team_members.clear();
  by_uuid_.erase((*room)->uuid);
  return {};
}

Result<json> RoomsSim::one(std::string const& title_or_id) const {
  auto const room = const_cast<RoomsSim*>(this)->find(title_or_id);
  if (!room) return std::unexpected(room.error());
  return told(**room, SIZE_MAX);
}

json RoomsSim::state() const {
  json out = json::array();
  for (auto const& room : rooms_)
    if (by_uuid_.contains(room.uuid)) out.push_back(told(room, 20));
  return out;
}

}  // namespace wardroom::sim
