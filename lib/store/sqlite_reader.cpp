#include "store/sqlite_reader.hpp"

#include "base/log.hpp"

#include <boost/asio/post.hpp>

namespace wardroom::store {
namespace asio = boost::asio;
using namespace std::chrono_literals;

SqliteReader::SqliteReader(Executor loop, Clock& clock, Ports ports, RunLater later)
    : loop_(loop),
      clock_(clock),
      ports_(std::move(ports)),
      answers_(loop),
      thread_("wardroom-reader", std::move(later)) {
  handle();
}

SqliteReader::~SqliteReader() { stop_thread(); }

void SqliteReader::read(Unit work, Committed then) {
  if (closed_) {
    asio::post(loop_, [then = std::move(then)] {
      then(failure(ErrorKind::unavailable, "the store is closed"));
    });
    return;
  }
  auto const id = answers_.expect(std::move(then));
  thread_.post([this, id, work = std::move(work)] { on_thread(id, work); });
}

SqliteConnection& SqliteReader::handle() {
  if (!connection_) {
    auto fresh = ports_.connect();
    std::lock_guard lock(swapping_);
    connection_ = std::move(fresh);
    open_ = true;
    if (closing_) connection_->interrupt();
  }
  return *connection_;
}

void SqliteReader::close_handle() {
  if (!connection_) return;
  connection_->abandon();
  std::lock_guard lock(swapping_);
  connection_.reset();
  open_ = false;
}

void SqliteReader::on_thread(std::uint64_t id, Unit const& work) {
  auto outcome = outcome_of_read([&] {
    if (closing_) throw StoreError(Error{ErrorKind::cancelled, "the store is closing"});
    auto& sql = handle();
    sql.run("BEGIN");
    work(sql);
  });
  try {
    if (connection_ && connection_->in_transaction()) connection_->run("ROLLBACK");
  } catch (StoreError const& e) {
    if (outcome) outcome = std::unexpected(e.error());
  }
  if (!outcome && connection_ && connection_->damaged()) tell_damage(outcome.error());
  answers_.post(id, std::move(outcome));
}

void SqliteReader::tell_damage(Error damage) {
  asio::post(loop_,
             [this, damage = std::move(damage), alive = std::weak_ptr<int>(alive_)]() mutable {
               if (!alive.expired()) ports_.damaged(std::move(damage));
             });
}

void SqliteReader::note_commit() {
  commit_noted_ = true;
  if (closed_ || checkpoint_runs_ || next_checkpoint_.armed()) return;
  next_checkpoint_ = clock_.after(1s, [this] {
    next_checkpoint_.cancel();
    checkpoint();
  });
}

void SqliteReader::checkpoint() {
  checkpoint_runs_ = true;
  commit_noted_ = false;
  thread_.post([this, alive = std::weak_ptr<int>(alive_)] {
    auto const outcome = checkpoint_on_thread();
    asio::post(loop_, [this, outcome = std::move(outcome), alive] {
      if (!alive.expired()) checkpointed(outcome);
    });
  });
}

Result<SqliteConnection::WalSize> SqliteReader::checkpoint_on_thread() {
  try {
    return handle().checkpoint();
  } catch (StoreError const& e) {
    if (e.error().kind == ErrorKind::cancelled) return std::unexpected(e.error());
    if (connection_ && connection_->damaged()) tell_damage(e.error());
    // SQLite believes in pages that an earlier checkpoint has written and this one could not sync,
    // and would not write them again. Forgotten with the last handle, the log is moved from its
    // beginning.
    if (connection_ && connection_->sync_failed()) ports_.log_in_doubt([this] { close_handle(); });
    return std::unexpected(e.error());
  }
}

void SqliteReader::checkpointed(Result<SqliteConnection::WalSize> outcome) {
  checkpoint_runs_ = false;
  if (outcome)
    wal_ = *outcome;
  else if (!checkpoint_fails_)
    log::warning("the store's log could not be moved into its file",
                 {{"why", outcome.error().what}});
  if (outcome && checkpoint_fails_) log::info("the store's log is moved into its file again");
  checkpoint_fails_ = !outcome;
  bool const unfinished = !outcome || wal_.checkpointed < wal_.pages;
  if (unfinished || commit_noted_) note_commit();
}

void SqliteReader::stop_thread() {
  closing_ = true;
  next_checkpoint_.cancel();
  if (!answers_.empty()) {
    std::lock_guard lock(swapping_);
    if (connection_) connection_->interrupt();
  }
  thread_.stop();
  answers_.let_loop_go();
}

void SqliteReader::close() {
  if (closed_) return;
  closed_ = true;
  stop_thread();
  answers_.cancel_all();
}

}  // namespace wardroom::store
