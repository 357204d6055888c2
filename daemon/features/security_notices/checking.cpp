// How each bridge is compared with what we know of it, now and then.
#include "base/log.hpp"
#include "features/security_notices/notices_inside.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace wardroom::security_notices {
namespace {

constexpr auto kGrace = std::chrono::seconds(5);  // for records that are on their way
constexpr auto kFirstCheck = std::chrono::seconds(10);
constexpr auto kWhenSilent = std::chrono::seconds(10);
constexpr double kJitter = 0.1;

std::set<conference::CallId> ids_of(std::vector<conference::CallFacts> const& calls) {
  std::set<conference::CallId> out;
  for (auto const& one : calls) out.insert(one.id);
  return out;
}

}  // namespace

Task<void> SecurityNotices::Impl::check_now_and_then(BridgeState& bridge) {
  co_await finish_politely();
  auto pause = std::min<Milliseconds>(kFirstCheck, settings.check_every);
  for (;;) {
    auto const factor = 1 - kJitter + 2 * kJitter * ports.dice.fraction();
    co_await ports.clock.sleep_for(
        Milliseconds(static_cast<std::int64_t>(factor * double(pause.count()))));
    if (!off()) co_await check(bridge);
    pause = bridge.silent_since ? std::min<Milliseconds>(kWhenSilent, settings.check_every)
                                : settings.check_every;
  }
}

/// What is being read anew needs no comparison; its receivers are looked at all the same.
Task<void> SecurityNotices::Impl::check(BridgeState& bridge) {
  if (!bridge.resync_runs) {
    auto const differs = co_await compare(bridge);
    if (!differs) {
      log::info("a bridge could not be checked",
                {{"bridge", bridge.name()}, {"why", differs.error().what}});
      co_return;
    }
    if (!differs->empty()) {
      log::warning("a bridge differs from what its records told",
                   {{"bridge", bridge.name()}, {"what", *differs}});
      store.tell_bridge(bridge.name(), "gap", *differs + ".");
      want_resync(bridge, *differs);
    } else {
      auto const calls = co_await check_calls(bridge);
      if (!calls) co_return;  // told as silence
    }
    board.retry(bridge.no);
  }
  auto const looked = co_await look_at_registration(bridge);
  if (!looked)
    log::info("the receivers of a bridge could not be looked at",
              {{"bridge", bridge.name()}, {"why", looked.error().what}});
  ask_questions(bridge);
  changed();
}

/// Only what is so before and after the grace counts: records take a moment.
Task<Result<std::string>> SecurityNotices::Impl::compare(BridgeState& bridge) {
  auto const before = co_await ask_status(bridge);
  if (!before) co_return std::unexpected(before.error());
  if (bridge.order_over && !bridge.covered) co_return std::string("the bridge was restarted");
  auto const since = ledger.tick();
  auto const first = co_await bridge.api->calls();
  if (!first) co_return std::unexpected(first.error());
  auto const is_unknown = [&](conference::CallFacts const& call) {
    return ledger.call({bridge.no, call.id}) == nullptr;
  };
  auto const lags = [&] {
    return before->next_record && *before->next_record > bridge.known_until();
  };
  auto missing = missing_calls(bridge.no, since, *first);
  if (!lags() && missing.empty() && std::ranges::none_of(*first, is_unknown)) {
    bridge.behind = before->next_record ? std::optional<std::uint64_t>(0) : std::nullopt;
    co_return std::string();
  }
  co_await ports.clock.sleep_for(kGrace);
  auto const after = co_await ask_status(bridge);
  if (!after) co_return std::unexpected(after.error());
  auto const second = co_await bridge.api->calls();
  if (!second) co_return std::unexpected(second.error());
  if (bridge.resync_runs) co_return std::string();  // its records told meanwhile
  if (auto lag = judge_lag(bridge, *before, *after); !lag.empty()) co_return lag;
  auto const listed_before = ids_of(*first);
  auto const unknown = std::ranges::count_if(*second, [&](auto const& call) {
    return listed_before.contains(call.id) && is_unknown(call);
  });
  auto const still_missing = missing_calls(bridge.no, since, *second).size();
  if (unknown > 0 || still_missing > 0)
    co_return fmt::format("{} calls run that no record told of, {} have ended unheard", unknown,
                          still_missing);
  co_return std::string();
}

/// What was made before the grace and did not come within it. When that happens twice with no post
/// between, nothing comes at all: then a reading now and then is not enough to be sure.
std::string SecurityNotices::Impl::judge_lag(BridgeState& bridge, BridgeStatus const& before,
                                             BridgeStatus const& after) {
  if (bridge.order_over && !bridge.covered) return "the bridge was restarted";
  if (!before.next_record || !after.next_record) return "";
  auto const known = bridge.known_until();
  bridge.behind = *before.next_record > known ? *before.next_record - known : 0;
  if (*bridge.behind == 0) return "";
  auto const posts = bridge.counters.posts + 1;  // 0 = was not behind
  if (std::exchange(bridge.posts_at_behind, posts) == posts)
    bridge.mute = "the bridge makes records that do not come";
  return fmt::format("{} records were made that did not come", *bridge.behind);
}

std::vector<CallKey> SecurityNotices::Impl::missing_calls(
    BridgeNo bridge, Tick since, std::vector<conference::CallFacts> const& listed) const {
  auto const there = ids_of(listed);
  std::vector<CallKey> out;
  for (auto& key : ledger.calls_of(bridge)) {
    auto const* call = ledger.call(key);
    if (call != nullptr && call->heard <= since && !there.contains(key.id))
      out.push_back(std::move(key));
  }
  return out;
}

Task<Result<void>> SecurityNotices::Impl::check_calls(BridgeState& bridge) {
  std::erase_if(bridge.odd_counts,
                [&](auto const& one) { return ledger.call({bridge.no, one.first}) == nullptr; });
  for (auto const& key : ledger.calls_of(bridge.no)) {
    auto const done = co_await check_call(key);
    if (!done) co_return done;
  }
  co_return Result<void>{};
}

/// Its message, and whether as many legs and instances are in it as we know; else it is read whole.
Task<Result<void>> SecurityNotices::Impl::check_call(CallKey key) {
  auto& bridge = *bridges.at(key.bridge);
  auto const since = ledger.tick();
  auto const asked = co_await bridge.api->call(key.id);
  if (!asked && asked.error().kind != ErrorKind::not_found)
    co_return std::unexpected(asked.error());
  if (!asked) {
    heard(ledger.take_ended(key, since));
    co_return Result<void>{};
  }
  board.found(key, since, asked->message);
  auto const* call = ledger.call(key);
  if (call == nullptr) co_return Result<void>{};
  auto const instances = ledger.calls(call->conference).size();
  bool const bridges_differ = asked->other_bridges && *asked->other_bridges + 1 > instances;
  auto const odd = [&] {
    auto const* one = ledger.call(key);
    if (one == nullptr || !asked->legs) return std::int64_t(0);
    return std::int64_t(*asked->legs) - std::int64_t(one->legs.size());
  };
  auto const known = bridge.odd_counts.find(key.id);
  if (!bridges_differ && odd() == (known == bridge.odd_counts.end() ? 0 : known->second))
    co_return Result<void>{};
  auto const read = co_await read_one(key, since);
  if (read && odd() != 0)
    bridge.odd_counts[key.id] = odd();
  else
    bridge.odd_counts.erase(key.id);
  co_return read;
}

}  // namespace wardroom::security_notices
