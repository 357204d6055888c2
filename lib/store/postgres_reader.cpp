#include "store/postgres_reader.hpp"

#include <boost/asio/post.hpp>

namespace wardroom::store {
namespace asio = boost::asio;

PostgresReader::PostgresReader(Executor loop, PostgresSettings const& settings,
                               std::unique_ptr<PostgresConnection> connection)
    : loop_(loop), settings_(settings), connection_(std::move(connection)), answers_(loop) {}

PostgresReader::~PostgresReader() { stop_thread(); }

void PostgresReader::read(Unit work, Committed then) {
  auto refuse = [&](ErrorKind kind, std::string what) {
    asio::post(loop_, [then = std::move(then), kind, what = std::move(what)] {
      if (then) then(failure(kind, what));
    });
  };
  if (closed_) return refuse(ErrorKind::unavailable, "the store is closed");
  if (answers_.size() >= settings_.queue)
    return refuse(ErrorKind::throttled, "too many reads wait for the store; try again later");
  auto const id = answers_.expect(std::move(then));
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
  auto outcome = outcome_of_read([&] {
    if (closing_) throw StoreError(Error{ErrorKind::cancelled, "the store is closing"});
    begin();
    work(*connection_);
  });
  try {
    if (connection_ && connection_->alive()) connection_->script("ROLLBACK");
  } catch (StoreError const&) {
    drop();  // what was read was one snapshot all the same; the next read takes a new session
  }
  answers_.post(id, std::move(outcome));
}

void PostgresReader::stop_thread() {
  closing_ = true;
  if (!answers_.empty()) {
    std::lock_guard lock(mutex_);
    if (connection_) connection_->interrupt();
  }
  thread_.stop();
  answers_.let_loop_go();
}

void PostgresReader::close() {
  if (closed_) return;
  closed_ = true;
  stop_thread();
  answers_.cancel_all();
}

}  // namespace wardroom::store
