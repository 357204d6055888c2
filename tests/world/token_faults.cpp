#include "token_faults.hpp"

#include <fmt/format.h>

#include <array>

namespace wardroom::world {
using namespace std::chrono_literals;

namespace {

constexpr std::string_view refused_bearer = "The world says that this token is not good.";

}  // namespace

TokenFaults::TokenFaults(World& world) : world_(world), faults_(world.platform().faults) {}

void TokenFaults::settle_in() {
  auto chance = world_.chance("tokens platform");
  faults_.token_life_s = chance.pick(std::array{240, 300, 600, 900, 1200, 3600, 43'200});
  faults_.refresh_life_s = chance.pick(std::array{10'800, 86'400, 864'000, 7'776'000});
  faults_.refresh_mode =
      chance.pick(std::array{"same", "rotate", "rotate", "rotate_grace", "rotate_grace", "noop"});
  faults_.refresh_grace_s = static_cast<int>(chance.between(5, 120));
  bool const rotates = faults_.refresh_mode.starts_with("rotate");
  faults_.family_revocation = rotates && chance.one_in(3);
  faults_.refresh_kills_access = chance.one_in(3);
  faults_.refresh_rolling = !chance.one_in(4);
  faults_.token_prose = chance.one_in(2);
  faults_.revoked_access_cache_ms = chance.one_in(3) ? 20'000 : 0;
  faults_.token_chars = chance.one_in(6) ? 2'000 : 0;
  auto const fields = chance.pick(std::array{"all", "no_scope", "no_refresh", "bare"});
  fields_ = rotates ? "all" : fields;
  retry_after_ = Milliseconds(chance.between(1, 90) * 1'000);
  world_.note("tokens",
              fmt::format("live {} s, refresh tokens {} s, {}{}{}, answers {}",
                          faults_.token_life_s, faults_.refresh_life_s, faults_.refresh_mode,
                          faults_.family_revocation ? ", families end" : "",
                          faults_.refresh_kills_access ? ", old ones die" : "", fields_));
  auto const may = [this](std::string_view what, unsigned per_mille, Strike strike) {
    if (world_.has(fmt::format("tokens {}", what), per_mille)) strikes_.push_back(strike);
  };
  may("answers", 700, &TokenFaults::one_answer);
  may("more answers", 500, &TokenFaults::one_answer);
  may("outage", 400, &TokenFaults::outage);
  may("ends", 500, &TokenFaults::end_access);
  may("401", 300, &TokenFaults::refuse_everything);
  may("revoke", 150, &TokenFaults::revoke);
  may("refuse", 100, &TokenFaults::refuse_refresh);
  may("limit", 200, &TokenFaults::token_limit);
}

void TokenFaults::strike(Chance& chance) {
  if (!strikes_.empty()) (this->*chance.pick(strikes_))(chance);
}

bool TokenFaults::calm() const {
  if (!running_.empty()) return false;
  for (auto const& answer : faults_.answers)
    if (answer.door == "token" && answer.count != 0) return false;
  return true;
}

void TokenFaults::heal() {
  for (auto& [number, one] : running_) one.second();
  running_.clear();
  drop_scripts("token");
}

void TokenFaults::for_a_while(Milliseconds how_long, std::function<void()> back) {
  auto const number = next_++;
  auto timer = world_.clock().after(how_long, [this, number] {
    auto const held = running_.extract(number);
    held.mapped().second();
    world_.note("tokens", "the platform is as it was");
  });
  running_.emplace(number, std::pair(std::move(timer), std::move(back)));
}

void TokenFaults::script(sim::ScriptedAnswer answer) {
  std::erase_if(faults_.answers, [](auto const& old) { return old.count == 0; });
  faults_.answers.push_back(std::move(answer));
}

void TokenFaults::drop_scripts(std::string const& door) {
  std::erase_if(faults_.answers, [&](auto const& answer) { return answer.door == door; });
}

// --- what breaks ---------------------------------------------------------------------------------

/// The next answers are late, lost, cut, wrong, or none.
void TokenFaults::one_answer(Chance& chance) {
  sim::ScriptedAnswer answer{.door = "token",
                             .count = static_cast<int>(chance.between(1, 3)),
                             .retry_after = std::to_string(retry_after_ / 1s)};
  if (chance.one_in(2)) {
    answer.wire = chance.pick(std::array{"whole", "lost", "lost", "reset", "cut", "hang", "drip",
                                         "chunked", "cut_chunk", "wrong_length"});
    answer.delay_ms = static_cast<int>(chance.pick(std::array{0, 200, 3'000, 15'000, 25'000}));
    answer.cut_at = 40;
  } else {
    answer.status = chance.pick(std::array{500, 502, 503, 429, 423, 400, 401, 404, 200});
    answer.body = chance.pick(std::array{"json", "html", "empty", "bad_utf8", "unknown_fields"});
  }
  world_.note("tokens", fmt::format("the next {} token answers are: {} {} after {} ms",
                                    answer.count, answer.status, answer.wire, answer.delay_ms));
  script(std::move(answer));
}

/// For long: nothing comes, or everything is refused.
void TokenFaults::outage(Chance& chance) {
  auto const how_long = Milliseconds(chance.between(30'000, 15 * 60'000));
  sim::ScriptedAnswer answer{
      .door = "token", .count = -1, .retry_after = std::to_string(retry_after_ / 1s)};
  if (chance.one_in(2))
    answer.status = chance.pick(std::array{500, 503, 429});
  else
    answer.wire = chance.pick(std::array{"lost", "hang", "reset"});
  world_.note("tokens",
              fmt::format("no tokens for {} s: {} {}", how_long / 1s, answer.status, answer.wire));
  script(std::move(answer));
  for_a_while(how_long, [this] { drop_scripts("token"); });
}

/// Every access token ends before its time.
void TokenFaults::end_access(Chance&) {
  world_.note("tokens", "every access token is ended early");
  world_.platform().oauth.book().expire_access_tokens();
}

/// The newest tokens, too, are answered 401 for a while.
void TokenFaults::refuse_everything(Chance& chance) {
  auto const how_long = Milliseconds(chance.between(10'000, 180'000));
  world_.note("tokens", fmt::format("no access token is taken for {} s", how_long / 1s));
  script({.door = "rest", .status = 401, .count = -1, .message = std::string(refused_bearer)});
  for_a_while(how_long, [this] {
    std::erase_if(faults_.answers, [](auto const& one) { return one.message == refused_bearer; });
  });
}

/// An administrator of the platform ends one of our authorizations.
void TokenFaults::revoke(Chance& chance) {
  auto& book = world_.platform().oauth.book();
  auto const all = book.authorizations();
  if (all.empty()) return;
  auto const& one = chance.pick(all);
  world_.note("tokens", fmt::format("{} is revoked: {}", sim::TokenBook::grant_name(one.grant),
                                    one.refresh ? "all of it" : "an access token"));
  book.revoke(one);
}

/// The platform says that every refresh token is finished, for a while and wrongly.
void TokenFaults::refuse_refresh(Chance& chance) {
  auto const how_long = Milliseconds(chance.between(1'000, 60'000));
  world_.note("tokens", fmt::format("every refresh token is refused for {} s", how_long / 1s));
  faults_.refuse_refresh = true;
  for_a_while(how_long, [this] { faults_.refuse_refresh = false; });
}

void TokenFaults::token_limit(Chance& chance) {
  auto const how_long = Milliseconds(chance.between(10'000, 300'000));
  world_.note("tokens", fmt::format("too many tokens for {} s", how_long / 1s));
  faults_.token_limit = 0;
  for_a_while(how_long, [this] { faults_.token_limit = 750; });
}

}  // namespace wardroom::world
