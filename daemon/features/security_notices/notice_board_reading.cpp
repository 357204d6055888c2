#include "features/security_notices/notice_board_impl.hpp"

#include <algorithm>

namespace wardroom::security_notices {
namespace {
/// Of a reading that proved nothing; doubles up to the cap.
constexpr auto first_wait = std::chrono::seconds(1);
constexpr auto longest_wait = std::chrono::seconds(30);

/// Before a conference is read for doubt that comes from another bridge: reading that bridge, which
/// is under way, ends the doubt of all at once.
constexpr auto resync_first = std::chrono::seconds(5);

BootClock::duration wait_after(int failures) {
  return std::min<BootClock::duration>(longest_wait, first_wait * (1 << std::min(failures, 5)));
}
}  // namespace

/// A bridge that has one of its calls is in doubt: only the reading of that whole bridge can help.
bool NoticeBoard::Impl::waits_for_resync(Entry const& entry) const {
  if (entry.doubt.empty()) return false;
  return std::ranges::any_of(entry.calls, [&](auto const& call) {
    return !ports_.ledger.doubt_of(call.first.bridge).empty();
  });
}

std::optional<Uptime> NoticeBoard::Impl::reading_due(Entry const& entry) const {
  auto const at = entry.notice.read_at();
  if (!at) return std::nullopt;
  return std::max(entry.doubt.empty() ? *at : *at + resync_first, entry.read_from);
}

/// Begins a reading when one is due, by a timer: records only move the moment, they do not arm it
/// anew.
void NoticeBoard::Impl::plan(Entry& entry) {
  if (entry.reading) return;
  auto const when = reading_due(entry);
  if (!when) {
    entry.timer.cancel();
    entry.failures = 0;
    entry.trouble.clear();
    put_off_.erase(entry.id);
    return;
  }
  if (waits_for_resync(entry)) return entry.timer.cancel();
  if (entry.timer.armed() && entry.timer_at <= *when) return;
  entry.timer_at = *when;
  entry.timer = ports_.clock.at(*when, [this, id = entry.id, born = entry.born] { due(id, born); });
}

void NoticeBoard::Impl::due(ConferenceId const& id, std::uint64_t born) {
  auto* entry = known(id);
  if (entry == nullptr || entry->born != born) return;
  entry->timer.cancel();
  auto const at = entry->notice.read_at();
  auto const now = ports_.clock.uptime();
  if (!at || now < std::max(*at, entry->read_from) || waits_for_resync(*entry)) return plan(*entry);
  begin_reading(*entry);
}

void NoticeBoard::Impl::begin_reading(Entry& entry) {
  entry.reading = true;
  ++counters_.readings;
  changed(entry);
  ports_.tasks.spawn(
      "reading of a conference",
      [this, id = entry.id, born = entry.born]() -> Task<void> { return read(id, born); });
  changed(entry);
}

Task<void> NoticeBoard::Impl::read(ConferenceId id, std::uint64_t born) {
  std::exception_ptr broken;
  Result<Tick> begun = failure(ErrorKind::internal, "the reading broke off");
  try {
    begun = co_await ports_.read(id);
  } catch (...) {
    broken = std::current_exception();
  }
  if (broken && is_cancellation(broken)) std::rethrow_exception(broken);
  read_ended(id, born, begun);
  if (broken) std::rethrow_exception(broken);
}

void NoticeBoard::Impl::read_ended(ConferenceId const& id, std::uint64_t born,
                                   Result<Tick> const& begun) {
  if (!begun) ++counters_.readings_failed;
  touch(id);  // what the reading brought, should it not have been told yet
  auto* entry = known(id);
  if (entry == nullptr || entry->born != born) return;
  entry->reading = false;
  if (begun)
    prove(*entry, *begun);
  else
    put_off(*entry, begun.error().what);
  plan(*entry);
  changed(*entry);
}

bool NoticeBoard::Impl::lower(Entry& entry, Tick begun) {
  auto const evidence = ports_.ledger.evidence(entry.id);
  if (!entry.notice.prove(begun, evidence, ports_.clock.uptime())) return false;
  entry.failures = 0;
  entry.trouble.clear();
  put_off_.erase(entry.id);
  announce(entry, evidence);
  show(entry);
  return true;
}

void NoticeBoard::Impl::prove(Entry& entry, Tick begun) {
  if (ports_.may_lower && !ports_.may_lower())
    return put_off(entry, "the audit cannot be written: nothing is lowered meanwhile");
  if (lower(entry, begun)) return;
  // A record came meanwhile: calm sets the next moment. Otherwise something is still in doubt.
  if (auto const at = entry.notice.read_at(); at && *at <= ports_.clock.uptime())
    put_off(entry, entry.doubt.empty() ? "its answers are older than its records" : entry.doubt);
}

void NoticeBoard::Impl::put_off(Entry& entry, std::string why) {
  entry.trouble = std::move(why);
  entry.read_from = ports_.clock.uptime() + wait_after(entry.failures++);
  put_off_.insert(entry.id);
}

}  // namespace wardroom::security_notices
