#include "front/browser_session.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "base/planted.hpp"
#include "base/secret.hpp"
#include "base/sha256.hpp"
#include "http/response_wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace wardroom::front {
namespace {
using http::Audience;

constexpr std::chrono::hours person_life{24 * 30};
constexpr std::string_view token_field = "X-CSRF-Token";
/// Of the same kind in the name of the same session.
constexpr std::chrono::minutes between_refusals{1};
constexpr std::size_t most_told = 1'000;

std::int64_t seconds_left(BootClock::duration left) {
  return std::max<std::int64_t>(std::chrono::floor<std::chrono::seconds>(left).count(), 0);
}

CookieKind cookie_of(Audience role) {
  return role == Audience::guest ? CookieKind::guest : CookieKind::admin;
}

http::Response not_logged_in(Audience role) {
  if (role == Audience::guest)
    return http::problem(401, "unauthorized", "Only guests may do this.", "open /guest");
  if (role == Audience::admin)
    return http::problem(401, "unauthorized", "You are not logged in as an administrator.",
                         "open /admin/login");
  return http::problem(401, "unauthorized", "You are not logged in.", "open /user/login");
}

/// A complete answer with further fields, which it does not have yet.
std::string with_fields(std::string_view wire, http::Headers const& fields) {
  auto const line = wire.find("\r\n") + 2;
  std::string out(wire.substr(0, line));
  for (auto const& [name, value] : fields)
    if (wire.find(fmt::format("\r\n{}: ", name)) == std::string_view::npos)
      out += fmt::format("{}: {}\r\n", name, value);
  return out.append(wire.substr(line));
}

std::string words_of(SessionOrigin const& origin) {
  if (origin.network.empty()) return origin.browser;
  return origin.browser.empty() ? origin.network : origin.browser + ", " + origin.network;
}

}  // namespace

BrowserSessions::BrowserSessions(Ports ports, std::string public_url)
    : ports_(std::move(ports)),
      cookies_(public_url),
      origin_(origin_text(public_url)),
      web_(ports_.database, ports_.clock) {
  using End = WebSessions::End;
  web_.on_end([this](std::string const& digest, WebSession const& session, End how) {
    streams_.end(to_hex(digest));
    if (how == End::by_another) return;  // told by whoever revoked it
    auto const what = how == End::by_owner ? SessionEvent::What::ended : SessionEvent::What::over;
    tell({.what = what, .caller = caller_of(digest, session), .id = session_id(digest)});
  });
}

void BrowserSessions::guard(http::Router& router) {
  auto const& common = router.common_headers();
  no_person_ = http::to_wire(not_logged_in(Audience::person), {.common = &common, .date = {}});
  too_many_ = with_fields(http::FailureLimit::too_many(), common);
  router.set_turnstile([this, &router](http::Route const& route, http::ServerRequest& request) {
    return turnstile(route, request, router.failures());
  });
  router.set_guard([this](http::Route const& route, http::ServerRequest& request) {
    return guard(route, request);
  });
  router.set_stream_watch(
      [this](std::string const& session, std::shared_ptr<http::ResponseStream> const& stream) {
        streams_.add(session, stream);
      });
}

std::string_view BrowserSessions::turnstile(http::Route const& route, http::ServerRequest& request,
                                            http::FailureLimit& failures) {
  if (!route.failures_count || route.audience != Audience::person) return {};
  // Who comes from another site is refused, and told of, by the guard.
  bool const foreign = changes_state(request.method) && !comes_from_us(request, origin_);
  if (!foreign && find_person(request)) return {};
  if (failures.exceeded(request.remote, ports_.clock.uptime())) return too_many_;
  return foreign ? std::string_view() : std::string_view(no_person_);
}

/// From memory alone: posts come 30,000 times a second, and so may those without a session.
bool BrowserSessions::find_person(http::ServerRequest& request) {
  auto const cookie = cookies_.find(request, CookieKind::person);
  if (!cookie) return false;
  auto const digest = sha256_of(*cookie);
  auto const person = ports_.people.find({digest.data(), digest.size()});
  if (person == 0) return false;
  request.caller.role = Audience::person;
  request.caller.person = person;
  std::memcpy(&request.caller.session_key, digest.data(), sizeof request.caller.session_key);
  return true;
}

std::optional<http::Response> BrowserSessions::guard(http::Route const& route,
                                                     http::ServerRequest& request) {
  if (changes_state(request.method) && !comes_from_us(request, origin_))
    return refuse_change(route, whoever(request), "another site");
  switch (route.audience) {
    case Audience::anyone:
      return std::nullopt;
    case Audience::person:
      return admit_person(route, request);
    case Audience::admin:
    case Audience::guest:
      return admit(route.audience, route, request);
    case Audience::operators:
      break;
  }
  return http::problem(403, "denied", "This is only served on the control socket.",
                       "use wardroomctl");
}

BrowserSessions::Refusal BrowserSessions::admit_person(http::Route const& route,
                                                       http::ServerRequest& request) {
  bool const known = request.caller.role == Audience::person;  // the turnstile has looked
  if (!known && !find_person(request)) return not_logged_in(Audience::person);
  if (changes_state(request.method) && route.token && !token_fits(request))
    return refuse_change(route, request.caller, "no token");
  return std::nullopt;
}

BrowserSessions::Refusal BrowserSessions::admit(Audience role, http::Route const& route,
                                                http::ServerRequest& request) {
  auto const cookie = cookies_.read(request, cookie_of(role));
  auto const digest = cookie ? sha256(*cookie) : std::string();
  auto const* session = cookie ? web_.find(role, digest) : nullptr;
  if (!session && WARDROOM_PLANTED("role-not-asked") && find_person(request)) return std::nullopt;
  if (!session) return not_logged_in(role);
  if (changes_state(request.method) && route.token &&
      !same_bytes(request.header(token_field), csrf_token(*cookie)))
    return refuse_change(route, caller_of(digest, *session), "no token");
  // What a page asks by itself is no sign that somebody is there.
  bool const by_itself =
      request.method == http::Method::get && request.header("Wardroom-Background") == "1";
  request.caller = caller_of(digest, by_itself ? *session : *web_.use(role, digest));
  return std::nullopt;
}

BrowserSessions::Refusal BrowserSessions::refuse_change(http::Route const& route,
                                                        http::Caller caller,
                                                        std::string_view reason) {
  auto const label = fmt::format("{} {}", http::name(route.method), route.pattern);
  // In nobody's name nothing could have come of it, and anybody can send that: no trace.
  if (worth_telling(caller, reason)) {
    log::warning("a request was refused", {{"route", label}, {"why", reason}});
    tell({.what = SessionEvent::What::refused,
          .caller = caller,
          .id = caller.session.substr(0, session_id_length),
          .reason = std::string(reason),
          .route = label});
  }
  if (reason == "no token")
    return http::problem(403, "denied", "The page's token is missing or out of date.",
                         "reload the page; scripts take it from /api/v1/session");
  return http::problem(403, "denied", "This request comes from another site.",
                       fmt::format("open Wardroom as {}, which is its http.public_url", origin_));
}

bool BrowserSessions::worth_telling(http::Caller const& caller, std::string_view reason) {
  if (caller.role == Audience::anyone) return false;
  auto const now = ports_.clock.uptime();
  if (told_.size() >= most_told)
    std::erase_if(told_, [&](auto const& one) { return one.second + between_refusals <= now; });
  if (told_.size() >= most_told) return false;
  auto const [last, first] =
      told_.try_emplace(fmt::format("{} {} {}", reason, caller.person, caller.session), now);
  if (!first && now < last->second + between_refusals) return false;
  last->second = now;
  return true;
}

http::Caller BrowserSessions::caller_of(std::string const& digest,
                                        WebSession const& session) const {
  auto const person = ports_.find_person ? ports_.find_person(session.person_uuid) : 0;
  return {session.role, person, to_hex(digest), session.owner()};
}

/// In whose name a request comes, whatever it wants.
http::Caller BrowserSessions::whoever(http::ServerRequest const& request) {
  for (auto role : {Audience::admin, Audience::guest})
    if (auto const cookie = cookies_.read(request, cookie_of(role))) {
      auto const digest = sha256(*cookie);
      if (auto const* session = web_.find(role, digest)) return caller_of(digest, *session);
    }
  auto const cookie = cookies_.read(request, CookieKind::person);
  auto const person = cookie ? ports_.people.find(sha256(*cookie)) : 0;
  if (person == 0) return {};
  return {Audience::person, person, {}, {}};
}

bool BrowserSessions::token_fits(http::ServerRequest const& request) {
  bool somebody = false;
  for (auto kind : {CookieKind::admin, CookieKind::guest, CookieKind::person}) {
    auto const cookie = cookies_.read(request, kind);
    if (!cookie) continue;
    auto const digest = sha256(*cookie);
    bool const alive =
        kind == CookieKind::person ? ports_.people.find(digest) != 0 : web_.alive(digest);
    if (!alive) continue;
    if (same_bytes(request.header(token_field), csrf_token(*cookie))) return true;
    somebody = true;
  }
  return !somebody;
}

bool BrowserSessions::alive(std::string_view session) const {
  auto const digest = from_hex(session);
  return digest && web_.alive(*digest);
}

std::string BrowserSessions::csrf_token(std::string_view cookie) {
  return to_base64url(sha256(fmt::format("wardroom csrf\n{}", cookie)));
}

Task<Result<std::string>> BrowserSessions::open_person(Person person,
                                                       std::optional<std::string> old_cookie,
                                                       SessionOrigin origin) {
  auto cookie = ports_.random.token();
  auto opened = co_await ports_.people.open(std::move(person), sha256(cookie),
                                            ports_.clock.now() + person_life, origin);
  if (!opened) co_return std::unexpected(std::move(opened.error()));
  if (old_cookie)
    if (auto closed = co_await ports_.people.close(sha256(*old_cookie)); !closed)
      log::warning("an older session could not be ended", {{"why", closed.error().what}});
  tell({.caller = {Audience::person, *opened, {}, {}},
        .id = session_id(sha256(cookie)),
        .origin = words_of(origin)});
  co_return cookies_.set(CookieKind::person, cookie, person_life);
}

Task<Result<std::string>> BrowserSessions::open_admin(Person person,
                                                      std::optional<std::string> old_cookie,
                                                      SessionOrigin origin) {
  auto const cookie = ports_.random.token();
  auto const digest = sha256(cookie);
  WebSession session{.role = Audience::admin,
                     .person_uuid = person.uuid,
                     .name = std::move(person.display_name),
                     .emails = std::move(person.emails),
                     .origin = std::move(origin)};
  auto const caller = caller_of(digest, session);
  auto const words = words_of(session.origin);
  auto saved = co_await web_.add(digest, std::move(session),
                                 old_cookie ? sha256(*old_cookie) : std::string());
  if (!saved) co_return std::unexpected(std::move(saved.error()));
  tell({.caller = caller, .id = session_id(digest), .origin = words});
  co_return cookies_.set(CookieKind::admin, cookie, rules_of(Audience::admin).life);
}

Task<Result<std::vector<std::string>>> BrowserSessions::close(
    std::optional<std::string> person_cookie, std::optional<std::string> admin_cookie) {
  std::vector<std::string> out;
  if (person_cookie) {
    auto const digest = sha256(*person_cookie);
    auto const person = ports_.people.find(digest);
    auto closed = co_await ports_.people.close(digest);
    if (!closed) co_return std::unexpected(std::move(closed.error()));
    if (person != 0)
      tell({.what = SessionEvent::What::ended,
            .caller = {Audience::person, person, {}, {}},
            .id = session_id(digest)});
    out.push_back(cookies_.clear(CookieKind::person));
  }
  if (admin_cookie) {
    std::vector<std::string> digests{sha256(*admin_cookie)};
    auto removed = co_await web_.end(std::move(digests), WebSessions::End::by_owner);
    if (!removed) co_return std::unexpected(std::move(removed.error()));
    out.push_back(cookies_.clear(CookieKind::admin));
  }
  co_return out;
}

Task<BrowserSessions::Report> BrowserSessions::report(std::optional<std::string> person_cookie,
                                                      std::optional<std::string> admin_cookie) {
  Report out{nlohmann::ordered_json::object(), {}};
  if (person_cookie) {
    auto const digest = sha256(*person_cookie);
    if (auto session = co_await ports_.people.describe(digest)) {
      // Always, since only the browser knows how old its cookie is: location posts move the session
      // on without moving the cookie on.
      auto const now = ports_.clock.now();
      auto const later = now + person_life;
      if (co_await ports_.people.extend(digest, later)) {
        session->expires = later;
        out.set_cookies.push_back(cookies_.set(CookieKind::person, *person_cookie, person_life));
      }
      out.body["person"] = {{"name", session->name}};
      out.body["csrf"] = csrf_token(*person_cookie);
      out.body["expires_in_s"] = seconds_left(session->expires - now);
    }
  }
  if (admin_cookie) {
    // Only looked at: pages ask every 30 s, and that must not keep an idle session alive.
    if (auto const* const session = web_.find(Audience::admin, sha256(*admin_cookie))) {
      out.body["admin"] = {{"name", session->name}};
      out.body["csrf"] = csrf_token(*admin_cookie);
      out.body["expires_in_s"] = seconds_left(web_.left(*session));
    }
  }
  co_return out;
}

void BrowserSessions::retain_admins(std::function<bool(WebSession const&)> const& stays) {
  web_.retain(
      [&](WebSession const& session) { return session.role != Audience::admin || stays(session); });
}

}  // namespace wardroom::front
