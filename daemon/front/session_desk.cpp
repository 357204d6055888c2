#include "front/session_desk.hpp"

#include "base/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::front {
namespace {
using Json = nlohmann::ordered_json;

constexpr std::size_t least_of_an_id = 4;

void add_origin(Json& row, SessionOrigin const& origin) {
  if (!origin.browser.empty()) row["browser"] = origin.browser;
  if (!origin.network.empty()) row["network"] = origin.network;
}

Json location_row(PersonSessionView const& session, std::string_view own) {
  Json row{{"id", session_id(session.digest)},
           {"role", role_word(http::Audience::person)},
           {"since", iso_text(session.opened)},
           {"last_used", iso_text(session.last_used)},
           {"ends", iso_text(session.expires)}};
  add_origin(row, session.origin);
  if (session.digest == own) row["here"] = true;
  return row;
}

Error no_such_session(std::string_view id) {
  return {ErrorKind::not_found, fmt::format("there is no session '{}'", id)};
}

/// The digests whose id begins with `id`.
template <class Sessions, class DigestOf>
Result<std::string> one_of(Sessions const& sessions, std::string const& id, DigestOf digest_of) {
  std::string found;
  if (id.size() < least_of_an_id)
    return failure(ErrorKind::malformed,
                   fmt::format("'{}' is no id of a session: give at least {} of its digits", id,
                               least_of_an_id));
  for (auto const& session : sessions) {
    auto const& digest = digest_of(session);
    if (!session_id(digest).starts_with(id)) continue;
    if (!found.empty())
      return failure(ErrorKind::conflict,
                     fmt::format("several sessions begin with '{}': give more of the id", id));
    found = digest;
  }
  if (found.empty()) return std::unexpected(no_such_session(id));
  return found;
}

}  // namespace

Json SessionDesk::row_of(std::string const& digest, WebSession const& session,
                         std::string_view own) const {
  auto const& clock = ports_.clock;
  auto const wall = [&](Uptime at) {
    return iso_text(clock.now() + std::chrono::duration_cast<Milliseconds>(at - clock.uptime()));
  };
  Json row{{"id", session_id(digest)},
           {"role", role_word(session.role)},
           {"name", session.name},
           {"who", session.owner()},
           {"since", iso_text(session.opened_at)},
           {"last_seen", wall(session.seen)},
           {"ends", wall(clock.uptime() + ports_.sessions.web().left(session))}};
  if (auto const no = ports_.find_person(session.person_uuid); no != 0) row["person_no"] = no;
  add_origin(row, session.origin);
  if (digest == own) row["here"] = true;
  return row;
}

Json SessionDesk::list(std::string_view own) {
  auto rows = Json::array();
  for (auto const& [digest, session] : ports_.sessions.web().list())
    rows.push_back(row_of(digest, session, own));
  return {{"sessions", std::move(rows)}, {"location_sessions", ports_.people.count()}};
}

Task<Result<Json>> SessionDesk::of_person(std::string who, std::string own) {
  auto const person = co_await ports_.resolve(std::move(who));
  if (!person) co_return std::unexpected(person.error());
  auto const location = co_await ports_.people.list(*person);
  if (!location) co_return std::unexpected(location.error());
  auto rows = Json::array();
  for (auto const& [digest, session] : ports_.sessions.web().list())
    if (ports_.find_person(session.person_uuid) == *person)
      rows.push_back(row_of(digest, session, own));
  for (auto const& session : *location) rows.push_back(location_row(session, own));
  auto name = co_await ports_.name_of(*person);
  co_return Json{
      {"person_no", *person}, {"person", std::move(name)}, {"sessions", std::move(rows)}};
}

Task<Result<Json>> SessionDesk::own_of(PersonNo person, std::string own) {
  auto const location = co_await ports_.people.list(person);
  if (!location) co_return std::unexpected(location.error());
  auto rows = Json::array();
  for (auto const& session : *location) rows.push_back(location_row(session, own));
  co_return Json{{"sessions", std::move(rows)}};
}

Task<Result<SessionDesk::Revoked>> SessionDesk::end(std::vector<std::string> digests, Revoked out) {
  for (auto const& digest : digests) out.ids.push_back(session_id(digest));
  auto const ended =
      co_await ports_.sessions.web().end(std::move(digests), WebSessions::End::by_another);
  if (!ended)
    co_return failure(ended.error().kind,
                      fmt::format("the sessions have ended, but the store still has them: {}; a "
                                  "restart would bring them back until it could forget them",
                                  ended.error().what));
  co_return out;
}

Task<Result<SessionDesk::Revoked>> SessionDesk::revoke(std::string id) {
  auto digest = one_of(ports_.sessions.web().list(), id, [](auto const& one) { return one.first; });
  if (!digest) co_return std::unexpected(std::move(digest.error()));
  std::vector<std::string> digests{std::move(*digest)};
  co_return co_await end(std::move(digests), {});
}

Task<Result<SessionDesk::Revoked>> SessionDesk::revoke_all(std::string keep) {
  std::vector<std::string> digests;
  for (auto const& [digest, session] : ports_.sessions.web().list())
    if (digest != keep) digests.push_back(digest);
  co_return co_await end(std::move(digests), {});
}

std::vector<std::string> SessionDesk::web_of(PersonNo person, std::string_view keep) {
  std::vector<std::string> out;
  for (auto const& [digest, session] : ports_.sessions.web().list())
    if (digest != keep && ports_.find_person(session.person_uuid) == person) out.push_back(digest);
  return out;
}

Task<Result<SessionDesk::Revoked>> SessionDesk::revoke_person(std::string who, std::string keep) {
  auto const person = co_await ports_.resolve(std::move(who));
  if (!person) co_return std::unexpected(person.error());
  Revoked out{.person = *person, .person_name = co_await ports_.name_of(*person)};
  auto const location = co_await ports_.people.close_all(*person, keep);
  if (!location) co_return std::unexpected(location.error());
  out.location_sessions = *location;
  auto digests = web_of(*person, keep);
  co_return co_await end(std::move(digests), std::move(out));
}

Task<Result<SessionDesk::Revoked>> SessionDesk::end_own(PersonNo person, std::string id,
                                                        std::string keep) {
  Revoked out{.person = person};
  if (id.empty()) {
    auto const ended = co_await ports_.people.close_all(person, std::move(keep));
    if (!ended) co_return std::unexpected(ended.error());
    out.location_sessions = *ended;
    co_return out;
  }
  auto const mine = co_await ports_.people.list(person);
  if (!mine) co_return std::unexpected(mine.error());
  auto digest = one_of(*mine, id, [](auto const& one) { return one.digest; });
  if (!digest) co_return std::unexpected(std::move(digest.error()));
  auto ended = co_await ports_.people.close(std::move(*digest));
  if (!ended) co_return std::unexpected(std::move(ended.error()));
  out.location_sessions = 1;
  co_return out;
}

}  // namespace wardroom::front
