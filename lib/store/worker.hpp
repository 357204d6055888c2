/// One thread that runs jobs in the order they came; the database's writer and reader each own one.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace wardroom::store {

class Worker {
 public:
  /// `name` as seen in ps and gdb, at most 15 characters.
  explicit Worker(char const* name);
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

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::move_only_function<void()>> jobs_;
  bool running_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace wardroom::store
