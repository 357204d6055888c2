/// The store in a PostgreSQL database: a writer's thread, a reader's thread, and the loop between
/// them. One daemon a database: the writer's session holds an advisory lock.
#pragma once
#include "store/database.hpp"
#include "store/postgres_batch.hpp"
#include "store/postgres_reader.hpp"
#include "store/writer.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::store {

class PostgresDatabase final : public Database {
 public:
  /// Looks at a store that was there before; throws StoreError to have it left as it is.
  using Admit = std::function<void(Sql&)>;
  /// Connects, checks the server and, once `admit` (may be empty) lets it, brings the schema up to
  /// date; blocks, so call it at start.
  /// Errors: conflict = another daemon uses it (exit 75); unavailable = not reachable, a standby
  /// (74); malformed = damaged (74); denied = newer schema, rights, password, fsync off, an old
  /// server (78); those of `admit`.
  static Result<std::unique_ptr<PostgresDatabase>> open(Executor loop, Clock& clock,
                                                        PostgresSettings settings,
                                                        std::vector<Migration> steps,
                                                        Admit const& admit = {});
  /// Call close() first, while those who wait for answers are alive: this only joins the threads
  /// and drops what waits.
  ~PostgresDatabase() override;

  using Database::read;
  using Database::write;
  /// Refused at once with `throttled` while more than settings.queue units wait.
  void write(Unit unit, Committed then) override;
  std::size_t add_source(Source source) override { return writer_->add_source(std::move(source)); }
  void wake_source(std::size_t source) override { writer_->wake_source(source); }
  void read(Unit work, Committed then) override { reader_->read(std::move(work), std::move(then)); }
  /// `trouble` also tells of a server that is away while a batch waits for it.
  WriterHealth const& health() const override;

  std::string address() const override { return address_; }

  /// A server that is away is asked once more, not waited for.
  void hurry() override;
  void close() override;

 protected:
  Executor executor() const override { return loop_; }

 private:
  PostgresDatabase(Executor loop, Clock& clock, PostgresSettings settings);
  void start(std::vector<Migration> steps, Admit const& admit);
  void hear(std::string trouble);

  Executor loop_;
  Clock& clock_;
  PostgresSettings settings_;
  std::string address_;
  std::size_t waiting_ = 0;            ///< units written and not yet answered
  std::optional<std::string> outage_;  ///< what the writer's thread last told
  mutable WriterHealth health_;
  std::unique_ptr<PostgresBatches> batches_;
  std::unique_ptr<PostgresReader> reader_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  std::unique_ptr<Writer> writer_;
};

}  // namespace wardroom::store
