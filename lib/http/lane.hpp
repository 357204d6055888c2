/// The connections to one origin: who may take one, who waits, and when to open more.
#pragma once
#include "http/lane_connection.hpp"

#include <list>
#include <memory>
#include <optional>

namespace wardroom::http {

/// Used on the loop. Connections are opened and read by tasks outside; this only keeps the books.
class Lane {
 public:
  using ConnectionPtr = std::shared_ptr<LaneConnection>;

  Lane(Executor loop, Origin o, std::string to, std::size_t kept_for_urgent)
      : origin(std::move(o)), connect_to(std::move(to)), loop_(loop), kept_(kept_for_urgent) {}

  /// A connection for one exchange. Waits while others have them all; an error when none is open
  /// and none can be opened.
  Task<Result<ConnectionPtr>> acquire(bool urgent);
  /// Free for the next exchange.
  void offer(ConnectionPtr connection);

  /// Before an attempt to open: while nothing is open only one tries, the others wait for it.
  bool may_open() const { return !open_.empty() || opening_ == 0; }
  void begin_opening() { ++opening_; }
  void opened(ConnectionPtr connection);
  void failed_to_open(Error const& why);
  void gave_up_opening() { --opening_; }
  void lost(ConnectionPtr const& connection);

  /// Until `delay` has passed, or somebody needs a connection, or the first one stands. Where
  /// somebody waits for one already, 100 ms at most.
  Task<void> rest(Clock& clock, Milliseconds delay);
  void close();
  bool closed() const { return closed_; }

  std::size_t open() const { return open_.size(); }
  std::size_t idle() const { return idle_.size(); }
  std::size_t waiting() const { return waiting_[0].size() + waiting_[1].size(); }

  /// An answer came after so long: the smoothed time decides about growth.
  void answered_after(BootClock::duration took);
  /// Whether more connections would help: somebody waits for one although the loop keeps up,
  /// because the other side takes its time. One at a time, each some milliseconds after the last:
  /// a handshake takes the loop about as long as twenty answers.
  bool should_grow(Uptime now) const;
  void grown(Uptime now) { grown_at_ = now; }
  /// More than were asked for, and nobody waits: one that ends is not opened again.
  bool may_shrink() const { return wanted > base && waiting() == 0; }
  /// Closes one that was opened for a rush long over.
  void trim(Uptime now);

  Origin const origin;
  std::string const connect_to;
  std::size_t base = 0;    ///< connections asked for
  std::size_t wanted = 0;  ///< connections, one task each; more than `base` after a rush

 private:
  struct Waiter {
    explicit Waiter(Executor loop) : called(loop) {}
    Wake called;
    ConnectionPtr connection;
    std::optional<Error> error;
    std::list<Waiter*>::iterator place{};  ///< while `queued`: leaving costs no search
    bool queued = false;
  };
  ConnectionPtr take(bool urgent);
  void hand_out();
  void fail_waiting(Error const& why);
  void wake_resting();
  std::size_t kept_now() const { return std::min(kept_, open_.size() / 2); }

  Executor loop_;
  std::size_t kept_;
  std::list<ConnectionPtr> open_;
  std::vector<ConnectionPtr> idle_;  ///< the last used is taken first
  std::list<Waiter*> waiting_[2];    ///< urgent, other
  std::list<Wake*> resting_;
  std::size_t opening_ = 0;
  BootClock::duration answer_time_{};
  std::optional<Uptime> grown_at_;
  bool closed_ = false;
};

}  // namespace wardroom::http
