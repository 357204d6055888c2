#include "people/fix_log.hpp"

#include "base/planted.hpp"
#include "people/fix_age.hpp"
#include "people/fix_fold.hpp"
#include "people/fix_history_store.hpp"
#include "people/fix_load.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

#include <fstream>

namespace wardroom::people {
namespace asio = boost::asio;
using store::Blob;
using store::Sql;
using namespace std::chrono_literals;

std::string machine_boot_id() {
  std::string id;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
  return id;
}

FixLog::FixLog(Executor loop, store::Database& database, Clock& clock, Roster& roster,
               FixLogSettings settings)
    : loop_(loop),
      database_(database),
      clock_(clock),
      roster_(roster),
      settings_(std::move(settings)),
      answers_(loop) {
  source_ = database_.add_source([this, alive = std::weak_ptr<int>(alive_)](auto& batch) {
    if (!alive.expired()) collect(batch);
  });
}

StoredFix FixLog::stored(PersonNo person) const {
  auto const& row = roster_.row(person);
  return {.person = person,
          .latitude_e7 = row.latitude_e7,
          .longitude_e7 = row.longitude_e7,
          .accuracy_dm = row.accuracy_dm,
          .boot_ms = row.received_boot_ms,
          .wall_ms = row.received_wall_ms,
          .boot_no = boot_no_};
}

Task<Result<void>> FixLog::load() {
  auto boot_no = std::make_shared<std::int64_t>(0);
  auto noted = co_await database_.write(
      [boot_no, id = settings_.boot_id](Sql& sql) { *boot_no = number_of_boot(sql, id); });
  if (!noted) co_return std::unexpected(std::move(noted.error()));
  auto const people = roster_.size();
  auto loaded =
      co_await database_.read<LoadedFixes>([people](Sql& sql) { return load_fixes(sql, people); });
  if (!loaded) co_return std::unexpected(std::move(loaded.error()));

  boot_no_ = *boot_no;
  next_seq_ = loaded->next_seq;
  RestartTime const time{.boot_no = boot_no_,
                         .uptime = clock_.uptime(),
                         .now = clock_.now(),
                         .newest_stored = loaded->newest};
  constexpr std::size_t slice = 4'096;
  for (std::size_t i = 1; i < loaded->latest.size(); ++i) {
    auto const& stored_fix = loaded->latest[i];
    if (stored_fix.person == 0) continue;
    if (auto const fix = revive(stored_fix, time)) roster_.set_fix(stored_fix.person, *fix);
    if (i % slice == 0) co_await boost::asio::post(loop_, use_task);
  }
  for (auto const person : loaded->in_batches)
    if (roster_.row(person).has_fix()) sweep_.touched(person);
  sweep_.restart(loaded->oldest_seq, next_seq_);
  swept_ = last_batch_ = clock_.uptime();
  loaded_ = true;
  arm();
  co_return Result<void>{};
}

void FixLog::refuse(Then then, std::string why) {
  ++health_.refused;
  answers_.add(
      {std::move(then), std::unexpected(Error{ErrorKind::unavailable, std::move(why), 1'000ms})});
}

void FixLog::record(PersonNo person, Fix const& fix, Then then) {
  if (!roster_.has(person)) {
    answers_.add({std::move(then), failure(ErrorKind::not_found,
                                           "person " + std::to_string(person) + " has no row")});
    return;
  }
  // Before load() a fix would be overwritten by the stored, older one.
  if (!loaded_) return refuse(std::move(then), "the store is not read yet");
  roster_.set_fix(person, fix);
  sweep_.touched(person);
  if (waiting_ >= settings_.most_waiting)
    return refuse(std::move(then), "the store does not keep up with the posts");
  if (WARDROOM_PLANTED("fix-answered-before-commit"))
    answers_.add({std::exchange(then, [](Result<void> const&) {}), Result<void>{}});
  open_batch_.push_back(stored(person));
  open_answers_.push_back(std::move(then));
  ++waiting_;
  ++health_.recorded;
  database_.wake_source(source_);
}

Task<Result<void>> FixLog::record(PersonNo person, Fix fix) {
  auto begin = [this, person, fix](auto handler) { record(person, fix, Then(std::move(handler))); };
  co_return co_await asio::async_initiate<asio::use_awaitable_t<Executor> const,
                                          void(Result<void>)>(std::move(begin), use_task);
}

void FixLog::collect(std::vector<std::pair<store::Unit, store::Committed>>& batch) {
  if (!loaded_) return;
  auto work = std::make_shared<Work>();
  work->batch.reserve(open_batch_.size() + open_batch_.size() / 2);
  work->answers.reserve(open_answers_.size() + open_answers_.size() / 2);
  // The open batch goes out, and the room made for it comes in.
  std::swap(work->batch, open_batch_);
  std::swap(work->answers, open_answers_);
  if (!work->batch.empty()) work->seq = next_seq_++;
  work->keep = keep_;

  auto const now = clock_.uptime();
  if (work->seq != 0) last_batch_ = now;
  // Nobody has posted for a while: the rest is folded as fast as it goes.
  bool const calm = now - last_batch_ >= settings_.calm;
  auto const share = calm ? 1.0 : std::chrono::duration<double>(now - swept_) / settings_.turn;
  swept_ = now;
  work->step = sweep_.take(share, roster_.size(), next_seq_, work->seq != 0);
  for (auto const person : work->step.people) work->folded.push_back(stored(person));

  if (work->seq == 0 && work->step.empty())
    sweep_.landed(work->step, true);
  else
    batch.emplace_back([work](Sql& sql) { write(sql, *work); },
                       [this, work, alive = std::weak_ptr<int>(alive_)](Result<void> outcome) {
                         if (!alive.expired()) landed(*work, outcome);
                       });
  arm();
}

void FixLog::write(Sql& sql, Work const& work) {
  if (work.seq != 0) {
    auto blob = encode_batch(work.batch);
    if (work.keep) keep_batch(sql, work.seq, work.batch, blob);
    sql.run("INSERT INTO fix_batch (seq, blob) VALUES ($1, $2)", {work.seq, Blob{std::move(blob)}});
  }
  put_last_fixes(sql, work.folded);
  if (work.step.drop_below != 0)
    sql.run("DELETE FROM fix_batch WHERE seq < $1", {work.step.drop_below});
}

void FixLog::landed(Work& work, Result<void> const& outcome) {
  sweep_.landed(work.step, outcome.has_value());
  if (outcome) {
    health_.folded += work.folded.size();
    health_.batches += work.seq != 0 ? 1 : 0;
  } else {
    ++health_.failed_batches;
  }
  waiting_ -= work.answers.size();
  for (auto& then : work.answers) answers_.add({std::move(then), outcome});
  arm();
}

void FixLog::arm() {
  if (idle_.armed() || !sweep_.pending(next_seq_)) return;
  // Commits that carry posts fold as well; this is for the time after the last of them.
  idle_ =
      clock_.after(sweep_.behind() ? BootClock::duration(20ms) : BootClock::duration(1s), [this] {
        idle_.cancel();
        database_.wake_source(source_);
      });
}

FixLogHealth FixLog::health() const {
  auto out = health_;
  out.waiting = waiting_;
  out.dirty = sweep_.dirty();
  out.stored_batches = next_seq_ - sweep_.oldest();
  return out;
}

}  // namespace wardroom::people
