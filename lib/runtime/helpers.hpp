/// Two threads for long pure work: values in, values out, resumed on the loop.
#pragma once
#include "runtime/task.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>

namespace wardroom {

class Helpers {
 public:
  /// Without threads the work runs on the loop itself: for tests on virtual time.
  explicit Helpers(Executor loop, std::size_t threads = 2) : loop_(loop) {
    if (threads != 0) pool_.emplace(threads);
  }
  ~Helpers() {
    if (pool_) pool_->join();
  }

  /// Runs `work` on a helper; its exception comes back to the awaiting coroutine.
  /// Not cancellable once begun, so keep pieces short enough to wait for at stop.
  template <class F>
  Task<std::invoke_result_t<F>> run(F work) {
    if (!pool_) co_return work();
    using T = std::invoke_result_t<F>;
    auto answer = std::make_shared<std::optional<T>>();
    auto trouble = std::make_shared<std::exception_ptr>();
    auto start = [this, answer, trouble, work = std::move(work)](auto handler) mutable {
      auto shared = std::make_shared<decltype(handler)>(std::move(handler));
      boost::asio::post(*pool_, [this, answer, trouble, shared, work = std::move(work)]() mutable {
        try {
          answer->emplace(work());
        } catch (...) {
          *trouble = std::current_exception();
        }
        boost::asio::post(loop_, [shared] { (*shared)(); });
      });
    };
    co_await boost::asio::async_initiate<boost::asio::use_awaitable_t<Executor> const, void()>(
        std::move(start), use_task);
    if (*trouble) std::rethrow_exception(*trouble);
    co_return std::move(**answer);
  }

 private:
  Executor loop_;
  std::optional<boost::asio::thread_pool> pool_;
};

}  // namespace wardroom
