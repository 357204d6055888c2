/// Who waits for which read: shared by the readers of both engines. The work runs on the reader's
/// thread, the answers on the loop.
#pragma once
#include "store/database.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace wardroom::store {

/// On the loop, but for post(). The reader's thread must be stopped before this dies.
class ReadAnswers {
 public:
  explicit ReadAnswers(Executor loop) : loop_(loop) {}

  /// Keeps the loop going until it is answered.
  std::uint64_t expect(Committed then) {
    auto const id = next_++;
    waiting_.emplace(id, std::move(then));
    if (!keep_loop_) keep_loop_.emplace(loop_);
    return id;
  }
  std::size_t size() const { return waiting_.size(); }
  bool empty() const { return waiting_.empty(); }

  /// From the reader's thread: the answer runs on the loop, unless this is gone by then.
  void post(std::uint64_t id, Result<void> outcome) {
    boost::asio::post(loop_,
                      [this, id, outcome = std::move(outcome), alive = std::weak_ptr<int>(alive_)] {
                        if (!alive.expired()) answer(id, outcome);
                      });
  }

  /// The thread has stopped: nothing more comes, so nothing keeps the loop.
  void let_loop_go() { keep_loop_.reset(); }
  /// Everybody who still waits hears that the store closes; what the thread has posted meanwhile
  /// finds nobody.
  void cancel_all() {
    for (auto& [id, then] : std::exchange(waiting_, {}))
      if (then) then(failure(ErrorKind::cancelled, "the store is closing"));
  }

 private:
  void answer(std::uint64_t id, Result<void> outcome) {
    auto node = waiting_.extract(id);
    if (!node) return;
    if (waiting_.empty()) keep_loop_.reset();
    if (node.mapped()) node.mapped()(std::move(outcome));
  }

  Executor loop_;
  std::map<std::uint64_t, Committed> waiting_;
  std::uint64_t next_ = 0;
  std::optional<boost::asio::executor_work_guard<Executor>> keep_loop_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

/// Runs a read, which may throw; what it threw as the outcome.
template <class Read>
Result<void> outcome_of_read(Read read) {
  try {
    read();
    return {};
  } catch (StoreError const& e) {
    return std::unexpected(e.error());
  } catch (std::exception const& e) {
    return failure(ErrorKind::internal, std::string("a read of the store failed: ") + e.what());
  }
}

}  // namespace wardroom::store
