#include "store/sqlite_reader.hpp"

#include "base/log.hpp"

#include <boost/asio/post.hpp>

namespace wardroom::store {
namespace asio = boost::asio;
using namespace std::chrono_literals;

SqliteReader::SqliteReader(Executor loop, Clock& clock,
                           std::unique_ptr<SqliteConnection> connection)
    : loop_(loop), clock_(clock), connection_(std::move(connection)), answers_(loop) {}

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

void SqliteReader::on_thread(std::uint64_t id, Unit const& work) {
  auto outcome = outcome_of_read([&] {
    if (closing_) throw StoreError(Error{ErrorKind::cancelled, "the store is closing"});
    connection_->run("BEGIN");
    work(*connection_);
  });
  try {
    if (connection_->in_transaction()) connection_->run("ROLLBACK");
  } catch (StoreError const& e) {
    if (outcome) outcome = std::unexpected(e.error());
  }
  answers_.post(id, std::move(outcome));
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
    Result<SqliteConnection::WalSize> outcome;
    try {
      outcome = connection_->checkpoint();
    } catch (StoreError const& e) {
      outcome = std::unexpected(e.error());
    }
    asio::post(loop_, [this, outcome = std::move(outcome), alive] {
      if (!alive.expired()) checkpointed(outcome);
    });
  });
}

void SqliteReader::checkpointed(Result<SqliteConnection::WalSize> outcome) {
  checkpoint_runs_ = false;
  if (outcome)
    wal_ = *outcome;
  else
    log::warning("the store's log could not be moved into its file",
                 {{"why", outcome.error().what}});
  bool const unfinished = !outcome || wal_.checkpointed < wal_.pages;
  if (unfinished || commit_noted_) note_commit();
}

void SqliteReader::stop_thread() {
  closing_ = true;
  next_checkpoint_.cancel();
  if (!answers_.empty()) connection_->interrupt();
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
