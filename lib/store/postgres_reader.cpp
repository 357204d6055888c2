#include "store/postgres_reader.hpp"

#include <boost/asio/post.hpp>

namespace wardroom::store {
namespace asio = boost::asio;

PostgresReader::PostgresReader(Executor loop, PostgresSettings const& settings,
                               std::unique_ptr<PostgresConnection> connection)
    : loop_(loop), settings_(settings), connection_(std::move(connection)) {}

PostgresReader::~PostgresReader() { stop_thread(); }

void PostgresReader::read(Unit work, Committed then) {
  auto refuse = [&](ErrorKind kind, std::string what) {
    asio::post(loop_, [then = std::move(then), kind, what = std::move(what)] {
      if (then) then(failure(kind, what));
    });
  };
  if (closed_) return refuse(ErrorKind::unavailable, "the store is closed");
  if (waiting_.size() >= settings_.queue)
    return refuse(ErrorKind::throttled, "too many reads wait for the store; try again later");
  auto const id = next_++;
  waiting_.emplace(id, std::move(then));
  if (!keep_loop_) keep_loop_.emplace(loop_);
  thread_.post([this, id, work = std::move(work)] { on_thread(id, work); });
}

void PostgresReader::drop() {
  std::lock_guard lock(mutex_);
  connection_.reset();
}

void PostgresReader::connect() {
  if (connection_ && connection_->alive()) return;
  drop();
  auto const now = std::chrono::steady_clock::now();
  if (now < not_before_) throw StoreError(last_failure_);
  try {
    auto fresh = std::make_unique<PostgresConnection>(settings_, PostgresConnection::Use::read);
    std::lock_guard lock(mutex_);
    connection_ = std::move(fresh);
  } catch (StoreError const& e) {
    last_failure_ = e.error();
    not_before_ = std::chrono::steady_clock::now() + settings_.pause_most;
    throw;
  }
}

/// A session that ended while nobody read is replaced without a word.
void PostgresReader::begin() {
  constexpr std::string_view snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
  connect();
  try {
    connection_->script(snapshot);
    return;
  } catch (StoreError const&) {
    if (connection_->alive() || closing_) throw;
  }
  connect();
  connection_->script(snapshot);
}

void PostgresReader::on_thread(std::uint64_t id, Unit const& work) {
  Result<void> outcome;
  try {
    if (closing_) throw StoreError(Error{ErrorKind::cancelled, "the store is closing"});
    begin();
    work(*connection_);
  } catch (StoreError const& e) {
    outcome = std::unexpected(e.error());
  } catch (std::exception const& e) {
    outcome = failure(ErrorKind::internal, std::string("a read of the store failed: ") + e.what());
  }
  try {
    if (connection_ && connection_->alive()) connection_->script("ROLLBACK");
  } catch (StoreError const&) {
    drop();  // what was read was one snapshot all the same; the next read takes a new session
  }
  asio::post(loop_, [this, id, outcome = std::move(outcome), alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired()) answered(id, outcome);
  });
}

void PostgresReader::answered(std::uint64_t id, Result<void> outcome) {
  auto node = waiting_.extract(id);
  if (!node) return;
  if (waiting_.empty()) keep_loop_.reset();
  if (node.mapped()) node.mapped()(std::move(outcome));
}

void PostgresReader::stop_thread() {
  closing_ = true;
  if (!waiting_.empty()) {
    std::lock_guard lock(mutex_);
    if (connection_) connection_->interrupt();
  }
  thread_.stop();
  keep_loop_.reset();
}

void PostgresReader::close() {
  if (closed_) return;
  closed_ = true;
  stop_thread();
  // What the thread has posted meanwhile finds nobody waiting.
  for (auto& [id, then] : std::exchange(waiting_, {}))
    if (then) then(failure(ErrorKind::cancelled, "the store is closing"));
}

}  // namespace wardroom::store
