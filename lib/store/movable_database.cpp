#include "store/movable_database.hpp"

namespace wardroom::store {
namespace asio = boost::asio;

MovableDatabase::MovableDatabase(Executor loop, std::unique_ptr<Database> engine)
    : loop_(loop), engine_(std::move(engine)) {}

void MovableDatabase::write(Unit unit, Committed then) {
  if (!held_ || closed_) return engine_->write(std::move(unit), std::move(then));
  if (waiting_.size() < most_held) {
    waiting_.emplace_back(std::move(unit), std::move(then));
    return;
  }
  asio::post(loop_, [then = std::move(then)] {
    Error error{ErrorKind::throttled, "too many changes wait for the store while it is moved"};
    error.not_done = true;
    if (then) then(std::unexpected(std::move(error)));
  });
}

void MovableDatabase::register_source(Waker& waker) {
  waker.place = engine_->add_source([this, &waker](auto& batch) {
    // Asked for a batch while writes are held: what is there goes into one after it.
    if (held_)
      ++waker.rows;
    else
      waker.ask(batch);
  });
}

std::size_t MovableDatabase::add_source(Source source) {
  sources_.push_back(std::make_unique<Waker>(Waker{std::move(source)}));
  register_source(*sources_.back());
  return sources_.size() - 1;
}

void MovableDatabase::wake_source(std::size_t source) {
  auto& waker = *sources_.at(source);
  if (held_)
    ++waker.rows;
  else
    engine_->wake_source(waker.place);
}

void MovableDatabase::read(Unit work, Committed then) {
  engine_->read(std::move(work), std::move(then));
}

Task<Result<void>> MovableDatabase::hold() {
  held_ = true;
  return engine_->write([](Sql&) {});  // answered after everything before it
}

Task<Result<void>> MovableDatabase::write_past(Unit unit) {
  return engine_->write(std::move(unit));
}

void MovableDatabase::release() {
  held_ = false;
  for (auto& waker : sources_)
    for (auto rows = std::exchange(waker->rows, 0); rows > 0; --rows)
      engine_->wake_source(waker->place);
  for (auto& [unit, then] : std::exchange(waiting_, {}))
    engine_->write(std::move(unit), std::move(then));
}

std::unique_ptr<Database> MovableDatabase::change(std::unique_ptr<Database> engine) {
  auto old = std::exchange(engine_, std::move(engine));
  for (auto const& waker : sources_) register_source(*waker);
  return old;
}

void MovableDatabase::close() {
  if (closed_) return;
  engine_->close();
  closed_ = true;  // those who write again when they hear of it are refused by the closed engine
  // Held until the end: which store these would have to go to is not known.
  for (auto& [unit, then] : std::exchange(waiting_, {})) {
    Error error{ErrorKind::unavailable, "the store is closing in the middle of a move"};
    error.not_done = true;
    if (then) then(std::unexpected(std::move(error)));
  }
}

}  // namespace wardroom::store
