#include "progress_line.hpp"

#include "words.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::ctl {
namespace {
using namespace std::chrono_literals;
constexpr auto least_pause = 100ms;
constexpr double worth_a_rate = 0.5;  // seconds
constexpr std::int64_t bar_width = 20;

std::string bar_of(std::int64_t done, std::int64_t total, bool blocks) {
  auto const full = done * bar_width / total;
  std::string out = "[";
  for (std::int64_t i = 0; i < bar_width; ++i)
    out += i < full ? (blocks ? "█" : "#") : (blocks ? "░" : ".");
  return out + "]";
}
}  // namespace

std::string size_words(std::int64_t octets) {
  auto const size = static_cast<double>(octets);
  if (size >= 1e9) return fmt::format("{:.1f} GB", size / 1e9);
  if (size >= 1e6) return fmt::format("{:.1f} MB", size / 1e6);
  if (size >= 1e3) return fmt::format("{:.1f} kB", size / 1e3);
  return fmt::format("{} octets", octets);
}

std::string ProgressLine::draw(std::string const& words, Look const& look) {
  shown_ = true;
  return "\r\033[K" + (look.width > 0 ? shorten(words, look.width - 1) : words);
}

/// A second; 0 while it cannot be told.
double ProgressLine::rate(std::int64_t count, Moment now) {
  auto const seconds = std::chrono::duration<double>(now - begun_).count();
  return seconds < worth_a_rate ? 0 : static_cast<double>(count - first_) / seconds;
}

std::string ProgressLine::take(Json const& line, Look const& look, Moment now) {
  auto const phase = text(line, "phase");
  auto const rows = count(line, "rows"), total = count(line, "total");
  if (phase != phase_) {
    phase_ = phase;
    begun_ = now;
    first_ = rows;
  } else if (now - drawn_ < least_pause) {
    return {};
  }
  drawn_ = now;
  auto words = fmt::format("  {:<9} {}", phase, count_words(rows));
  if (total > 0 && rows <= total) words += " of " + count_words(total);
  words += " rows";
  if (auto const table = text(line, "table"); !table.empty()) words += ", " + table;
  if (auto const speed = rate(rows, now); speed > 0) {
    words += fmt::format("  {}/s", count_words(static_cast<std::int64_t>(speed)));
    if (total > rows)
      words += "  " + duration_words(static_cast<double>(total - rows) / speed) + " left";
  }
  return draw(words, look);
}

std::string ProgressLine::take_stage(Json const& progress, bool blocks, Look const& look,
                                     Moment now) {
  auto const stage = text(progress, "stage");
  auto const done = count(progress, "done"), total = count(progress, "total");
  if (stage != phase_) {
    phase_ = stage;
    begun_ = now;
    first_ = done;
  } else if (now - drawn_ < least_pause && done < total) {
    return {};
  }
  drawn_ = now;
  auto shown = stage;
  std::ranges::replace(shown, '_', ' ');
  auto words = fmt::format("  {:<15}", shown);
  if (total > 0 && done <= total)
    words +=
        " " + bar_of(done, total, blocks) + " " + count_words(done) + " of " + count_words(total);
  else if (done > 0)
    words += " " + count_words(done);
  if (auto const speed = rate(done, now); speed > 0) {
    words += fmt::format("  {}/s", count_words(static_cast<std::int64_t>(speed)));
    if (total > done)
      words += "  " + duration_words(static_cast<double>(total - done) / speed) + " left";
  }
  if (auto const failed = count(progress, "failed"); failed > 0)
    words += "  " + count_words(failed) + " failed";
  if (auto const why = text(progress, "waiting_for"); !why.empty()) words += "  " + why;
  return draw(words, look);
}

std::string ProgressLine::take_octets(std::int64_t octets, Look const& look, Moment now) {
  if (phase_ != "write") {
    phase_ = "write";
    begun_ = now;
    first_ = 0;
  } else if (now - drawn_ < least_pause) {
    return {};
  }
  drawn_ = now;
  auto words = fmt::format("  {:<9} {}", phase_, size_words(octets));
  if (auto const speed = rate(octets, now); speed > 0)
    words += fmt::format("  {}/s", size_words(static_cast<std::int64_t>(speed)));
  return draw(words, look);
}

std::string ProgressLine::leave() { return std::exchange(shown_, false) ? "\r\033[K" : ""; }

}  // namespace wardroom::ctl
