#include "features/call_blocking/replay.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace wardroom::call_blocking {

Task<void> SetClock::sleep_until(Uptime) { throw std::logic_error("a set clock does not run"); }
TimerHandle SetClock::at(Uptime, std::function<void()>) {
  throw std::logic_error("a set clock does not run");
}

namespace {

constexpr auto kCallbackTime = std::chrono::minutes(60);

Instant instant_of(Uptime at) {
  return Instant(std::chrono::ceil<Milliseconds>(at.time_since_epoch()));
}

bool is_fresh(Standing standing) {
  return standing != Standing::stale && standing != Standing::no_fix;
}

}  // namespace

Replay::Replay(std::span<PastCall const> calls, std::shared_ptr<PolicySettings const> policy,
               Standings::Named const& named, Instant begin)
    : calls_(calls), policy_(std::move(policy)), outcomes_(calls.size()) {
  lanes_.resize(1);
  for (std::uint32_t i = 0; i < calls.size(); ++i) {
    auto const person = calls[i].person;
    if (person >= numbers_.size()) numbers_.resize(std::size_t{person} + 1);
    if (person != 0 && numbers_[person] == 0) {
      auto const number = numbers_[person] = static_cast<PersonNo>(lanes_.size());
      if (auto const naming = named.of(person); naming != Standings::Naming{})
        named_.by_mail[number] = naming;
      lanes_.emplace_back();
    }
    lanes_[numbers_[person]].calls.push_back(i);
  }
  for (auto& lane : lanes_)
    std::ranges::sort(lane.calls, [&](auto a, auto b) {
      auto const first = calls_[a].moments.front().at, other = calls_[b].moments.front().at;
      return first != other ? first < other : a < b;
    });
  roster_.grow_to(static_cast<PersonNo>(lanes_.size() - 1));
  begin_standings(begin);
}

void Replay::begin_standings(Instant at) {
  clock_.set(at);
  standings_.emplace(roster_, clock_, policy_);
  standings_->set_policy(policy_, named_);
  plan_hours(at);
}

void Replay::plan_hours(Instant now) {
  next_hours_ = Instant::max();
  for (auto const& fence : policy_->fences)
    if (auto const change = fence.schedule.next_change(now))
      next_hours_ = std::min(next_hours_, *change);
}

/// Hours are the same for all lanes: each is brought to the moment they change.
void Replay::pass_hours(Instant until) {
  while (next_hours_ <= until) {
    auto const now = next_hours_;
    for (PersonNo number = 0; number < lanes_.size(); ++number) advance(number, now);
    clock_.set(now);
    standings_->look_at_hours();
    plan_hours(now);
    for (PersonNo number = 0; number < lanes_.size(); ++number)
      for (auto& live : lanes_[number].live) judge_live(number, live, now);
  }
}

void Replay::daemon_started(Instant at) {
  pass_hours(at);
  for (PersonNo number = 0; number < lanes_.size(); ++number) {
    advance(number, at);
    for (auto& live : lanes_[number].live) live.check = Instant::max();
    if (number == 0) continue;
    auto& row = roster_.row(number);
    row.same_place = row.index_version = row.history = 0;
    row.side = row.confirmations = row.flags = 0;
  }
  begin_standings(at);
}

void Replay::take(people::StoredFix const& fix) {
  auto const number = number_of(fix.person);
  if (number == 0) return;
  auto const now = from_unix_ms(fix.wall_ms);
  pass_hours(now);
  advance(number, now);
  clock_.set(now);
  standings_->take(number, {.where = {fix.latitude_e7 / 1e7, fix.longitude_e7 / 1e7},
                            .accuracy = {fix.accuracy_dm / 10.0},
                            .received = clock_.uptime(),
                            .received_at = now});
  for (auto& live : lanes_[number].live) judge_live(number, live, now);
}

void Replay::finish(Instant until) {
  pass_hours(until);
  for (PersonNo number = 0; number < lanes_.size(); ++number) advance(number, until);
}

Instant Replay::next_moment(Lane const& lane) const {
  auto next = Instant::max();
  if (lane.next < lane.calls.size()) next = calls_[lane.calls[lane.next]].moments.front().at;
  for (auto const& live : lane.live) {
    auto const& call = calls_[live.call];
    next = std::min({next, live.check, call.end.value_or(Instant::max())});
    if (live.next < call.moments.size()) next = std::min(next, call.moments[live.next].at);
  }
  return next;
}

/// All that comes before `until`.
void Replay::advance(PersonNo number, Instant until) {
  auto& lane = lanes_[number];
  for (auto now = next_moment(lane); now < until; now = next_moment(lane)) step(number, lane, now);
}

void Replay::step(PersonNo number, Lane& lane, Instant now) {
  for (; lane.next < lane.calls.size(); ++lane.next) {
    auto const call = lane.calls[lane.next];
    if (calls_[call].moments.front().at > now) break;
    lane.live.push_back({.call = call});
  }
  for (auto& live : lane.live) {
    auto const& call = calls_[live.call];
    bool asked = false;
    for (; live.next < call.moments.size() && call.moments[live.next].at <= now; ++live.next) {
      asked = true;
      live.answered = call.moments[live.next].answered;
      if (live.answered) note_emergency(lane, call, call.moments[live.next].at);
    }
    if (live.check <= now) {
      asked = true;
      live.check = Instant::max();
    }
    if (asked) judge_live(number, live, now);
  }
  std::erase_if(lane.live, [&](Live const& live) {
    auto const& call = calls_[live.call];
    return call.end && *call.end <= now;
  });
}

/// As CallBlocking::note_emergency does it.
void Replay::note_emergency(Lane& lane, PastCall const& call, Instant now) const {
  if (!call.emergency || call.incoming || call.person == 0) return;
  if (lane.callback_until < call.moments.front().at + kCallbackTime)
    lane.callback_until = now + kCallbackTime;
}

Facts Replay::facts_of(PastCall const& call, Live const& live, Instant callback_until,
                       Facts facts) const {
  facts.incoming = call.incoming;
  facts.internal = call.internal;
  facts.emergency = call.emergency;
  facts.emergency_callback = live.callback || callback_until > clock_.now() ||
                             (call.callback && clock_.now() >= call.decided);
  facts.callback_unknown = call.callback_unknown;
  facts.degraded = call.degraded;
  facts.override_ = clock_.now() >= call.override_since ? call.override_ : Override::none;
  facts.running = live.passed && live.answered;
  if (call.queue) facts.fenced = false;
  return facts;
}

/// As CallBlocking::judge_call does it, up to the release.
void Replay::judge_live(PersonNo number, Live& live, Instant now) {
  clock_.set(now);
  auto const assessed = standings_->assess(number);
  auto const facts =
      facts_of(calls_[live.call], live, lanes_[number].callback_until, assessed.facts);
  auto const verdict = judge(facts);
  if (verdict.again_in)
    live.check = std::min(live.check, instant_of(clock_.uptime() + *verdict.again_in));
  if (!verdict.release && is_fresh(facts.standing))
    if (auto const stale = standings_->stale_at(number))
      live.check = std::min(live.check, instant_of(*stale + Milliseconds(1)));
  live.passed = is_let_through(verdict);
  live.callback |= verdict.reason == Reason::emergency_callback;
  auto& outcome = outcomes_[live.call];
  outcome.word = {verdict.release, verdict.reason, verdict.applied};
  if (!std::exchange(live.judged, true)) outcome.without_fix = !assessed.place.age.has_value();
  if (verdict.release && !outcome.cut)
    outcome.cut = {now, outcome.word, facts.standing, assessed.place.fence,
                   standings_->enforced_for(number)};
}

}  // namespace wardroom::call_blocking
