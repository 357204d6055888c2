#include "tokens_part.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace wardroom::world {
using nlohmann::json;

namespace {

constexpr std::string_view first_seed = "sim-service-app-refresh";
constexpr auto login_shows = std::chrono::seconds(120);
/// Seconds of waiting at rest after which a grant that is not what it must be is a broken promise.
constexpr unsigned patience_looks = 1'200;

std::vector<TokenWatch::Identity> identities_of(bool guests) {
  std::vector<TokenWatch::Identity> out;
  out.push_back({.name = "admin", .client_id = "C-wardroom-demo"});
  if (guests)
    out.push_back(
        {.name = "guests", .client_id = "C-wardroom-guests", .seed = std::string(first_seed)});
  return out;
}

json const* grant_named(json const& shown, std::string const& name) {
  auto const grants = shown.find("grants");
  if (grants == shown.end()) return nullptr;
  for (auto const& grant : *grants)
    if (grant.value("identity", "") == name) return &grant;
  return nullptr;
}

}  // namespace

TokensPart::TokensPart(World& world)
    : world_(world),
      faults_(world),
      watch_(world, identities_of(world.has("tokens guests", 700))),
      guests_(world.has("tokens guests", 700)),
      good_seed_(first_seed) {}

void TokensPart::prepare() {
  faults_.settle_in();
  watch_.set_retry_after(faults_.retry_after());
  watch_.set_fields(faults_.fields());
  write_secret("client_secret", "demo-secret-not-for-production");
  if (!guests_) return;
  write_secret("guests_secret", "demo-guests-secret");
  write_secret("guests_refresh_token", good_seed_);
}

void TokensPart::write_secret(std::string const& file, std::string const& text) const {
  auto const path = world_.folder() + "/" + file;
  std::ofstream(path) << text << "\n";
  std::filesystem::permissions(path, std::filesystem::perms(0600));
}

std::string TokensPart::configuration() {
  auto text = fmt::format(
      "identities:\n"
      "  admin: {{ kind: integration, client_id: C-wardroom-demo,\n"
      "           client_secret_file: {0}/client_secret }}\n",
      world_.folder());
  if (guests_)
    text += fmt::format(
        "  guests: {{ kind: service_app, client_id: C-wardroom-guests,\n"
        "            client_secret_file: {0}/guests_secret,\n"
        "            refresh_token_file: {0}/guests_refresh_token }}\n",
        world_.folder());
  return text;
}

void TokensPart::daemon_gone(bool) {
  watch_.gone();
  asking_ = false;
  settled_.reset();
}

bool TokensPart::needs_login(std::string_view identity) {
  auto const& one = watch_.identity(identity);
  // Whether the last login was taken shows by its tokens' use.
  return one.oracle.surely_dead() ||
         (!one.oracle.surely_alive() && one.logged_in_at + login_shows < world_.now());
}

bool TokensPart::usable(std::string_view identity) {
  return faults_.calm() && watch_.surely_works(watch_.identity(identity));
}

// --- acts ----------------------------------------------------------------------------------------

void TokensPart::act(Chance& chance) {
  switch (chance.below(6)) {
    case 0:
    case 1:
      return ask_for_renewal(chance);
    case 2:
      return give_seed(!chance.one_in(3), chance);
    default:
      return look_at_grants();
  }
}

/// `token refresh`, at times by several people at once.
void TokensPart::ask_for_renewal(Chance& chance) {
  if (!world_.up()) return;
  auto const& who = chance.pick(watch_.identities()).name;
  for (auto times = chance.between(1, 3); times > 0; --times)
    world_.control(http::Method::post, "/v1/token/refresh", json{{"identity", who}}.dump(),
                   [this, who](Answered const& answer) {
                     world_.note("tokens", fmt::format("token refresh {}: {}", who, answer.status));
                   });
}

/// A service app that has ended is authorized anew, and a new refresh token put into its file: by
/// chance a wrong one.
void TokensPart::give_seed(bool good, Chance& chance) {
  if (!guests_) return;
  auto& guests = watch_.identity("guests");
  bool const ended = guests.oracle.surely_dead();
  if (!ended && !chance.one_in(4)) return;
  if (good) {
    auto& platform = world_.platform();
    auto const issued =
        platform.oauth.book().open("C-wardroom-guests", sim::GrantKind::service_app,
                                   platform.org.service_app(), sim::guests_client().scopes);
    if (!issued) return;
    guests.seed = issued->refresh;
  } else {
    guests.seed = fmt::format("mistyped{}", chance.below(1'000'000));
  }
  world_.note("tokens", good ? "guests: a new refresh token is in its file"
                             : "guests: a mistyped refresh token is in its file");
  write_secret("guests_refresh_token", guests.seed);
  world_.restart(Milliseconds(chance.between(100, 3'000)));
}

// --- what the daemon says of its grants ----------------------------------------------------------

void TokensPart::look_at_grants() {
  if (!world_.up() || asking_) return;
  asking_ = true;
  std::vector<bool> alive;
  for (auto const& identity : watch_.identities())
    alive.push_back(!identity.oracle.may_be_retired());
  world_.control(http::Method::get, "/v1/token/show", "", [this, alive](Answered const& answer) {
    asking_ = false;
    if (answer.status == 200) judge(answer, alive);
  });
}

/// Never says that a grant has ended which the platform did not end; says so aloud when it did.
void TokensPart::judge(Answered const& answer, std::vector<bool> const& was_alive) {
  auto const shown = answer.json();
  settled_ = true;
  for (std::size_t i = 0; i < was_alive.size(); ++i) {
    auto const& identity = watch_.identities()[i];
    auto const* const grant = grant_named(shown, identity.name);
    if (!grant)
      return world_.fail("T2", fmt::format("token show does not tell of {}", identity.name));
    auto const state = grant->value("state", "");
    if (state == "needs_login" && was_alive[i] && !identity.oracle.may_be_retired())
      world_.fail("T2", fmt::format("{} is said to have ended, but no answer said so: {}",
                                    identity.name, grant->value("sentence", "")));
    if (state == "needs_login" && grant->value("remedy", "").empty())
      world_.fail("T2", fmt::format("{} has ended and nobody is told what to do", identity.name));
    if (shows_truth(identity, *grant)) continue;
    settled_ = false;
    unsettled_ = fmt::format("{} is {}: {}", identity.name, state, grant->value("sentence", ""));
  }
}

bool TokensPart::shows_truth(Identity const& identity, json const& grant) {
  auto const state = grant.value("state", "");
  return std::ranges::any_of(identity.oracle.possible(), [&](auto const& possible) {
    return state == (!possible.there ? "missing" : possible.retired ? "needs_login" : "valid");
  });
}

// --- rest ----------------------------------------------------------------------------------------

void TokensPart::heal() {
  faults_.heal();
  settled_.reset();
  auto chance = world_.chance("tokens healing");
  if (guests_ && watch_.identity("guests").oracle.surely_dead()) give_seed(true, chance);
}

/// What was seen well stays so: while the others settle, nothing breaks here any more.
bool TokensPart::settled() {
  if (settled_.value_or(false)) return true;
  settled_.reset();
  look_at_grants();
  look_at_grants();
  if (++looks_ == patience_looks)
    world_.fail("T2", "20 min after all was healed a grant is not what it must be: " + unsettled_);
  return false;
}

/// What works at the platform works in the daemon.
void TokensPart::finish() {
  for (auto const& identity : watch_.identities()) {
    if (!watch_.surely_works(identity)) continue;
    auto const answer = world_.ask(http::Method::get, "/v1/token/check?identity=" + identity.name);
    if (answer.status != 200)
      world_.fail("T2", fmt::format("{} works at the platform, but token check says {}: {}",
                                    identity.name, answer.status, answer.body));
  }
}

}  // namespace wardroom::world
