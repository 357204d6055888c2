#include "grant_oracle.hpp"

#include <algorithm>

namespace wardroom::world {
using namespace std::chrono_literals;

namespace {

/// By then what was learned is committed, or kept beside the store.
constexpr auto surely_kept = 10s;
/// By then it was looked at who logged in, and the tokens are in use or were thrown away.
constexpr auto login_is_looked_at = 60s;

template <class List, class What>
void add_new(List& list, What const& what) {
  if (std::ranges::find(list, what) == list.end()) list.push_back(what);
}

}  // namespace

void GrantOracle::started(std::string const& seed, Uptime now) {
  refused_.clear();
  fresh_ = true;
  if (seed.empty()) return;
  for (auto& state : memory_) {
    if (state.there && state.seed == seed) continue;
    State next{.there = true, .refresh = seed, .seed = seed};
    if (state.alive()) {
      next.previous = state.refresh;
      next.access = state.access;
    }
    state = next;
    put(next, now);
  }
}

void GrantOracle::gone(Uptime now) {
  settle(now);
  memory_.clear();
  login_.reset();
  for (auto const& kept : disk_) add_new(memory_, kept.state);
  refused_.clear();
}

/// What came last is all there is, once it had its time. An end that could not be noted is heard
/// from the server once more, so what was before it stays possible.
void GrantOracle::settle(Uptime now) {
  if (memory_.size() != 1 || disk_.back().state != memory_.front()) return;
  if (disk_.back().since + surely_kept > now) return;
  auto const kept = disk_.back().state.retired && disk_.size() > 1 ? 2 : 1;
  disk_.erase(disk_.begin(), disk_.end() - kept);
}

void GrantOracle::put(State state, Uptime now) { disk_.push_back({std::move(state), now}); }

/// Only states that fit are possible any more; all stay when none fits.
template <class Fits>
bool GrantOracle::narrow(Fits fits) {
  if (std::ranges::none_of(memory_, fits)) return false;
  std::erase_if(memory_, [&](State const& state) { return !fits(state); });
  if (fresh_)  // nothing was written since they were read
    std::erase_if(disk_, [&](Kept const& kept) {
      return std::ranges::find(memory_, kept.state) == memory_.end();
    });
  return true;
}

/// While a login is being looked at the grant before it is renewed all the same.
bool GrantOracle::asks(std::string const& refresh, Uptime now) {
  bool const login_may_follow = login_ && now < login_->since + login_is_looked_at &&
                                std::ranges::find(memory_, login_->state) != memory_.end();
  bool const fits = narrow([&](State const& state) {
    if (!state.alive()) return false;
    return state.refresh == refresh ||
           (!state.previous.empty() && state.previous == refresh && refused_ == state.refresh);
  });
  if (login_may_follow) add_new(memory_, login_->state);
  return fits;
}

void GrantOracle::delivered(std::string const& refresh, Given const& given, Uptime now) {
  refused_.clear();
  settle(now);
  for (auto& state : memory_) {
    bool const newest = state.refresh == refresh;
    if (!state.alive() || (!newest && state.previous != refresh)) continue;
    // An answer without a refresh token means the one that was asked with.
    auto const next = given.refresh.value_or(refresh);
    state.previous = next == state.refresh ? "" : state.refresh;
    state.refresh = next;
    state.access = given.access;
    put(state, now);
    fresh_ = false;
  }
}

void GrantOracle::refused(std::string const& refresh, Uptime now) {
  settle(now);
  for (auto& state : memory_) {
    if (!state.alive()) continue;
    bool const last = state.refresh == refresh ? state.previous.empty() : state.previous == refresh;
    if (!last) continue;
    state.retired = true;
    put(state, now);
    fresh_ = false;
  }
  refused_ = refresh;
}

void GrantOracle::login(Given const& given, Uptime now) {
  settle(now);
  State const next{.there = true, .refresh = given.refresh.value_or(""), .access = given.access};
  memory_.push_back(next);
  login_ = {next, now};
  put(next, now);
  fresh_ = false;
}

void GrantOracle::hands_out(std::string const& access) {
  // Also of a grant that has ended: what it has left may still be good for a while.
  narrow([&](State const& state) { return state.there && state.access == access; });
}

bool GrantOracle::surely_alive() const { return std::ranges::all_of(memory_, &State::alive); }

bool GrantOracle::surely_dead() const { return std::ranges::none_of(memory_, &State::alive); }

bool GrantOracle::may_be_retired() const {
  return std::ranges::any_of(memory_, [](State const& state) { return state.retired; });
}

}  // namespace wardroom::world
