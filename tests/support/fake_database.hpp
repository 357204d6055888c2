/// A store in memory without threads: batches run on the loop, in order, when a test lets it turn.
/// Real SQL, the real batch code; a test can hold commits back, make one fail, or pull the plug.
#pragma once
#include "store/batch.hpp"
#include "store/migrations.hpp"

#include <boost/asio/post.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace wardroom::test {

/// What survives when a FakeDatabase dies: hand it to the next one to play a restart.
using FakeDisk = std::shared_ptr<store::SqliteConnection>;

class FakeDatabase final : public store::Database {
 public:
  FakeDatabase(boost::asio::io_context& io, Clock& clock, std::vector<store::Migration> steps = {},
               FakeDisk disk = nullptr)
      : io_(io), clock_(clock), disk_(std::move(disk)) {
    using Use = store::SqliteConnection::Use;
    if (!disk_) disk_ = std::make_shared<store::SqliteConnection>("in memory", Use::in_memory);
    store::migrate(*disk_, std::move(steps), clock.now());
  }

  using Database::read;
  using Database::write;
  void write(store::Unit unit, store::Committed then) override {
    queue_.emplace_back(std::move(unit), std::move(then));
    schedule();
  }
  std::size_t add_source(Source source) override {
    sources_.push_back({std::move(source)});
    return sources_.size() - 1;
  }
  void wake_source(std::size_t source) override {
    sources_.at(source).awake = true;
    schedule();
  }
  void read(store::Unit work, store::Committed then) override {
    boost::asio::post(io_, [this, alive = alive(), work = std::move(work), then = std::move(then)] {
      if (alive.expired()) return;
      store::Unit const units[] = {work};
      auto result = store::run_batch(*disk_, units);
      then(std::move(result.answers.front()));
    });
  }
  store::WriterHealth const& health() const override { return health_; }
  std::string address() const override { return "in memory"; }
  void close() override {}  // nothing runs but the loop

  FakeDisk disk() const { return disk_; }
  /// Direct SQL, for looking and for preparing.
  store::Sql& sql() { return *disk_; }

  /// No batch starts until release().
  void hold() { held_ = true; }
  void release() {
    held_ = false;
    schedule();
  }
  /// The next batch fails as a whole with this error; nothing of it is kept.
  void fail_next_commit(Error error) { failing_ = std::move(error); }
  /// From now on every batch fails so, until it is called with nothing.
  void fail_commits(std::optional<Error> error) { always_failing_ = std::move(error); }
  /// As fail_next_commit, but the batch is kept all the same: what a failed fsync may leave behind.
  void lose_next_answer(Error error) { losing_ = std::move(error); }

 protected:
  Executor executor() const override { return io_.get_executor(); }

 private:
  struct Waking {
    Source ask;
    bool awake = false;
  };
  std::weak_ptr<int> alive() const { return alive_; }

  void schedule() {
    if (held_ || std::exchange(scheduled_, true)) return;
    boost::asio::post(io_, [this, alive = alive()] {
      if (alive.expired()) return;
      scheduled_ = false;
      if (!held_) commit();
    });
  }

  void commit() {
    auto batch = std::exchange(queue_, {});
    for (auto& source : sources_)
      if (std::exchange(source.awake, false)) source.ask(batch);
    if (batch.empty()) return;
    std::vector<store::Unit> units;
    for (auto& [unit, then] : batch) units.push_back(std::move(unit));
    auto result = run(units);
    if (result.trouble) {
      ++health_.failures;
      health_.trouble = result.trouble->what;
    } else {
      ++health_.commits;
      health_.units += units.size();
      health_.last_commit = clock_.uptime();
      health_.trouble.reset();
    }
    for (std::size_t i = 0; i < batch.size(); ++i)
      if (auto& then = batch[i].second) then(std::move(result.answers[i]));
  }

  store::BatchResult run(std::vector<store::Unit> const& units) {
    if (auto error = std::exchange(failing_, std::nullopt))
      return store::failed_batch(units.size(), std::move(*error));
    if (always_failing_) return store::failed_batch(units.size(), *always_failing_);
    auto result = store::run_batch(*disk_, units);
    if (auto error = std::exchange(losing_, std::nullopt))
      return store::failed_batch(units.size(), std::move(*error));
    return result;
  }

  boost::asio::io_context& io_;
  Clock& clock_;
  FakeDisk disk_;
  std::vector<std::pair<store::Unit, store::Committed>> queue_;
  std::vector<Waking> sources_;
  store::WriterHealth health_;
  std::optional<Error> failing_, always_failing_, losing_;
  bool held_ = false;
  bool scheduled_ = false;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace wardroom::test
