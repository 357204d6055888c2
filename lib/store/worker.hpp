/// One thread that runs jobs in the order they came; the database's writer and reader each own one.
/// Where one loop is to do everything, it runs them there.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>

namespace wardroom::store {

/// Has `run` called on the loop, at once or at a later moment; called once for each job. The name
/// is that of the worker.
using RunLater = std::function<void(std::string_view worker, std::function<void()> run)>;

class Worker {
 public:
  /// `name` as seen in ps and gdb, at most 15 characters. Given `later`, there is no thread: jobs
  /// run in their order when `later` calls, or within wait_idle() and stop().
  explicit Worker(char const* name, RunLater later = {});
  ~Worker();  ///< stop()
  Worker(Worker const&) = delete;
  Worker& operator=(Worker const&) = delete;

  /// Any thread. Jobs do not throw.
  void post(std::move_only_function<void()> job);
  /// Blocks until every job posted so far has ended.
  void wait_idle();
  /// Finishes the jobs already posted, then ends the thread.
  void stop();

 private:
  void work();
  void run_next();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::move_only_function<void()>> jobs_;
  bool running_ = false;
  bool stopping_ = false;
  char const* name_;
  RunLater later_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  std::thread thread_;
};

}  // namespace wardroom::store
