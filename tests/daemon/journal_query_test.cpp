// What people write to say from when, until when, and which entries of the journal.
#include "front/journal_query.hpp"

#include "base/time_text.hpp"

#include <gtest/gtest.h>

#include <map>

namespace wardroom::front {
namespace {

Instant const now = from_unix_ms(1'795'357'805'250);  // 2026-11-22T14:30:05.250Z

std::string point(std::string_view text) {
  auto const read = config::parse_point(text, now);
  if (!read) return "refused";
  if (auto const* seq = std::get_if<std::int64_t>(&*read)) return "#" + std::to_string(*seq);
  return iso_text(std::get<Instant>(*read));
}

Result<JournalQuery> query(std::map<std::string_view, std::string_view> const& words,
                           bool follow = false) {
  return read_journal_query(
      [&](std::string_view name) {
        auto const found = words.find(name);
        return found == words.end() ? std::string_view() : found->second;
      },
      follow, now);
}

TEST(JournalPoint, is_a_number_a_date_a_time_of_day_or_a_while_ago) {
  ASSERT_EQ(iso_text(now), "2026-11-22T14:30:05.250Z");
  struct Case {
    std::string_view text, meant;
  };
  for (auto const& [text, meant] : {Case{"4200", "#4200"},
                                    {"#4200", "#4200"},
                                    {"0", "#0"},
                                    {"2h", "2026-11-22T12:30:05.250Z"},
                                    {"2h ago", "2026-11-22T12:30:05.250Z"},
                                    {"1d", "2026-11-21T14:30:05.250Z"},
                                    {"2w", "2026-11-08T14:30:05.250Z"},
                                    {"90s", "2026-11-22T14:28:35.250Z"},
                                    {"14:30", "2026-11-22T14:30:00.000Z"},
                                    {"14:31", "2026-11-21T14:31:00.000Z"},  // not in the future
                                    {"00:00:01", "2026-11-22T00:00:01.000Z"},
                                    {"2026-11-20", "2026-11-20T00:00:00.000Z"},
                                    {"2026-11-20 08:15", "2026-11-20T08:15:00.000Z"},
                                    {"2026-11-20T08:15:30Z", "2026-11-20T08:15:30.000Z"},
                                    {"2026-11-20T08:15:30.5Z", "2026-11-20T08:15:30.500Z"},
                                    {"2026-11-20T08:15:30.123456Z", "2026-11-20T08:15:30.123Z"},
                                    {"2026-11-20T08:15+01:00", "2026-11-20T07:15:00.000Z"},
                                    {"2026-11-20T08:15:00-0530", "2026-11-20T13:45:00.000Z"},
                                    {"2026-11-20T08:15 01:00", "2026-11-20T07:15:00.000Z"},
                                    {" 1d ", "2026-11-21T14:30:05.250Z"}})
    EXPECT_EQ(point(text), meant) << text;
}

TEST(JournalPoint, anything_else_is_refused_with_what_to_write) {
  for (auto const* text : {"",
                           "x",
                           "-1",
                           "+5",
                           "24:00",
                           "12:60",
                           "12:00:60",
                           "2026-02-30",
                           "2026-13-01",
                           "26-11-22",
                           "2026-11-22T",
                           "2026-11-22T10",
                           "2026-11-22T10:00X",
                           "2026-11-22T10:00+15:00",
                           "2026-11-22T10:00:00.Z",
                           "99999999999999999999",
                           "5y",
                           "d",
                           "--",
                           "2026-11-22T10:00Zjunk"})
    EXPECT_EQ(point(text), "refused") << text;
  EXPECT_NE(config::parse_point("soon", now).error().what.find("2026-11-22T14:30Z"),
            std::string::npos);
}

TEST(JournalQuery, reads_all_its_words) {
  auto const read = query({{"since", "10"},
                           {"until", "2h"},
                           {"person", "ada"},
                           {"kind", "call, decision,,call"},
                           {"limit", "7"}});
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(std::get<std::int64_t>(*read->since), 10);
  EXPECT_TRUE(std::holds_alternative<Instant>(*read->until));
  EXPECT_EQ(read->person, "ada");
  EXPECT_EQ(read->kinds, (std::vector<std::string>{"call", "decision"}));
  EXPECT_EQ(read->limit, 7u);
  EXPECT_FALSE(query({})->since);
}

TEST(JournalQuery, refuses_what_cannot_be_meant) {
  EXPECT_NE(query({{"kind", "decisions"}}).error().what.find("did you mean 'decision'"),
            std::string::npos);
  EXPECT_NE(query({{"kind", "x"}}).error().what.find("there are call"), std::string::npos);
  for (auto const* limit : {"0", "-1", "many", "99999999999"})
    EXPECT_FALSE(query({{"limit", limit}}));
  EXPECT_TRUE(query({{"limit", "0"}}, true)) << "only what happens from now on";
  EXPECT_FALSE(query({{"until", "1h"}}, true));
  EXPECT_FALSE(query({{"since", "1h"}, {"limit", "5"}}, true));
}

}  // namespace
}  // namespace wardroom::front
