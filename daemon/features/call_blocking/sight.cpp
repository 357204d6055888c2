#include "features/call_blocking/sight.hpp"

#include "base/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::string_view kNotRunning = "the daemon was not running";
/// A start that is through sooner is no loss worth a word.
constexpr auto kStartTells = std::chrono::seconds(15);

double seconds(BootClock::duration d) { return std::chrono::duration<double>(d).count(); }
double tenth(double value) { return std::round(value * 10) / 10; }

Milliseconds in_ms(BootClock::duration d) { return std::chrono::duration_cast<Milliseconds>(d); }

Json lost_row(BlindPeriod const& period) {
  return {{"sight", false}, {"since", iso_text(period.from)}, {"why", period.why}};
}

}  // namespace

/// What is known now, after what began it.
std::string Sight::cause(Current const& current, std::string_view why) {
  return (current.before > 0 ? std::string(kNotRunning) + ", then: " : std::string()) +
         std::string(why);
}

Sight::Row Sight::begin(Moment at, std::optional<Instant> watched_until) {
  if (begun_) return std::nullopt;
  begun_ = true;
  current_ = Current{.period = {.from = at.now, .why = "monitoring is starting"},
                     .since = at.up,
                     .starting = true};
  // A wall clock that was set back since tells nothing about how long it was.
  if (!watched_until || *watched_until >= at.now) return std::nullopt;
  away_ = std::chrono::duration<double>(at.now - *watched_until).count();
  current_->period = {.from = *watched_until, .why = std::string(kNotRunning)};
  current_->before = away_;
  current_->starting = false;
  current_->in_journal = true;
  ++times_;
  return lost_row(current_->period);
}

Sight::Row Sight::told(bool sees, BootClock::duration blind, std::string_view why, Moment at) {
  if (!begun_) return std::nullopt;
  if (sees) return close(blind, at);
  if (current_) {
    // What monitoring says as it begins is no cause.
    bool const begins = at.up - current_->since < std::chrono::milliseconds(100);
    if (!why.empty() && !begins) current_->period.why = cause(*current_, why);
    return std::nullopt;
  }
  current_ = Current{.period = {.from = at.now - in_ms(blind), .why = std::string(why)},
                     .since = at.up - blind,
                     .in_journal = true};
  ++times_;
  return lost_row(current_->period);
}

Sight::Row Sight::look(std::string_view why, Moment at) {
  if (!current_ || current_->in_journal || at.up - current_->since < kStartTells)
    return std::nullopt;
  if (!why.empty()) current_->period.why = cause(*current_, why);
  current_->in_journal = true;
  current_->starting = false;
  ++times_;
  return lost_row(current_->period);
}

Sight::Row Sight::close(BootClock::duration blind, Moment at) {
  if (!current_) return std::nullopt;
  if (at.up - blind < current_->since) {  // it began before anybody noticed
    current_->since = at.up - blind;
    if (current_->before == 0) current_->period.from = at.now - in_ms(blind);
  }
  auto period = *current(at.up);
  period.to = at.now;
  bool const quick_start = current_->starting;
  current_.reset();
  Json row{{"sight", true}, {"blind_s", tenth(period.seconds)}};
  if (quick_start) {
    row["start"] = true;
    return row;
  }
  row["since"] = iso_text(period.from);
  row["why"] = period.why;
  last_ = std::move(period);
  return row;
}

void Sight::end(Moment at) {
  if (begun_ && current_ && !current_->starting) {
    last_ = current(at.up);
    last_->to = at.now;
  }
  current_.reset();
  begun_ = false;
}

std::optional<BlindPeriod> Sight::current(Uptime up) const {
  if (!current_) return std::nullopt;
  auto out = current_->period;
  out.seconds = current_->before + seconds(up - current_->since);
  return out;
}

Json period_json(BlindPeriod const& period) {
  Json out{{"from", iso_text(period.from)}};
  if (period.to) out["to"] = iso_text(*period.to);
  out["seconds"] = tenth(period.seconds);
  out["why"] = period.why;
  return out;
}

std::string moment_words(Instant when, Instant now) {
  auto const text = iso_text(when);  // 2026-11-22T12:03:11.120Z
  auto const clock = text.substr(11, 8) + " UTC";
  return text.substr(0, 10) == iso_text(now).substr(0, 10) ? clock
                                                           : text.substr(0, 10) + " " + clock;
}

std::string span_words(double length) {
  auto const s = std::llround(std::max(0.0, length));
  auto const two = [](auto a, char const* big, auto b, char const* small) {
    return b ? fmt::format("{} {} {} {}", a, big, b, small) : fmt::format("{} {}", a, big);
  };
  if (length > 0 && s == 0) return "less than 1 s";
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return two(s / 60, "min", s % 60, "s");
  if (s < 86'400) return two(s / 3600, "h", s % 3600 / 60, "min");
  return two(s / 86'400, "d", s % 86'400 / 3600, "h");
}

}  // namespace wardroom::call_blocking
