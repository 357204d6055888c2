#include "store/writer.hpp"

#include "base/log.hpp"
#include "store/meta.hpp"

#include <boost/asio/post.hpp>

namespace wardroom::store {
namespace asio = boost::asio;

Writer::Writer(Executor loop, Clock& clock, Run run, RunLater later)
    : loop_(loop),
      clock_(clock),
      run_(std::move(run)),
      answers_(loop),
      thread_("wardroom-writer", std::move(later)) {}

Writer::~Writer() { thread_.stop(); }

void Writer::write(Unit unit, Committed then) {
  if (closed_) {
    answers_.add({std::move(then), failure(ErrorKind::unavailable, "the store is closed")});
    return;
  }
  queue_.emplace_back(std::move(unit), std::move(then));
  ++waiting_rows_;
  schedule();
}

std::size_t Writer::add_source(Database::Source source) {
  sources_.push_back({std::move(source)});
  return sources_.size() - 1;
}

void Writer::wake_source(std::size_t source) {
  ++sources_.at(source).rows;
  ++waiting_rows_;
  schedule();
}

void Writer::schedule() {
  if (in_flight_ || scheduled_ || closed_ || !something_waits()) return;
  scheduled_ = true;
  auto begin = [this, alive = std::weak_ptr<int>(alive_)] {
    // close() may have been faster.
    if (alive.expired() || !scheduled_) return;
    scheduled_ = false;
    start();
  };
  if (health_.trouble && !condemned_)
    gathering_ = clock_.after(pause_, std::move(begin));
  else if (last_rows_ >= 2)
    gathering_ = clock_.after(gather, std::move(begin));
  else
    asio::post(loop_, std::move(begin));
}

std::shared_ptr<Writer::Flight> Writer::take() {
  last_rows_ = std::exchange(waiting_rows_, 0);
  auto batch = std::exchange(queue_, {});
  for (auto& source : sources_)
    if (std::exchange(source.rows, 0) > 0) source.ask(batch);
  auto flight = std::make_shared<Flight>();
  flight->units.reserve(batch.size());
  flight->answers.reserve(batch.size());
  for (auto& [unit, then] : batch) {
    flight->units.push_back(std::move(unit));
    flight->answers.push_back(std::move(then));
  }
  return flight;
}

void Writer::start() {
  if (in_flight_) return;
  auto flight = take();
  if (flight->units.empty()) return schedule();  // a source may have woken itself meanwhile
  if (condemned_) {
    for (auto& then : flight->answers)
      answers_.add({std::move(then), std::unexpected(*condemned_)});
    return schedule();
  }
  in_flight_ = flight;
  keep_loop_.emplace(loop_);
  thread_.post([this, flight, alive = std::weak_ptr<int>(alive_)] {
    flight->result = run_(flight->units);
    asio::post(loop_, [this, flight, alive] {
      if (!alive.expired() && in_flight_ == flight) landed(*flight);
    });
  });
}

void Writer::landed(Flight& flight) {
  auto const keep = std::move(in_flight_);
  in_flight_.reset();
  keep_loop_.reset();
  for (std::size_t i = 0; i < flight.answers.size(); ++i)
    answers_.add({std::move(flight.answers[i]), std::move(flight.result.answers[i])});
  if (flight.result.trouble) {
    failed(flight.result);
  } else {
    if (health_.trouble) log::info("writing to the store works again");
    health_.trouble.reset();
    ++health_.commits;
    health_.units += flight.units.size();
    health_.last_commit = clock_.uptime();
    if (on_commit_) on_commit_();
  }
  flight.units.clear();  // captures die here, on the loop
  schedule();
}

void Writer::failed(BatchResult const& result) {
  ++health_.failures;
  if (condemned_) return;
  if (result.damaged) return condemn(*result.trouble);
  if (!health_.trouble) log::error("writing to the store fails", {{"why", result.trouble->what}});
  health_.trouble = result.trouble->what;
  if (closing_) return;
  // Where nobody writes, nobody would learn that writing works again.
  write([](Sql& sql) { set_meta(sql, "store.tried", "writing had failed"); }, {});
}

void Writer::condemn(Error damage) {
  if (condemned_) return;
  log::error("the store is damaged", {{"why", damage.what}});
  health_.trouble = damage.what;
  health_.damaged = true;
  condemned_ = std::move(damage);
}

void Writer::hurry() {
  pause_ = retry / 10;
  if (!scheduled_ || !health_.trouble) return;
  gathering_.cancel();
  scheduled_ = false;
  schedule();
}

void Writer::close() {
  if (closed_) return;
  closing_ = true;
  gathering_.cancel();
  for (;;) {
    scheduled_ = true;  // nothing starts by itself any more
    if (in_flight_) {
      thread_.wait_idle();
      auto const flight = in_flight_;
      landed(*flight);
    }
    answers_.run_all();
    if (!something_waits()) break;
    start();
  }
  closed_ = true;
  thread_.stop();
}

}  // namespace wardroom::store
