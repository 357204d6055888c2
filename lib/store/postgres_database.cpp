#include "store/postgres_database.hpp"

#include "base/log.hpp"
#include "store/postgres_migrations.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

namespace wardroom::store {
namespace asio = boost::asio;

namespace {
constexpr Milliseconds migrating = std::chrono::minutes(30);
}

PostgresDatabase::PostgresDatabase(Executor loop, Clock& clock, PostgresSettings settings)
    : loop_(loop),
      clock_(clock),
      settings_(std::move(settings)),
      address_(postgres_address(settings_.url)) {}

PostgresDatabase::~PostgresDatabase() {
  if (batches_) batches_->hurry();
}

Result<std::unique_ptr<PostgresDatabase>> PostgresDatabase::open(Executor loop, Clock& clock,
                                                                 PostgresSettings settings,
                                                                 std::vector<Migration> steps,
                                                                 Admit const& admit) {
  std::unique_ptr<PostgresDatabase> database(
      new PostgresDatabase(loop, clock, std::move(settings)));
  try {
    database->start(std::move(steps), admit);
  } catch (StoreError const& e) {
    return std::unexpected(e.error());
  }
  return database;
}

void PostgresDatabase::start(std::vector<Migration> steps, Admit const& admit) {
  using Use = PostgresConnection::Use;
  auto writing = std::make_unique<PostgresConnection>(settings_, Use::write);
  bool const in_use = !writing->one("SELECT to_regclass('meta')::text")->is_null(0);
  if (admit && in_use) admit(*writing);
  writing->patience(migrating);
  migrate(*writing, std::move(steps), clock_.now());
  writing->patience(settings_.answer);
  reader_ = std::make_unique<PostgresReader>(
      loop_, settings_, std::make_unique<PostgresConnection>(settings_, Use::read));
  batches_ = std::make_unique<PostgresBatches>(
      settings_, std::move(writing),
      [this, alive = std::weak_ptr<int>(alive_)](std::string trouble) {
        asio::post(loop_, [this, alive, trouble = std::move(trouble)] {
          if (!alive.expired()) hear(trouble);
        });
      });
  writer_ = std::make_unique<Writer>(
      loop_, clock_, [this](std::span<Unit const> units) { return batches_->run(units); });
}

void PostgresDatabase::hear(std::string trouble) {
  if (trouble.empty()) {
    if (outage_) log::info("the store is connected again", {{"store", address_}});
    outage_.reset();
    return;
  }
  if (!outage_) log::warning("the store is away", {{"why", trouble}});
  outage_ = std::move(trouble);
}

void PostgresDatabase::write(Unit unit, Committed then) {
  if (waiting_ >= settings_.queue) {
    asio::post(loop_, [then = std::move(then), count = waiting_] {
      Error error{
          ErrorKind::throttled,
          fmt::format("{} changes wait for the store already; this one was refused", count)};
      error.not_done = true;
      if (then) then(std::unexpected(std::move(error)));
    });
    return;
  }
  ++waiting_;
  writer_->write(std::move(unit), [this, then = std::move(then)](Result<void> outcome) {
    --waiting_;
    if (then) then(std::move(outcome));
  });
}

WriterHealth const& PostgresDatabase::health() const {
  health_ = writer_->health();
  if (!health_.trouble) health_.trouble = outage_;
  return health_;
}

void PostgresDatabase::hurry() {
  if (writer_) writer_->hurry();
}

void PostgresDatabase::close() {
  if (batches_) batches_->hurry();
  if (writer_) writer_->close();
  if (reader_) reader_->close();
}

}  // namespace wardroom::store
