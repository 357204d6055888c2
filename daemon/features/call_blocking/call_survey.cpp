#include "features/call_blocking/call_survey.hpp"

#include "base/log.hpp"

namespace wardroom::call_blocking {
namespace {
constexpr std::size_t kAtOnce = 8;
constexpr auto kSecondTry = std::chrono::seconds(2);
}  // namespace

void CallSurvey::start(std::vector<XsiUserId> targets) {
  waiting_.clear();
  seen_.clear();
  add(std::move(targets));
}

void CallSurvey::add(std::vector<XsiUserId> targets) {
  for (auto& target : targets)
    if (seen_.insert(target).second) waiting_.push_back({std::move(target)});
  start_workers();
}

void CallSurvey::start_workers() {
  // A worker begins at once and takes its first person out of the queue.
  while (workers_ < kAtOnce && !waiting_.empty()) {
    if (tasks_.stopping()) return;
    ++workers_;
    tasks_.spawn("survey live calls", [this]() -> Task<void> {
      struct Leave {
        std::size_t& workers;
        ~Leave() { --workers; }
      } const leave{workers_};
      co_await work();
    });
  }
}

Task<void> CallSurvey::work() {
  while (!waiting_.empty()) {
    auto item = std::move(waiting_.front());
    waiting_.pop_front();
    auto const asked = clock_.uptime();
    ++asked_;
    auto const legs = co_await calls_.live_calls(item.target);
    if (legs) {
      listed_(item.target, *legs, asked);
      continue;
    }
    if (legs.error().kind == ErrorKind::not_found) {
      listed_(item.target, {}, asked);  // no such user any more: no calls either
      continue;
    }
    ++failed_;
    log::warning("a person's live calls could not be listed", {{"why", legs.error().what}});
    if (item.second_try || !is_transient(legs.error().kind)) continue;
    item.second_try = true;
    co_await clock_.sleep_for(legs.error().retry_after.value_or(Milliseconds(kSecondTry)));
    waiting_.push_back(std::move(item));
  }
}

}  // namespace wardroom::call_blocking
