// How the loop's side of the writer gathers, hands over and answers; the thread's work is a stub.
#include "store/writer.hpp"

#include "support/fake_clock.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace wardroom::store {
namespace {
using namespace std::chrono_literals;

struct WriterFixture : testing::Test {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  std::vector<std::size_t>
      batches;  // units of each, written by the thread between hand-over and answer
  std::optional<Error> trouble;
  std::vector<int> answered;
  Writer writer{io.get_executor(), clock, [this](std::span<Unit const> units) {
                  batches.push_back(units.size());
                  if (trouble) return failed_batch(units.size(), *trouble);
                  BatchResult result;
                  result.answers.resize(units.size());
                  return result;
                }};
  void write(int number) {
    writer.write([](Sql&) {},
                 [this, number](Result<void> r) { answered.push_back(r ? number : -number); });
  }
  /// Turns the loop until `count` answers are there; virtual time stands still.
  void until_answers(std::size_t count) {
    auto const limit = std::chrono::steady_clock::now() + 10s;
    while (answered.size() < count && std::chrono::steady_clock::now() < limit) {
      io.restart();
      io.run_one_for(10ms);
    }
    ASSERT_EQ(answered.size(), count);
  }
};

TEST_F(WriterFixture, commits_a_lone_unit_at_once) {
  write(1);
  until_answers(1);
  write(2);
  until_answers(2);
  EXPECT_EQ(batches, (std::vector<std::size_t>{1, 1}));
  EXPECT_EQ(writer.health().commits, 2u);
  EXPECT_EQ(writer.health().units, 2u);
}

TEST_F(WriterFixture, takes_all_that_one_handler_queued_and_answers_in_order) {
  for (int i = 1; i <= 200; ++i) write(i);
  until_answers(200);
  EXPECT_EQ(batches, (std::vector<std::size_t>{200}));
  for (int i = 0; i < 200; ++i) EXPECT_EQ(answered[std::size_t(i)], i + 1);
}

TEST_F(WriterFixture, gathers_a_millisecond_after_a_batch_of_two) {
  write(1);
  write(2);
  until_answers(2);
  write(3);
  clock.advance(900us);
  EXPECT_EQ(batches.size(), 1u) << "still gathering";
  write(4);
  clock.advance(100us);
  until_answers(4);
  EXPECT_EQ(batches, (std::vector<std::size_t>{2, 2}));
}

TEST_F(WriterFixture, stops_gathering_after_a_batch_of_one) {
  write(1);
  write(2);
  until_answers(2);
  write(3);
  clock.advance(1ms);
  until_answers(3);
  write(4);
  until_answers(4);  // without time passing
  EXPECT_EQ(batches, (std::vector<std::size_t>{2, 1, 1}));
}

TEST_F(WriterFixture, answers_in_slices_so_that_other_work_gets_its_turn) {
  for (int i = 1; i <= 200; ++i) write(i);
  while (answered.empty()) {
    io.restart();
    io.run_one_for(10ms);
  }
  EXPECT_EQ(answered.size(), 64u);
}

TEST_F(WriterFixture, asks_a_source_once_per_batch_however_often_it_was_woken) {
  int asked = 0;
  auto const source = writer.add_source([&](auto& batch) {
    ++asked;
    batch.emplace_back([](Sql&) {}, [this](Result<void>) { answered.push_back(100); });
  });
  writer.wake_source(source);
  writer.wake_source(source);
  write(1);
  until_answers(2);
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(batches, (std::vector<std::size_t>{2}));
  writer.wake_source(source);
  EXPECT_EQ(asked, 1) << "three rows in the last batch: gathering";
  clock.advance(1ms);
  until_answers(3);
  EXPECT_EQ(asked, 2);
}

TEST_F(WriterFixture, counts_the_rows_of_a_source_for_gathering) {
  auto const source = writer.add_source([&](auto& batch) {
    batch.emplace_back([](Sql&) {}, [this](Result<void>) { answered.push_back(100); });
  });
  for (int i = 0; i < 50; ++i) writer.wake_source(source);
  until_answers(1);
  write(1);
  clock.advance(500us);
  EXPECT_EQ(batches.size(), 1u);
  clock.advance(500us);
  until_answers(2);
}

TEST_F(WriterFixture, does_not_commit_when_a_woken_source_has_nothing) {
  auto const source = writer.add_source([](auto&) {});
  writer.wake_source(source);
  clock.drain();
  EXPECT_TRUE(batches.empty());
  write(1);
  until_answers(1);
}

TEST_F(WriterFixture, answers_every_unit_of_a_failed_batch_and_says_so_until_one_works) {
  trouble = Error{ErrorKind::unavailable, "the disk is full"};
  write(1);
  write(2);
  until_answers(2);
  EXPECT_EQ(answered, (std::vector<int>{-1, -2}));
  EXPECT_EQ(writer.health().trouble, "the disk is full");
  EXPECT_EQ(writer.health().failures, 1u);
  EXPECT_EQ(writer.health().commits, 0u);
  trouble.reset();
  write(3);
  clock.advance(Writer::retry);
  until_answers(3);
  EXPECT_EQ(answered.back(), 3);
  EXPECT_FALSE(writer.health().trouble);
}

TEST_F(WriterFixture, learns_that_writing_works_again_though_nobody_writes) {
  trouble = Error{ErrorKind::unavailable, "the disk is full"};
  write(1);
  until_answers(1);
  clock.advance(Writer::retry - 1ms);
  EXPECT_EQ(batches.size(), 1u) << "not before a second has passed";
  write(2);
  clock.advance(1ms);
  until_answers(2);
  EXPECT_EQ(answered.back(), -2);
  EXPECT_EQ(writer.health().failures, 2u);
  trouble.reset();
  auto const limit = std::chrono::steady_clock::now() + 10s;
  clock.advance(Writer::retry);
  while (writer.health().trouble && std::chrono::steady_clock::now() < limit) {
    io.restart();
    io.run_one_for(10ms);
  }
  EXPECT_FALSE(writer.health().trouble);
  EXPECT_EQ(answered.size(), 2u);
}

TEST_F(WriterFixture, G2_tries_again_ten_times_as_soon_when_the_daemon_ends) {
  trouble = Error{ErrorKind::unavailable, "the disk is full"};
  write(1);
  until_answers(1);
  write(2);  // waits for its second
  writer.hurry();
  clock.advance(Writer::retry / 10);
  until_answers(2);
  trouble.reset();
  write(3);
  clock.advance(Writer::retry / 10);
  until_answers(3);
  EXPECT_EQ(answered, (std::vector<int>{-1, -2, 3}));
}

TEST_F(WriterFixture, closes_although_writing_fails) {
  trouble = Error{ErrorKind::unavailable, "the disk is full"};
  write(1);
  until_answers(1);
  write(2);
  writer.close();
  EXPECT_EQ(answered, (std::vector<int>{-1, -2}));
}

TEST_F(WriterFixture, writes_nothing_more_into_a_damaged_store) {
  write(1);
  until_answers(1);
  writer.condemn(Error{ErrorKind::malformed, "the store is damaged"});
  write(2);
  until_answers(2);
  EXPECT_EQ(answered.back(), -2);
  EXPECT_EQ(batches.size(), 1u);
  EXPECT_TRUE(writer.health().damaged);
  EXPECT_EQ(writer.health().trouble, "the store is damaged");
  clock.advance(1h);
  EXPECT_EQ(batches.size(), 1u) << "it does not get better by trying";
}

TEST_F(WriterFixture, closing_commits_and_answers_what_waits_and_refuses_what_comes_later) {
  auto const source = writer.add_source([&](auto& batch) {
    batch.emplace_back([](Sql&) {}, [this](Result<void>) { answered.push_back(100); });
  });
  write(1);
  writer.wake_source(source);
  // An answer that queues one more write: it is still taken.
  writer.write([](Sql&) {}, [this](Result<void>) { write(3); });
  writer.close();
  EXPECT_EQ(answered, (std::vector<int>{1, 100, 3}));
  write(4);
  until_answers(4);
  EXPECT_EQ(answered.back(), -4);
}

TEST_F(WriterFixture, closing_waits_for_the_batch_in_flight) {
  write(1);
  io.restart();
  io.run_one();  // handed over, not answered
  writer.close();
  EXPECT_EQ(answered, (std::vector<int>{1}));
  clock.drain();
  EXPECT_EQ(answered.size(), 1u);
}

TEST_F(WriterFixture, an_answer_that_throws_does_not_lose_the_others) {
  writer.write([](Sql&) {}, [](Result<void>) { throw std::runtime_error("a handler's bug"); });
  write(1);
  EXPECT_THROW(
      {
        for (int i = 0; i < 1'000; ++i) {
          io.restart();
          io.run_one_for(10ms);
        }
      },
      std::runtime_error);
  until_answers(1);
}

}  // namespace
}  // namespace wardroom::store
