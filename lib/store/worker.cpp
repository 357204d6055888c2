#include "store/worker.hpp"

#include <pthread.h>
#include <signal.h>

namespace wardroom::store {

Worker::Worker(char const* name, RunLater later) : name_(name), later_(std::move(later)) {
  if (later_) return;
  // The new thread inherits the mask: signals belong to the loop's thread.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { work(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread_.native_handle(), name);
}

Worker::~Worker() { stop(); }

void Worker::post(std::move_only_function<void()> job) {
  {
    std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_all();
  if (later_)
    later_(name_, [this, alive = std::weak_ptr<int>(alive_)] {
      if (!alive.expired()) run_next();
    });
}

/// Without a thread. What stop() was faster with is no longer there.
void Worker::run_next() {
  if (jobs_.empty() || running_) return;
  running_ = true;
  auto job = std::move(jobs_.front());
  jobs_.pop_front();
  job();
  job = nullptr;
  running_ = false;
}

void Worker::wait_idle() {
  while (later_ && !jobs_.empty()) run_next();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return jobs_.empty() && !running_; });
}

void Worker::stop() {
  while (later_ && !jobs_.empty()) run_next();
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Worker::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return !jobs_.empty() || stopping_; });
    if (jobs_.empty()) return;
    {
      auto job = std::move(jobs_.front());
      jobs_.pop_front();
      running_ = true;
      lock.unlock();
      job();
      job = nullptr;  // what it holds dies before anybody sees us idle
      lock.lock();
    }
    running_ = false;
    changed_.notify_all();
  }
}

}  // namespace wardroom::store
