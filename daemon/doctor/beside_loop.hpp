/// Runs work that blocks (a file system, a mail server) on a thread of its own, for checks: unlike
/// Helpers the wait ends at once when it is cancelled, and the work is told to stop.
#pragma once
#include "runtime/task.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>

namespace wardroom::doctor {

/// On the loop. Its end waits for what runs: give long work an `interrupt`.
class BesideLoop {
 public:
  /// Without threads the work runs on the loop itself: for tests on virtual time.
  explicit BesideLoop(Executor loop, std::size_t threads = 2) : loop_(loop) {
    if (threads != 0) pool_.emplace(threads);
  }
  ~BesideLoop() {
    if (pool_) pool_->join();
  }

  /// Values in, value out. `interrupt` (may be empty; any thread) makes `work` end soon.
  template <class F>
  Task<std::invoke_result_t<F>> run(F work, std::function<void()> interrupt = {}) {
    namespace asio = boost::asio;
    if (!pool_) co_return work();
    using T = std::invoke_result_t<F>;
    struct Outcome {
      std::optional<T> value;
      std::exception_ptr trouble;
      bool over = false;  ///< the wait; on the loop
    };
    auto const outcome = std::make_shared<Outcome>();
    auto start = [this, outcome, interrupt = std::move(interrupt),
                  work = std::move(work)](auto handler) mutable {
      auto slot = asio::get_associated_cancellation_slot(handler);
      auto const waiting = std::make_shared<decltype(handler)>(std::move(handler));
      auto finish = [outcome, waiting, slot](boost::system::error_code error) mutable {
        if (std::exchange(outcome->over, true)) return;
        if (slot.is_connected()) slot.clear();
        (*waiting)(error);
      };
      if (slot.is_connected())
        slot.assign([this, outcome, finish, interrupt](asio::cancellation_type) mutable {
          if (interrupt) interrupt();
          // Not from within the cancelling itself.
          asio::post(loop_, [finish]() mutable { finish(asio::error::operation_aborted); });
        });
      asio::post(*pool_, [this, outcome, finish, work = std::move(work)]() mutable {
        std::optional<T> value;
        std::exception_ptr trouble;
        try {
          value.emplace(work());
        } catch (...) {
          trouble = std::current_exception();
        }
        // Moved: the last to hold the waiting coroutine must be the loop.
        asio::post(loop_, [outcome, finish = std::move(finish), value = std::move(value),
                           trouble]() mutable {
          outcome->value = std::move(value);
          outcome->trouble = trouble;
          finish({});
        });
      });
    };
    co_await asio::async_initiate<asio::use_awaitable_t<Executor> const,
                                  void(boost::system::error_code)>(std::move(start), use_task);
    if (outcome->trouble) std::rethrow_exception(outcome->trouble);
    co_return std::move(*outcome->value);
  }

 private:
  Executor loop_;
  std::optional<boost::asio::thread_pool> pool_;
};

}  // namespace wardroom::doctor
