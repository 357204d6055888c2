#include "sim/memberships_sim.hpp"

#include "base/encoding.hpp"
#include "sim/paging.hpp"

#include <algorithm>

namespace wardroom::sim {
namespace {
using nlohmann::json;

std::string text_in(json const& j, char const* key) {
  auto const found = j.find(key);
  return found != j.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Answer no_room(Request const& request) {
  return webex_error(404, "Could not find a room with provided ID.", request);
}
Answer no_membership(Request const& request) {
  return webex_error(404, "Failed to get membership.", request);
}

bool may_change(Room const& room, Person const& who) {
  auto const* own = room.find(who);
  return own && (!room.moderated || own->moderator);
}

Answer not_moderator(Request const& request) {
  return webex_error(403, "Only a moderator may change who is in this space.", request);
}

}  // namespace

void MembershipsSim::follow_faults() {
  if (!faults_.members_stale) return stale_.clear();
  if (!stale_.empty()) return;
  for (auto const& room : rooms_.all()) stale_[room.uuid] = room.members;
}

json MembershipsSim::shown(Room const& room, RoomMember const& member) const {
  auto const& p = *member.person;
  return {{"id", api_id("MEMBERSHIP", p.uuid + ":" + room.uuid)},
          {"roomId", room.id},
          {"personId", api_id("PEOPLE", p.uuid)},
          {"personEmail", p.shown_email()},
          {"personDisplayName", p.name()},
          {"personOrgId", p.org.empty() ? org_.id() : api_id("ORGANIZATION", p.org)},
          {"isModerator", member.moderator},
          {"isMonitor", member.monitor},
          {"isRoomHidden", false},
          {"roomType", room.direct ? "direct" : "group"},
          {"created", "2021-03-04T10:11:12.000Z"}};
}

Person const* MembershipsSim::person_of(std::string const& id, std::string const& email) {
  if (!email.empty()) return &org_.invite(email);
  auto const* person = org_.by_api_id(id);
  return person ? person : org_.by_uuid(id);
}

// The state of a stale replica, or half of it, or none, as the switches say.
Answer MembershipsSim::page(Request const& request, Room const& room, bool moderators_only) {
  auto const wish = page_wish(request, std::size_t(faults_.member_page_max));
  if (!wish) return webex_error(400, wish.error().what, request);
  auto const stale = stale_.find(room.uuid);
  auto const& all = stale == stale_.end() ? room.members : stale->second;
  auto const places = all.empty() ? 0 : all.rbegin()->first + 1;
  auto const last = faults_.members_shown == "none"   ? 0
                    : faults_.members_shown == "half" ? (places + 1) / 2
                                                      : places;
  auto at = all.lower_bound(wish->from);
  auto const more = [&] {
    while (moderators_only && at != all.end() && !at->second.moderator) ++at;
    return at != all.end() && at->first < last;
  };
  PageEnd end;
  json items = json::array();
  for (; more() && items.size() < wish->max; ++at) {
    items.push_back(shown(room, at->second));
    if (faults_.item_errors > 0 && at->first % std::uint64_t(faults_.item_errors) == 0) {
      auto& item = items.back();
      item = {{"id", item["id"]},
              {"roomId", item["roomId"]},
              {"errors", {{"personEmail", {{"code", "lookup_failure"}, {"reason", "not now"}}}}}};
    }
    end.last = at->first;
  }
  ++pages_;
  end.more = more();
  end.next = end.more ? at->first : places;
  end.skip = [&](std::size_t n) -> std::optional<std::uint64_t> {
    for (; n > 0 && more(); --n) ++at;
    return more() ? std::optional(at->first) : std::nullopt;
  };
  auto answer = webex_ok({{"items", std::move(items)}});
  add_next(answer, request, *wish, end, faults_.member_next);
  return answer;
}

Answer MembershipsSim::one_of(Bearer const& who, Room const& room, http::QueryPairs const& query) {
  auto const id = http::find(query, "personId").value_or("");
  auto const email = http::find(query, "personEmail").value_or("");
  auto const* person = email.empty() ? person_of(id, "") : org_.by_email(email);
  json items = json::array();
  if (auto const* member = person ? room.find(*person) : nullptr;
      member && (room.find(*who.person) || member->moderator))
    items.push_back(shown(room, *member));
  return webex_ok({{"items", std::move(items)}});
}

// Without a space: one's own, everywhere.
Answer MembershipsSim::own(Request const& request, Bearer const& who) const {
  auto const wish = page_wish(request, 1000);
  if (!wish) return webex_error(400, wish.error().what, request);
  json items = json::array();
  for (auto const& room : rooms_.all())
    if (auto const* member = room.find(*who.person); member && items.size() < wish->max)
      items.push_back(shown(room, *member));
  return webex_ok({{"items", std::move(items)}});
}

Answer MembershipsSim::list(Request const& request, Bearer const& who) {
  auto const query = http::parse_query(request.query);
  if (!query) return webex_error(400, "The query cannot be read", request);
  auto const id = http::find(*query, "roomId");
  bool const of_one = http::find(*query, "personId") || http::find(*query, "personEmail");
  if (!id)
    return of_one ? webex_error(400, "roomId is needed with personId or personEmail", request)
                  : own(request, who);
  auto const* room = rooms_.by_id(*id);
  bool const inside = room && room->find(*who.person);
  if (!room || (!inside && !room->team_members.contains(who.person))) return no_room(request);
  if (of_one) return one_of(who, *room, *query);
  return page(request, *room, !inside && room->moderated);
}

Answer MembershipsSim::add(Request const& request, Bearer const& who) {
  if (!request.header("Content-Type").starts_with("application/json"))
    return webex_error(415, "Send application/json", request);
  auto const body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) return webex_error(400, "The body is no JSON object", request);
  auto const room_id = text_in(body, "roomId"), id = text_in(body, "personId"),
             email = text_in(body, "personEmail");
  if (room_id.empty()) return webex_error(400, "roomId cannot be null", request);
  if (id.empty() == email.empty())
    return webex_error(400, "Either personId or personEmail is needed", request);
  if (!id.empty() && value_of_api_id(id).empty() && !org_.by_uuid(id))
    return webex_error(400, "Expect base64 ID or UUID.", request);
  auto* room = rooms_.by_id(room_id);
  if (!room || !room->find(*who.person)) return no_room(request);
  if (room->direct) return webex_error(400, "Nobody can be added to a direct space", request);
  if (!may_change(*room, *who.person)) return not_moderator(request);
  auto const* person = person_of(id, email);
  if (!person || person->gone)
    return webex_error(404, "Could not find a person with provided ID.", request);
  if (room->find(*person)) return webex_error(409, "Person is already in the room.", request);
  if (room->restricted && !person->org.empty())
    return webex_error(403, "The space takes people of its organisation only.", request);
  if (!person->addable) return webex_error(502, "Add participant failed.", request);
  if (faults_.member_cap > 0 && room->members.size() >= std::size_t(faults_.member_cap))
    return webex_error(403, "The space has as many people as it takes.", request);
  if (on_change) on_change({room, person, who.person, true});
  ++added_;
  auto const flag = body.find("isModerator");
  bool const moderator = flag != body.end() && flag->is_boolean() && flag->get<bool>();
  RoomsSim::add(*room, *person, moderator);
  room->moderated = room->moderated || moderator;
  return webex_ok(shown(*room, *room->find(*person)));
}

Answer MembershipsSim::put(Request const& request, Bearer const& who, Room& room,
                           RoomMember& member) {
  auto const body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) return webex_error(400, "The body is no JSON object", request);
  if (!may_change(room, *who.person)) return not_moderator(request);
  if (auto const flag = body.find("isModerator"); flag != body.end()) {
    if (!flag->is_boolean()) return webex_error(400, "isModerator must be true or false", request);
    member.moderator = flag->get<bool>();
    room.moderated = room.moderators() > 0;
  }
  return webex_ok(shown(room, member));
}

Answer MembershipsSim::remove(Request const& request, Bearer const& who, Room& room,
                              RoomMember const& member) {
  if (room.direct) return webex_error(400, "Nobody can be removed from a direct space", request);
  bool const leaves = member.person == who.person;
  if (!leaves && !may_change(room, *who.person)) return not_moderator(request);
  if (member.moderator && room.moderators() == 1 && room.members.size() > 1)
    return webex_error(403, "The last moderator cannot be removed.", request);
  if (on_change) on_change({&room, member.person, who.person, false});
  ++removed_;
  RoomsSim::remove(room, *member.person);
  Answer a;
  a.response.status = 204;
  return a;
}

Answer MembershipsSim::handle(Request const& request, Bearer const& who, std::string const& id) {
  bool const reading = request.method == http::Method::get;
  auto const scope = reading ? "spark:memberships_read" : "spark:memberships_write";
  if (!who.may(scope) && !who.may("spark:all"))
    return webex_error(403, std::string("The token lacks the scope ") + scope, request);
  if (id.empty()) {
    if (reading) return list(request, who);
    if (request.method == http::Method::post) return add(request, who);
    return webex_wrong_method("GET, POST", request);
  }
  auto const value = value_of_api_id(id);
  if (value.empty()) return webex_error(400, "Expect base64 ID or UUID.", request);
  auto const colon = value.find(':');
  auto* room = colon == std::string::npos ? nullptr : rooms_.by_id(value.substr(colon + 1));
  auto const* person = org_.by_uuid(std::string_view(value).substr(0, colon));
  auto* member = room && person ? room->find(*person) : nullptr;
  if (!member || !room->find(*who.person)) return no_membership(request);
  if (reading) return webex_ok(shown(*room, *member));
  if (request.method == http::Method::put) return put(request, who, *room, *member);
  if (request.method == http::Method::delete_) return remove(request, who, *room, *member);
  return webex_wrong_method("GET, PUT, DELETE", request);
}

}  // namespace wardroom::sim
