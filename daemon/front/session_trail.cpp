#include "front/session_trail.hpp"

#include <fmt/format.h>

namespace wardroom::front {
namespace {
using nlohmann::ordered_json;
using What = SessionEvent::What;

std::string_view word(What what) {
  switch (what) {
    case What::opened:
      return "opened";
    case What::ended:
      return "ended";
    case What::over:
      return "over";
    case What::refused:
      return "refused";
  }
  return "opened";
}

std::string text_of(ordered_json const& body) {
  return body.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

/// Operators by their login, as everywhere in the journal; administrators by their number.
std::string by_words(http::Caller const& by) {
  if (by.role == http::Audience::operators) return by.name;
  return by.person == 0 ? std::string(role_word(by.role)) : fmt::format("person {}", by.person);
}

}  // namespace

void SessionTrail::append(std::string_view what, PersonNo person, ordered_json body) {
  ordered_json whole{{"what", what}};
  whole.update(body);
  ports_.journal.append("session", person, "", text_of(whole));
}

void SessionTrail::hear(SessionEvent const& event) {
  auto const& caller = event.caller;
  // The journal has a person's login already, and there may be a million of them.
  if (caller.role == http::Audience::person && event.what == What::opened) return;
  ordered_json body{{"as", role_word(caller.role)}};
  if (!event.id.empty()) body["session"] = event.id;
  if (!event.origin.empty()) body["from"] = event.origin;
  if (!event.reason.empty()) body["reason"] = event.reason;
  if (!event.route.empty()) body["route"] = event.route;
  append(word(event.what), caller.person, body);
  if (!ports_.audit) return;
  auto object = event.id.empty() ? fmt::format("person {}", caller.person) : "session " + event.id;
  if (event.what == What::ended)
    ports_.audit(caller, "logout",
                 {.object = std::move(object), .after = text_of({{"as", role_word(caller.role)}})});
  if (event.what == What::refused)
    ports_.audit(caller, "web request refused",
                 {.object = std::move(object),
                  .after = text_of({{"route", event.route}, {"reason", event.reason}})});
}

Task<Result<void>> SessionTrail::will_revoke(http::Caller by, std::string object) {
  if (!ports_.audit_first) co_return Result<void>{};
  co_return co_await ports_.audit_first(std::move(by), "sessions revoke",
                                        {.object = std::move(object)});
}

control::Change SessionTrail::change_of(SessionDesk::Revoked const& what) {
  auto object = what.person != 0       ? fmt::format("person {}", what.person)
                : what.ids.size() == 1 ? "session " + what.ids.front()
                                       : std::string("all sessions");
  ordered_json before{{"sessions", what.ids}};
  ordered_json after{{"sessions", ordered_json::array()}};
  if (what.person != 0) {
    before["location_sessions"] = what.location_sessions;
    after["location_sessions"] = 0;
  }
  return {.object = std::move(object), .before = text_of(before), .after = text_of(after)};
}

void SessionTrail::revoked(http::Caller const& by, SessionDesk::Revoked const& what) {
  append("revoked", what.person,
         {{"by", by_words(by)},
          {"sessions", what.ids},
          {"location_sessions", what.location_sessions}});
  // What comes by the control socket is audited there, with its outcome.
  if (by.role != http::Audience::operators && ports_.audit)
    ports_.audit(by, "sessions revoked", change_of(what));
}

void SessionTrail::not_revoked(http::Caller const& by, std::string object, Error const& why) {
  if (ports_.audit)
    ports_.audit(
        by, "sessions revoke failed",
        {.object = std::move(object), .after = text_of({{"error", wardroom::name(why.kind)}})});
}

void SessionTrail::ended_own(http::Caller const& by, SessionDesk::Revoked const& what) {
  if (ports_.audit) ports_.audit(by, "sessions ended", change_of(what));
  append(
      "ended", what.person,
      {{"as", role_word(http::Audience::person)}, {"location_sessions", what.location_sessions}});
}

}  // namespace wardroom::front
