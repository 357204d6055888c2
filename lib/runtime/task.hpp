/// Task<T>: our name for a coroutine on the one loop.
#pragma once
#include "base/result.hpp"
#include "runtime/clock.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>
#include <variant>

namespace wardroom {

/// Resolves to `task`'s result, or to `timed_out` after `limit`; the loser is cancelled and
/// awaited. `what` names the work in the error.
template <class T>
Task<Result<T>> within(Clock& clock, Milliseconds limit, std::string what, Task<Result<T>> task) {
  using namespace boost::asio::experimental::awaitable_operators;
  auto first = co_await (std::move(task) || clock.sleep_for(limit));
  if (first.index() == 0) co_return std::get<0>(std::move(first));
  co_return failure(ErrorKind::timed_out,
                    what + " took longer than " + std::to_string(limit.count()) + " ms");
}

}  // namespace wardroom
