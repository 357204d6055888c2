#include "store/live_move.hpp"

#include "base/log.hpp"
#include "store/change_capture.hpp"
#include "store/failpoint.hpp"

namespace wardroom::store {
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {
/// The last part begins when a pass had no more than this to do, or after so many passes.
constexpr std::int64_t few_changes = 200;
constexpr int most_passes = 30;
/// A pass that still finds more than this after all of them would make writers wait too long.
constexpr std::int64_t too_many_changes = 20'000;

Engine engine_in_use(StoreSettings const& settings) {
  return engine_of(settings.url).value_or(Engine::sqlite);
}
}  // namespace

LiveMove::LiveMove(Ports ports, StoreSettings from, StoreSettings to, std::vector<Migration> steps,
                   std::function<void(MoveProgress const&)> tell)
    : ports_(ports),
      from_(from),
      to_(to),
      steps_(steps),
      move_(std::move(from), std::move(to), std::move(steps),
            [loop = ports.loop, tell = std::move(tell),
             alive = std::weak_ptr<int>(alive_)](MoveProgress const& progress) {
              asio::post(loop, [tell, progress, alive] {
                if (!alive.expired()) tell(progress);
              });
            }) {}

void LiveMove::give_up() { move_.interrupt(); }

Task<Result<void>> LiveMove::blocking(std::function<void()> work) {
  co_return co_await ports_.helper.run([work = std::move(work)]() -> Result<void> {
    try {
      work();
      return {};
    } catch (StoreError const& e) {
      return std::unexpected(e.error());
    } catch (std::exception const& e) {
      return failure(ErrorKind::internal, std::string("the move of the store failed: ") + e.what());
    }
  });
}

Task<Result<MoveReport>> LiveMove::run() {
  auto const now = ports_.clock.now();
  auto opened = co_await blocking([this, now] { move_.open(now, false); });
  if (!opened) {
    co_await blocking([this] { move_.abandon(); });
    co_return std::unexpected(opened.error());
  }
  auto done = co_await prepare();
  if (done) done = co_await last_part();
  if (!done) {
    if (!in_doubt_) co_await clean_up();
    co_return std::unexpected(done.error());
  }
  auto report = move_.report();
  report.pause = pause_;
  co_return report;
}

/// Everything that can be done while others write.
Task<Result<void>> LiveMove::prepare() {
  auto watched =
      co_await ports_.database.write([engine = engine_in_use(from_), tables = move_.tables(),
                                      mark = move_.mark_for_old()](Sql& sql) {
        begin_capture(sql, engine, tables);
        set_leaving(sql, mark);
      });
  if (!watched) co_return watched;
  co_return co_await blocking([this] {
    move_.copy(true);
    move_.compare(true);
    std::int64_t changes = 0;
    for (int pass = 0; pass < most_passes; ++pass)
      if ((changes = move_.catch_up()) <= few_changes) return;
    if (changes > too_many_changes)
      throw StoreError(Error{ErrorKind::unavailable,
                             "the site changes faster than its store can be copied; try at a "
                             "quieter hour, or stop the daemon and use: wardroomd --move-store"});
  });
}

/// Nobody's write is answered between here and the end of this.
Task<Result<void>> LiveMove::last_part() {
  held_since_ = ports_.clock.uptime();
  auto& database = ports_.database;
  auto const drained = co_await database.hold();
  auto limit = ports_.clock.after(longest_pause, [this] {
    late_ = true;
    move_.interrupt();
  });
  auto done = drained;
  if (done) done = co_await blocking([this] { move_.finish(true); });
  std::unique_ptr<Database> engine;
  if (done)
    done = co_await blocking([this, &engine] {
      auto opened = open_store(ports_.loop, ports_.clock, to_, steps_,
                               [this](Sql& sql) { refuse_moved(sql, to_.password, move_.id()); });
      if (!opened) throw StoreError(opened.error());
      engine = std::move(*opened);
    });
  limit.cancel();
  if (late_ || (done && ports_.clock.uptime() - held_since_ > longest_pause))
    done = failure(ErrorKind::timed_out,
                   "the last part of the move took too long, the store is as it was; try at a "
                   "quieter hour, or stop the daemon and use: wardroomd --move-store");
  if (done)
    done = co_await turn(std::move(engine));
  else if (engine)
    engine->close();
  if (database.held() && !in_doubt_) database.release();
  co_return done;
}

/// The commit of the mark in the old store decides.
Task<Result<void>> LiveMove::turn(std::unique_ptr<Database> engine) {
  auto& database = ports_.database;
  if (WARDROOM_FAILPOINT("move.before_mark")) {
    engine->close();
    co_return failure(ErrorKind::unavailable, "an I/O error was injected");
  }
  auto marked = co_await database.write_past(
      [mark = move_.mark_for_old()](Sql& sql) { set_moved(sql, mark); });
  if (!marked) {
    engine->close();
    in_doubt_ = !co_await take_back();
    co_return marked;
  }
  static_cast<void>(WARDROOM_FAILPOINT("move.after_mark"));
  auto old = database.change(std::move(engine));
  // The first to be committed there, in one batch with those who waited.
  database.engine().write([](Sql& sql) { forget_copy(sql); },
                          [](Result<void> const& outcome) {
                            if (!outcome)
                              log::warning("the new store still says that it is a copy",
                                           {{"why", outcome.error().what}});
                          });
  database.release();
  pause_ = std::chrono::ceil<Milliseconds>(ports_.clock.uptime() - held_since_);
  co_await leave(std::move(old));
  co_return Result<void>{};
}

/// Whether the mark was kept is not known: until it is certainly gone, nothing may be written that
/// a later start would not find. Whoever asked for the move may be gone long since; the writes of
/// the daemon wait all the same. False when it is still not known and the daemon stops.
Task<bool> LiveMove::take_back() {
  for (;;) {
    auto const undone = co_await ports_.database.write_past([](Sql& sql) { forget_moved(sql); });
    if (undone) co_return true;
    if (ports_.stopping && ports_.stopping()) co_return false;
    log::error("the store was nearly moved, and does not take back that it was; writes wait",
               {{"why", undone.error().what}});
    co_await ports_.clock.sleep_for(500ms);
  }
}

/// Reads that began there end there.
Task<void> LiveMove::leave(std::unique_ptr<Database> old) {
  auto const cleaned =
      co_await old->write([engine = engine_in_use(from_)](Sql& sql) { settle_moves(sql, engine); });
  if (!cleaned)
    log::warning("traces of the move stay in the old store", {{"why", cleaned.error().what}});
  auto const idle = co_await old->read<bool>([](Sql&) { return true; });
  if (!idle) log::warning("the old store could not be read", {{"why", idle.error().what}});
  old->close();
}

Task<void> LiveMove::clean_up() {
  co_await blocking([this] { move_.abandon(); });  // first: what it reads may hold up the triggers
  auto const cleaned = co_await ports_.database.write(
      [engine = engine_in_use(from_)](Sql& sql) { settle_moves(sql, engine); });
  if (!cleaned)
    log::warning("traces of the move stay in the store until the next start",
                 {{"why", cleaned.error().what}});
}

}  // namespace wardroom::store
