#include "zones/posix_rule.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <limits>

namespace wardroom::zones {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

/// Reads from the front; every reader says whether it could.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool number(int& out, int most) {
    auto const [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), out);
    if (error != std::errc{} || out < 0 || out > most || rest_.front() == '-') return false;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return true;
  }
  /// CET, or <+0330>.
  bool name() {
    bool const quoted = take('<');
    auto const end = std::ranges::find_if(rest_, [&](char c) {
      return quoted ? c == '>' : !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z');
    });
    auto const length = static_cast<std::size_t>(end - rest_.begin());
    if (length == 0) return false;
    rest_.remove_prefix(length);
    return !quoted || take('>');
  }
  /// [+-]hh[:mm[:ss]].
  bool time(std::int32_t& out) {
    int const sign = take('-') ? -1 : 1;
    if (sign == 1) take('+');
    std::array<int, 3> parts{};
    if (!number(parts[0], 167)) return false;
    for (std::size_t i = 1; i < 3 && take(':'); ++i)
      if (!number(parts[i], 59)) return false;
    out = sign * (parts[0] * 3600 + parts[1] * 60 + parts[2]);
    return true;
  }
  bool day(YearDay& out) {
    if (take('M')) {
      out.kind = YearDay::Kind::week;
      if (!number(out.month, 12) || !take('.') || !number(out.week, 5) || !take('.') ||
          !number(out.weekday, 6) || out.month == 0 || out.week == 0)
        return false;
    } else if (take('J')) {
      out.kind = YearDay::Kind::without_leap;
      if (!number(out.day, 365) || out.day == 0) return false;
    } else {
      out.kind = YearDay::Kind::with_leap;
      if (!number(out.day, 365)) return false;
    }
    return !take('/') || time(out.seconds);
  }

 private:
  std::string_view rest_;
};

struct Change {
  std::int64_t at;
  std::int32_t offset;
};

}  // namespace

std::int64_t YearDay::in(int year) const {
  std::chrono::year const y(year);
  auto const january = sys_days(y / 1 / 1);
  auto date = january + days(day);
  if (kind == Kind::without_leap) {
    date = january + days(day - 1 + (y.is_leap() && day > 59 ? 1 : 0));
  } else if (kind == Kind::week) {
    std::chrono::month const m(static_cast<unsigned>(month));
    std::chrono::weekday const wanted(static_cast<unsigned>(weekday));
    date = week == 5 ? sys_days(y / m / wanted[std::chrono::last])
                     : sys_days(y / m / wanted[static_cast<unsigned>(week)]);
  }
  return std::chrono::seconds(date.time_since_epoch()).count() + seconds;
}

Segment PosixRule::at(std::int64_t when) const {
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  if (!change) return {least, most, standard};
  auto const today = std::chrono::floor<days>(std::chrono::sys_seconds(std::chrono::seconds(when)));
  int const year = static_cast<int>(std::chrono::year_month_day(today).year());
  std::array<Change, 10> changes{};
  for (int i = 0; i < 5; ++i) {
    auto const to_summer = (*change)[0].in(year - 2 + i) - standard;
    auto const back = (*change)[1].in(year - 2 + i) - summer;
    changes[static_cast<std::size_t>(2 * i)] = {to_summer, summer};
    changes[static_cast<std::size_t>(2 * i + 1)] = {back, standard};
  }
  // Where summer time ends at the moment that it begins again, it goes on.
  std::ranges::sort(changes, {},
                    [&](Change const& c) { return std::pair(c.at, c.offset == summer); });
  Segment out{changes.front().at, most, changes.front().offset};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    auto const& [at, offset] = changes[i];
    bool const undone = i + 1 < changes.size() && changes[i + 1].at == at;
    if (undone || offset == out.offset) continue;
    if (at > when) {
      out.end = at;
      break;
    }
    out = {at, most, offset};
  }
  return out;
}

std::optional<PosixRule> parse_posix_rule(std::string_view text) {
  Reader in(text);
  PosixRule out;
  std::int32_t west = 0;
  if (!in.name() || !in.time(west)) return std::nullopt;
  out.standard = out.summer = -west;
  if (in.done()) return out;
  if (!in.name()) return std::nullopt;
  out.summer = out.standard + 3600;
  if (!in.take(',')) {
    if (!in.time(west) || !in.take(',')) return std::nullopt;
    out.summer = -west;
  }
  auto& change = out.change.emplace();
  if (!in.day(change[0]) || !in.take(',') || !in.day(change[1]) || !in.done()) return std::nullopt;
  return out;
}

}  // namespace wardroom::zones
