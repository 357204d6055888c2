#include "calls_watch.hpp"

#include "operator_part.hpp"
#include "store_part.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::world {
namespace {

using std::chrono::seconds;

constexpr auto kAfterCalm = seconds(5);      // from calm to the first request: channels, survey
constexpr auto kAfterTrouble = seconds(80);  // a release given up is tried anew within a minute
constexpr auto kEnds = seconds(45);          // from the first request to the end of the call
constexpr auto kTogether = seconds(2);       // one after the other: without a break
constexpr auto kKnown = seconds(2);          // facts that old were surely taken in
constexpr auto kPeopleStored = seconds(30);  // calm, with the directory read
constexpr Milliseconds kWritten{3'000};      // a disk that is well takes what waited for it
constexpr auto kGrantPause = seconds(330);   // the longest after a renewal that failed
constexpr auto kKept = std::chrono::minutes(20);
constexpr std::size_t kCallsKept = 200;

Milliseconds ms(BootClock::duration d) { return std::chrono::duration_cast<Milliseconds>(d); }

Uptime moment(sim::Call const& call, Instant when) {
  return call.began + std::chrono::duration_cast<Milliseconds>(when - call.started);
}

/// After one that failed the daemon waits for up to five minutes, the grant's own pace, unless it
/// has a token that serves on.
bool is_renewal_of_admin(World::Sent const& sent) {
  return sent.path.ends_with("/access_token") && sent.body.contains("C-wardroom-demo") &&
         sent.body.contains("refresh_token");
}

}  // namespace

void CallsWatch::prepare() {
  world_.watch({.left = [this](Sent const& sent) { left(sent); },
                .answered = [this](Sent const& sent) { answered(sent); }});
  // One page of one directory is not all of both.
  world_.hear_log([this](std::string_view line) {
    if (line.starts_with("the directories could not be read")) directory_read_.reset();
    if (line.starts_with("who made an emergency call"))
      hours_unread_ = line.ends_with("not known yet");
  });
}

void CallsWatch::daemon_started() {
  calm_since_.reset();
  model_.daemon_started();
}

void CallsWatch::daemon_gone() {
  hours_unread_ = token_refused_ = false;
  renewing_ = 0;
  calm_since_.reset();
  model_.daemon_gone();
  disturb();
}

/// What was to be written of these calls may not have been.
void CallsWatch::disturb() {
  auto const now = world_.now();
  for (auto& [id, half] : halves_)
    if (!half.ended || now - *half.ended < seconds(10)) half.disturbed = true;
}

void CallsWatch::adopt(std::string const& id) {
  if (std::ranges::find(live_, id) == live_.end()) {
    live_.push_back(id);
    calls_.push_back(id);
    if (calls_.size() > kCallsKept) calls_.pop_front();
  }
  if (auto const* call = world_.platform().calls.find(id)) look_at(*call);
}

// --- requests ------------------------------------------------------------------------------------

std::optional<CallsWatch::Wish> CallsWatch::release_in(Sent const& sent) const {
  if (sent.method != http::Method::delete_) return std::nullopt;
  auto const at = sent.path.find("/v2.0/user/");
  auto const calls = sent.path.find("/calls/");
  if (at == std::string::npos || calls == std::string::npos) return std::nullopt;
  auto const user = sent.path.substr(at + 11, calls - at - 11);
  return Wish{world_.platform().org.by_xsi_user(user), sent.path.substr(calls + 7)};
}

/// Also one that ended meanwhile, or was never looked at.
CallsWatch::Half* CallsWatch::find(sim::Person const& person, std::string const& id) {
  auto& calls = world_.platform().calls;
  if (auto const now = calls.half(person, id)) adopt(now.call->id);
  auto const known = halves_.find(id);
  if (known != halves_.end()) return known->second.owner == &person ? &known->second : nullptr;
  for (auto const& call : calls_)
    if (auto const* past = calls.find(call))
      for (auto const& leg : past->legs)
        if (leg.id == id && leg.owner == &person)
          return &(halves_[id] = {.id = id, .call = call, .owner = &person, .began = past->began});
  return nullptr;
}

void CallsWatch::left(Sent const& sent) {
  last_left_ = sent.number;
  if (is_renewal_of_admin(sent)) ++renewing_;
  if (sent.path.ends_with("/com.broadsoft.xsi-events/v2.0/channel")) calm_since_.reset();
  auto const wish = release_in(sent);
  if (!wish) return;
  auto* half = wish->person == nullptr ? nullptr : find(*wish->person, wish->half);
  // A daemon that saw nothing since may ask for the end of what has long ended.
  if (auto const past = forgotten_.find(wish->half);
      half == nullptr && past != forgotten_.end() && past->second == wish->person)
    return;
  if (half == nullptr)
    return world_.fail("X3", fmt::format("a request to end {}, which is no call of {}", wish->half,
                                         wish->person ? wish->person->email : "anybody"));
  auto const now = world_.now();
  world_.note("calls", fmt::format("request to end {}", words(*half)));
  if (!half->first_delete) half->first_delete = now;
  half->last_delete = now;
  half->unanswered = false;
  judge_release(*half, world_.platform().calls.half(*half->owner, half->id));
  if (release_ear_) release_ear_(*half->owner);
}

void CallsWatch::judge_release(Half const& half, sim::CallSim::Half const& true_half) {
  auto const now = world_.now();
  auto const* call = world_.platform().calls.find(half.call);
  auto const& name = half.owner->email;
  bool const incoming =
      call != nullptr && std::ranges::any_of(call->legs, [&](sim::Leg const& leg) {
        return leg.owner == half.owner && leg.id == half.id && !leg.originator;
      });
  if (call != nullptr && call->emergency && true_half)
    return world_.fail("X2", "a request to end an emergency call: " + words(half));
  if (incoming && model_.calls_back(name))
    return world_.fail("X2", "a request to end a call back after an emergency: " + words(half));
  if (model_.surely_observes() && now > model_.mode_since())
    return world_.fail("observe", "a request to end a call in observe mode: " + words(half));
  auto const certain = model_.of(name);
  if (people_known_ && certain.may_go_on && now - *certain.may_go_on > kKnown &&
      now - half.began > kKnown)
    world_.fail("X3", fmt::format("a request to end {}, whose person may call since {} ms",
                                  words(half), ms(now - *certain.may_go_on).count()));
}

/// A renewal that failed matters only to a daemon that has no token to use: one with which a later
/// request was done has it until its end. A token of an earlier life may end sooner for a daemon
/// whose wall clock has jumped.
void CallsWatch::note_grant(Sent const& sent, bool to_xsps) {
  bool const well = sent.status / 100 == 2;
  if (sent.status == 401 && !sent.path.ends_with("/access_token")) token_refused_ = true;
  if (is_renewal_of_admin(sent)) {
    renewing_ -= renewing_ > 0 ? 1 : 0;
    if (well) token_refused_ = false;
    grant_waits_until_ = well ? Uptime::min() : world_.now() + kGrantPause;
    grant_failed_after_ = last_left_;
  } else if (to_xsps && well && sent.number > grant_failed_after_ &&
             world_.part<OperatorPart>().widest_skew() == Milliseconds(0)) {
    grant_waits_until_ = Uptime::min();
  }
}

void CallsWatch::answered(Sent const& sent) {
  auto const now = world_.now();
  bool const to_xsps = sent.path.contains("com.broadsoft");
  note_grant(sent, to_xsps);
  bool const bad = sent.status == 0 || sent.status == 401 || sent.status == 403 ||
                   sent.status == 409 || sent.status == 429 || sent.status >= 500;
  if (bad && (to_xsps || sent.path.ends_with("/access_token"))) {
    trouble_at_ = now;
    calm_since_.reset();
  }
  bool const well = sent.status / 100 == 2;
  if (well && sent.path.ends_with("/directories/Enterprise")) directory_read_ = now;
  auto const wish = release_in(sent);
  if (!wish || !wish->person) return;
  auto* half = find(*wish->person, wish->half);
  if (half == nullptr) return;
  half->taken = half->taken || well;
  // 403 and 409 are decisions of the platform.
  half->unanswered = bad && sent.status != 403 && sent.status != 409;
}

sim::Person const* CallsWatch::somebody_to_end() const {
  for (auto const& [id, half] : halves_)
    if (half.first_delete && !half.ended) return half.owner;
  return nullptr;
}

// --- calm ----------------------------------------------------------------------------------------

bool CallsWatch::can_work() const {
  if (!world_.up() || !may_ask_ || !grant_ok() || neighbours_.broken()) return false;
  if (token_refused_ && renewing_ > 0) return false;
  if (!world_.platform().xsi.delivers()) return false;
  auto const streams = world_.net().streams();
  bool const half_open = std::ranges::any_of(
      streams, [](auto const& stream) { return stream->half_open && !stream->ended; });
  return !half_open && std::ranges::any_of(streams, [](auto const& s) { return s->open(); });
}

void CallsWatch::feel() {
  auto const now = world_.now();
  if (!can_work()) return calm_since_.reset();
  if (calm_since_ && directory_read_ &&
      now - std::max(*calm_since_, *directory_read_) > kPeopleStored)
    people_known_ = true;
  if (calm_since_) return;
  calm_since_ = now;
  releases_by_ = std::max<Uptime>(now + kAfterCalm, neighbours_.releases_by());
  if (trouble_at_) releases_by_ = std::max<Uptime>(releases_by_, *trouble_at_ + kAfterTrouble);
}

// --- calls ---------------------------------------------------------------------------------------

void CallsWatch::tick(bool may_ask) {
  may_ask_ = may_ask;
  auto const& store = world_.part<StorePart>();
  if (store.troubled()) disturb();
  if (world_.up() && !store.troubled(kWritten)) model_.disk_is_well();
  feel();
  for (auto const& id : live_)
    if (auto const* call = world_.platform().calls.find(id)) look_at(*call);
  auto const now = world_.now();
  for (auto& [id, half] : halves_) {
    if (half.ended) continue;
    if (!world_.platform().calls.half(*half.owner, id)) half.ended = now;
  }
  std::erase_if(live_, [this](std::string const& id) {
    auto const* call = world_.platform().calls.find(id);
    return call == nullptr || call->ended;
  });
  forget_old();
}

void CallsWatch::look_at(sim::Call const& call) {
  for (auto const& leg : call.legs) {
    if (leg.gone) continue;
    auto const [found, fresh] = halves_.try_emplace(leg.id);
    auto& half = found->second;
    if (fresh) half = {.id = leg.id, .call = call.id, .owner = leg.owner};
    if (fresh) half.began = moment(call, leg.started);
    note_emergency(call, leg);
    look_at(call, leg, half);
  }
}

void CallsWatch::note_emergency(sim::Call const& call, sim::Leg const& leg) {
  if (!call.emergency || !leg.originator) return;
  auto const now = world_.now();
  bool const seen = leg.answered && calm_since_ && now - *calm_since_ > seconds(6) &&
                    now - moment(call, *leg.answered) > seconds(3);
  model_.emergency(leg.owner->email,
                   seen ? std::optional(moment(call, *leg.answered)) : std::nullopt);
}

/// X1: what must end is asked to end, and ends.
void CallsWatch::look_at(sim::Call const& call, sim::Leg const& leg, Half& half) {
  auto const now = world_.now();
  if (!leg.originator && (hours_unread_ || model_.may_call_back(leg.owner->email)))
    half.may_be_callback = true;
  if (!calm_since_ || !people_known_ || half.excused || call.emergency || !leg.announced) return;
  if (leg.state == sim::LegState::detached || leg.owner == &world_.platform().org.queue()) return;
  if (!model_.surely_enforces() || call.parked_by != nullptr) return;
  if (half.may_be_callback) return;
  auto const certain = model_.of(leg.owner->email);
  if (!certain.must_end) return;
  // One that was let through before goes on once it is answered.
  bool const fresh = half.began >= *certain.must_end + seconds(1);
  if (certain.fresh_calls_only && !fresh && leg.answered) return;
  if (now > half.judged_at + kTogether) half.judged_from = now;
  half.judged_at = now;
  auto const since =
      std::max({half.began, *certain.must_end, model_.mode_since(), half.judged_from});
  auto const due = std::max<Uptime>(since + neighbours_.quick(), releases_by_);
  // What failed for want of an answer is asked for anew: `releases_by_` leaves time for it.
  bool const asked =
      half.last_delete && *half.last_delete >= since - seconds(5) && !half.unanswered;
  auto const overdue = [&](Uptime limit, std::string_view what) {
    half.excused = true;
    world_.fail("X1", fmt::format("{} {} {} ms after it should, calm since {} ms", words(half),
                                  what, ms(now - limit).count(), ms(now - *calm_since_).count()));
  };
  if (!asked && now > due) return overdue(due, "is not asked to end");
  if (now > due + kEnds) overdue(due + kEnds, "goes on");
}

void CallsWatch::forget_old() {
  auto const now = world_.now();
  std::erase_if(halves_, [this, now](auto const& entry) {
    bool const old = entry.second.ended && now - *entry.second.ended > kKept;
    if (old) forgotten_[entry.first] = entry.second.owner;
    return old;
  });
}

bool CallsWatch::unsettled() const {
  if (!calm_since_ || world_.now() < releases_by_ + seconds(5)) return true;
  return std::ranges::any_of(halves_, [this](auto const& entry) {
    auto const& half = entry.second;
    auto const now = world_.now();
    if (half.ended) return now - *half.ended < seconds(5);
    return half.first_delete.has_value() || now - half.began < seconds(5) ||
           (!half.may_be_callback && model_.of(half.owner->email).must_end.has_value());
  });
}

std::string CallsWatch::words(Half const& half) const {
  auto const* call = world_.platform().calls.find(half.call);
  return fmt::format("{} ({} of {}{})", half.call, half.id, half.owner->email,
                     call == nullptr   ? ""
                     : call->emergency ? ", emergency"
                                       : fmt::format(", {} calls {}", call->from, call->to));
}

}  // namespace wardroom::world
