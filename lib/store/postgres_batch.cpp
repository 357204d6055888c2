#include "store/postgres_batch.hpp"

#include "store/failpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace wardroom::store {

namespace {
using Steady = std::chrono::steady_clock;

[[maybe_unused]] StoreError injected() {
  return StoreError(Error{ErrorKind::unavailable, "an I/O error was injected"});
}

Error not_done(Error error) {
  error.not_done = true;
  return error;
}

std::string random_name() {
  std::random_device dice;
  return fmt::format("{:08x}{:08x}", dice(), dice());
}

}  // namespace

PostgresBatches::PostgresBatches(PostgresSettings const& settings,
                                 std::unique_ptr<PostgresConnection> connection, Trouble tell)
    : settings_(settings),
      connection_(std::move(connection)),
      last_session_(connection_->session()),
      tell_(std::move(tell)),
      run_name_(random_name()) {}

void PostgresBatches::hurry() {
  {
    std::lock_guard lock(mutex_);
    hurried_ = true;
  }
  hurry_up_.notify_all();
}

/// False when there is no time left to wait.
bool PostgresBatches::pause(Milliseconds span) {
  std::unique_lock lock(mutex_);
  return !hurry_up_.wait_for(lock, span, [this] { return hurried_; });
}

void PostgresBatches::connect(Milliseconds patience) {
  if (connection_ && connection_->alive()) return;
  connection_.reset();
  auto const until = Steady::now() + patience;
  for (auto wait = settings_.pause_least;; wait = std::min(wait * 2, settings_.pause_most)) {
    try {
      connection_ = std::make_unique<PostgresConnection>(settings_, PostgresConnection::Use::write,
                                                         last_session_);
      last_session_ = connection_->session();
      if (std::exchange(told_, false)) tell_("");
      return;
    } catch (StoreError const& e) {
      told_ = true;
      tell_(e.error().what);
      if (Steady::now() + wait >= until || !pause(wait)) throw StoreError(not_done(e.error()));
    }
  }
}

void PostgresBatches::begin(std::string const& token) {
  connection_->script(
      fmt::format("BEGIN; INSERT INTO writer_batch (one, token) VALUES (1, '{}') ON CONFLICT (one) "
                  "DO UPDATE SET token = excluded.token; SAVEPOINT unit",
                  token));
}

/// A session may have ended while nothing was written: nothing is lost by taking a new one.
void PostgresBatches::begin_anew(std::string const& token) {
  connect(settings_.patience);
  try {
    return begin(token);
  } catch (StoreError const& e) {
    if (connection_->alive()) throw StoreError(not_done(e.error()));
  }
  connect(settings_.patience);
  begin(token);
}

Result<void> PostgresBatches::run_unit(Unit const& unit, bool last) {
  Error error;
  try {
    unit(*connection_);
    connection_->script(last ? "RELEASE unit" : "RELEASE unit; SAVEPOINT unit");
    return {};
  } catch (StoreError const& e) {
    error = e.error();
  } catch (std::exception const& e) {
    error = Error{ErrorKind::internal, std::string("a unit of writing failed: ") + e.what()};
  }
  if (!connection_->alive()) throw StoreError(not_done(std::move(error)));
  connection_->script("ROLLBACK TO unit");
  return std::unexpected(std::move(error));
}

void PostgresBatches::attempt(std::span<Unit const> units, Flight& flight) {
  flight.result.answers.reserve(units.size());
  begin_anew(flight.token);
  for (std::size_t i = 0; i < units.size(); ++i)
    flight.result.answers.push_back(run_unit(units[i], i + 1 == units.size()));
  if (WARDROOM_FAILPOINT("writer.before_commit")) throw injected();
  flight.in_commit = true;
  if (WARDROOM_FAILPOINT("postgres.lost_before_commit")) connection_->interrupt();
  connection_->script("COMMIT");
  if (WARDROOM_FAILPOINT("postgres.lost_after_commit")) {
    connection_->interrupt();
    connection_->script("SELECT 1");
  }
}

BatchResult PostgresBatches::run(std::span<Unit const> units) {
  Flight flight{.result = {}, .token = fmt::format("{}-{}", run_name_, ++batches_)};
  Error error;
  try {
    attempt(units, flight);
    return std::move(flight.result);
  } catch (StoreError const& e) {
    error = e.error();
  }
  bool const alive = connection_ && connection_->alive();
  if (flight.in_commit && !alive) return settle(std::move(flight), units.size(), error);
  try {
    if (alive) connection_->script("ROLLBACK");
  } catch (StoreError const&) {
    connection_.reset();  // its end undoes the transaction as well
  }
  return failed_batch(units.size(), not_done(std::move(error)));
}

BatchResult PostgresBatches::settle(Flight flight, std::size_t units, Error const& lost) {
  try {
    // The new session holds the writer's lock: the old one has ended, one way or the other.
    connect(settings_.settling);
    auto const stored = connection_->script("SELECT token FROM writer_batch WHERE one = 1");
    if (stored == flight.token) return std::move(flight.result);
    return failed_batch(
        units, not_done({ErrorKind::unavailable,
                         fmt::format("the store went away before a commit reached it; nothing of "
                                     "the {} changes in it was kept: {}",
                                     units, lost.what)}));
  } catch (StoreError const& e) {
    return failed_batch(
        units, Error{ErrorKind::unavailable,
                     fmt::format("the store went away during a commit; whether the last {} "
                                 "changes were kept is not known until it is back: {}",
                                 units, e.error().what)});
  }
}

}  // namespace wardroom::store
