#include "cisco/xsi/sequence_watch.hpp"

#include <algorithm>
#include <utility>

namespace wardroom::xsi {
namespace {

constexpr std::int64_t largest = 2'147'483'647;
constexpr std::int64_t window = 1024;
constexpr std::uint64_t enough_to_judge = 5;  // gaps in a minute before their rate means anything
constexpr auto minute = std::chrono::seconds(60);

std::int64_t after(std::int64_t n) { return n >= largest ? 1 : n + 1; }

/// How far `b` lies ahead of `a` on the ring 1 … largest; negative when behind.
std::int64_t ahead(std::int64_t a, std::int64_t b) {
  auto const d = b - a;
  if (d > largest / 2) return d - largest;
  if (d < -largest / 2) return d + largest;
  return d;
}

}  // namespace

void SequenceWatch::saw(std::int64_t sequence, Uptime now) {
  if (sequence <= 0 || sequence > largest || informational_) return;
  begin_minute_if_over(now);
  ++seen_this_minute_;
  if (missing_.erase(sequence) > 0) return;
  if (next_ == 0) {
    next_ = after(sequence);
    return;
  }
  auto const distance = ahead(next_, sequence);
  if (distance < 0) {
    if (distance >= -window && !runs_behind(sequence)) return;  // late, or a second time
    // The counter began anew: what the old one still owed will not come.
    note_missing(sequence, sequence, now);
    next_ = after(sequence);
    behind_ = 0;
    return;
  }
  if (distance > 0) note_missing(next_, sequence, now);
  next_ = after(sequence);
  behind_ = 0;
}

/// Numbers that were there before and rise again, without a new one among them: the counter began
/// anew not far behind.
bool SequenceWatch::runs_behind(std::int64_t sequence) {
  auto const before = std::exchange(behind_, sequence);
  return before != 0 && ahead(before, sequence) > 0;
}

// Everything in [from, to) is missing; a very long gap is remembered by its first number alone.
void SequenceWatch::note_missing(std::int64_t from, std::int64_t to, Uptime now) {
  if (from == to || std::abs(ahead(from, to)) > window) {
    missing_.clear();
    missing_.emplace(-1, now + patience_);  // no event can carry it, so it will be declared
    return;
  }
  for (auto n = from; n != to; n = after(n)) missing_.emplace(n, now + patience_);
  while (missing_.size() > static_cast<std::size_t>(window)) missing_.erase(missing_.begin());
}

std::size_t SequenceWatch::overdue(Uptime now) {
  std::size_t declared = 0;
  std::int64_t previous = 0;
  begin_minute_if_over(now);
  for (auto entry = missing_.begin(); entry != missing_.end();) {
    if (entry->second > now) {
      ++entry;
      continue;
    }
    if (declared == 0 || entry->first != after(previous)) ++runs_this_minute_;
    previous = entry->first;
    ++declared;
    entry = missing_.erase(entry);
  }
  gaps_ += declared;
  if (declared > 0 && runs_this_minute_ >= enough_to_judge &&
      runs_this_minute_ * 100 > seen_this_minute_) {
    informational_ = true;
    missing_.clear();
  }
  return declared;
}

void SequenceWatch::begin_minute_if_over(Uptime now) {
  if (now < minute_began_ + minute) return;
  minute_began_ = now;
  seen_this_minute_ = runs_this_minute_ = 0;
}

std::optional<Uptime> SequenceWatch::next_deadline() const {
  std::optional<Uptime> first;
  for (auto const& [number, when] : missing_)
    if (!first || when < *first) first = when;
  return first;
}

void SequenceWatch::begin_subscription() {
  next_ = 1;
  behind_ = 0;
  informational_ = false;
  missing_.clear();
}

}  // namespace wardroom::xsi
