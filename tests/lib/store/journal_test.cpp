// The journal: numbers in commit order, told after the commit, read back by filter, forgotten by
// age.
#include "store/journal.hpp"

#include "runtime/task_group.hpp"
#include "store/journal_keeper.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

namespace wardroom::store {
namespace {
using namespace std::chrono_literals;

struct JournalFixture : testing::Test {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  test::FakeDatabase database{io, clock};
  Journal journal{database, clock};
  std::vector<std::int64_t> heard;
  std::shared_ptr<void> subscription =
      journal.on_entry([this](JournalEntry const& e) { heard.push_back(e.seq); });

  std::vector<std::int64_t> numbers(Result<std::vector<JournalEntry>> const& entries) {
    std::vector<std::int64_t> out;
    if (entries)
      for (auto const& entry : *entries) out.push_back(entry.seq);
    return out;
  }
};
using Numbers = std::vector<std::int64_t>;

TEST_F(JournalFixture, tells_entries_after_their_commit_in_order) {
  std::vector<std::string> order;
  database.hold();
  journal.append("call", 7, "callhalf-1", R"({"a":1})", [&](Result<std::int64_t> seq) {
    order.push_back("then " + std::to_string(seq.value()));
  });
  journal.append("decision", 7, "callhalf-1", "{}");
  clock.drain();
  EXPECT_TRUE(heard.empty()) << "not committed yet";
  database.release();
  clock.drain();
  EXPECT_EQ(heard, (Numbers{1, 2}));
  EXPECT_EQ(order, (std::vector<std::string>{"then 1"}));
  EXPECT_EQ(journal.last_seq(), 2);
}

TEST_F(JournalFixture, leaves_no_trace_of_an_entry_whose_commit_failed) {
  database.fail_next_commit({ErrorKind::unavailable, "no"});
  std::optional<Error> error;
  journal.append("call", 0, "", "{}", [&](Result<std::int64_t> seq) { error = seq.error(); });
  clock.drain();
  ASSERT_TRUE(error);
  EXPECT_TRUE(heard.empty());
  journal.append("call", 0, "", "{}");
  clock.drain();
  EXPECT_EQ(heard, (Numbers{1}));
}

TEST_F(JournalFixture, goes_with_somebody_elses_unit_or_not_at_all) {
  auto entry = std::make_shared<JournalEntry>(JournalEntry{.at = clock.now(), .kind = "login"});
  database.write(
      [entry](Sql& sql) {
        insert_journal(sql, *entry);
        throw StoreError(Error{ErrorKind::conflict, "no"});
      },
      [&](Result<void> outcome) { EXPECT_FALSE(outcome); });
  database.write([entry](Sql& sql) { insert_journal(sql, *entry); },
                 [&](Result<void>) { journal.publish(*entry); });
  clock.drain();
  EXPECT_EQ(heard, (Numbers{1}));
  EXPECT_EQ(numbers(test::run_task(io, journal.read_since(0, {}, 10))), (Numbers{1}));
}

TEST_F(JournalFixture, reads_on_from_a_number_by_kind_person_and_call) {
  journal.append("call", 1, "c1", R"({"x":"ü"})");
  journal.append("decision", 1, "c1", "{}");
  journal.append("call", 2, "c2", "{}");
  journal.append("channel", 0, "", "{}");
  clock.drain();
  auto since = [&](std::int64_t seq, JournalFilter filter, std::size_t limit = 10) {
    return numbers(test::run_task(io, journal.read_since(seq, std::move(filter), limit)));
  };
  EXPECT_EQ(since(0, {}), (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(since(2, {}), (Numbers{3, 4}));
  EXPECT_EQ(since(0, {}, 2), (Numbers{1, 2}));
  EXPECT_EQ(since(0, {.kinds = {"call", "channel"}}), (Numbers{1, 3, 4}));
  EXPECT_EQ(since(0, {.person_no = 1}), (Numbers{1, 2}));
  EXPECT_EQ(since(0, {.kinds = {"call"}, .person_no = 1, .call = "c1"}), (Numbers{1}));
  EXPECT_EQ(numbers(test::run_task(io, journal.read_latest({.kinds = {"call"}}, 1))), (Numbers{3}));
  EXPECT_EQ(numbers(test::run_task(io, journal.read_latest({}, 2, 3))), (Numbers{2, 1}));
  auto const first = test::run_task(io, journal.read_since(0, {}, 1)).value().front();
  EXPECT_EQ(first, (JournalEntry{.seq = 1,
                                 .at = clock.now(),
                                 .kind = "call",
                                 .person_no = 1,
                                 .call = "c1",
                                 .body = R"({"x":"ü"})"}));
  EXPECT_TRUE(matches({.kinds = {"call"}}, first));
  EXPECT_FALSE(matches({.person_no = 2}, first));
}

TEST_F(JournalFixture, never_starts_its_numbers_again) {
  for (int i = 0; i < 3; ++i) journal.append("call", 0, "", "{}");
  clock.drain();
  clock.advance(1h);
  EXPECT_EQ(test::run_task(io, journal.forget_before(clock.now())).value(), 2u);
  Journal next(database, clock);
  ASSERT_TRUE(test::run_task(io, next.load()));
  EXPECT_EQ(next.last_seq(), 3);
  next.append("call", 0, "", "{}");
  clock.drain();
  EXPECT_EQ(next.last_seq(), 4);
}

TEST_F(JournalFixture, forgets_only_what_is_old_enough) {
  for (int i = 0; i < 2'500; ++i) journal.append("call", 0, "", "{}");
  clock.drain();
  auto const cutoff = clock.now() + 1ms;
  clock.advance(1h);
  journal.append("call", 0, "", "{}");
  clock.drain();
  EXPECT_EQ(test::run_task(io, journal.forget_before(cutoff)).value(), 2'500u);
  EXPECT_EQ(numbers(test::run_task(io, journal.read_since(0, {}, 10))), (Numbers{2'501}));
}

TEST_F(JournalFixture, counts_what_it_has) {
  ASSERT_TRUE(test::run_task(io, journal.load()));
  EXPECT_EQ(journal.extent().entries, 0);
  EXPECT_FALSE(journal.extent().oldest);
  auto const first = clock.now();
  for (int i = 0; i < 3; ++i) journal.append("call", 0, "", "{}");
  clock.drain();
  EXPECT_EQ(journal.extent().entries, 3);
  EXPECT_EQ(journal.extent().oldest, first);
  Journal next(database, clock);
  ASSERT_TRUE(test::run_task(io, next.load()));
  EXPECT_EQ(next.extent().entries, 3);
  EXPECT_EQ(next.last_seq(), 3);
}

TEST_F(JournalFixture, keeps_entries_for_the_time_that_is_configured) {
  TaskGroup tasks{io.get_executor(),
                  [](std::string_view, std::exception_ptr why) { std::rethrow_exception(why); }};
  JournalKeeper keeper(io.get_executor(), clock, journal, std::chrono::days(3));
  for (int i = 0; i < 2'500; ++i) journal.append("call", 0, "", "{}");
  clock.drain();
  tasks.spawn("keeper", [&] { return keeper.run(); });
  clock.advance(72h);
  EXPECT_EQ(journal.extent().entries, 2'500) << "not old enough yet";
  journal.append("call", 0, "", "{}");
  clock.advance(2h);
  EXPECT_EQ(journal.extent().entries, 1);
  EXPECT_EQ(journal.forgotten(), 2'500);
  EXPECT_EQ(numbers(test::run_task(io, journal.read_since(0, {}, 10))), (Numbers{2'501}));
  // A shorter time takes effect at once, with the newest kept.
  journal.append("call", 0, "", "{}");
  clock.advance(30h);
  EXPECT_EQ(journal.extent().entries, 2);
  keeper.set_keep(JournalKeeper::least);
  clock.advance(1s);
  EXPECT_EQ(journal.extent().entries, 1);
  test::start_task(io, tasks.stop(clock, 0ms));
  clock.drain();
}

TEST_F(JournalFixture, a_clock_that_jumps_forward_costs_no_entry_for_a_day) {
  TaskGroup tasks{io.get_executor(),
                  [](std::string_view, std::exception_ptr why) { std::rethrow_exception(why); }};
  JournalKeeper keeper(io.get_executor(), clock, journal, std::chrono::days(3));
  for (int i = 0; i < 3; ++i) journal.append("call", 0, "", "{}");
  clock.drain();
  tasks.spawn("keeper", [&] { return keeper.run(); });
  clock.advance(2h);
  clock.jump_wall(std::chrono::days(3'650));
  clock.advance(20h);
  EXPECT_EQ(journal.extent().entries, 3);
  clock.jump_wall(-std::chrono::days(3'650));  // it was wrong
  clock.advance(40h);
  EXPECT_EQ(journal.extent().entries, 3);
  clock.jump_wall(std::chrono::days(3'650));
  clock.advance(27h);  // it stays: that is what time it is
  EXPECT_EQ(journal.extent().entries, 1) << "the newest stays always";
  test::start_task(io, tasks.stop(clock, 0ms));
  clock.drain();
}

TEST_F(JournalFixture, a_subscriber_may_leave_while_entries_are_told) {
  int second = 0;
  std::shared_ptr<void> other;
  auto leaver = journal.on_entry([&](JournalEntry const&) { other.reset(); });
  other = journal.on_entry([&](JournalEntry const&) { ++second; });
  journal.append("call", 0, "", "{}");
  clock.drain();
  EXPECT_EQ(second, 0);
}

}  // namespace
}  // namespace wardroom::store
