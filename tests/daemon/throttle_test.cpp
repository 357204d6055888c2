// Who fails again and again waits longer and longer; nobody is locked out for good.
#include "front/throttle.hpp"

#include "lib/store/engines.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/run_task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace wardroom::front {
namespace {
using namespace std::chrono_literals;
using Who = Throttle::Who;

Who const ada{"guest", "ada", ""};
Who const home{"guest", "", "192.0.2.7"};
Who const ada_at_home{"guest", "ada", "192.0.2.7"};

struct Tries : testing::Test {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  test::FakeDatabase database{io, clock, {throttle_migration}};
  Throttle throttle{database, clock};

  template <class T>
  void run(Task<T> task) {
    boost::asio::co_spawn(io.get_executor(), std::move(task),
                          [](std::exception_ptr why, auto const&...) {
                            if (why) std::rethrow_exception(why);
                          });
    clock.drain();
  }
  /// nullopt = it was let in, and failed.
  std::optional<std::chrono::seconds> fail(Who const& who) {
    if (auto const wait = throttle.refuse(who)) return wait;
    run(throttle.failed(who));
    return std::nullopt;
  }
  bool succeed(Who const& who) {
    if (throttle.refuse(who)) return false;
    run(throttle.succeeded(who));
    return true;
  }
  void fail_times(int times, Who const& who) {
    for (int i = 0; i < times; ++i) {
      if (auto const wait = throttle.wait(who)) clock.advance(*wait);
      ASSERT_FALSE(fail(who)) << i;
    }
  }
  std::int64_t rows() {
    return database.sql().one("SELECT count(*) FROM failed_tries")->integer(0);
  }
};

TEST_F(Tries, W1_five_are_free_then_the_wait_doubles_from_one_second_to_fifteen_minutes) {
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(fail(ada)) << i;
  for (auto const wait : {1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 512s}) {
    EXPECT_EQ(throttle.wait(ada), wait);
    EXPECT_EQ(fail(ada), wait) << "a try in between is neither let in nor counted";
    clock.advance(wait - 1ms);
    EXPECT_EQ(fail(ada), 1s);
    clock.advance(1ms);
    if (wait < 512s) ASSERT_FALSE(fail(ada));
  }
}

TEST_F(Tries, W1_are_never_locked_out_and_never_let_through_more_often_than_every_15_minutes) {
  fail_times(40, ada);
  int let_in = 0;
  for (auto passed = 0s; passed < 24h; passed += 1s) {
    if (!fail(ada)) ++let_in;
    clock.advance(1s);
  }
  EXPECT_GE(let_in, 90);
  EXPECT_LE(let_in, 105);
  clock.advance(15min);
  EXPECT_TRUE(succeed(ada)) << "who knows the password gets in after 15 min at the latest";
  EXPECT_FALSE(throttle.wait(ada));
}

TEST_F(Tries, are_forgotten_one_by_one_so_that_nothing_is_left_after_a_quiet_while) {
  fail_times(15, ada_at_home);
  clock.advance(15min);
  EXPECT_FALSE(throttle.wait(ada_at_home));
  clock.advance(10 * 15min);
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(fail(ada_at_home)) << i;
  clock.advance(4h);
  EXPECT_FALSE(fail({"guest", "bob", ""})) << "sweeps";
  EXPECT_EQ(throttle.size(), 1u);
  EXPECT_EQ(rows(), 1);
}

TEST_F(Tries, are_counted_for_the_account_and_for_the_address_each_by_itself) {
  fail_times(6, ada_at_home);
  EXPECT_TRUE(throttle.wait(ada));
  EXPECT_TRUE(throttle.wait(home));
  EXPECT_TRUE(throttle.wait({"guest", "ada", "198.51.100.1"})) << "from anywhere";
  EXPECT_TRUE(throttle.wait({"guest", "bob", "192.0.2.7"})) << "at any account";
  EXPECT_FALSE(throttle.wait({"guest", "bob", "198.51.100.1"}));
  EXPECT_FALSE(throttle.wait({"pasted code", "ada", ""})) << "another door's account";
  EXPECT_TRUE(throttle.wait({"login", "", "::ffff:192.0.2.7"})) << "an address is one at all doors";
}

TEST_F(Tries, of_ipv6_are_counted_by_64_and_those_of_this_machine_by_account_only) {
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(fail({"guest", "", fmt::format("2001:db8:1:2::{}", i)}));
  EXPECT_TRUE(throttle.wait({"guest", "", "2001:db8:1:2:ffff::1"}));
  EXPECT_FALSE(throttle.wait({"guest", "", "2001:db8:1:3::1"}));
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(fail({"guest", "", "127.0.0.1"}));
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(fail({"guest", "carl", "127.0.0.1"}));
  EXPECT_TRUE(throttle.wait({"guest", "carl", "127.0.0.1"}));
}

TEST_F(Tries, that_succeed_forget_the_accounts_failures_but_not_the_addresss) {
  fail_times(6, ada_at_home);
  clock.advance(2s);
  EXPECT_TRUE(succeed(ada_at_home));
  EXPECT_FALSE(throttle.wait(ada));
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(fail(ada)) << i;
  // One's own account is no way to try others' again and again.
  int guesses = 0;
  for (int i = 0; i < 100; ++i) {
    if (!fail({"guest", fmt::format("victim {}", i), "192.0.2.7"})) ++guesses;
    succeed({"guest", "mallory", "192.0.2.7"});
  }
  EXPECT_LE(guesses, 5);
}

TEST_F(Tries, W1_side_by_side_do_not_pass_together) {
  int let_in = 0;
  for (int i = 0; i < 100; ++i)
    if (!throttle.refuse(ada_at_home)) ++let_in;
  EXPECT_EQ(let_in, 5);
  for (int i = 0; i < let_in; ++i) run(throttle.failed(ada_at_home));
  EXPECT_TRUE(throttle.wait(ada_at_home));
}

TEST_F(Tries, that_could_not_be_judged_count_for_nothing) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_FALSE(throttle.refuse(ada_at_home)) << i;
    run(throttle.withdraw(ada_at_home));
  }
  EXPECT_EQ(throttle.size(), 0u);
  EXPECT_EQ(rows(), 0);
}

TEST_F(Tries, W1_survive_a_restart) {
  fail_times(10, ada_at_home);
  auto const left = throttle.wait(ada_at_home);
  ASSERT_EQ(left, 32s);
  clock.advance(10s);
  Throttle next(database, clock);
  run(next.load());
  EXPECT_EQ(next.wait(ada), 22s);
  EXPECT_EQ(next.wait(home), 22s);
  clock.advance(22s);
  EXPECT_FALSE(next.refuse(ada_at_home));
  EXPECT_EQ(next.wait(ada_at_home), 64s) << "it goes on where it was";
}

TEST_F(Tries, wait_no_longer_than_15_minutes_whatever_the_wall_clock_does) {
  fail_times(20, ada);
  auto const left = throttle.wait(ada);
  ASSERT_TRUE(left);
  for (auto const jump : {Milliseconds(-24h * 400), Milliseconds(-1h), Milliseconds(24h * 400)}) {
    clock.jump_wall(jump);
    EXPECT_EQ(throttle.wait(ada), left) << "the clock of this process is the boot-time clock";
    Throttle next(database, clock);
    run(next.load());
    EXPECT_LE(next.wait(ada).value_or(0s), 15min);
    clock.jump_wall(-jump);
  }
}

TEST_F(Tries, W1_are_few_in_the_store_also_in_a_flood_of_addresses_which_does_not_free_an_account) {
  fail_times(8, ada);
  auto const address = [](int i) {
    return fmt::format("10.{}.{}.{}", i >> 16, (i >> 8) & 255, i & 255);
  };
  for (int i = 0; i < 25'000; ++i) {
    Who const who{"guest", fmt::format("made up {}", i), address(i)};
    ASSERT_FALSE(throttle.refuse(who));
    test::start_task(io, throttle.failed(who));
    if (i % 1'000 == 0) clock.drain();
  }
  clock.drain();
  EXPECT_LE(throttle.size(), 2 * Throttle::most_kept);
  EXPECT_LE(rows(), static_cast<std::int64_t>(2 * Throttle::most_kept));
  EXPECT_EQ(throttle.wait(ada), 8s);
  clock.advance(4h);
  Throttle next(database, clock);
  run(next.load());
  EXPECT_EQ(next.size(), 0u);
  EXPECT_EQ(rows(), 0) << "what is forgotten goes from the store, too";
}

TEST_F(Tries, hold_in_memory_while_the_store_takes_nothing) {
  for (int i = 0; i < 5; ++i) {
    database.fail_next_commit({ErrorKind::unavailable, "disk full"});
    EXPECT_FALSE(fail(ada)) << i;
  }
  EXPECT_TRUE(throttle.wait(ada));
}

TEST_F(Tries, W1_keep_no_name_and_no_address) {
  fail_times(1, {"guest", "ada@acme.example", "192.0.2.7"});
  EXPECT_EQ(database.sql()
                .one("SELECT count(*) FROM failed_tries WHERE instr(digest, 'ada') > 0 OR "
                     "instr(digest, '192') > 0")
                ->integer(0),
            0);
  EXPECT_EQ(database.sql().one("SELECT max(length(digest)) FROM failed_tries")->integer(0), 16);
}

template <class Engine>
struct StoredTries : test::EngineFixture<Engine> {};
TYPED_TEST_SUITE(StoredTries, test::Engines, test::EngineNames);

TYPED_TEST(StoredTries, W1_survive_a_restart_on_both_engines) {
  this->open({throttle_migration});
  {
    Throttle throttle(*this->database, this->clock);
    for (int i = 0; i < 5; ++i) {
      ASSERT_FALSE(throttle.refuse(ada_at_home));
      test::run_task(this->io, throttle.failed(ada_at_home));
    }
    ASSERT_FALSE(throttle.refuse({"guest", "bob", ""}));
    test::run_task(this->io, throttle.failed({"guest", "bob", ""}));
    test::run_task(this->io, throttle.succeeded({"guest", "bob", ""}));
  }
  this->open({throttle_migration});
  EXPECT_EQ(this->integer("SELECT count(*) FROM failed_tries"), 2);
  EXPECT_EQ(this->integer("SELECT max(failures) FROM failed_tries"), 5);
  Throttle next(*this->database, this->clock);
  ASSERT_TRUE(test::run_task(this->io, next.load()));
  EXPECT_EQ(next.size(), 2u);
}

}  // namespace
}  // namespace wardroom::front
