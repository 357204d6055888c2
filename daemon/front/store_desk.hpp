/// What the long jobs of the store's verbs share: one at a time, on a thread beside the loop, with
/// lines of progress, until nobody wants it any more.
#pragma once
#include "front/ndjson.hpp"
#include "front/store_verbs.hpp"
#include "runtime/helpers.hpp"
#include "store/store_move.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace wardroom::front {

using StoreStream = std::shared_ptr<http::ResponseStream>;

/// A stream with more than this waiting gets no more for now.
inline constexpr std::size_t most_backlog = 1u << 20;
/// The row of `meta` that tells of the last backup.
inline constexpr std::string_view last_backup = "store.last_backup";

/// One long job at a time, on a thread of its own.
struct StoreDesk {
  explicit StoreDesk(StorePorts given) : ports(std::move(given)), helper(ports.loop, 1) {}

  StorePorts ports;
  std::string busy;  ///< what runs: "a backup"; empty = nothing
  Helpers helper;
};
using SharedDesk = std::shared_ptr<StoreDesk>;

/// Says on the loop, a few times a second, whether somebody still wants the job; the job asks
/// `given_up` on its own thread.
class JobWatch {
 public:
  JobWatch(StoreDesk& desk, StoreStream stream, std::function<void()> give_up)
      : desk_(desk), stream_(std::move(stream)), give_up_(std::move(give_up)) {
    look();
  }
  bool given_up() const { return gone_; }

 private:
  void look() {
    if (!gone_ && (!stream_->open() || desk_.ports.tasks.stopping())) {
      gone_ = true;
      give_up_();
    }
    if (!gone_) timer_ = desk_.ports.clock.after(Milliseconds(50), [this] { look(); });
  }
  StoreDesk& desk_;
  StoreStream stream_;
  std::function<void()> give_up_;
  std::atomic<bool> gone_ = false;
  TimerHandle timer_;
};

/// Progress lines, at most some a second; `rows` may be told from any thread by way of the loop.
class JobTeller {
 public:
  JobTeller(StoreDesk& desk, StoreStream stream) : desk_(desk), stream_(std::move(stream)) {}
  void tell(store::MoveProgress const& progress) {
    auto const now = desk_.ports.clock.uptime();
    if (progress.phase == phase_ && now < next_) return;
    phase_ = progress.phase;
    next_ = now + Milliseconds(200);
    nlohmann::ordered_json line{{"phase", progress.phase}};
    if (!progress.table.empty()) line["table"] = progress.table;
    line["rows"] = progress.rows;
    if (progress.total > 0) line["total"] = progress.total;
    if (stream_->backlog() < most_backlog) write_line(*stream_, line);
  }

 private:
  StoreDesk& desk_;
  StoreStream stream_;
  std::string phase_;
  Uptime next_{};
};

template <class Work>
Task<Result<void>> on_thread(StoreDesk& desk, Work work) {
  co_return co_await desk.helper.run([work = std::move(work)]() mutable -> Result<void> {
    try {
      work();
      return {};
    } catch (store::StoreError const& e) {
      return std::unexpected(e.error());
    } catch (std::exception const& e) {
      return failure(ErrorKind::internal, e.what());
    }
  });
}

using StoreJob = Task<Result<nlohmann::ordered_json>> (*)(SharedDesk, StoreStream,
                                                          control::VerbCall const&);
Task<Result<nlohmann::ordered_json>> make_backup(SharedDesk desk, StoreStream stream,
                                                 control::VerbCall const& call);
Task<Result<nlohmann::ordered_json>> migrate_store(SharedDesk desk, StoreStream stream,
                                                   control::VerbCall const& call);

}  // namespace wardroom::front
