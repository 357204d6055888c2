#include "cisco/webex/webex_spaces.hpp"

#include "base/encoding.hpp"
#include "cisco/webex/page_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::webex {
namespace {
using nlohmann::json;

/// An add that the service fails is tried so often in all; for some accounts it never heals.
constexpr int attempts_of_add = 3;
constexpr std::string_view never_heals = "Add participant failed";

struct Reading {
  PageReader reader;
  Spaces::Page page;
  std::string space;
};

std::string text(json const& item, char const* key) {
  auto const it = item.find(key);
  return it != item.end() && it->is_string() ? it->get<std::string>() : std::string();
}

std::optional<bool> flag(json const& item, char const* key) {
  auto const it = item.find(key);
  if (it == item.end()) return std::nullopt;
  if (it->is_boolean()) return it->get<bool>();
  if (*it == "true") return true;
  if (*it == "false") return false;
  return std::nullopt;
}

std::unexpected<Error> bad(std::string what) {
  return failure(ErrorKind::malformed, std::move(what));
}

/// A 404 of a proxy's, or of a path that is served by something else, says nothing about the thing.
std::unexpected<Error> not_webex(Error error) {
  error.kind = ErrorKind::unavailable;
  error.what += "; not as Webex says it: is there a proxy in between?";
  return std::unexpected(std::move(error));
}

/// Not wanted any more after an attempt without an answer: whether it was done is not known.
Error given_up(Error error, Refused const& refused) {
  if (error.kind != ErrorKind::cancelled || !refused.maybe_done) return error;
  error.kind = ErrorKind::conflict;
  error.not_done = false;
  error.what += "; an attempt before got no answer, and may have been carried out";
  return error;
}

bool is_missing(Refused const& refused) { return refused.status == 404 && refused.own_words; }

Result<Space> space_of(json const& item, std::string_view asked) {
  if (!item.is_object()) return bad("GET /rooms: the answer is not a JSON object");
  Space out{.id = text(item, "id"), .title = text(item, "title")};
  if (out.id != asked && !same_id(out.id, asked))
    return bad("GET /rooms: another space came than was asked for");
  auto const type = text(item, "type");
  auto const locked = flag(item, "isLocked");
  if (type.empty() || !locked) return bad("GET /rooms: the space lacks its type or isLocked");
  out.group = type == "group";
  out.moderated = *locked;
  out.read_only = flag(item, "isReadOnly").value_or(false);
  out.announcements = flag(item, "isAnnouncementOnly").value_or(false);
  out.team_id = text(item, "teamId");
  if (auto const owner = uuid_of_id(text(item, "ownerId"))) out.owner_org = owner->text();
  return out;
}

Result<Membership> membership_of(json const& item, std::string_view space) {
  if (!item.is_object()) return bad("GET /memberships: a membership is not a JSON object");
  auto const room = text(item, "roomId");
  if (room.empty() || (room != space && !same_id(room, space)))
    return bad("GET /memberships: a membership of another space came than was asked for");
  auto const person = uuid_of_id(text(item, "personId"));
  auto const moderator = flag(item, "isModerator");
  Membership out{.id = text(item, "id"),
                 .org = uuid_of_id(text(item, "personOrgId")).value_or(Uuid{}),
                 .email = text(item, "personEmail"),
                 .name = text(item, "personDisplayName")};
  if (!person || !moderator || out.id.empty())
    return bad("GET /memberships: a membership lacks its id, personId or isModerator");
  out.person = *person;
  out.moderator = *moderator;
  return out;
}

std::string person_api_id(Uuid const& person) {
  auto out = to_base64("ciscospark://us/PEOPLE/" + person.text());
  while (out.ends_with('=')) out.pop_back();
  return out;
}

}  // namespace

Task<Result<Uuid>> WebexSpaces::self() {
  auto const me = co_await api_.get("/people/me");
  if (!me) co_return std::unexpected(me.error());
  auto const id = me->is_object() ? uuid_of_id(text(*me, "id")) : std::nullopt;
  if (!id) co_return bad("GET /people/me: the answer has no id that can be decoded");
  co_return *id;
}

Task<Result<Space>> WebexSpaces::space(std::string id) {
  Refused refused;
  auto const body = co_await api_.get("/rooms/" + percent_encode(id), &refused);
  if (body) co_return space_of(*body, id);
  if (refused.status == 404 && !refused.own_words) co_return not_webex(body.error());
  co_return std::unexpected(body.error());
}

Task<Result<std::optional<Membership>>> WebexSpaces::member(std::string space, Uuid person) {
  Refused refused;
  auto const body =
      co_await api_.get(fmt::format("/memberships?roomId={}&personId={}", percent_encode(space),
                                    percent_encode(person_api_id(person))),
                        &refused);
  if (!body) {
    if (is_missing(refused)) co_return std::nullopt;
    if (refused.status == 404) co_return not_webex(body.error());
    co_return std::unexpected(body.error());
  }
  auto const items = body->is_object() ? body->find("items") : body->end();
  if (items == body->end() || !items->is_array())
    co_return bad("GET /memberships: the answer has no items");
  std::optional<Membership> found;
  for (auto const& item : *items) {
    auto one = membership_of(item, space);
    if (!one) co_return std::unexpected(std::move(one.error()));
    if (one->person != person)
      co_return bad("GET /memberships: somebody else came than was asked for");
    if (!found || one->moderator) found = std::move(*one);
  }
  co_return found;
}

Task<Result<void>> WebexSpaces::members(std::string space, Page page) {
  auto path = fmt::format("/memberships?roomId={}", percent_encode(space));
  auto const reading = std::make_shared<Reading>(PageReader(), std::move(page), std::move(space));
  auto take = [this, reading](std::string body, bool first) -> Task<Result<PageSeen>> {
    co_return co_await helpers_.run([reading, first, text = std::move(body)]() mutable {
      if (first) reading->reader.begin();
      return reading->reader.members(std::move(text), reading->space, reading->page);
    });
  };
  auto const done = co_await api_.raw_pages(
      {.path = std::move(path),
       .max = worked_ == 0 ? settings_.page_size : std::min(settings_.page_size, worked_ * 2),
       .least = settings_.least},
      std::move(take));
  if (!done) co_return std::unexpected(done.error());
  worked_ = *done;
  co_return Result<void>{};
}

Task<Result<Added>> WebexSpaces::add(std::string space, std::string person, Wanted wanted) {
  Refused refused;
  auto const body = co_await api_.send(
      http::Method::post, "/memberships", json{{"roomId", space}, {"personId", person}},
      {.once_by_itself = true, .attempts = attempts_of_add, .wanted = std::move(wanted)}, &refused);
  if (body) {
    Added out{.membership = body->is_object() ? text(*body, "id") : std::string()};
    if (out.membership.empty())
      co_return bad("POST /memberships: the answer has no id of a membership");
    co_return out;
  }
  // After an attempt whose answer was lost, it was that one which put them in.
  if (refused.status == 409) co_return Added{.was_there = !refused.maybe_done};
  if (refused.status == 404 && !refused.own_words) co_return not_webex(body.error());
  auto error = given_up(body.error(), refused);
  if (refused.status == 502 && refused.words.contains(never_heals)) {
    error.kind = ErrorKind::denied;
    error.what += "; Webex cannot add this account";
  }
  co_return std::unexpected(std::move(error));
}

Task<Result<Removed>> WebexSpaces::remove(std::string membership, Wanted wanted) {
  Refused refused;
  auto const body =
      co_await api_.send(http::Method::delete_, "/memberships/" + percent_encode(membership),
                         nullptr, {.idempotent = true, .wanted = std::move(wanted)}, &refused);
  if (body) co_return Removed::removed;
  if (is_missing(refused)) co_return refused.maybe_done ? Removed::removed : Removed::was_gone;
  if (refused.status == 404) co_return not_webex(body.error());
  co_return std::unexpected(given_up(body.error(), refused));
}

}  // namespace wardroom::webex
