#include "features/security_notices/notice_board_impl.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace wardroom::security_notices {
namespace {
constexpr std::string_view feature = "security_notices";
constexpr auto deadline = std::chrono::seconds(30);
/// Between one exhausted effect and the next, while a call shows too little.
constexpr auto again_after = std::chrono::seconds(5);
/// As long as a request may be under way.
constexpr auto look_again_after = std::chrono::seconds(10);

std::vector<Milliseconds> attempts() {
  using std::chrono::milliseconds;
  return {milliseconds(0),    milliseconds(200),  milliseconds(500),
          milliseconds(1000), milliseconds(2000), milliseconds(5000)};
}

/// A word for each of a message's requests; the outcome counts by itself.
Result<std::string> in_words(Result<void> done) {
  if (!done) return std::unexpected(std::move(done.error()));
  return std::string("shown");
}
}  // namespace

bool NoticeBoard::Impl::observes() const {
  return ports_.effects.mode(feature) == EffectMode::observe;
}

void NoticeBoard::Impl::show(Entry& entry) {
  for (auto& [key, call] : entry.calls) show(entry, key, call);
  say_shown(entry);
}

/// Sends what the call should show, if it does not.
void NoticeBoard::Impl::show(Entry& entry, CallKey const& key, CallNotice& call) {
  auto const wanted = entry.notice.wanted();
  bool const lags = wanted > call.shows_at_least();
  if (!lags)
    call.behind_since.reset();
  else if (!call.behind_since)
    call.behind_since = ports_.clock.uptime();
  if (call.must_send(messages_, wanted)) send(key, call, {messages_.of(wanted), wanted});
  if (call.settled(messages_, wanted) && !call.observed())
    open_.erase(key);
  else
    open_.insert(key);
}

void NoticeBoard::Impl::send(CallKey const& key, CallNotice& call, Sent sent) {
  auto const number = ++sent_;
  bool const urgent = sent.level > call.shows_at_least();
  call.again.cancel();
  call.sending(number, sent);
  ports_.tasks.spawn("notice", [this, key, number, sent = std::move(sent), urgent]() -> Task<void> {
    return carry_out(key, number, sent, urgent);
  });
}

Task<void> NoticeBoard::Impl::carry_out(CallKey key, std::uint64_t number, Sent sent, bool urgent) {
  Effect effect{
      .feature = std::string(feature),
      .key = fmt::format("notice {}/{}", ports_.bridge_name(key.bridge), key.id.text()),
      .kind = EffectKind::latest_wins,
      .deadline = ports_.clock.uptime() + deadline,
      .attempts = attempts(),
      .act = [this, key, message = sent.message, urgent]() -> Task<Result<std::string>> {
        if (!where_.contains(key)) co_return failure(ErrorKind::not_found, "the call is over");
        auto wanted = [this, key] {
          return where_.contains(key) && ports_.effects.mode(feature) == EffectMode::enforce;
        };
        co_return in_words(
            co_await ports_.bridge(key.bridge).show(key.id, message, urgent, std::move(wanted)));
      }};
  auto const outcome = co_await ports_.effects.perform(std::move(effect));
  ended(key, number, sent, outcome);
}

void NoticeBoard::Impl::ended(CallKey const& key, std::uint64_t number, Sent const& sent,
                              EffectOutcome const& outcome) {
  if (outcome.end == EffectEnd::done) ++counters_.put;
  if (outcome.end == EffectEnd::observed) ++counters_.observed;
  auto const [entry, call] = place_of(key);
  if (entry == nullptr) return;  // it has ended meanwhile
  switch (outcome.end) {
    case EffectEnd::done:
      call->confirmed(number, sent, ports_.ledger.mark());
      call->uncertain = call->uncertain || outcome.attempts > 1;
      look_again(key, *call);
      if (number == call->newest() && std::exchange(call->reasserting, false)) {
        ++counters_.reasserted;
        if (ports_.on_reasserted) ports_.on_reasserted(key);
      }
      break;
    case EffectEnd::observed:
      call->only_observed(number, sent);
      break;
    case EffectEnd::superseded:
    case EffectEnd::failed:
    case EffectEnd::duplicate:
    case EffectEnd::expired:
      take_failure(*entry, key, *call, number, sent, outcome);
      break;
  }
  show(*entry, key, *call);
  say_shown(*entry);
  changed(*entry);
}

void NoticeBoard::Impl::take_failure(Entry const& entry, CallKey const& key, CallNotice& call,
                                     std::uint64_t number, Sent const& sent,
                                     EffectOutcome const& outcome) {
  call.failed(number, sent, outcome.attempts > 0, outcome.detail, ports_.ledger.mark());
  call.uncertain = call.uncertain || outcome.attempts > 0;
  if (outcome.end == EffectEnd::superseded || number != call.newest()) return;
  ++counters_.put_failed;
  if (outcome.error == ErrorKind::not_found) look_for(key);
  if (entry.notice.wanted() <= call.shows_at_least()) return;
  call.again = ports_.clock.after(again_after, [this, key] {
    auto const [owner, lagging] = place_of(key);
    if (owner == nullptr) return;
    lagging->try_again();
    show(*owner, key, *lagging);
  });
}

/// An older message without an answer may overtake the confirmed one: what it shows is looked at
/// when that must be over.
void NoticeBoard::Impl::look_again(CallKey const& key, CallNotice& call) {
  if (!ports_.look_at || call.is_sending() || !call.uncertain) return;
  call.again = ports_.clock.after(look_again_after, [this, key] {
    auto const [entry, it] = place_of(key);
    if (entry == nullptr) return;
    it->uncertain = false;
    ports_.look_at(key);
  });
}

/// In a later turn: what is found out changes the ledger, and so this board.
void NoticeBoard::Impl::look_for(CallKey const& key) {
  if (!ports_.look_for) return;
  ports_.tasks.spawn("look for a call", [this, key]() -> Task<void> {
    auto const loop = co_await boost::asio::this_coro::executor;
    co_await boost::asio::post(loop, use_task);
    ports_.look_for(key);
  });
}

/// Tells once that the last of its calls has it, or that it was only observed.
void NoticeBoard::Impl::say_shown(Entry& entry) {
  if (!entry.told && !entry.raised_at) return;
  auto const wanted = entry.notice.wanted();
  bool observed = false;
  for (auto const& [key, call] : entry.calls) {
    if (!call.settled(messages_, wanted)) return;
    observed = observed || call.observed();
  }
  if (entry.calls.empty()) return;
  if (entry.raised_at && !observed && hear_latency_)
    hear_latency_(std::chrono::duration<double>(ports_.clock.uptime() - *entry.raised_at).count());
  entry.raised_at.reset();
  finish(entry, observed ? "observed only: nothing was sent" : "");
}

/// Nothing more will be told of the number.
void NoticeBoard::Impl::finish(Entry& entry, std::string const& trouble) {
  auto const number = std::exchange(entry.told, std::nullopt);
  if (number && ports_.on_shown) ports_.on_shown(*number, trouble);
}

void NoticeBoard::Impl::found(CallKey const& key, Tick begun, conference::Message shown) {
  auto const [entry, call] = place_of(key);
  if (entry == nullptr) {
    foretold_.insert_or_assign(key, std::pair(begun, std::move(shown)));
    return;
  }
  if (!call->told(messages_, entry->notice.wanted(), begun, std::move(shown))) return;
  call->try_again();
  show(*entry, key, *call);
  say_shown(*entry);
  changed(*entry);
}

void NoticeBoard::Impl::retry(BridgeNo bridge) {
  bool const enforces = !observes();
  std::vector<CallKey> calls;
  for (auto it = open_.lower_bound(CallKey{bridge, {}}); it != open_.end() && it->bridge == bridge;
       ++it)
    calls.push_back(*it);
  for (auto const& key : calls) {
    auto const [entry, call] = place_of(key);
    if (entry == nullptr) continue;
    call->try_again();
    if (enforces) call->enforce();
    show(*entry, key, *call);
    changed(*entry);
  }
  std::vector<ConferenceId> const readings(put_off_.begin(), put_off_.end());
  for (auto const& id : readings) {
    auto* entry = known(id);
    if (entry == nullptr) continue;
    auto const first = entry->calls.lower_bound(CallKey{bridge, {}});
    if (first == entry->calls.end() || first->first.bridge != bridge) continue;
    entry->read_from = ports_.clock.uptime();
    plan(*entry);
  }
}

std::size_t NoticeBoard::Impl::behind(BootClock::duration age) const {
  auto const now = ports_.clock.uptime();
  return std::size_t(std::ranges::count_if(open_, [&](CallKey const& key) {
    auto const [entry, call] = place_of(key);
    return entry != nullptr && !call->observed() && call->behind_since &&
           now - *call->behind_since > age;
  }));
}

}  // namespace wardroom::security_notices
