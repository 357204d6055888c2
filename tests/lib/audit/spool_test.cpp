// While the store takes nothing: protection goes on and is written later, everything else waits.
#include "audit/spool.hpp"

#include "audit/audit_log.hpp"
#include "audit_chain.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/run_task.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wardroom::audit {
namespace {
using namespace std::chrono_literals;

struct AuditSpoolFixture : testing::Test {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  SeededRandom random{5};
  test::FakeDatabase database{io, clock, {audit_migration}};
  AuditLog log{database, clock, random, io.get_executor(), test::audit_key()};

  std::vector<Entry> entries() { return test::run_task(io, log.list({}, 20'000)).value(); }
  bool whole() { return test::run_task(io, log.verify(1, {}))->ok(); }
};

TEST_F(AuditSpoolFixture, lets_protection_go_on_and_refuses_what_can_wait) {
  for (auto const* action : {"reject", "banner raise", "token refresh"})
    EXPECT_TRUE(log.spool().keep({.action = action}, clock.now())) << action;
  for (auto const* action :
       {"banner lower", "guest add", "remove", "reload", "login", "", "rejec"}) {
    auto const kept = log.spool().keep({.action = action}, clock.now());
    ASSERT_FALSE(kept) << action;
    EXPECT_EQ(kept.error().kind, ErrorKind::denied);
    EXPECT_THAT(kept.error().what, testing::HasSubstr("mend the store"));
  }
  EXPECT_EQ(log.spool().size(), 3u);
}

TEST_F(AuditSpoolFixture, writes_later_with_the_time_it_truly_happened) {
  auto const happened = clock.now();
  ASSERT_TRUE(log.spool().keep({.action = "reject", .object = "person 7"}, happened));
  clock.advance(10min);
  database.fail_next_commit({ErrorKind::unavailable, "disk"});
  EXPECT_FALSE(test::run_task(io, log.flush_spool()));
  EXPECT_EQ(log.spool().size(), 1u) << "it waits on";
  EXPECT_EQ(test::run_task(io, log.flush_spool()).value(), 1u);
  auto const list = entries();
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].record.happened, happened);
  EXPECT_EQ(list[0].at, happened + 10min);
  EXPECT_TRUE(log.spool().empty());
  EXPECT_TRUE(whole());
}

TEST_F(AuditSpoolFixture, writes_each_entry_once_though_an_answer_gets_lost) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(log.spool().keep({.action = "reject"}, clock.now()));
  database.lose_next_answer({ErrorKind::unavailable, "fsync"});
  EXPECT_FALSE(test::run_task(io, log.flush_spool()));
  EXPECT_TRUE(test::run_task(io, log.flush_spool()));
  EXPECT_EQ(entries().size(), 3u);
  EXPECT_TRUE(whole());
}

TEST_F(AuditSpoolFixture, holds_ten_thousand_and_counts_what_is_beyond) {
  for (std::size_t i = 0; i < AuditSpool::capacity; ++i)
    ASSERT_TRUE(log.spool().keep({.action = "reject"}, clock.now()));
  for (int i = 0; i < 7; ++i) {
    auto const kept = log.spool().keep({.action = "reject"}, clock.now());
    ASSERT_FALSE(kept);
    EXPECT_EQ(kept.error().kind, ErrorKind::unavailable);
  }
  EXPECT_EQ(test::run_task(io, log.flush_spool()).value(), AuditSpool::capacity);
  auto const list = entries();
  EXPECT_EQ(list.size(), AuditSpool::capacity + 1);
  std::vector<std::string> overflow;
  for (auto const& entry : list)
    if (entry.record.action == "audit spool overflow") overflow.push_back(*entry.record.after);
  EXPECT_EQ(overflow, (std::vector<std::string>{R"({"lost":7})"}));
  EXPECT_TRUE(whole());
}

}  // namespace
}  // namespace wardroom::audit
