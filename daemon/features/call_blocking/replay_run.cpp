#include "features/call_blocking/replay_run.hpp"

#include "features/call_blocking/past_calls_store.hpp"

#include <fmt/format.h>

#include <optional>

namespace wardroom::call_blocking {
namespace {

/// Where a window's fixes are too many: what came so long before it says where people stood.
constexpr auto kWarmUp = std::chrono::hours(1);

Error given_up() { return {ErrorKind::cancelled, "given up: nobody waits for the answer"}; }

}  // namespace

struct ReplayRun::State {
  ReplayWish wish;
  std::shared_ptr<ReplayResult> result = std::make_shared<ReplayResult>();
  std::vector<Instant> starts;
  std::size_t next_start = 0;
  std::optional<Replay> tried, standing;  ///< the policy tried out, the one in force

  void add_calls(std::vector<std::string> const& documents) {
    for (auto const& text : documents) {
      auto call = past_call_from(nlohmann::ordered_json::parse(text, nullptr, false));
      if (call)
        result->calls.push_back(std::move(*call));
      else
        ++result->not_judged;
    }
  }
  void begin() {
    // Standings begin with the daemon; of its first start the time may be all that is known.
    auto begin = starts.empty() ? wish.since : starts.front();
    next_start = std::min<std::size_t>(1, starts.size());
    for (; next_start < starts.size() && starts[next_start] <= result->fixes_since; ++next_start)
      begin = starts[next_start];
    tried.emplace(result->calls, wish.policy, wish.named, begin);
    standing.emplace(result->calls, wish.in_force, wish.named_in_force, begin);
  }
  void start_daemons(Instant until) {
    for (; next_start < starts.size() && starts[next_start] <= until; ++next_start) {
      if (starts[next_start] >= wish.since) ++result->starts;
      tried->daemon_started(starts[next_start]);
      standing->daemon_started(starts[next_start]);
    }
  }
  void add_fixes(std::vector<std::string> const& blobs) {
    for (auto const& blob : blobs) {
      auto const fixes = people::decode_batch(blob);
      if (!fixes) ++result->damaged;
      if (!fixes) continue;
      for (auto const& fix : *fixes) {
        auto const at = from_unix_ms(fix.wall_ms);
        if (at > wish.until) continue;
        if (next_start < starts.size() && starts[next_start] <= at) start_daemons(at);
        tried->take(fix);
        standing->take(fix);
      }
      result->fixes += std::ssize(*fixes);
    }
  }
  void finish() {
    start_daemons(wish.until);
    tried->finish(wish.until);
    standing->finish(wish.until);
    result->outcomes = tried->outcomes();
    result->in_force = standing->outcomes();
    tried.reset();
    standing.reset();
  }
};

ReplayRun::ReplayRun(Ports ports, ReplayWish wish, Tell tell)
    : ports_(ports), tell_(std::move(tell)), state_(std::make_shared<State>()) {
  state_->wish = std::move(wish);
}

ReplayRun::~ReplayRun() = default;

Task<Result<std::shared_ptr<ReplayResult const>>> ReplayRun::run() {
  auto const calls = co_await read_calls();
  if (!calls) co_return std::unexpected(calls.error());
  auto starts = co_await ports_.history.starts();
  if (!starts) co_return std::unexpected(starts.error());
  state_->starts = std::move(*starts);
  auto const extent = co_await choose_fixes();
  if (!extent) co_return std::unexpected(extent.error());
  auto const fixes = co_await fold_fixes(*extent);
  if (!fixes) co_return std::unexpected(fixes.error());
  co_return state_->result;
}

Task<void> ReplayRun::end() {
  co_await ports_.helper.run([state = std::move(state_)]() mutable {
    state.reset();
    return true;
  });
}

Task<Result<void>> ReplayRun::read_calls() {
  PastCallsStore calls(ports_.database, state_->wish.since, state_->wish.until);
  auto const total = co_await calls.count();
  if (!total) co_return std::unexpected(total.error());
  if (*total > kMostReplayedCalls)
    co_return failure(ErrorKind::malformed,
                      fmt::format("there are {} calls in that time and at most {} can be replayed "
                                  "at once: choose a shorter one with --since and --until",
                                  *total, kMostReplayedCalls));
  std::int64_t done = 0;
  for (PastCallsPage page; !page.end;) {
    if (!tell_("calls", done, *total)) co_return std::unexpected(given_up());
    auto next = co_await calls.after(std::move(page));
    if (!next) co_return std::unexpected(next.error());
    page = std::move(*next);
    done += std::ssize(page.documents);
    auto const documents =
        std::make_shared<std::vector<std::string> const>(std::exchange(page.documents, {}));
    co_await ports_.helper.run([state = state_, documents] {
      state->add_calls(*documents);
      return true;
    });
  }
  co_return Result<void>{};
}

/// All fixes up to the end, where that is possible: whoever posted last long before the window is
/// stale in it, and not without any position.
Task<Result<people::FixHistoryStore::Extent>> ReplayRun::choose_fixes() {
  auto const& wish = state_->wish;
  auto extent = co_await ports_.history.extent(Instant{}, wish.until);
  if (!extent || extent->fixes <= kMostReplayedFixes) co_return extent;
  auto const timeout = std::max(wish.policy->timeout, wish.in_force->timeout);
  auto const from = wish.since - std::max<Milliseconds>(kWarmUp, 2 * timeout);
  extent = co_await ports_.history.extent(from, wish.until);
  if (!extent) co_return extent;
  state_->result->fixes_since = from;
  if (extent->fixes > kMostReplayedFixes)
    co_return failure(ErrorKind::malformed,
                      fmt::format("{} positions were posted in that time and the hour before, and "
                                  "at most {} can be replayed at once: choose a shorter time with "
                                  "--since and --until",
                                  extent->fixes, kMostReplayedFixes));
  co_return extent;
}

Task<Result<void>> ReplayRun::fold_fixes(people::FixHistoryStore::Extent extent) {
  auto const on_helper = [this](auto work) {
    return ports_.helper.run([state = state_, work = std::move(work)] {
      work(*state);
      return true;
    });
  };
  co_await on_helper([](State& state) { state.begin(); });
  auto after = extent.after;
  for (bool end = false; !end;) {
    if (!tell_("positions", state_->result->fixes, extent.fixes))
      co_return std::unexpected(given_up());
    auto page = co_await ports_.history.page(after, state_->wish.until);
    if (!page) co_return std::unexpected(page.error());
    after = page->last;
    end = page->end;
    auto const blobs = std::make_shared<std::vector<std::string> const>(std::move(page->blobs));
    co_await on_helper([blobs](State& state) { state.add_fixes(*blobs); });
  }
  co_await on_helper([](State& state) { state.finish(); });
  co_return Result<void>{};
}

}  // namespace wardroom::call_blocking
