#include "features/call_blocking/caller_notice.hpp"

#include <algorithm>
#include <array>

namespace wardroom::call_blocking {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 5> kTold{"pending", "sent", "uncertain", "failed",
                                                "dropped"};
constexpr auto kDay = std::chrono::hours(24);
constexpr auto kMinute = std::chrono::minutes(1);
constexpr std::array<BootClock::duration, 3> kRetries{15s, 1min, 5min};
constexpr std::string_view kTooLate = "calls were allowed again before it could be sent";
constexpr std::string_view kSending = "being sent";
constexpr std::string_view kKilled = "the daemon ended while it was being sent";

/// The moment on the boot-time clock; one in the future by the wall clock counts as now.
Uptime uptime_of(Instant when, Moment at) {
  return at.up - std::max<Milliseconds>(at.now - when, 0ms);
}

bool is_told(Told told) { return told == Told::sent || told == Told::uncertain; }

}  // namespace

std::string_view name(Told told) { return kTold[static_cast<std::size_t>(told)]; }

std::optional<Told> parse_told(std::string_view word) {
  auto const found = std::ranges::find(kTold, word);
  if (found == kTold.end()) return std::nullopt;
  return static_cast<Told>(found - kTold.begin());
}

void NoticeBook::restore(NoticeRow row, Moment at) {
  auto const [it, fresh] = entries_.try_emplace(row.person);
  auto& entry = it->second;
  for (auto const sent : row.messages) entry.messages.emplace_back(uptime_of(sent, at), sent);
  if (row.episode.detail == kSending) row.episode.detail = kKilled;
  auto const last = uptime_of(row.episode.last, at);
  bool const goes_on = !row.episode.over && at.up - last < limits_.longest;
  if (!fresh) {  // calls were released before the store could be read
    if (!goes_on) return;
    leave_queue(row.person, entry);
    row.episode.last = entry.episode.last;
    row.episode.reason = entry.episode.reason;
    entry.episode = std::move(row.episode);
  } else {
    entry.episode = std::move(row.episode);
    entry.last = last;
  }
  if (!goes_on) {
    entry.episode.over = true;
    return;
  }
  running_.insert(row.person);
  if (entry.episode.told == Told::pending) wait_for_turn(row.person, entry, at.up);
}

bool NoticeBook::released(PersonNo person, Reason reason, Moment at,
                          std::function<std::string()> const& words) {
  auto& entry = entries_[person];
  bool const begins = !running_.contains(person) || at.up - entry.last >= limits_.longest;
  if (begins) {
    leave_queue(person, entry);
    entry.episode = {.since = at.now, .words = words(), .told_at = at.now};
    entry.sending = false;
    running_.insert(person);
    wait_for_turn(person, entry, at.up);
  }
  entry.episode.last = at.now;
  entry.episode.reason = reason;
  entry.last = at.up;
  entry.allowed_since.reset();
  return begins;
}

NoticeBook::Look NoticeBook::look(Moment at, std::size_t most,
                                  std::function<bool(PersonNo)> const& allowed) {
  Look out;
  auto it = entries_.upper_bound(cursor_);
  for (; it != entries_.end() && most > 0; --most) {
    auto const person = it->first;
    auto& entry = it->second;
    cursor_ = person;
    forget_messages(entry, at.up);
    if (!entry.episode.over) {
      if (!allowed(person))
        entry.allowed_since.reset();
      else if (!entry.allowed_since)
        entry.allowed_since = at.up;
      bool const long_allowed =
          entry.allowed_since && at.up - *entry.allowed_since >= limits_.again_after;
      if (long_allowed || at.up - entry.last >= limits_.longest) {
        end(person, entry, at.now);
        out.changed.push_back(person);
      }
    }
    if (entry.episode.over && entry.messages.empty() && !entry.sending &&
        at.up - entry.last >= kDay) {
      out.forgotten.push_back(person);
      it = entries_.erase(it);
    } else {
      ++it;
    }
  }
  out.whole_round = it == entries_.end();
  if (out.whole_round) cursor_ = 0;
  return out;
}

void NoticeBook::end(PersonNo person, Entry& entry, Instant now) {
  entry.episode.over = true;
  entry.allowed_since.reset();
  running_.erase(person);
  if (entry.episode.told == Told::pending) drop(person, entry, std::string(kTooLate), now);
}

void NoticeBook::drop(PersonNo person, Entry& entry, std::string why, Instant now) {
  leave_queue(person, entry);
  entry.episode.told = Told::dropped;
  entry.episode.told_at = now;
  entry.episode.detail = std::move(why);
}

void NoticeBook::forget_messages(Entry& entry, Uptime up) const {
  std::erase_if(entry.messages, [&](auto const& sent) { return up - sent.first >= kDay; });
}

std::vector<PersonNo> NoticeBook::due(Moment at, std::size_t most, std::vector<PersonNo>& changed) {
  std::vector<PersonNo> out;
  if (at.up < not_before_) return out;
  std::erase_if(attempts_, [&](Uptime when) { return at.up - when >= kMinute; });
  for (auto it = waiting_.begin(); it != waiting_.end() && it->first <= at.up;) {
    if (out.size() >= most || attempts_.size() + out.size() >= limits_.a_minute) break;
    auto const person = it->second;
    ++it;  // dropping takes it out
    auto& entry = entries_.at(person);
    forget_messages(entry, at.up);
    if (entry.messages.size() < limits_.a_day) {
      out.push_back(person);
      continue;
    }
    drop(person, entry, "this person was told often enough within a day", at.now);
    changed.push_back(person);
  }
  return out;
}

void NoticeBook::skip(PersonNo person, std::string why, Moment at) {
  auto const found = entries_.find(person);
  if (found != entries_.end() && found->second.episode.told == Told::pending)
    drop(person, found->second, std::move(why), at.now);
}

void NoticeBook::begin(PersonNo person, Moment at) {
  auto& entry = entries_.at(person);
  leave_queue(person, entry);
  entry.sending = true;
  entry.episode.told = Told::uncertain;
  entry.episode.told_at = at.now;
  entry.episode.detail = kSending;
  ++entry.episode.attempts;
  entry.messages.emplace_back(at.up, at.now);
  attempts_.push_back(at.up);
}

bool NoticeBook::finish(PersonNo person, Instant since, Told told, std::string detail,
                        BootClock::duration wait, Moment at) {
  auto const found = entries_.find(person);
  if (found == entries_.end()) return false;
  auto& entry = found->second;
  if (!entry.sending || entry.episode.since != since) return false;
  entry.sending = false;
  entry.episode.told = told;
  entry.episode.told_at = at.now;
  entry.episode.detail = std::move(detail);
  if (!is_told(told) && !entry.messages.empty()) entry.messages.pop_back();
  if (told != Told::pending) return true;
  if (entry.episode.over)
    drop(person, entry, std::string(kTooLate), at.now);
  else
    wait_for_turn(person, entry, at.up + wait);
  return true;
}

void NoticeBook::wait_for_turn(PersonNo person, Entry& entry, Uptime when) {
  entry.next = when;
  waiting_.emplace(when, person);
}

void NoticeBook::leave_queue(PersonNo person, Entry const& entry) {
  waiting_.erase({entry.next, person});
}

Uptime NoticeBook::next_due() const {
  if (waiting_.empty()) return Uptime::max();
  auto next = std::max(waiting_.begin()->first, not_before_);
  if (attempts_.size() >= limits_.a_minute) next = std::max(next, attempts_.front() + kMinute);
  return next;
}

Episode const* NoticeBook::running(PersonNo person) const {
  return running_.contains(person) ? last(person) : nullptr;
}

Episode const* NoticeBook::last(PersonNo person) const {
  auto const it = entries_.find(person);
  return it == entries_.end() ? nullptr : &it->second.episode;
}

std::optional<NoticeRow> NoticeBook::row(PersonNo person) const {
  auto const it = entries_.find(person);
  if (it == entries_.end()) return std::nullopt;
  NoticeRow out{.person = person, .episode = it->second.episode};
  for (auto const& [up, sent] : it->second.messages) out.messages.push_back(sent);
  return out;
}

std::optional<BootClock::duration> retry_after(int attempts, Error const& why) {
  bool const worth_it = is_transient(why.kind) || why.kind == ErrorKind::unauthorized;
  if (!worth_it || attempts < 1 || attempts > static_cast<int>(kRetries.size()))
    return std::nullopt;
  return std::max<BootClock::duration>(kRetries[static_cast<std::size_t>(attempts - 1)],
                                       why.retry_after.value_or(0ms));
}

}  // namespace wardroom::call_blocking
