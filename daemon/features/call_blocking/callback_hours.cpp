#include "features/call_blocking/callback_hours.hpp"

#include "base/log.hpp"
#include "base/planted.hpp"

#include <algorithm>
#include <vector>

namespace wardroom::call_blocking {
namespace {

constexpr auto kWriteAgain = std::chrono::seconds(1);

std::int64_t boot_ms(Uptime t) {
  return std::chrono::duration_cast<Milliseconds>(t.time_since_epoch()).count();
}

}  // namespace

Task<Result<void>> CallbackHours::load(std::int64_t boot_no) {
  struct Left {
    XsiUserId target;
    Milliseconds left;
  };
  std::function<std::vector<Left>(store::Sql&)> work =
      [boot_no, now = unix_ms(clock_.now()), uptime = boot_ms(clock_.uptime())](store::Sql& sql) {
        std::vector<Left> out;
        sql.query("SELECT target, until_ms, boot_no, until_boot_ms FROM emergency_callback", {},
                  [&](store::Row const& row) {
                    bool const same_boot = boot_no != 0 && row.integer(2) == boot_no;
                    auto const left = same_boot ? row.integer(3) - uptime : row.integer(1) - now;
                    if (left > 0) out.push_back({XsiUserId(row.text(0)), Milliseconds(left)});
                  });
        return out;
      };
  auto const read = co_await database_.read(std::move(work));
  (read ? read_ : refused_) = true;
  if (!read) co_return std::unexpected(read.error());
  for (auto const& [target, left] : *read) {  // a wall clock that went back adds nothing
    auto& known = until_[target];
    known = std::max<Uptime>(known, clock_.uptime() + std::min<BootClock::duration>(left, lasts));
  }
  co_return Result<void>{};
}

void CallbackHours::begin(XsiUserId const& target, Uptime call_began, std::int64_t boot_no) {
  auto& until = until_[target];
  if (until >= call_began + lasts) return;
  if (WARDROOM_PLANTED("callback-hour-forgotten")) return;
  until = clock_.uptime() + lasts;
  Hour const hour{boot_no, until};
  unwritten_[target] = hour;
  write(target, hour);
}

bool CallbackHours::run_for(XsiUserId const& target) const {
  auto const it = until_.find(target);
  return it != until_.end() && it->second > clock_.uptime();
}

void CallbackHours::sweep() {
  auto const now = clock_.uptime();
  std::erase_if(until_, [&](auto const& entry) { return entry.second <= now; });
}

void CallbackHours::stop() {
  again_.cancel();
  for (auto const& [target, hour] : unwritten_) write(target, hour);
}

void CallbackHours::write(XsiUserId const& target, Hour hour) {
  auto const left = std::chrono::duration_cast<Milliseconds>(hour.until - clock_.uptime());
  database_.write(
      [target, until = clock_.now() + left, hour](store::Sql& sql) {
        sql.run(
            "INSERT INTO emergency_callback (target, until_ms, boot_no, until_boot_ms)"
            " VALUES ($1, $2, $3, $4) ON CONFLICT (target) DO UPDATE SET"
            " until_ms = excluded.until_ms, boot_no = excluded.boot_no,"
            " until_boot_ms = excluded.until_boot_ms",
            {target.text(), unix_ms(until), hour.boot_no, boot_ms(hour.until)});
      },
      [this, target, hour](Result<void> const& done) { written(target, hour, done); });
}

void CallbackHours::written(XsiUserId const& target, Hour hour, Result<void> const& done) {
  auto const it = unwritten_.find(target);
  if (it == unwritten_.end() || it->second != hour) return;  // a later hour took its place
  if (done) {
    unwritten_.erase(it);
    return;
  }
  log::error("an emergency call could not be remembered over a restart yet; it is tried again",
             {{"why", done.error().what}});
  if (!again_.armed()) again_ = clock_.after(kWriteAgain, [this] { write_again(); });
}

void CallbackHours::write_again() {
  again_.cancel();
  auto const now = clock_.uptime();
  std::erase_if(unwritten_, [&](auto const& entry) { return entry.second.until <= now; });
  for (auto const& [target, hour] : unwritten_) write(target, hour);
}

}  // namespace wardroom::call_blocking
