// The journal poured into a stream: page by page, at the reader's pace, past and present.
#include "front/journal_reading.hpp"

#include "runtime/task_group.hpp"
#include "support/captured_answer.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace wardroom::front {
namespace {
using namespace std::chrono_literals;
using Numbers = std::vector<std::int64_t>;

/// Takes nothing until it is told to.
class SlowStream final : public http::ResponseStream {
 public:
  void write(std::shared_ptr<std::string const> bytes) override {
    if (!open_) return;
    waiting += *bytes;
    most = std::max(most, waiting.size());
  }
  std::size_t backlog() const override { return waiting.size(); }
  void close() override { open_ = false; }
  bool open() const override { return open_; }
  void on_close(std::function<void()>) override {}
  void take() { taken += std::exchange(waiting, {}); }
  std::string waiting, taken;
  std::size_t most = 0;

 private:
  bool open_ = true;
};

Numbers seqs(std::string const& lines) {
  Numbers out;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);)
    if (auto const json = nlohmann::json::parse(line, nullptr, false); json.contains("seq"))
      out.push_back(json["seq"]);
  return out;
}
Numbers range(std::int64_t from, std::int64_t to) {
  Numbers out;
  for (; from <= to; ++from) out.push_back(from);
  return out;
}

struct JournalReading : testing::Test {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  test::FakeDatabase database{io, clock};
  store::Journal journal{database, clock};
  TaskGroup tasks{io.get_executor(),
                  [](std::string_view, std::exception_ptr why) { std::rethrow_exception(why); }};
  std::size_t names_asked = 0;
  SharedJournalPorts ports = std::make_shared<JournalPorts const>(
      JournalPorts{.loop = io.get_executor(),
                   .clock = clock,
                   .database = database,
                   .journal = journal,
                   .find_person = [](std::string who) -> Task<Result<PersonNo>> {
                     if (who == "ada") co_return 7u;
                     co_return failure(ErrorKind::not_found, "nobody is called " + who);
                   },
                   .learn_names = [this](std::vector<PersonNo>) -> Task<void> {
                     ++names_asked;
                     co_return;
                   },
                   .name_of = [](PersonNo person) { return person == 7 ? "Ada" : ""; }});

  ~JournalReading() override {
    test::start_task(io, tasks.stop(clock, 0ms));
    clock.drain();
  }

  void add(int count, std::string const& kind = "call", PersonNo person = 0) {
    for (int i = 0; i < count; ++i)
      journal.append(kind, person, "", R"({"state":"alerting","remote":"+43 1 5550142"})");
    clock.drain();
  }
  JournalPlan plan(JournalQuery query, std::size_t usually = 50) {
    return test::run_task(io, plan_journal(ports, std::move(query), usually)).value();
  }
  std::shared_ptr<test::CapturedStream> pour(JournalPlan plan) {
    auto stream = std::make_shared<test::CapturedStream>();
    tasks.spawn("reader", [this, plan, stream] { return pour_journal(ports, plan, stream); });
    clock.drain();
    return stream;
  }
  Numbers poured(JournalQuery query, std::size_t usually = 50) {
    auto const stream = pour(plan(std::move(query), usually));
    EXPECT_FALSE(stream->open());
    return seqs(stream->written);
  }
};

TEST_F(JournalReading, gives_every_entry_once_and_in_order) {
  add(1'203);
  EXPECT_EQ(poured({.since = JournalPoint(0)}), range(1, 1'203));
  EXPECT_EQ(poured({.since = JournalPoint(1'000), .limit = 3}), range(1'001, 1'003));
  EXPECT_EQ(poured({.since = JournalPoint(10), .until = JournalPoint(400)}), range(11, 399));
  EXPECT_EQ(poured({.until = JournalPoint(1)}), Numbers{});
}

TEST_F(JournalReading, begins_with_the_newest_and_pages_back) {
  add(1'203);
  EXPECT_EQ(poured({}), range(1'154, 1'203));
  EXPECT_EQ(poured({.until = JournalPoint(1'154)}), range(1'104, 1'153));
  EXPECT_EQ(poured({.until = JournalPoint(21), .limit = 600}), range(1, 20));
  EXPECT_EQ(poured({.limit = 1'100}), range(104, 1'203)) << "further back than one look";
  EXPECT_EQ(poured({}, 0), range(1, 1'203)) << "a download has all";
}

TEST_F(JournalReading, finds_the_newest_of_a_kind_and_person_among_many_others) {
  for (int i = 0; i < 60; ++i) {
    add(1, "login", 7);
    add(9);
  }
  EXPECT_EQ(poured({.kinds = {"login"}, .limit = 2}), (Numbers{581, 591}));
  EXPECT_EQ(poured({.person = "ada", .limit = 3}), (Numbers{571, 581, 591}));
  EXPECT_EQ(poured({.until = JournalPoint(591), .kinds = {"login", "alert"}, .limit = 1}),
            (Numbers{581}));
  auto const nobody = test::run_task(io, plan_journal(ports, {.person = "eve"}, 50));
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().kind, ErrorKind::not_found);
}

TEST_F(JournalReading, goes_by_time) {
  add(10);
  clock.advance(1h);
  auto const later = clock.now();
  add(10);
  EXPECT_EQ(poured({.since = JournalPoint(later)}), range(11, 20));
  EXPECT_EQ(poured({.until = JournalPoint(later)}), range(1, 10));
}

TEST_F(JournalReading, a_slow_reader_does_not_fill_memory_and_misses_nothing) {
  add(20'000);
  auto const stream = std::make_shared<SlowStream>();
  tasks.spawn("reader", [this, stream, all = plan({.since = JournalPoint(0)})] {
    return pour_journal(ports, all, stream);
  });
  clock.advance(10s);
  auto const waiting = stream->waiting.size();
  EXPECT_GT(waiting, 100'000u);
  clock.advance(1min);
  EXPECT_EQ(stream->waiting.size(), waiting) << "nothing more while they do not read";
  while (stream->open()) {
    stream->take();
    clock.advance(10ms);
  }
  stream->take();
  EXPECT_EQ(seqs(stream->taken), range(1, 20'000));
  EXPECT_LT(stream->most, 320u * 1024) << "some 256 KiB and the slice that went over";
}

TEST_F(JournalReading, follows_without_losing_or_doubling_what_comes_meanwhile) {
  add(700);
  auto stream = std::make_shared<test::CapturedStream>();
  tasks.spawn("reader", [this, stream, all = plan({.since = JournalPoint(0), .follow = true})] {
    return pour_journal(ports, all, stream);
  });
  for (int i = 0; i < 50; ++i) {  // while the past is still being read
    journal.append("call", 0, "", "{}");
    io.restart();
    io.poll_one();
  }
  clock.advance(100ms);
  EXPECT_EQ(seqs(stream->written), range(1, 750));
  add(3);
  clock.advance(100ms);
  EXPECT_EQ(seqs(stream->written), range(1, 753));
  EXPECT_TRUE(stream->open());
  stream->close();
  clock.advance(1s);
  EXPECT_EQ(tasks.running(), 0u);
}

TEST_F(JournalReading, follows_only_what_was_asked_for) {
  add(5, "call", 7);
  auto const stream = pour(plan({.kinds = {"login"}, .limit = 0, .follow = true}));
  add(2, "login");
  add(2, "call");
  clock.advance(1s);
  EXPECT_EQ(seqs(stream->written), (Numbers{6, 7}));
}

TEST_F(JournalReading, tells_of_numbers_that_are_gone_and_goes_on) {
  add(30);
  clock.advance(1h);
  add(5);
  ASSERT_TRUE(test::run_task(io, journal.forget_before(clock.now())));
  ASSERT_EQ(journal.forgotten(), 30);
  auto const text = pour(plan({.since = JournalPoint(10)}))->written;
  auto const gap = nlohmann::json::parse(text.substr(0, text.find('\n')));
  EXPECT_EQ(gap["kind"], "gap");
  EXPECT_EQ(gap["from"], 11);
  EXPECT_EQ(gap["to"], 30);
  EXPECT_EQ(seqs(text), range(31, 35));
  EXPECT_EQ(pour(plan({.since = JournalPoint(30)}))->written.find("gap"), std::string::npos);
  EXPECT_EQ(pour(plan({.since = JournalPoint(0)}))->written.find("gap"), std::string::npos)
      << "from the beginning is from where it begins now";
  auto const ahead = pour(plan({.since = JournalPoint(99), .follow = true}));
  EXPECT_NE(ahead->written.find(R"("kind":"gap","from":100,"to":35)"), std::string::npos)
      << "a journal that was restored from a backup: " << ahead->written;
  add(1);
  clock.advance(1s);
  EXPECT_EQ(seqs(ahead->written), (Numbers{36}));
}

TEST_F(JournalReading, tells_a_slow_reader_that_retention_went_past_them) {
  add(5'000);
  auto const stream = std::make_shared<SlowStream>();
  tasks.spawn("reader", [this, stream, all = plan({.since = JournalPoint(0)})] {
    return pour_journal(ports, all, stream);
  });
  clock.advance(2s);
  ASSERT_TRUE(test::run_task(io, journal.forget_before(clock.now())));
  while (stream->open()) {
    stream->take();
    clock.advance(10ms);
  }
  stream->take();
  EXPECT_NE(stream->taken.find(R"("kind":"gap")"), std::string::npos);
  EXPECT_EQ(seqs(stream->taken).back(), 5'000) << "the newest entry always stays";
}

TEST_F(JournalReading, a_follower_of_something_rare_is_told_no_gap_when_others_are_forgotten) {
  add(2, "login");
  auto const stream = pour(plan({.since = JournalPoint(0), .kinds = {"login"}, .follow = true}));
  add(3'000);
  clock.advance(1h);
  ASSERT_TRUE(test::run_task(io, journal.forget_before(clock.now())));
  add(1, "login");
  clock.advance(1s);
  EXPECT_EQ(stream->written.find("gap"), std::string::npos);
  EXPECT_EQ(seqs(stream->written), (Numbers{1, 2, 3'003}));
}

TEST_F(JournalReading, names_people_only_when_it_may) {
  add(1, "call", 7);
  auto wanted = plan({});
  EXPECT_EQ(pour(wanted)->written.find("Ada"), std::string::npos);
  EXPECT_EQ(pour(wanted)->written.find("5550142"), std::string::npos);
  EXPECT_EQ(names_asked, 0u);
  wanted.naming = store::Naming::told;
  EXPECT_NE(pour(wanted)->written.find(R"("person":"Ada")"), std::string::npos);
  EXPECT_NE(pour(wanted)->written.find("5550142"), std::string::npos);
}

TEST_F(JournalReading, server_sent_events_carry_the_number_and_end_with_the_session) {
  add(2);
  auto wanted = plan({.since = JournalPoint(1), .follow = true});
  wanted.format = wanted.errors = store::EventFormat::plain;
  wanted.sse = true;
  bool good = true;
  wanted.admitted = [&] { return good; };
  auto const stream = pour(wanted);
  EXPECT_NE(stream->written.find("id: 2\nevent: entry\ndata: {\"seq\":2,"), std::string::npos)
      << stream->written;
  stream->written.clear();
  clock.advance(20s);
  EXPECT_EQ(stream->written, ": here\n\n") << "proxies keep the connection";
  good = false;
  clock.advance(6s);
  EXPECT_FALSE(stream->open());
}

TEST_F(JournalReading, says_when_the_daemon_stops_before_the_end) {
  add(20'000);
  auto const stream = std::make_shared<SlowStream>();
  tasks.spawn("reader", [this, stream, all = plan({.since = JournalPoint(0)})] {
    return pour_journal(ports, all, stream);
  });
  clock.advance(1s);
  test::start_task(io, tasks.stop(clock, 0ms));
  clock.drain();
  EXPECT_NE(stream->waiting.find("what would follow is missing"), std::string::npos);
}

TEST_F(JournalReading, a_page_is_newest_first_and_says_where_older_ones_are) {
  add(120);
  auto const page = [&](std::int64_t before) {
    JournalPlan wanted;
    wanted.before = before;
    return test::run_task(io, read_journal_page(ports, wanted, 50)).value();
  };
  auto const first = page(0);
  ASSERT_EQ(first.entries.size(), 50u);
  EXPECT_EQ(nlohmann::json::parse(first.entries.front())["seq"], 120);
  EXPECT_EQ(first.older, 71);
  EXPECT_EQ(page(71).older, 21);
  EXPECT_EQ(page(21).older, 0);
  EXPECT_EQ(page(21).entries.size(), 20u);
}

}  // namespace
}  // namespace wardroom::front
