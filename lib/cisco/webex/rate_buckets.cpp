#include "cisco/webex/rate_buckets.hpp"

#include "runtime/wake.hpp"

#include <fmt/format.h>

#include <list>
#include <map>
#include <optional>

namespace wardroom::webex {
namespace {

struct Waiter {
  Waiter(Executor loop, RateAsk a) : ask(std::move(a)), called(loop) {}
  RateAsk ask;
  Wake called;
  std::uint64_t number = 0;  ///< in order of arrival
  bool entered = false;
  std::optional<Error> refused{};
};

struct Bucket {
  std::list<Waiter*> queue[2][2];  ///< [urgent][write]
  Uptime quiet_until{};
  TimerHandle quiet_ends{};
  bool empty() const {
    return queue[0][0].empty() && queue[0][1].empty() && queue[1][0].empty() && queue[1][1].empty();
  }
  std::size_t waiters() const {
    return queue[0][0].size() + queue[0][1].size() + queue[1][0].size() + queue[1][1].size();
  }
};

struct Line {
  std::size_t in_flight = 0, writes = 0;
  std::map<std::string, Bucket, std::less<>> buckets;  ///< by resource
};

Error told_to_wait(RateAsk const& ask, BootClock::duration left) {
  auto const whole = std::chrono::ceil<Milliseconds>(left);
  Error error{ErrorKind::throttled,
              fmt::format("Webex asks for a pause of {} s before more requests to {}",
                          std::chrono::ceil<std::chrono::seconds>(whole).count(), ask.resource),
              whole};
  error.not_done = true;
  return error;
}

}  // namespace

// Places and waiters may outlive the buckets by a little, when a loop dies with its coroutines.
struct RateBuckets::State {
  Clock& clock;
  Random& random;
  Limits limits;
  std::map<std::string, Line, std::less<>> lines{};  ///< by identity
  std::uint64_t arrivals = 0;
  std::size_t waiting = 0;

  /// The one that goes next: the oldest urgent one that may, else the oldest that may.
  static std::list<Waiter*>* next(Line& line, Limits const& limits, Uptime now) {
    for (bool const urgent : {true, false}) {
      if (line.in_flight >= limits.in_flight + (urgent ? limits.urgent : 0)) continue;
      std::list<Waiter*>* best = nullptr;
      for (auto& [resource, bucket] : line.buckets) {
        if (bucket.quiet_until > now) continue;
        for (bool const write : {false, true}) {
          auto& queue = bucket.queue[urgent][write];
          if (queue.empty() || (write && !urgent && line.writes >= limits.writes)) continue;
          if (!best || queue.front()->number < best->front()->number) best = &queue;
        }
      }
      if (best) return best;
    }
    return nullptr;
  }

  void let_in(Line& line) {
    while (auto* queue = next(line, limits, clock.uptime())) {
      auto* waiter = queue->front();
      queue->pop_front();
      --waiting;
      ++line.in_flight;
      if (waiter->ask.write) ++line.writes;
      waiter->entered = true;
      waiter->called.raise();
    }
  }

  void leave(std::string const& identity, bool write) {
    auto const line = lines.find(identity);
    if (line == lines.end()) return;
    --line->second.in_flight;
    if (write) --line->second.writes;
    let_in(line->second);
    forget_if_idle(line);
  }

  /// Identities come and go (one for each meeting host); those at rest cost nothing.
  void forget_if_idle(std::map<std::string, Line, std::less<>>::iterator line) {
    if (line->second.in_flight > 0) return;
    for (auto const& [resource, bucket] : line->second.buckets)
      if (!bucket.empty() || bucket.quiet_until > clock.uptime()) return;
    lines.erase(line);
  }

  void end_quiet(std::string const& identity, std::string const& resource) {
    auto const line = lines.find(identity);
    if (line == lines.end()) return;
    if (auto const bucket = line->second.buckets.find(resource);
        bucket != line->second.buckets.end())
      bucket->second.quiet_until = {};
    let_in(line->second);
    forget_if_idle(line);
  }

  void refuse_who_cannot_wait(Bucket& bucket) {
    auto const now = clock.uptime();
    for (auto& by_write : bucket.queue)
      for (auto& queue : by_write)
        for (auto it = queue.begin(); it != queue.end();) {
          auto* waiter = *it;
          if (waiter->ask.give_up >= bucket.quiet_until) {
            ++it;
            continue;
          }
          it = queue.erase(it);
          --waiting;
          waiter->refused = told_to_wait(waiter->ask, bucket.quiet_until - now);
          waiter->called.raise();
        }
  }

  void remove(Waiter* waiter) {
    auto const line = lines.find(waiter->ask.identity);
    if (line == lines.end()) return;
    auto const bucket = line->second.buckets.find(waiter->ask.resource);
    if (bucket != line->second.buckets.end())
      waiting -= bucket->second.queue[waiter->ask.urgent][waiter->ask.write].remove(waiter);
    forget_if_idle(line);
  }
};

RateBuckets::RateBuckets(Clock& clock, Random& random, Limits limits)
    : state_(std::make_shared<State>(clock, random, limits)) {}

RateBuckets::~RateBuckets() = default;

RateBuckets::Place::~Place() {
  if (auto const state = state_.lock()) state->leave(identity_, write_);
}

Task<Result<RateBuckets::Place>> RateBuckets::enter(RateAsk ask) {
  std::weak_ptr<State> const weak = state_;
  Waiter waiter(co_await boost::asio::this_coro::executor, std::move(ask));
  auto* state = state_.get();
  auto const now = state->clock.uptime();
  auto& line = state->lines[waiter.ask.identity];
  auto& bucket = line.buckets[waiter.ask.resource];
  if (bucket.quiet_until > waiter.ask.give_up)
    co_return std::unexpected(told_to_wait(waiter.ask, bucket.quiet_until - now));
  waiter.number = ++state->arrivals;
  bucket.queue[waiter.ask.urgent][waiter.ask.write].push_back(&waiter);
  ++state->waiting;
  // Given back also when the task is cancelled between being let in and going on.
  struct Leave {
    std::weak_ptr<State> const& state;
    Waiter& waiter;
    ~Leave() {
      auto const alive = state.lock();
      if (!alive || waiter.refused) return;
      waiter.entered ? alive->leave(waiter.ask.identity, waiter.ask.write) : alive->remove(&waiter);
    }
  } leave{weak, waiter};
  state->let_in(line);
  if (!waiter.entered) co_await waiter.called.wait_until(state->clock, waiter.ask.give_up);
  if (waiter.refused) co_return std::unexpected(std::move(*waiter.refused));
  if (!waiter.entered) {
    Error late{
        ErrorKind::timed_out,
        fmt::format("no turn came within {} s, so many requests are waiting",
                    std::chrono::ceil<std::chrono::seconds>(state->clock.uptime() - now).count())};
    late.not_done = true;
    co_return std::unexpected(std::move(late));
  }
  waiter.entered = false;  // the place is the caller's from here on
  co_return Place(weak, waiter.ask.identity, waiter.ask.write);
}

void RateBuckets::pause(std::string const& identity, std::string const& resource,
                        Milliseconds length) {
  auto& state = *state_;
  auto const more =
      std::chrono::duration_cast<Milliseconds>(length / 5.0 * state.random.fraction());
  auto const until = state.clock.uptime() + length + more;
  auto& bucket = state.lines[identity].buckets[resource];
  if (until <= bucket.quiet_until) return;
  bucket.quiet_until = until;
  bucket.quiet_ends = state.clock.at(until, [weak = std::weak_ptr(state_), identity, resource] {
    if (auto const alive = weak.lock()) alive->end_quiet(identity, resource);
  });
  state.refuse_who_cannot_wait(bucket);
}

std::optional<RateBuckets::Quiet> RateBuckets::quiet(std::string_view identity) const {
  auto const line = state_->lines.find(identity);
  if (line == state_->lines.end()) return std::nullopt;
  auto const now = state_->clock.uptime();
  std::optional<Quiet> longest;
  for (auto const& [resource, bucket] : line->second.buckets) {
    if (bucket.quiet_until <= now || bucket.empty()) continue;
    auto const left = std::chrono::ceil<Milliseconds>(bucket.quiet_until - now);
    if (!longest || left > longest->left) longest = Quiet{resource, left, bucket.waiters()};
  }
  return longest;
}

std::size_t RateBuckets::waiting() const { return state_->waiting; }

std::size_t RateBuckets::in_flight() const {
  std::size_t out = 0;
  for (auto const& [identity, line] : state_->lines) out += line.in_flight;
  return out;
}

}  // namespace wardroom::webex
