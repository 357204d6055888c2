// What people do with their browsers, and what their network does to them.
#include "people_part.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace wardroom::world {
using namespace std::chrono_literals;

void PeoplePart::act(Chance& chance) { (this->*chance.pick(deeds_))(chance); }

PeoplePart::Somebody* PeoplePart::somebody_in(Chance& chance) {
  std::vector<Somebody*> in;
  for (auto const& one : people_)
    if (one->browser.is_person() && !one->busy) in.push_back(one.get());
  return in.empty() ? nullptr : chance.pick(in);
}

/// Mostly at home, at times abroad, seldom where one cannot say.
sim::Position PeoplePart::place_for(Somebody& one, Chance& chance) {
  auto const throw_of = chance.below(20);
  auto const where = throw_of < 12   ? place_at_home(chance)
                     : throw_of < 19 ? place_abroad(chance)
                                     : place_at_the_border(chance);
  auto const more = 0.01 * double(chance.below(std::uint64_t(100 * Window::accuracy_band)));
  return {where, std::round((one.accuracy + more) * 100) / 100};
}

void PeoplePart::come(Chance& chance) {
  std::vector<Somebody*> out;
  for (auto const& one : people_)
    if (!one->wants_in) out.push_back(one.get());
  if (out.empty()) return move(chance);
  auto& one = *chance.pick(out);
  one.wants_in = true;
  one.next_try = world_.now();
  one.browser.set_position(place_for(one, chance));
  if (world_.up()) tend(one);
}

void PeoplePart::move(Chance& chance) {
  auto* const one = somebody_in(chance);
  if (one == nullptr) return;
  auto const place = place_for(*one, chance);
  world_.note("people", fmt::format("{} goes to {:.4f} {:.4f}", one->person.email,
                                    place.where.latitude, place.where.longitude));
  spawn(*one, "move", [one, place]() -> Task<void> { co_await one->browser.move_to(place); });
}

/// The browser is closed, its session goes on.
void PeoplePart::fall_silent(Chance& chance) {
  auto* const one = somebody_in(chance);
  if (one == nullptr) return;
  world_.note("people", one->person.email + " closes the browser");
  one->wants_in = false;
  one->browser.close();
  one->window.forget();
}

void PeoplePart::log_out(Chance& chance) {
  if (auto* const one = somebody_in(chance))
    spawn(*one, "logout", [this, one] { return log_out(*one, Role::person); });
}

void PeoplePart::end_admin_session(Chance&) {
  auto& ada = *people_[0];
  if (ada.busy || ada.window.cookie_of(Role::admin).empty()) return;
  spawn(ada, "logout", [this, &ada] { return log_out(ada, Role::admin); });
}

Task<void> PeoplePart::log_out(Somebody& one, Role role) {
  auto const session =
      co_await one.window.send(one.window.request(http::Method::get, "/api/v1/session"));
  if (!session || session->status != 200) co_return;
  auto const told = nlohmann::json::parse(session->body, nullptr, false);
  auto request = one.window.request(http::Method::post, "/api/v1/logout", "{}");
  request.headers.add("X-CSRF-Token", told.value("csrf", ""));
  if (role == Role::person) one.wants_in = false;
  auto const answer = co_await one.window.send(std::move(request));
  world_.note("people",
              fmt::format("{} logs out: {}", one.person.email, answer ? answer->status : 0));
  one.browser.close();
  one.window.forget();
}

Task<void> PeoplePart::ask(Somebody& one, std::string path, std::string cookie, bool json) {
  auto const answer =
      co_await one.window.send(one.window.request(http::Method::get, path, {}, cookie));
  world_.note("people",
              fmt::format("{} reads {}: {}", one.person.email, path, answer ? answer->status : 0));
  if (json && answer && answer->status == 200 && !nlohmann::json::accept(answer->body))
    world_.fail("people", path + " is no JSON");
}

void PeoplePart::look_at_oneself(Chance& chance) {
  auto* const one = somebody_in(chance);
  if (one == nullptr) return;
  spawn(*one, "page", [this, one] { return ask(*one, "/api/v1/me", "", true); });
}

/// Over restarts: one that was given is good, one that has ended is not.
void PeoplePart::try_old_session(Chance& chance) {
  auto& one = *chance.pick(people_);
  if (one.busy || one.window.sessions().empty()) return;
  auto it = one.window.sessions().begin();
  std::advance(it, static_cast<std::ptrdiff_t>(chance.below(one.window.sessions().size())));
  std::string const path = it->second.role == Role::admin ? "/api/v1/logins" : "/api/v1/me";
  spawn(one, "old session",
        [this, &one, path, cookie = it->first] { return ask(one, path, cookie, true); });
}

/// All of them, at rest: each that was given, and each that has ended.
Task<void> PeoplePart::try_all_sessions() {
  for (auto const& one : people_) {
    auto const sessions = one->window.sessions();
    for (auto const& [cookie, session] : sessions)
      co_await ask(*one, session.role == Role::admin ? "/api/v1/logins" : "/api/v1/me", cookie,
                   true);
  }
}

/// Everybody logs in anew, one right behind the other, while the journal is looked at.
void PeoplePart::rush(Chance& chance) {
  if (!world_.up()) return;
  auto const step = Milliseconds(5 * chance.between(1, 3));
  Milliseconds wait{0};
  for (auto const& one : people_) {
    if (!one->browser.is_person() || one->busy) continue;
    spawn(*one, "login", [this, &one = *one, wait]() -> Task<void> {
      co_await world_.clock().sleep_for(wait);
      co_await log_in(one, false);
    });
    wait += step;
  }
}

/// A person's session, shown as an administrator's and as what it is.
void PeoplePart::try_forbidden(Chance& chance) {
  auto* const one = somebody_in(chance);
  if (one == nullptr) return;
  auto cookie = one->window.cookie_of(Role::person);
  if (cookie.empty()) return;
  if (chance.one_in(2)) cookie = "wardroom_admin=" + cookie.substr(cookie.find('=') + 1);
  spawn(*one, "forbidden page", [this, one, cookie]() -> Task<void> {
    auto const answer = co_await one->window.send(
        one->window.request(http::Method::get, "/api/v1/dashboard", {}, cookie));
    if (answer && answer->status < 400)
      world_.fail("sessions", one->person.email + "'s session opens what is for administrators");
  });
}

void PeoplePart::read_page(Chance& chance) {
  static constexpr std::array<std::string_view, 11> pages{"/api/v1/journal?limit=100",
                                                          "/api/v1/journal?kind=login",
                                                          "/api/v1/dashboard",
                                                          "/api/v1/conferences",
                                                          "/api/v1/sync",
                                                          "/api/v1/sync/runs",
                                                          "/api/v1/logins",
                                                          "/api/v1/sessions",
                                                          "/api/v1/overview",
                                                          "/dashboard",
                                                          "/healthz"};
  auto& ada = *people_[0];
  if (ada.busy || ada.window.cookie_of(Role::admin).empty()) return;
  std::string const path(chance.pick(pages));
  spawn(ada, "page", [this, &ada, path] { return ask(ada, path, "", path.starts_with("/api/")); });
}

void PeoplePart::open_live_page(Chance& chance) {
  static constexpr std::array<std::string_view, 4> pages{LivePages::journal, LivePages::journal,
                                                         "/api/v1/dashboard/stream",
                                                         "/api/v1/conferences/live"};
  if (people_[0]->window.cookie_of(Role::admin).empty() || pages_->open() > 3) return;
  std::string const path(chance.pick(pages));
  auto const time = 1s + chance.around(path == LivePages::journal ? 6min : 1min);
  world_.note("people", fmt::format("{} is opened", path));
  world_.tasks().spawn("live page", [this, path, time] { return pages_->read(path, time); });
}

// --- mishaps -------------------------------------------------------------------------------------

void PeoplePart::fault(Chance& chance) { (this->*chance.pick(mishaps_))(chance); }

void PeoplePart::for_a_while(Chance& chance, std::function<void()> end) {
  ends_.push_back(world_.clock().after(1s + chance.around(30s), std::move(end)));
}

void PeoplePart::pieces(Chance& chance) {
  way_.piece = 1 + chance.below(60);
  world_.note("people", fmt::format("requests come in pieces of {}", way_.piece));
  for_a_while(chance, [this] { way_.piece = 0; });
}

void PeoplePart::slow(Chance& chance) {
  way_.latency = Milliseconds(chance.between(5, 400));
  way_.jitter = Milliseconds(chance.between(0, 400));
  for_a_while(chance, [this] { way_.latency = DoorWay{}.latency, way_.jitter = 0ms; });
}

void PeoplePart::cuts(Chance& chance) {
  world_.note("people", "requests and answers are broken off");
  way_.cut = chance.below(300);
  way_.answer_lost = chance.below(300);
  for_a_while(chance, [this] { way_.cut = way_.answer_lost = 0; });
}

void PeoplePart::losses(Chance& chance) {
  world_.note("people", "nothing arrives");
  way_.lost = true;
  for_a_while(chance, [this] { way_.lost = false; });
}

void PeoplePart::refusals(Chance& chance) {
  world_.note("people", "connections are refused");
  way_.refused = true;
  for_a_while(chance, [this] { way_.refused = false; });
}

void PeoplePart::resets(Chance&) {
  world_.note("people", "connections are reset");
  world_.doors().reset_connections(way_);
}

}  // namespace wardroom::world
