// C1: timetables against somebody who watches a clock with Python's time zones, in all zones.
#include "support/seed.hpp"
#include "timetable/timetable.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <set>
#include <sstream>

namespace wardroom::timetable {
namespace {
using namespace std::chrono_literals;

std::string watched(std::size_t years) {
  auto const command =
      fmt::format("/usr/bin/python3 '{}/tests/lib/timetable/watched_clock.py' {} {}",
                  WARDROOM_SOURCE_DIR, test::seed(), years);
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const pipe(popen(command.c_str(), "r"), pclose);
  std::string out;
  std::array<char, 65536> buffer{};
  while (auto const n = pipe ? std::fread(buffer.data(), 1, buffer.size(), pipe.get()) : 0)
    out.append(buffer.data(), n);
  return out;
}

std::vector<std::string> fields(std::string const& text, char by) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string one; std::getline(in, one, by);) out.push_back(one);
  return out;
}

Instant at(std::string const& seconds) {
  return Instant(std::chrono::seconds(std::stoll(seconds)));
}

/// A line of the script.
struct Case {
  std::string text;
  Instant from{}, until{};
  std::vector<Instant> due;
};

Case case_of(std::string const& line) {
  auto const parts = fields(line, ';');
  Case out{parts.at(0), at(parts.at(1)), at(parts.at(2)), {}};
  for (auto const& word : fields(parts.size() > 3 ? parts[3] : "", ' '))
    out.due.push_back(at(word));
  return out;
}

std::vector<Instant> found(Timetable const& timetable, Case const& one) {
  std::vector<Instant> out;
  for (auto next = timetable.next(one.from, {}); next && *next <= one.until;
       next = timetable.next(*next, {}))
    out.push_back(*next);
  return out;
}

/// Looked at backwards, from somewhere in between and from the moments themselves.
void expect_the_same_backwards(Timetable const& timetable, Case const& one) {
  for (std::size_t i = 0; i < one.due.size(); ++i) {
    auto const due = one.due[i];
    auto const before = i > 0 ? std::optional(one.due[i - 1]) : std::nullopt;
    ASSERT_EQ(timetable.missed(one.from, due), due) << one.text;
    ASSERT_EQ(timetable.missed(one.from, due - 1ms), before) << one.text;
    ASSERT_EQ(timetable.missed(due, due + 1ms), std::nullopt) << one.text;
  }
}

TEST(TimetableProof, C1_is_due_when_the_watched_clock_says_so_in_all_zones) {
  // One of the years, drawn by the seed; all of 2020 to 2040 with WARDROOM_COUNT=21.
  auto const years = test::count(1);
  auto const all = watched(years);
  if (all.empty()) GTEST_SKIP() << "python3 with zoneinfo is not installed";
  std::size_t cases = 0, moments = 0;
  std::set<std::string> zones;
  for (auto const& line : fields(all, '\n')) {
    auto const one = case_of(line);
    auto const timetable = Timetable::parse(one.text);
    ASSERT_TRUE(timetable) << one.text << ": " << timetable.error().what;
    ASSERT_EQ(found(*timetable, one), one.due) << line;
    if (years > 1 || cases % 4 == 0) expect_the_same_backwards(*timetable, one);
    ASSERT_EQ(Timetable::parse(timetable->text())->text(), timetable->text());
    ++cases, moments += one.due.size();
    zones.insert(timetable->calendar()->zone.name());
  }
  std::printf("%zu zones, %zu timetables, %zu moments\n", zones.size(), cases, moments);
  EXPECT_GT(zones.size(), 400u);
  EXPECT_GT(moments, cases);
}

}  // namespace
}  // namespace wardroom::timetable
