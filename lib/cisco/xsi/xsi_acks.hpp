/// Acknowledges events, each by its own request on the fast lane, without anybody waiting for it.
///
/// An acknowledgement begins only after the events that came with its own were decided about, and
/// a few begin in each turn of the loop: what ends calls goes first. While events come in crowds
/// none begins, for a tenth of a second at most. Each XSP has its own queue, so that one which
/// answers slowly delays no other. Source: xsi.md 7 (status 200 always; 404 would
/// delete the channel, 481 the subscription; p99 500 ms).
#pragma once
#include "cisco/xsi/xsi_http.hpp"
#include "domain/call.hpp"
#include "runtime/task_group.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

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
  /// Told once an acknowledgement is answered for good, or given up (status 0); `took` counts from
  /// send().
  using OnAnswered = std::function<void(EventId const&, int status, BootClock::duration took)>;
  /// `tasks` must be stopped before this dies.
  XsiAcks(XsiHttp& lane, Clock& clock, Executor loop, TaskGroup& tasks, Milliseconds timeout,
          AckCounts& counts, OnAnswered on_answered);

  /// Returns at once; the request leaves in a later turn of the loop.
  void send(AckTarget const& target, EventId event);
  std::size_t waiting() const { return waiting_; }
  std::size_t in_flight() const { return in_flight_; }

  /// Waiting for one XSP; who comes then takes the place of the oldest.
  static constexpr std::size_t most_waiting = 20'000;
  /// The server has closed the channel long before.
  static constexpr BootClock::duration longest_wait = std::chrono::seconds(10);
  /// To one XSP: as many as a server that answers at once keeps busy, or a slow one.
  static constexpr std::size_t quick_in_flight = 8, most_in_flight = 128;
  static constexpr BootClock::duration slow_answer = std::chrono::milliseconds(5);
  /// So many events since the last turn are a crowd, which goes first for so long.
  static constexpr std::size_t crowd = 4;
  static constexpr BootClock::duration patience = std::chrono::milliseconds(100);
  /// Of one turn of the loop.
  static constexpr BootClock::duration slice = std::chrono::microseconds(500);
  static constexpr std::size_t most_a_slice = 16;

 private:
  struct Item {
    EventId event;
    Uptime since{};
  };
  /// One XSP.
  struct Way {
    AckTarget target;  ///< as it was last told: cookies change
    std::deque<Item> items;
    std::size_t in_flight = 0;
    BootClock::duration answer_time{};  ///< smoothed
    bool has_room() const {
      return in_flight < (answer_time < slow_answer ? quick_in_flight : most_in_flight);
    }
  };
  using WayPtr = std::shared_ptr<Way>;
  Way& way_to(AckTarget const& target);
  void start_soon();
  void start_some();
  bool crowded() const;
  bool start_one(WayPtr const& way);
  Task<void> deliver(WayPtr way, Item item);
  Task<void> ask(Way& way, Item const& item);
  void give_up(Item const& item, int status, std::string const& why);

  XsiHttp& lane_;
  Clock& clock_;
  Executor loop_;
  TaskGroup& tasks_;
  Milliseconds timeout_;
  AckCounts& counts_;
  OnAnswered on_answered_;
  std::vector<WayPtr> ways_;
  std::size_t waiting_ = 0, in_flight_ = 0;
  std::size_t fresh_ = 0;     // came since the last turn
  std::uint64_t untold_ = 0;  // given up since the last warning
  std::optional<Uptime> told_at_;
  bool start_posted_ = false;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // posted handlers hold it weakly
};

}  // namespace wardroom::xsi
