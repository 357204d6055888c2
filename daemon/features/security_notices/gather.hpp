/// Runs several tasks at once and waits for the last of them.
#pragma once
#include "runtime/task_group.hpp"
#include "runtime/wake.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace wardroom::security_notices {

/// Each in `tasks`, so that a task that waits here and is cancelled leaves nothing behind that is
/// not awaited: what `work` uses must outlive the group's tasks. Throws operation_aborted when the
/// group is stopping.
inline Task<void> gather(TaskGroup& tasks, Executor loop, std::string name,
                         std::vector<std::function<Task<void>()>> work) {
  struct Rest {
    explicit Rest(Executor on) : wake(on) {}
    Wake wake;
    std::size_t left = 0;
  };
  if (work.empty()) co_return;
  if (tasks.stopping()) throw boost::system::system_error(boost::asio::error::operation_aborted);
  auto const rest = std::make_shared<Rest>(loop);
  rest->left = work.size();
  for (auto& one : work)
    tasks.spawn(name, [rest, one = std::move(one)]() -> Task<void> {
      struct Done {  // however it ends
        Rest& of;
        ~Done() {
          if (--of.left == 0) of.wake.raise();
        }
      } const done{*rest};
      co_await finish_politely();
      co_await one();
    });
  co_await rest->wake.wait();
}

}  // namespace wardroom::security_notices
