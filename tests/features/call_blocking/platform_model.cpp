#include "platform_model.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace wardroom::call_blocking {
namespace {

using std::chrono::milliseconds;
using K = CallEventKind;
using S = CallState;

constexpr std::array kOutsideNumbers{"+14085550123", "+442079460000", "+431234567"};
constexpr std::array kEmergencies{"112", "9-911", "0144"};

}  // namespace

void PlatformModel::attach(Site& site, std::map<std::string, PersonNo> numbers) {
  site_ = &site;
  numbers_ = std::move(numbers);
  network_.clear();  // what was on its way to the one before
  under_way_.clear();
  site.calls.on_release = [this](XsiUserId who, CallLeg leg) { return release(who, leg); };
  site.calls.on_list = [this](XsiUserId who) { return list(who); };
  tell_places();
}

void PlatformModel::move(std::string const& who, bool outside) {
  if (outside)
    outside_.insert(who);
  else
    outside_.erase(who);
  // Two positions in a row bring somebody back in; near enough that nobody flies.
  constexpr GeoPoint abroad{47.95, 16.5}, home{48.05, 16.5};
  for (int i = 0; i < 2; ++i) site_->fix(numbers_.at(who), outside ? abroad : home);
}

void PlatformModel::tell_places() {
  for (auto const& who : people_) move(who, outside(who));
}

void PlatformModel::tell(K kind, std::string const& who, std::vector<CallLeg> legs) {
  CallEvent event;
  event.id = EventId("e" + std::to_string(++events_));
  event.kind = kind;
  event.type = name(kind);
  event.target = XsiUserId(who);
  event.subscription = "s";
  event.sequence = ++sequence_;
  event.legs = std::move(legs);
  send(std::move(event));
}

std::string PlatformModel::told_of(CallId const& call) const {
  std::string out = call.text() + ": ";
  auto const [from, to] = diary_.equal_range(call.text());
  for (auto it = from; it != to; ++it) out += it->second + ", ";
  return out;
}

void PlatformModel::note(CallEvent const& event, std::string const& what) {
  auto const since = std::chrono::duration_cast<milliseconds>(site_->clock.uptime() - began_);
  for (auto const& leg : event.legs)
    diary_.emplace(leg.id.text(), std::to_string(since.count()) + " ms " + event.target.text() +
                                      " #" + std::to_string(event.sequence) + " " + event.type +
                                      what);
}

void PlatformModel::send(CallEvent event) {
  if (happens(troubles_.lose)) {
    lost_ = true;
    return note(event, " lost");
  }
  note(event, " sent");
  int const copies = happens(troubles_.repeat) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    auto const delay = happens(troubles_.delay) ? milliseconds(dice_.below(1500)) : milliseconds(0);
    network_.push_back({site_->clock.uptime() + delay, event});
  }
  deliver();
}

void PlatformModel::deliver() {
  auto const now = site_->clock.uptime();
  std::vector<Sent> due;
  std::erase_if(network_, [&](Sent& sent) {
    if (sent.due > now) return false;
    due.push_back(std::move(sent));
    return true;
  });
  std::ranges::sort(due, {},
                    [](Sent const& sent) { return std::pair(sent.due, sent.event.sequence); });
  for (auto& [when, event] : due) {
    event.arrived = now;
    note(event, " came");
    site_->feature->on_call_event(event);
  }
}

void PlatformModel::deliver_all() {
  while (!network_.empty()) {
    site_->clock.advance(milliseconds(100));
    deliver();
  }
}

PlatformModel::Call& PlatformModel::begin(std::string const& who, K kind, Personality personality,
                                          std::string remote, CallType type, S state) {
  Call call;
  call.target = who + "@xsi";
  call.leg.id = CallId(next_id());
  call.leg.tracking = TrackingId("t" + call.leg.id.text());
  call.leg.personality = personality;
  call.leg.state = state;
  call.leg.remote_address = std::move(remote);
  call.leg.type = type;
  call.leg.started = site_->clock.now();
  if (state == S::active) call.leg.answered = site_->clock.now();
  auto& kept = calls_[{call.target, call.leg.id.text()}] = std::move(call);
  if (kind != K::other) tell(kind, kept.target, {kept.leg});
  return kept;
}

void PlatformModel::new_call() {
  auto const kind = dice_.below(12);
  // One person dials emergency numbers and is never rung: for an hour such calls pass.
  bool const incoming = (kind >= 3 && kind <= 5) || kind == 8 || kind == 9;
  auto const others = std::span(people_).first(people_.size() - 1);
  auto const& who = kind == 6  ? people_.back()
                    : incoming ? dice_.pick(others)
                               : dice_.pick(people_);
  auto const number = std::string(dice_.pick(kOutsideNumbers));
  auto const type = dice_.one_in(3) ? CallType::enterprise : CallType::network;
  switch (kind) {
    case 0:
    case 1:
    case 2:
      begin(who, K::originated, Personality::originator, number, type, S::alerting);
      break;
    case 3:
    case 4:
    case 5:
      begin(who, K::received, Personality::terminator, number, type, S::alerting);
      break;
    case 6: {  // an emergency call, by the platform's word or by its digits
      bool const said = dice_.one_in(2);
      auto& call = begin(who, K::other, Personality::originator, dice_.pick(kEmergencies),
                         said ? CallType::emergency : CallType::absent, S::alerting);
      call.emergency = true;
      tell(K::originated, call.target, {call.leg});
      break;
    }
    case 7: {  // by click; the id may change as soon as the own device answered
      auto& call =
          begin(who, K::originating, Personality::click_to_dial, number, type, S::alerting);
      if (!dice_.one_in(2)) break;
      auto renamed = call;
      call.alive = false;  // and nobody says so
      renamed.leg.id = CallId(next_id());
      renamed.leg.personality = Personality::originator;
      auto& kept = calls_[{renamed.target, renamed.leg.id.text()}] = renamed;
      tell(K::originated, kept.target, {kept.leg});
      break;
    }
    case 8:
      begin(who, K::picked_up, Personality::terminator, number, type, S::active);
      break;
    case 9:
      begin(who, K::park_retrieved, Personality::terminator, number, type, S::active);
      break;
    case 10:
      begin(who, dice_.one_in(2) ? K::barged_in : K::monitored, Personality::originator, number,
            type, S::active);
      break;
    default: {  // a feature code: digits are collected before the call is one
      auto& call = begin(who, K::other, Personality::originator, "", CallType::absent, S::alerting);
      tell(K::collecting, call.target, {call.leg});
      call.leg.remote_address = number;
      call.leg.type = type;
      tell(K::originated, call.target, {call.leg});
    }
  }
}

void PlatformModel::call_ends(Call& call, K kind) {
  call.alive = false;
  auto leg = call.leg;
  leg.state = kind == K::released ? S::released : kind == K::releasing ? leg.state : S::detached;
  tell(kind, call.target, {leg});
  if (kind == K::releasing) {
    leg.state = S::released;
    tell(K::released, call.target, {leg});
  }
}

void PlatformModel::change(Call& call) {
  auto& leg = call.leg;
  switch (dice_.below(11)) {
    case 0:
    case 1:
      leg.state = S::active;
      if (!leg.answered) leg.answered = site_->clock.now();
      tell(K::answered, call.target, {leg});
      break;
    case 2:
      tell(K::updated, call.target, {leg});
      break;
    case 3:
      leg.state = dice_.one_in(2) ? S::held : S::remote_held;
      tell(K::held, call.target, {leg});
      break;
    case 4:
      leg.state = S::active;
      tell(K::retrieved, call.target, {leg});
      break;
    case 5:
      if (call.emergency) break;
      leg.remote_address = dice_.pick(kOutsideNumbers);
      if (dice_.one_in(2)) leg.tracking = TrackingId("t" + next_id());
      tell(K::transferred, call.target, {leg});
      break;
    case 6:
      if (leg.personality != Personality::terminator) tell(K::forwarded, call.target, {leg});
      break;
    case 7:
      call_ends(call, dice_.one_in(2) ? K::redirected : K::detached);
      if (!dice_.one_in(2)) break;
      // Nobody took it: it rings here again, under the same id.
      site_->clock.advance(milliseconds(1 + dice_.below(3000)));
      deliver();
      call.alive = call.recalled = true;
      leg.state = S::alerting;
      leg.recall = dice_.one_in(2);
      if (dice_.one_in(2)) leg.started = site_->clock.now();
      tell(K::received, call.target, {leg});
      break;
    case 8:
      call_ends(call, K::releasing);
      break;
    default:
      call_ends(call, K::released);
  }
}

void PlatformModel::something_else(std::string const& who) {
  auto const target = who + "@xsi";
  std::vector<CallLeg> legs;
  for (auto const* call : alive())
    if (call->target == target) legs.push_back(call->leg);
  CallLeg strange;
  strange.id = CallId(next_id());
  strange.state = S::active;
  switch (dice_.below(6)) {
    case 0:
      tell(K::snapshot_resync, target, legs);
      break;
    case 1:
      tell(K::hook_status, target, {});
      break;
    case 2:
      tell(K::conference, target, {});
      break;
    case 3:
      tell(K::parked_against, target, {strange});
      break;
    case 4:
      tell(K::aside, target, {strange});
      break;
    default:
      tell(K::other, target, {strange});
  }
}

void PlatformModel::step() {
  auto const running = alive();
  switch (dice_.below(running.size() > 12 ? 5 : 10)) {
    case 0:
      move(dice_.pick(people_), dice_.one_in(2));
      break;
    case 1:
      something_else(dice_.pick(people_));
      break;
    case 2:
    case 3:
    case 4:
    case 5:
      if (!running.empty()) {
        auto const* call = dice_.pick(running);
        change(calls_.at({call->target, call->leg.id.text()}));
      }
      break;
    case 6:
      site_->clock.advance(milliseconds(dice_.below(2500)));
      break;
    default:
      new_call();
  }
  site_->clock.advance(milliseconds(dice_.below(60)));
  deliver();
}

void PlatformModel::end_everything() {
  auto const before = std::exchange(troubles_, {0, 0, 0, 0});
  for (auto& [key, call] : calls_)
    if (call.alive) call_ends(call, K::released);
  deliver_all();
  // No call of this history may come back in the next.
  calls_.clear();
  diary_.clear();
  began_ = site_->clock.uptime();
  troubles_ = before;
}

std::vector<PlatformModel::Call const*> PlatformModel::alive() const {
  std::vector<Call const*> out;
  for (auto const& [key, call] : calls_)
    if (call.alive) out.push_back(&call);
  return out;
}

/// What a release may never be: of a call nobody told of, of an emergency call, of somebody who may
/// call at this moment, or a second one beside another for the same call.
void PlatformModel::judge_request(Key const& key) {
  ++requests_;
  if (!fault_.empty()) return;
  auto const found = calls_.find(key);
  auto const who = key.first.substr(0, key.first.find('@'));
  if (found == calls_.end())
    fault_ = "a call that does not exist was released: " + key.first + " " + key.second;
  else if (found->second.emergency)
    fault_ = "an emergency call was released: " + key.first + " " + key.second;
  else if (!outside(who))
    fault_ = "a call of somebody inside was released: " + key.first + " " + key.second;
  else if (!under_way_.insert(key).second && !found->second.recalled)
    fault_ = "two releases of one call at once: " + key.first + " " + key.second;
  if (!fault_.empty()) fault_ += "; " + told_of(CallId(key.second));
}

Task<Result<ReleaseOutcome>> PlatformModel::release(XsiUserId person, CallLeg leg) {
  Key const key{person.text(), leg.id.text()};
  judge_request(key);
  auto* const site = site_;
  bool const trouble = happens(troubles_.actions);
  auto const kind = trouble ? dice_.below(8) : 99;
  co_await site->clock.sleep_for(milliseconds(kind == 0 ? 3000 : 5 + dice_.below(200)));
  if (site != site_) co_return failure(ErrorKind::unavailable, "restarted meanwhile");
  under_way_.erase(key);
  auto const found = calls_.find(key);
  bool const there = found != calls_.end() && found->second.alive;
  auto const end = [&] {
    if (!there) return;
    ++ended_by_us_;
    call_ends(found->second, K::released);
  };
  switch (kind) {
    case 0:
      co_return failure(ErrorKind::timed_out, "no answer within 3000 ms");
    case 1:
      end();  // done, but the answer was lost
      co_return failure(ErrorKind::unavailable, "reset");
    case 2:
      co_return failure(ErrorKind::unavailable, "XSI answered 503");
    case 3:
      co_return failure(ErrorKind::conflict, "XSI answered 409");
    case 4:
      co_return failure(ErrorKind::denied, "XSI answered 403");
    case 5:
      co_return std::unexpected(Error{ErrorKind::throttled, "XSI answered 429", Milliseconds(400)});
    case 6:
      co_return ReleaseOutcome::released;  // accepted, and nothing happens
    default:
      break;
  }
  end();
  co_return there ? ReleaseOutcome::released : ReleaseOutcome::already_gone;
}

Task<Result<std::vector<CallLeg>>> PlatformModel::list(XsiUserId person) {
  auto* const site = site_;
  if (happens(troubles_.actions)) {
    co_await site->clock.sleep_for(milliseconds(dice_.below(1000)));
    co_return failure(ErrorKind::unavailable, "XSI answered 503");
  }
  co_await site->clock.sleep_for(milliseconds(1 + dice_.below(100)));
  std::vector<CallLeg> out;
  for (auto const* call : alive())
    if (call->target == person.text()) out.push_back(call->leg);
  auto const pause = milliseconds(1 + dice_.below(100));
  co_await site->clock.sleep_for(pause);
  co_return out;
}

}  // namespace wardroom::call_blocking
