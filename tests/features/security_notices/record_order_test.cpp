// B2: no record counts twice, none that is new is left out, and what was lost is told once.
#include "features/security_notices/record_order.hpp"

#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <set>

namespace wardroom::security_notices {
namespace {

using conference::CallRecord;
constexpr auto none = std::nullopt;

CallRecord record(std::optional<std::uint64_t> index, std::uint64_t missing = 0,
                  std::optional<Instant> time = {}) {
  return {.time = time, .index = index, .missing = missing};
}
bool is_taken(OrderVerdict const& verdict) {
  return verdict.place != Place::seen && verdict.place != Place::old;
}
Instant at(int seconds) { return from_unix_ms(1'700'000'000'000 + seconds * 1'000); }

struct Order {
  RecordOrder order;
  OrderVerdict see(std::optional<std::uint64_t> index, std::uint64_t missing = 0,
                   std::string_view session = "s") {
    return order.see(session, record(index, missing));
  }
};

TEST(RecordOrder, the_first_record_may_have_any_number_and_begins_the_session) {
  Order o;
  EXPECT_TRUE(o.order.is_new("s"));
  EXPECT_EQ(o.see(2280), (OrderVerdict{Place::next, true}));
  EXPECT_FALSE(o.order.is_new("s"));
  EXPECT_EQ(o.see(2281), (OrderVerdict{Place::next}));
  EXPECT_EQ(o.see(2281), (OrderVerdict{Place::seen}));
  EXPECT_EQ(o.order.highest(), 2281);
}

TEST(RecordOrder, a_jump_is_a_gap_and_what_the_bridge_says_of_it_does_not_count_again) {
  Order o;
  o.see(10);
  EXPECT_EQ(o.see(15), (OrderVerdict{Place::gap, false, 4}));
  EXPECT_EQ(o.see(20, 4), (OrderVerdict{Place::gap, false, 4})) << "example E6";
  EXPECT_EQ(o.see(23, 7), (OrderVerdict{Place::gap, false, 2})) << "the others had come before";
  EXPECT_EQ(o.see(24, 3), (OrderVerdict{Place::gap, false, 3})) << "said, without a jump";
  EXPECT_EQ(o.see(24, 3), (OrderVerdict{Place::seen})) << "not told twice";
  Order first;
  EXPECT_EQ(first.see(7, 2), (OrderVerdict{Place::gap, true, 2}));
}

TEST(RecordOrder, late_records_fill_a_gap_once) {
  Order o;
  o.see(10);
  o.see(14);
  EXPECT_EQ(o.see(12), (OrderVerdict{Place::late}));
  EXPECT_EQ(o.see(12), (OrderVerdict{Place::seen}));
  EXPECT_EQ(o.see(11), (OrderVerdict{Place::late}));
  EXPECT_EQ(o.order.mark().missing, (std::vector<std::int64_t>{13}));
  EXPECT_EQ(o.see(13), (OrderVerdict{Place::late}));
  EXPECT_TRUE(o.order.mark().missing.empty());
  EXPECT_EQ(o.see(15), (OrderVerdict{Place::next}));
}

TEST(RecordOrder, what_comes_before_the_first_we_saw_is_late_and_not_lost) {
  Order o;
  o.see(10);
  EXPECT_EQ(o.see(7), (OrderVerdict{Place::late}));
  EXPECT_EQ(o.see(8), (OrderVerdict{Place::late}));
  EXPECT_EQ(o.see(7), (OrderVerdict{Place::seen}));
  EXPECT_EQ(o.see(9), (OrderVerdict{Place::late}));
  EXPECT_EQ(o.see(9), (OrderVerdict{Place::seen}));
  EXPECT_EQ(o.see(10), (OrderVerdict{Place::seen}));
}

TEST(RecordOrder, a_record_without_a_number_is_taken_each_time_it_comes) {
  Order o;
  EXPECT_EQ(o.see(none), (OrderVerdict{Place::unnumbered, true}));
  EXPECT_EQ(o.see(none), (OrderVerdict{Place::unnumbered}));
  EXPECT_EQ(o.see(none, 2), (OrderVerdict{Place::unnumbered, false, 2}));
  EXPECT_EQ(o.see(5), (OrderVerdict{Place::next}));
  EXPECT_EQ(o.see(std::uint64_t(-1)), (OrderVerdict{Place::unnumbered})) << "beyond every number";
  EXPECT_EQ(o.see(6), (OrderVerdict{Place::next}));
}

TEST(RecordOrder, a_new_session_begins_anew_and_late_posts_of_the_old_one_are_old) {
  Order o;
  o.see(10);
  EXPECT_EQ(o.see(0, 0, "t"), (OrderVerdict{Place::next, true}));
  EXPECT_EQ(o.see(11, 0, "s"), (OrderVerdict{Place::old, false, 0, true})) << "left out";
  EXPECT_EQ(o.see(11, 0, "s"), (OrderVerdict{Place::old})) << "told once";
  EXPECT_EQ(o.see(10, 0, "s"), (OrderVerdict{Place::old})) << "heard";
  EXPECT_EQ(o.order.session(), "t");
  EXPECT_EQ(o.see(1, 0, "t"), (OrderVerdict{Place::next}));
  EXPECT_EQ(o.see(3, 0, "u"), (OrderVerdict{Place::next, true}));
  for (auto const* session : {"s", "t"})
    EXPECT_EQ(o.see(99, 0, session).place, Place::old) << session;
}

TEST(RecordOrder, an_empty_session_is_a_session_of_its_own) {
  Order o;
  EXPECT_EQ(o.see(4, 0, ""), (OrderVerdict{Place::next, true}));
  EXPECT_EQ(o.see(5, 0, ""), (OrderVerdict{Place::next}));
  EXPECT_EQ(o.see(0, 0, "s"), (OrderVerdict{Place::next, true}));
  EXPECT_EQ(o.see(5, 0, ""), (OrderVerdict{Place::old}));
}

TEST(RecordOrder, a_session_that_goes_on_after_another_began_was_never_over) {
  RecordOrder order;
  order.see("real", record(5, 0, at(0)));
  order.see("made up", record(1, 0, at(10)));
  EXPECT_EQ(order.see("real", record(5, 0, at(70))), (OrderVerdict{Place::old})) << "heard before";
  EXPECT_EQ(order.see("real", record(6, 0, at(9))), (OrderVerdict{Place::old, false, 0, true}))
      << "on its way since then";
  EXPECT_EQ(order.see("real", record(none, 0, at(69))).place, Place::old) << "may be a copy";
  auto const back = order.see("real", record(7, 0, at(10)));
  EXPECT_EQ(back, (OrderVerdict{Place::next, true})) << "its bridge is asked anew";
  EXPECT_EQ(order.see("real", record(5, 0, at(0))).place, Place::seen) << "it goes on";
  EXPECT_EQ(order.see("made up", record(1, 0, at(10))), (OrderVerdict{Place::old}));
  order.see("next", record(0, 0, at(100)));
  EXPECT_TRUE(order.see("real", record(none, 0, at(160))).new_session);
}

TEST(RecordOrder, B2_a_late_post_of_a_session_nobody_knows_shuts_the_running_one_out_of_nothing) {
  for (bool const older_first : {false, true}) {
    RecordOrder order;
    if (older_first) order.see("older", record(40, 0, at(0)));
    order.see("running", record(7, 0, at(100)));
    for (std::uint64_t index = 8; index < 20; ++index) {
      auto const second = static_cast<int>(100 + index);
      order.see("older", record(33 + index, 0, at(static_cast<int>(index))));
      if (index % 3 == 0) order = RecordOrder(order.mark());
      auto const verdict = order.see("running", record(index, 0, at(second)));
      EXPECT_EQ(verdict.place, Place::next) << index;
      EXPECT_EQ(order.session(), "running");
    }
  }
}

TEST(RecordOrder, B2_a_bridge_whose_clock_went_back_loses_nothing_by_what_was_on_its_way) {
  RecordOrder order;
  order.see("before", record(7, 0, at(1'000)));
  EXPECT_TRUE(order.see("after", record(0, 0, at(500))).new_session);
  EXPECT_TRUE(order.see("before", record(8, 0, at(1'000))).new_session) << "nobody can know";
  EXPECT_EQ(order.see("after", record(1, 0, at(510))), (OrderVerdict{Place::next, true}));
  EXPECT_EQ(order.see("after", record(2, 0, at(511))), (OrderVerdict{Place::next}));
}

TEST(RecordOrder, sessions_that_are_over_stay_so_after_our_restart) {
  RecordOrder order;
  for (int n = 0; n < 10; ++n)
    for (std::uint64_t index : {0U, 1U})
      order.see("session " + std::to_string(n), record(index, 0, at(n * 100)));
  auto const mark = order.mark();
  ASSERT_EQ(mark.over.size(), 8u) << "the newest";
  EXPECT_EQ(mark.over.front(), (OverSession{"session 1", 1}));
  EXPECT_EQ(mark.since, at(900));
  RecordOrder again(mark);
  EXPECT_EQ(again.mark(), mark);
  for (int n = 1; n < 9; ++n)
    EXPECT_EQ(again.see("session " + std::to_string(n), record(1, 0, at(n * 100))),
              (OrderVerdict{Place::old}));
  EXPECT_EQ(again.see("session 9", record(2, 0, at(901))), (OrderVerdict{Place::next}));
  EXPECT_TRUE(again.see("session 0", record(1, 0, at(0))).new_session) << "nobody knows it";
  EXPECT_EQ(again.see("session 9", record(3, 0, at(902))), (OrderVerdict{Place::next, true}));
  auto too_many = mark;
  too_many.over.insert(too_many.over.begin(), 100, {"x", 1});
  EXPECT_EQ(RecordOrder(too_many).mark(), mark);
}

TEST(RecordOrder, goes_on_from_its_mark_after_a_restart) {
  Order o;
  o.see(10);
  o.see(14);
  o.see(12);
  auto const mark = o.order.mark();
  EXPECT_EQ(mark, (OrderMark{"s", 14, {11, 13}}));
  Order again{RecordOrder(mark)};
  EXPECT_EQ(again.order.mark(), mark);
  EXPECT_EQ(again.see(10), (OrderVerdict{Place::seen}));
  EXPECT_EQ(again.see(14), (OrderVerdict{Place::seen}));
  EXPECT_EQ(again.see(13), (OrderVerdict{Place::late}));
  EXPECT_EQ(again.see(17), (OrderVerdict{Place::gap, false, 2}));
  EXPECT_EQ(again.see(0, 0, "t"), (OrderVerdict{Place::next, true}));
  Order none_yet{RecordOrder(OrderMark{})};
  EXPECT_EQ(none_yet.see(3), (OrderVerdict{Place::next, true}));
}

TEST(RecordOrder, a_mark_that_makes_no_sense_does_no_harm) {
  std::vector<std::int64_t> many;
  for (std::int64_t i = -10; i < 5'000; ++i) many.push_back(i);
  Order o{RecordOrder(OrderMark{"s", 4'000, many})};
  EXPECT_EQ(o.order.mark().missing.size(), 1'024u);
  EXPECT_EQ(o.see(3'999).place, Place::late);
  EXPECT_EQ(o.see(4'000).place, Place::seen);
  EXPECT_EQ(o.see(4'001).place, Place::next);
  Order negative{RecordOrder(OrderMark{"s", -77, {}})};
  EXPECT_EQ(negative.see(0).place, Place::next);
}

TEST(RecordOrder, memory_is_bounded_however_far_it_jumps) {
  Order o;
  o.see(0);
  std::uint64_t index = 0;
  for (int i = 0; i < 2'000; ++i) {
    auto const jump = std::uint64_t{1} << (i % 43);
    index += jump;
    EXPECT_EQ(o.see(index).lost, jump - 1);
    ASSERT_LE(o.order.mark().missing.size(), 1'024u);
  }
  EXPECT_EQ(o.see(index - 1).place, Place::late) << "the newest are remembered";
  EXPECT_EQ(o.see(3).place, Place::old) << "so far back that nobody knows";
  Order backwards;
  backwards.see(std::uint64_t{1} << 50);
  EXPECT_EQ(backwards.see(1).place, Place::late);
  EXPECT_LE(backwards.order.mark().missing.size(), 1'024u);
  for (int i = 0; i < 100; ++i) {
    backwards.see(0, 0, "session " + std::to_string(i));
    backwards.see(1, 0, "s");
  }
}

/// Records of one session, sent in an order like that of posts that fail, are repeated and overtake
/// each other: each comes once or more, none farther from its place than the window.
std::vector<std::uint64_t> sent_again_and_again(test::Dice& dice, std::uint64_t records,
                                                std::size_t repeated) {
  std::vector<std::uint64_t> out;
  std::vector<std::uint64_t> recent;
  std::uint64_t next = dice.below(1'000);
  auto const end = next + records;
  std::size_t again = 0;
  while (next < end || again < repeated) {
    if (next < end && (again >= repeated || dice.below(records + repeated) < records)) {
      recent.push_back(next);
      out.push_back(next++);
    } else if (!recent.empty()) {
      auto const window = std::min<std::size_t>(recent.size(), 900);
      out.push_back(recent[recent.size() - 1 - dice.below(window)]);
      ++again;
    }
  }
  for (std::size_t i = 1; i < out.size(); ++i)  // some overtake their neighbours
    if (dice.one_in(10)) std::swap(out[i], out[i - 1 - dice.below(std::min<std::size_t>(i, 50))]);
  return out;
}

TEST(RecordOrder, B2_50000_duplicates_with_0_double_counts) {
  test::Dice dice(2);
  auto const duplicates = test::count(50'000);
  auto const sent = sent_again_and_again(dice, duplicates / 2 + 1, duplicates);
  RecordOrder order;
  std::set<std::uint64_t> taken, all(sent.begin(), sent.end());
  std::size_t twice = 0, duplicate = 0, restarts = 0;
  std::uint64_t lost = 0, late = 0;
  for (auto const index : sent) {
    if (dice.one_in(500)) {
      order = RecordOrder(order.mark());  // the daemon was restarted
      ++restarts;
    }
    auto const verdict = order.see("s", record(index));
    if (is_taken(verdict) && !taken.insert(index).second) ++twice;
    if (verdict.place == Place::seen) ++duplicate;
    if (verdict.place == Place::late) ++late;
    lost += verdict.lost;
  }
  std::printf("%zu posts, %zu duplicates, %llu late, %zu restarts, %zu counted twice\n",
              sent.size(), duplicate, static_cast<unsigned long long>(late), restarts, twice);
  EXPECT_EQ(twice, 0u);
  EXPECT_EQ(duplicate, sent.size() - taken.size());
  EXPECT_GE(duplicate, duplicates);
  EXPECT_LE(lost, late) << "what was said to be lost came late; nothing else was";
  // Before the first we saw nobody knows after a restart; all others were taken.
  EXPECT_GE(taken.size() + 50, all.size());
}

}  // namespace
}  // namespace wardroom::security_notices
