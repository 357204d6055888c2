#include "features/call_blocking/call_survey.hpp"

#include "base/log.hpp"

#include <algorithm>

namespace wardroom::call_blocking {
namespace {

constexpr std::size_t kMostUnderWay = 64;
constexpr std::size_t kMostLeisurely = 16;
constexpr std::size_t kMostWaiting = 250'000;
/// 40 people a second: of the 50 requests a second that Actions may get, some are for details.
constexpr auto kInterval = std::chrono::milliseconds(25);
constexpr auto kAllowedInterval = std::chrono::milliseconds(100);
constexpr int kAtOnce = 20;
constexpr int kFewTries = 5;
constexpr auto kFirstRetry = std::chrono::seconds(1);
constexpr auto kLongestRetry = std::chrono::seconds(30);
constexpr auto kWarnEvery = std::chrono::seconds(10);
constexpr std::uint64_t kOneInFive = 5;

/// A refused token as well: it is renewed, or somebody logs in.
bool may_pass(ErrorKind kind) { return is_transient(kind) || kind == ErrorKind::unauthorized; }

bool is_urgent(CallSurvey::Tier tier) { return tier <= CallSurvey::Tier::outside; }

}  // namespace

void CallSurvey::ask(std::vector<XsiUserId> targets, Tier tier) {
  for (auto& target : targets) wait_in(std::move(target), {.tier = tier, .round = round_});
  pump();
}

void CallSurvey::ask_later(XsiUserId target, BootClock::duration delay) {
  later_.push(
      {clock_.uptime() + delay, std::move(target), {.tier = Tier::blocked, .round = round_}});
  pump();
}

void CallSurvey::stop() {
  stopped_ = true;
  timer_.cancel();
}

void CallSurvey::forget() {
  ++round_;
  waiting_.clear();
  for (auto& line : lines_) line.clear();
  later_ = {};
  stubborn_.clear();
  timer_.cancel();
}

void CallSurvey::wait_in(XsiUserId target, Place place) {
  auto const known = waiting_.find(target);
  if (known != waiting_.end() && known->second.tier <= place.tier) return;
  if (known == waiting_.end() && waiting_.size() >= kMostWaiting) {
    ++dropped_;
    return;
  }
  waiting_[target] = place;
  lines_[static_cast<std::size_t>(place.tier)].push_back(std::move(target));
}

/// Starts whatever may start now, and sets the alarm for what may start next.
void CallSurvey::pump() {
  if (stopped_ || tasks_.stopping()) return;
  auto const now = clock_.uptime();
  while (!later_.empty() && later_.top().when <= now) {
    auto next = later_.top();
    later_.pop();
    if (next.place.tries >= kFewTries) stubborn_.erase(next.target);
    wait_in(std::move(next.target), next.place);
  }
  auto wake = Uptime::max();
  next_start_ = std::max(next_start_, now - kInterval * (kAtOnce - 1));
  while (auto const tier = next_tier()) {
    if (next_start_ > now) {
      wake = std::min(wake, next_start_);
      break;
    }
    next_start_ += kInterval;
    auto& line = lines_[static_cast<std::size_t>(*tier)];
    auto target = std::move(line.front());
    line.pop_front();
    auto const found = waiting_.find(target);
    auto const place = found->second;
    waiting_.erase(found);
    ++turns_;
    if (*tier == Tier::allowed) next_allowed_ = now + kAllowedInterval;
    start(std::move(target), place);
  }
  if (!lines_[static_cast<std::size_t>(Tier::allowed)].empty() && next_allowed_ > now)
    wake = std::min(wake, next_allowed_);
  // Not sooner: whoever was started above may have failed at once.
  if (!later_.empty()) wake = std::min(wake, later_.top().when);
  timer_.cancel();
  if (wake != Uptime::max()) timer_ = clock_.at(wake, [this] { pump(); });
}

/// The most urgent line with somebody in it; every fifth time the least urgent.
std::optional<CallSurvey::Tier> CallSurvey::next_tier() {
  if (under_way_ >= kMostUnderWay) return std::nullopt;
  std::optional<Tier> first, last;
  for (std::size_t i = 0; i < kTiers; ++i) {
    auto const tier = static_cast<Tier>(i);
    auto& line = lines_[i];
    while (!line.empty()) {  // who moved to another line leaves this one
      auto const found = waiting_.find(line.front());
      if (found != waiting_.end() && found->second.tier == tier) break;
      line.pop_front();
    }
    if (line.empty() || (!is_urgent(tier) && leisurely_ >= kMostLeisurely)) continue;
    if (tier == Tier::allowed && next_allowed_ > clock_.uptime()) continue;
    if (!first) first = tier;
    last = tier;
  }
  return turns_ % kOneInFive == kOneInFive - 1 ? last : first;
}

void CallSurvey::start(XsiUserId target, Place place) {
  ++under_way_;
  if (!is_urgent(place.tier)) ++leisurely_;
  tasks_.spawn("survey live calls", [this, target = std::move(target), place]() -> Task<void> {
    struct Leave {
      CallSurvey& survey;
      bool leisurely;
      ~Leave() {
        --survey.under_way_;
        if (leisurely) --survey.leisurely_;
        survey.pump();
      }
    } const leave{*this, !is_urgent(place.tier)};
    co_await look(target, place);
  });
}

Task<void> CallSurvey::look(XsiUserId target, Place place) {
  auto const asked = clock_.uptime();
  ++asked_;
  auto const legs = co_await calls_.live_calls(target);
  if (legs)
    listed_(target, *legs, asked);
  else if (legs.error().kind == ErrorKind::not_found)
    listed_(target, {}, asked);  // no such user any more: no calls either
  else
    failed_to_list(std::move(target), place, legs.error());
}

void CallSurvey::failed_to_list(XsiUserId target, Place place, Error const& why) {
  ++failed_;
  auto const now = clock_.uptime();
  if (place.tries < kFewTries && (!warned_ || now - *warned_ >= kWarnEvery)) {
    warned_ = now;
    log::warning("a person's live calls could not be listed",
                 {{"why", why.what}, {"failed_so_far", failed_}});
  }
  // XSPs in trouble refuse what they allow a second later: believed after a few times.
  bool const refused = why.kind != ErrorKind::cancelled && place.tries < kFewTries - 1;
  if ((!refused && !may_pass(why.kind)) || place.round != round_) return;
  auto const doublings = std::min(place.tries++, kFewTries);
  if (place.tries >= kFewTries && !stubborn_.insert(target).second) return;
  auto const pause = std::min<BootClock::duration>(kFirstRetry * (1 << doublings), kLongestRetry);
  // Without a token that serves it asks nobody, and another may come at any moment. Nor is a call
  // left unseen for as long as a platform in trouble may ask for.
  auto const asked = why.kind == ErrorKind::unauthorized
                         ? Milliseconds(0)
                         : why.retry_after.value_or(Milliseconds(0));
  later_.push({now + std::clamp<BootClock::duration>(asked, pause, kLongestRetry),
               std::move(target), place});
}

}  // namespace wardroom::call_blocking
