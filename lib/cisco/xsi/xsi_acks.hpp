/// Acknowledges events, each by its own request on the fast lane, without anybody waiting for it.
/// Source: xsi.md 7 (status 200 always; 404 would delete the channel, 481 the subscription).
#pragma once
#include "cisco/xsi/xsi_http.hpp"
#include "domain/call.hpp"
#include "runtime/task_group.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace wardroom::xsi {

/// Where an acknowledgement goes: the XSP its event came from, on the same address, with its
/// cookies.
struct AckTarget {
  std::string url, cookies, connect_to;
};

struct AckCounts {
  std::uint64_t sent = 0;    ///< accepted by the server
  std::uint64_t failed = 0;  ///< given up or refused
};

class XsiAcks {
 public:
  /// Told once an acknowledgement is answered for good, or given up (status 0).
  using OnAnswered = std::function<void(EventId const&, int status, BootClock::duration took)>;
  /// `tasks` must be stopped before this dies.
  XsiAcks(XsiHttp& lane, Clock& clock, TaskGroup& tasks, Milliseconds timeout, AckCounts& counts,
          OnAnswered on_answered);

  /// Returns at once; the request is under way when it does.
  void send(AckTarget target, EventId event);
  std::size_t in_flight() const { return in_flight_; }

 private:
  Task<void> deliver(AckTarget target, EventId event);

  XsiHttp& lane_;
  Clock& clock_;
  TaskGroup& tasks_;
  Milliseconds timeout_;
  AckCounts& counts_;
  OnAnswered on_answered_;
  std::size_t in_flight_ = 0;
};

}  // namespace wardroom::xsi
