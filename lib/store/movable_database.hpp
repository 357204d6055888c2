/// A Database that forwards to the engine in use, which can be another one from one moment to the
/// next: nobody who holds it notices more than a pause of their writes.
#pragma once
#include "store/database.hpp"

#include <boost/asio/post.hpp>

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace wardroom::store {

/// On the loop only.
class MovableDatabase final : public Database {
 public:
  static constexpr std::size_t most_held = 20'000;

  MovableDatabase(Executor loop, std::unique_ptr<Database> engine);

  using Database::read;
  using Database::write;
  /// While writes are held they queue, up to `most_held`; more are refused with `throttled`.
  void write(Unit unit, Committed then) override;
  std::size_t add_source(Source source) override;
  void wake_source(std::size_t source) override;
  void read(Unit work, Committed then) override;
  WriterHealth const& health() const override { return engine_->health(); }
  std::string address() const override { return engine_->address(); }
  /// What is still held is refused.
  void hurry() override { engine_->hurry(); }
  void close() override;

  /// From now on no write reaches the engine. Resolves when all that reached it before is answered;
  /// an error of that wait leaves the writes held.
  Task<Result<void>> hold();
  /// Runs a unit on the engine in use, past those that wait.
  Task<Result<void>> write_past(Unit unit);
  /// Gives what waits to the engine in use.
  void release();
  bool held() const { return held_; }
  /// The new engine is used from now on; the old one comes back, still open.
  std::unique_ptr<Database> change(std::unique_ptr<Database> engine);
  Database& engine() { return *engine_; }

 protected:
  Executor executor() const override { return loop_; }

 private:
  struct Waker {
    Source ask;
    std::size_t rows = 0;   ///< woken while writes were held
    std::size_t place = 0;  ///< in the engine in use
  };
  void register_source(Waker& waker);

  Executor loop_;
  std::unique_ptr<Database> engine_;
  std::vector<std::unique_ptr<Waker>> sources_;
  bool held_ = false, closed_ = false;
  std::deque<std::pair<Unit, Committed>> waiting_;
};

}  // namespace wardroom::store
