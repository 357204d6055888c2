#include "store/postgres_deadline.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

namespace wardroom::store {

PostgresDeadline::PostgresDeadline(int socket) : socket_(::fcntl(socket, F_DUPFD_CLOEXEC, 0)) {
  // The new thread inherits the mask: signals belong to the loop's thread.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { watch(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread_.native_handle(), "wardroom-watch");
}

PostgresDeadline::~PostgresDeadline() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  if (socket_ >= 0) ::close(socket_);
}

void PostgresDeadline::arm(std::chrono::milliseconds span) {
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    until_ = std::chrono::steady_clock::now() + span;
    wake = !sleeps_until_ || *sleeps_until_ > *until_;
  }
  if (wake) changed_.notify_all();
}

void PostgresDeadline::disarm() {
  std::lock_guard lock(mutex_);
  until_.reset();  // the watcher may wake for nothing; nobody needs to tell it
}

void PostgresDeadline::end_now() {
  std::lock_guard lock(mutex_);
  ::shutdown(socket_, SHUT_RDWR);
}

bool PostgresDeadline::expired() const {
  std::lock_guard lock(mutex_);
  return expired_;
}

void PostgresDeadline::watch() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    sleeps_until_ = until_;
    if (!until_) {
      changed_.wait(lock);
    } else if (std::chrono::steady_clock::now() >= *until_) {
      until_.reset();
      expired_ = true;
      ::shutdown(socket_, SHUT_RDWR);
    } else {
      changed_.wait_until(lock, std::chrono::steady_clock::time_point(*sleeps_until_));
    }
  }
}

}  // namespace wardroom::store
