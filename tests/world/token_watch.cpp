#include "token_watch.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::world {
using namespace std::chrono_literals;

namespace {

constexpr auto least_after_failure = 240ms;  // of 250
/// A request that was made ready with the token before is on its way by then.
constexpr auto old_bearer_is_gone = 60s;
/// After 401s: one renewal at once, one more, then no nearer than the least pause.
constexpr std::size_t early_renewals = 3;
constexpr auto early_within = 15min;

bool is_token_request(World::Sent const& sent) {
  return sent.origin == World::webex && sent.path == "/v1/access_token";
}

/// Logins are being looked at, not yet in use.
bool is_look_at_login(std::string_view path) {
  return path == "/v1/people/me" || path.starts_with("/v1/roles");
}

}  // namespace

TokenWatch::TokenWatch(World& world, std::vector<Identity> identities)
    : world_(world), identities_(std::move(identities)) {
  world_.watch({.left = [this](auto const& sent) { left(sent); },
                .arrived = [this](auto const& sent) { arrived(sent); },
                .answered = [this](auto const& sent) { answered(sent); }});
  world_.meddle([this](sim::Request const& request) {
    bearer(request);
    return std::nullopt;
  });
  world_.platform().oauth.on_outcome = [this](auto const& request, auto const& what) {
    outcome(request, what);
  };
}

TokenWatch::Identity& TokenWatch::identity(std::string_view name) {
  return *std::ranges::find(identities_, name, &Identity::name);
}

TokenWatch::Identity* TokenWatch::by_client(std::string_view client_id) {
  auto const found = std::ranges::find(identities_, client_id, &Identity::client_id);
  return found == identities_.end() ? nullptr : &*found;
}

void TokenWatch::started() {
  for (auto& identity : identities_) {
    identity.oracle.started(identity.seed, world_.now());
    forget_pace(identity);
  }
}

void TokenWatch::gone() {
  for (auto& [number, asked] : asked_)
    if (asked.outcome && *asked.outcome) identities_[asked.identity].lost_an_answer = true;
  asked_.clear();
  for (auto& identity : identities_) {
    identity.oracle.gone(world_.now());
    identity.under_way = 0;
    identity.replaced.clear();
  }
}

void TokenWatch::forget_pace(Identity& identity) {
  identity.not_before = {};
  identity.second_try = false;
  identity.renewed_at.reset();
  identity.early.clear();
}

bool TokenWatch::surely_works(Identity const& identity) {
  auto const& book = world_.platform().oauth.book();
  return std::ranges::all_of(identity.oracle.possible(), [&](auto const& state) {
    return state.alive() && book.check(state.access).has_value();
  });
}

// --- what the daemon sends -----------------------------------------------------------------------

void TokenWatch::left(World::Sent const& sent) {
  if (!is_token_request(sent)) return;
  auto const form = http::parse_query(sent.body).value_or(http::QueryPairs{});
  auto* const identity = by_client(http::find(form, "client_id").value_or(""));
  if (!identity) return;
  Asked asked{.identity = static_cast<std::size_t>(identity - identities_.data())};
  if (http::find(form, "grant_type").value_or("") == "refresh_token") {
    asked.refresh = http::find(form, "refresh_token").value_or("");
    world_.note("tokens", fmt::format("{} is being renewed", identity->name));
    if (identity->under_way++ > 0)
      world_.fail("T1", fmt::format("two refreshes of {} overlap", identity->name));
    auto const before = identity->oracle.possible();
    if (!identity->oracle.asks(asked.refresh, world_.now()))
      world_.fail("T1", fmt::format("{}: a refresh token was sent that must not be used any more",
                                    identity->name));
    note_replaced(*identity, before);
    check_pace(*identity);
  }
  asked_[sent.number] = std::move(asked);
}

/// The shape of its answer is chosen as the platform sees it.
void TokenWatch::arrived(World::Sent const& sent) {
  arriving_ = sent.number;
  auto const found = asked_.find(sent.number);
  bool const renews = found != asked_.end() && !found->second.refresh.empty();
  auto& shape = world_.platform().faults.token_fields;
  shape = renews ? fields_ : "all";
  if (renews) found->second.with_refresh = shape == "all" || shape == "no_scope";
}

/// A pause after a failure.
void TokenWatch::check_pace(Identity& identity) {
  auto const now = world_.now();
  if (now < identity.not_before && !identity.second_try)
    world_.fail("T2", fmt::format("{} is asked for again {} ms too soon after a failure",
                                  identity.name, (identity.not_before - now) / 1ms));
  identity.second_try = false;
}

/// No storm of renewals after 401s.
void TokenWatch::check_storm(Identity& identity) {
  auto const now = world_.now();
  if (!identity.renewed_at || now - *identity.renewed_at >= identity.least_pause / 2) return;
  auto& early = identity.early;
  early.push_back(now);
  while (early.front() + early_within < now) early.pop_front();
  if (early.size() > early_renewals)
    world_.fail("T2", fmt::format("{} was renewed {} times within 15 min although it had been "
                                  "renewed just before",
                                  identity.name, early.size()));
}

void TokenWatch::bearer(sim::Request const& request) {
  auto const header = request.header("Authorization");
  if (!header.starts_with("Bearer ")) return;
  auto const token = header.substr(7);
  for (auto& identity : identities_) {
    auto const& possible = identity.oracle.possible();
    if (std::ranges::find(possible, token, &GrantOracle::State::access) != possible.end()) {
      if (possible.size() == 1 || is_look_at_login(request.path)) return;
      // What had left before the login was kept still comes in with the token before.
      if (world_.now() < identity.logged_in_at + old_bearer_is_gone) return;
      auto const before = possible;
      identity.oracle.hands_out(std::string(token));
      note_replaced(identity, before);
      return;
    }
    auto const old = identity.replaced.find(token);
    if (old == identity.replaced.end()) continue;
    if (auto const since = world_.now() - old->second; since > old_bearer_is_gone)
      world_.fail("T2",
                  fmt::format("{} {} bore a token of {} that was replaced {} s ago",
                              http::name(request.method), request.path, identity.name, since / 1s));
    return;
  }
}

// --- what becomes of it --------------------------------------------------------------------------

void TokenWatch::outcome(sim::Request const& request, sim::TokenBook::Outcome const& outcome) {
  auto const found = asked_.find(arriving_);
  if (request.path == "/v1/access_token" && found != asked_.end()) found->second.outcome = outcome;
}

void TokenWatch::answered(World::Sent const& sent) {
  auto const found = asked_.find(sent.number);
  if (found == asked_.end()) return;
  auto const asked = std::move(found->second);
  asked_.erase(found);
  auto& identity = identities_[asked.identity];
  if (!asked.refresh.empty()) --identity.under_way;
  bool const issued = asked.outcome && asked.outcome->has_value();
  if (issued && sent.status == 200)
    took(identity, asked);
  else
    failed(identity, asked, sent.status);
}

void TokenWatch::took(Identity& identity, Asked const& asked) {
  auto const& issued = **asked.outcome;
  GrantOracle::Given given{.access = issued.access};
  if (asked.with_refresh) given.refresh = issued.refresh;
  auto const before = identity.oracle.possible();
  if (asked.refresh.empty()) {
    auto const bearer = world_.platform().oauth.book().check(issued.access);
    if (!bearer || !bearer->person->full_admin) return;  // somebody signed in for themselves
    identity.oracle.login(given, world_.now());
    identity.logged_in_at = world_.now();
    forget_pace(identity);
    world_.note("tokens", fmt::format("{} may have tokens by a login", identity.name));
  } else {
    identity.lost_an_answer = false;
    identity.not_before = {};
    identity.oracle.delivered(asked.refresh, given, world_.now());
    check_storm(identity);
    identity.renewed_at = world_.now();
    identity.least_pause = std::clamp<Milliseconds>(issued.access_left / 4, 1s, 60s);
    world_.note("tokens", fmt::format("{} is renewed: {}", identity.name, issued.how));
  }
  note_replaced(identity, before);
}

void TokenWatch::failed(Identity& identity, Asked const& asked, int status) {
  bool const issued = asked.outcome && asked.outcome->has_value();
  identity.lost_an_answer |= issued;
  if (asked.refresh.empty()) return;
  bool const finished = asked.outcome && !issued && (status == 400 || status == 401) &&
                        asked.outcome->error() != sim::Refusal::token_limit;
  world_.note("tokens", fmt::format("{} is not renewed: {}{}", identity.name, status,
                                    finished ? ", its refresh token is finished" : ""));
  identity.second_try = finished;
  identity.not_before =
      world_.now() + (status == 429 ? retry_after_ : Milliseconds(least_after_failure));
  if (finished) identity.oracle.refused(asked.refresh, world_.now());
}

void TokenWatch::note_replaced(Identity& identity, std::vector<GrantOracle::State> const& before) {
  auto const& now = identity.oracle.possible();
  for (auto const& state : before)
    if (!state.access.empty() &&
        std::ranges::find(now, state.access, &GrantOracle::State::access) == now.end())
      identity.replaced.emplace(state.access, world_.now());
}

}  // namespace wardroom::world
