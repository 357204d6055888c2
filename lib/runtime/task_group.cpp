#include "runtime/task_group.hpp"

#include "base/log.hpp"
#include "base/planted.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <boost/system/system_error.hpp>

#include <cassert>

namespace wardroom {
namespace asio = boost::asio;

bool is_cancellation(std::exception_ptr const& why) {
  try {
    std::rethrow_exception(why);
  } catch (boost::system::system_error const& e) {
    return e.code() == asio::error::operation_aborted;
  } catch (asio::multiple_exceptions const& e) {
    return is_cancellation(e.first_exception());  // both sides of a race were cancelled
  } catch (...) {
    return false;  // anything else is a failure, which the caller reports
  }
}

std::string words_of(std::exception_ptr const& why) {
  try {
    std::rethrow_exception(why);
  } catch (std::exception const& e) {
    return e.what();
  } catch (...) {
    return "an exception that is not a std::exception";
  }
}

TaskGroup::TaskGroup(Executor loop, OnFailure on_failure)
    : loop_(loop), on_failure_(std::move(on_failure)) {}

TaskGroup::~TaskGroup() { assert(tasks_.empty() && "a TaskGroup must be stopped before it dies"); }

void TaskGroup::spawn(std::string name, std::function<Task<void>()> body) {
  if (stopping_) return;
  auto task = tasks_.emplace(tasks_.end());
  task->name = std::move(name);
  task->body = std::move(body);
  asio::co_spawn(
      loop_, [task]() -> Task<void> { return task->body(); },
      asio::bind_cancellation_slot(task->signal.slot(), [this, task](std::exception_ptr why) {
        std::string const name = std::move(task->name);
        if (!WARDROOM_PLANTED("ended-task-stays") || name != "notice") tasks_.erase(task);
        if (why && on_failure_ && !is_cancellation(why)) on_failure_(name, why);
      }));
}

void TaskGroup::cancel_all(asio::cancellation_type type) {
  // A task that ends at once removes itself while we walk.
  for (auto task = tasks_.begin(); task != tasks_.end();) (task++)->signal.emit(type);
}

Task<void> TaskGroup::stop(Clock& clock, Milliseconds patience) {
  stopping_ = true;
  cancel_all(asio::cancellation_type::total);
  auto const deadline = clock.uptime() + patience;
  while (!tasks_.empty() && clock.uptime() < deadline) co_await clock.sleep_for(Milliseconds(5));
  for (auto const& task : tasks_)
    log::debug("a task is cancelled: it did not end by itself", {{"task", task.name}});
  while (!tasks_.empty()) {
    cancel_all(asio::cancellation_type::terminal);
    co_await clock.sleep_for(Milliseconds(1));
  }
}

Task<void> finish_politely() {
  // Handed down as terminal: branches that run side by side (within, ||, &&) listen to nothing
  // less, and a group of them passes on the first cancellation only, so the firm wave would come
  // too late.
  co_await asio::this_coro::reset_cancellation_state([](asio::cancellation_type type) {
    return type == asio::cancellation_type::none ? type : asio::cancellation_type::terminal;
  });
}

}  // namespace wardroom
