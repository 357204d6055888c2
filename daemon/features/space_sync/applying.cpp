#include "features/space_sync/applying.hpp"

#include "base/log.hpp"
#include "base/planted.hpp"
#include "features/space_sync/space_sync_verbs.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <fmt/format.h>

namespace wardroom::space_sync {
namespace {
using namespace boost::asio::experimental::awaitable_operators;

bool is_open(Step const& step) {
  return step.state == StepState::planned || step.state == StepState::begun;
}

}  // namespace

/// Counts a worker, also when it ends by an exception.
struct Applying::Worker {
  explicit Worker(Applying& applying) : owner(applying) {}
  ~Worker() {
    --owner.working_;
    owner.idle_.raise();
  }
  Worker(Worker const&) = delete;
  Worker& operator=(Worker const&) = delete;
  Applying& owner;
};

Applying::Applying(RunWorld& world, ActiveRunPtr run, Reading reading)
    : world_(world),
      run_(std::move(run)),
      acts_(world, run_, std::move(reading)),
      trail_(world.ports.audit, run_),
      idle_(world.ports.loop) {}

Task<Result<void>> Applying::go() {
  auto const self = shared_from_this();
  co_await all(Act::add);
  if (!resting()) co_await all(Act::remove);
  trail_.flush();
  for (auto const index : not_tried_) run_->steps[index].state = StepState::planned;
  if (broken_) co_return std::unexpected(*broken_);
  co_return Result<void>{};
}

Task<void> Applying::all(Act act) {
  auto& steps = run_->steps;
  todo_.clear();
  next_ = 0;
  std::size_t total = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].change.act != act) continue;
    ++total;
    if (is_open(steps[i])) todo_.push_back(i);
  }
  run_->enter(act == Act::add ? Stage::adding : Stage::removing, total);
  if (total > todo_.size()) run_->move_on(total - todo_.size());
  if (todo_.empty()) co_return;
  if (act == Act::remove) {
    if (auto const read = co_await acts_.read_groups_again(); !read)
      co_return refuse_removals(read.error());
    if (auto const may = co_await trail_.begin(todo_.size()); !may)
      co_return refuse_removals(may.error());
  }
  auto const workers = std::min(run_->concurrency, todo_.size());
  for (std::size_t i = 0; i < workers && !world_.tasks.stopping(); ++i) {
    ++working_;
    world_.tasks.spawn(fmt::format("steps of run {}", run_->run.id),
                       [self = shared_from_this()] { return self->work(); });
  }
  if (world_.tasks.stopping()) run_->stop = true;
  while (working_ > 0) co_await idle_.wait();
}

std::optional<std::size_t> Applying::take() {
  auto const end = todo_.size() - (WARDROOM_PLANTED("last-change-left-out") ? 1 : 0);
  if (resting() || next_ >= end) return std::nullopt;
  return todo_[next_++];
}

Task<void> Applying::work() {
  Worker const counted(*this);
  try {
    auto mine = take();
    std::optional<std::size_t> ended;
    if (mine) co_await note({}, mine);
    while (mine && !broken_) {
      auto const after = take();
      co_await (act_on(*mine) && note(ended, after));
      ended = mine;
      mine = after;
    }
    if (ended) co_await note_ended(*ended);
  } catch (std::exception const& e) {
    auto const why = std::current_exception();
    if (is_cancellation(why)) throw;
    broken_ = Error{ErrorKind::internal, fmt::format("applying broke off: {}", e.what())};
  }
}

Task<void> Applying::act_on(std::size_t index) {
  not_tried_.erase(index);
  // A copy: who reads the steps meanwhile sees them as they were.
  auto end = co_await acts_.perform(run_->steps[index]);
  if (end.error == ErrorKind::unauthorized && !broken_)
    broken_ =
        Error{ErrorKind::unauthorized,
              fmt::format("log in first: {} ({})", login_command(run_->identity), end.outcome)};
  settle(run_->steps[index], std::move(end));
}

void Applying::settle(Step& step, StepEnd end) {
  auto& counts = run_->run.counts;
  auto& totals = world_.counters;
  bool const adds = step.change.act == Act::add;
  step.state = end.state;
  step.outcome = std::move(end.outcome);
  step.membership = std::move(end.membership);
  step.at = world_.ports.clock.now();
  switch (step.state) {
    case StepState::done:
      ++(adds ? counts.added : counts.removed);
      ++(adds ? totals.added : totals.removed);
      if (!adds) trail_.removed(step.change.person);
      break;
    case StepState::already:
      ++counts.already;
      ++totals.already;
      break;
    case StepState::spared:
      ++counts.spared;
      ++totals.spared;
      break;
    case StepState::failed:
      ++counts.failed;
      ++totals.step_failures;
      break;
    default:
      ++counts.skipped;
  }
  run_->move_on(1, step.state == StepState::failed);
}

Task<void> Applying::note(std::optional<std::size_t> ended, std::optional<std::size_t> begun) {
  if (ended && begun)
    co_await (note_ended(*ended) && note_begun(*begun));
  else if (ended)
    co_await note_ended(*ended);
  else if (begun)
    co_await note_begun(*begun);
}

Task<void> Applying::note_begun(std::size_t index) {
  auto& step = run_->steps[index];
  if (step.state == StepState::begun) co_return;  // by the run that was broken off
  auto intent = step;
  intent.state = StepState::begun;
  intent.at = world_.ports.clock.now();
  auto const noted = co_await world_.store.note_step(run_->run.id, std::move(intent));
  if (!noted && !broken_) broken_ = noted.error();
  if (!noted) co_return;
  step.state = StepState::begun;
  not_tried_.insert(index);
}

Task<void> Applying::note_ended(std::size_t index) {
  auto const& step = run_->steps[index];
  auto const noted = co_await world_.store.note_step(run_->run.id, step);
  if (!noted && !broken_) broken_ = noted.error();
  run_->tell(step);
}

/// What cannot be told to the audit, or is not certain, is not done (reliability.md section 2).
void Applying::refuse_removals(Error const& why) {
  log::warning("removals of a sync were refused", {{"run", run_->run.id}, {"why", why.what}});
  broken_ = Error{why.kind, fmt::format("nobody was removed: {}", why.what)};
}

}  // namespace wardroom::space_sync
