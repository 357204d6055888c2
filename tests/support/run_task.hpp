/// Runs one coroutine to its end on a loop, and gives its value or throws its exception.
#pragma once
#include "runtime/task.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>

namespace wardroom::test {

/// Real time, bounded: for tests over real sockets. Throws when `limit` passes first.
template <class T>
T run_task(boost::asio::io_context& io, Task<T> task,
           std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  std::exception_ptr why;
  std::optional<T> value;
  bool done = false;
  boost::asio::co_spawn(io.get_executor(), std::move(task), [&](std::exception_ptr e, T v) {
    why = e;
    if (!e) value.emplace(std::move(v));
    done = true;
  });
  auto const deadline = std::chrono::steady_clock::now() + limit;
  io.restart();
  while (!done && std::chrono::steady_clock::now() < deadline) {
    io.run_one_for(std::chrono::milliseconds(50));
    if (io.stopped()) io.restart();
  }
  if (!done) throw std::runtime_error("the task did not end in time");
  if (why) std::rethrow_exception(why);
  return std::move(*value);
}

inline void run_task(boost::asio::io_context& io, Task<void> task,
                     std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  auto wrapped = [](Task<void> inner) -> Task<bool> {
    co_await std::move(inner);
    co_return true;
  };
  run_task<bool>(io, wrapped(std::move(task)), limit);
}

/// Starts a coroutine and lets the test go on (virtual time); failures rethrow from the loop.
inline void start_task(boost::asio::io_context& io, Task<void> task) {
  boost::asio::co_spawn(io.get_executor(), std::move(task), [](std::exception_ptr e) {
    if (e) std::rethrow_exception(e);
  });
}

}  // namespace wardroom::test
