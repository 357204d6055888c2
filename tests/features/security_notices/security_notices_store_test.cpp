// Conferences, stays, levels and marks, kept on both engines.
#include "features/security_notices/security_notices_store.hpp"

#include "features/security_notices/security_rows.hpp"
#include "lib/store/engines.hpp"
#include "store/journal_kinds.hpp"
#include "support/seed.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace wardroom::security_notices {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr Instant kDay{Milliseconds(1'795'255'200'000)};

ConferenceRow conference(std::string id, Instant began = kDay) {
  return {.id = std::move(id), .name = "Board", .space = "c1d0a2b4", .began = began};
}
StayRow stay(std::string leg, std::string conference = "c1", Instant began = kDay) {
  return {.bridge = "cms1",
          .leg = std::move(leg),
          .began = began,
          .conference = std::move(conference),
          .call = "call",
          .name = "Ann (supplier)",
          .address = "ann@partner.example.net",
          .domain = "partner.example.net",
          .level = SecurityLevel::external,
          .why = "no listed domain"};
}
LevelRow level(int n, std::string conference = "c1", Instant at = kDay) {
  return {.conference = std::move(conference),
          .at = at,
          .level = static_cast<SecurityLevel>(n),
          .cause = fmt::format("leg {} (sip, partner.example.net)", n)};
}

template <class Engine>
struct SecurityNoticesStoreTest : test::EngineFixture<Engine> {
  void SetUp() override { restart(); }
  void restart() {
    store.reset();
    journal.reset();
    this->open({security_notices_migrations().begin(), security_notices_migrations().end()});
    journal = std::make_unique<store::Journal>(*this->database, this->clock);
    store = std::make_unique<SecurityNoticesStore>(*this->database, *journal, this->clock);
    hearing =
        journal->on_entry([this](store::JournalEntry const& entry) { heard.push_back(entry); });
  }
  /// The value, or the test ends here.
  template <class T>
  T get(Task<Result<T>> task) {
    auto out = test::run_task(this->io, std::move(task));
    if (!out) throw std::runtime_error(out.error().what);
    return std::move(*out);
  }
  void commit() {
    auto const out = test::run_task(this->io, store->commit());
    if (!out) throw std::runtime_error(out.error().what);
  }
  SecurityNoticesStore::Report report(ReportFilter filter = {}) {
    return get(store->report(std::move(filter)));
  }
  std::vector<std::string> ids(ReportFilter filter) {
    std::vector<std::string> out;
    for (auto const& row : report(std::move(filter)).conferences) out.push_back(row.id);
    return out;
  }

  std::unique_ptr<store::Journal> journal;
  std::unique_ptr<SecurityNoticesStore> store;
  std::shared_ptr<void> hearing;
  std::vector<store::JournalEntry> heard;
};
TYPED_TEST_SUITE(SecurityNoticesStoreTest, test::Engines, test::EngineNames);

TYPED_TEST(SecurityNoticesStoreTest, what_was_noted_comes_back_as_it_was_the_last_of_a_key) {
  auto c = conference("c1");
  auto s = stay("leg1");
  this->store->note(c);
  this->store->note(s);
  this->store->note_mark("cms1", {.session = "one", .highest = 3});
  c.highest = SecurityLevel::external;
  c.ended = kDay + 1h;
  s.machine = "recorder", s.ended = kDay + 5min, s.end_reason = "callMoved";
  this->store->note(c);
  this->store->note(s);
  OrderMark const mark{.session = "three",
                       .highest = 9,
                       .missing = {4, 6, 7},
                       .over = {{"one, \"é\"", 3}, {"", -1}, {"two", 2'291}},
                       .since = kDay + 7s};
  this->store->note_mark("cms1", mark);
  this->store->note_mark("cms2", {});
  EXPECT_EQ(this->store->waiting(), 4u);
  this->commit();
  EXPECT_EQ(this->store->waiting(), 0u);
  this->restart();
  auto const kept = this->report();
  EXPECT_THAT(kept.conferences, ElementsAre(c));
  EXPECT_THAT(kept.stays, ElementsAre(s));
  EXPECT_FALSE(kept.more);
  auto const marks = this->get(this->store->marks());
  ASSERT_THAT(marks, SizeIs(2));
  EXPECT_EQ(marks.at("cms1"), mark) << "sessions that are over are known after a restart";
  EXPECT_EQ(marks.at("cms2"), OrderMark{});
}

TYPED_TEST(SecurityNoticesStoreTest, later_commits_change_rows_in_place_many_at_once) {
  for (int n = 0; n < 100; ++n) this->store->note(stay(fmt::format("leg{:03}", n)));
  this->store->note(conference("c1"));
  this->commit();
  for (int n = 0; n < 50; ++n) {
    auto row = stay(fmt::format("leg{:03}", n));
    row.ended = kDay + 1min;
    this->store->note(row);
  }
  this->commit();
  EXPECT_THAT(this->report().stays, SizeIs(100));
  auto const open = this->get(this->store->open_stays());
  ASSERT_THAT(open, SizeIs(50));
  EXPECT_EQ(open.front(), stay("leg050"));
  EXPECT_THAT(this->get(this->store->open_conferences()), ElementsAre(conference("c1")));
}

TYPED_TEST(SecurityNoticesStoreTest, levels_are_numbered_told_and_shown_later) {
  auto const raised =
      this->store->note(level(3), true, {.before = SecurityLevel::secure, .observed = true});
  auto const quiet = this->store->note(level(2), false);
  this->store->note_shown(quiet, kDay + 2s);
  this->commit();
  this->store->note_shown(raised, kDay + 1s, "cms1: no answer");
  this->commit();
  auto rows = this->get(this->store->levels("c1"));
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_LT(rows[0].seq, rows[1].seq);
  EXPECT_EQ(rows[0].trouble, "cms1: no answer");
  EXPECT_FALSE(rows[0].shown);
  EXPECT_EQ(rows[1].shown, kDay + 2s);
  this->store->note_shown(raised, kDay + 9s);
  this->commit();
  rows = this->get(this->store->levels("c1"));
  EXPECT_EQ(rows[0].trouble, "");
  EXPECT_EQ(rows[0].shown, kDay + 9s);
  ASSERT_THAT(this->heard, SizeIs(1));
  EXPECT_EQ(store::journal_line("level", store::JournalBody::parse(this->heard[0].body)),
            "conference c1: level 3 (external), before 1: leg 3 (sip, partner.example.net)"
            " (observed only)");
  EXPECT_EQ(this->get(this->journal->read_since(0, {}, 10)), this->heard);
  this->restart();
  this->store->note(level(1), true);
  this->commit();
  EXPECT_EQ(this->get(this->store->levels("c1")).back().seq, rows[1].seq + 1);
}

TYPED_TEST(SecurityNoticesStoreTest, the_journal_tells_of_bridges_and_names_nobody) {
  this->store->note(conference("c1"));
  this->store->note(stay("leg1"));
  this->store->note(level(3), true);
  this->store->tell_bridge("cms2", "lost", "17 records were lost");
  this->commit();
  ASSERT_THAT(this->heard, SizeIs(2));
  EXPECT_EQ(store::journal_line("bridge", store::JournalBody::parse(this->heard[1].body)),
            "cms2: 17 records were lost");
  for (auto const& entry : this->heard) {
    EXPECT_THAT(entry.body, Not(HasSubstr("Ann")));
    EXPECT_THAT(entry.body, Not(HasSubstr("Board")));
    EXPECT_THAT(entry.body, Not(HasSubstr("@")));
  }
}

TYPED_TEST(SecurityNoticesStoreTest, commits_at_the_same_time_share_the_way) {
  std::vector<Result<void>> answers;
  auto const ask = [&] {
    boost::asio::co_spawn(
        this->io, [this] { return this->store->commit(); },
        [&](std::exception_ptr, Result<void> outcome) { answers.push_back(std::move(outcome)); });
  };
  auto const before = this->database->health().units;
  for (int n = 0; n < 200; ++n) {
    this->store->note(stay(fmt::format("leg{}", n)));
    ask();
  }
  ask();  // nothing new: it waits for the others all the same
  this->turn_until([&] { return answers.size() == 201; });
  for (auto const& answer : answers) EXPECT_TRUE(answer);
  EXPECT_LE(this->database->health().units - before, 3u);
  EXPECT_THAT(this->get(this->store->open_stays()), SizeIs(200));
}

TYPED_TEST(SecurityNoticesStoreTest, whatever_a_bridge_sends_as_text_is_taken) {
  auto row = stay(std::string(70'000, 'x'));
  row.name = std::string("a\0b\xff", 4);
  row.address = std::string(5'000, '=') + "é";
  auto other = row;
  other.leg += "y";
  this->store->note(row);
  this->store->note(other);
  this->store->note(conference(std::string(5'000, 'c')));
  this->store->note(level(3, std::string(5'000, 'c')), true);
  this->commit();
  auto const open = this->get(this->store->open_stays());
  ASSERT_THAT(open, SizeIs(2));
  EXPECT_EQ(open[0].name, "a b?");
  EXPECT_THAT(this->get(this->store->levels(std::string(5'000, 'c'))), SizeIs(1));
}

TYPED_TEST(SecurityNoticesStoreTest, reports_are_by_time_id_and_level_in_pages) {
  for (int n = 0; n < 5; ++n) {
    auto row = conference(fmt::format("c{}", n), kDay + n * 1h);
    row.highest = static_cast<SecurityLevel>(n % 4);
    if (n != 4) row.ended = row.began + 30min;
    this->store->note(row);
    this->store->note(stay(fmt::format("a{}", n), row.id, row.began + 1s));
    this->store->note(stay(fmt::format("b{}", n), row.id, row.began));
    this->store->note(level(n % 4, row.id, row.began), false);
  }
  this->commit();
  EXPECT_THAT(this->ids({}), ElementsAre("c0", "c1", "c2", "c3", "c4"));
  EXPECT_THAT(this->ids({.since = kDay + 1h, .until = kDay + 2h}), ElementsAre("c1"));
  EXPECT_THAT(this->ids({.since = kDay + 40min}), ElementsAre("c1", "c2", "c3", "c4"));
  EXPECT_THAT(this->ids({.since = kDay + 24h}), ElementsAre("c4"));  // it goes on
  EXPECT_THAT(this->ids({.conference = "c3"}), ElementsAre("c3"));
  EXPECT_THAT(this->ids({.conference = "%"}), IsEmpty());
  EXPECT_THAT(this->ids({.least_level = 2}), ElementsAre("c2", "c3"));
  auto const page = this->report({.limit = 2});
  EXPECT_TRUE(page.more);
  EXPECT_THAT(page.conferences, SizeIs(2));
  ASSERT_THAT(page.stays, SizeIs(4));
  EXPECT_EQ(page.stays[0].leg, "b0");
  EXPECT_EQ(page.stays[1].leg, "a0");
  EXPECT_THAT(page.levels, SizeIs(2));
  EXPECT_THAT(this->ids({.limit = 2,
                         .after_began = page.conferences.back().began,
                         .after_id = page.conferences.back().id}),
              ElementsAre("c2", "c3"));
}

TYPED_TEST(SecurityNoticesStoreTest, only_what_ended_before_the_cutoff_is_forgotten) {
  auto const old = kDay - 24h * 40;
  auto ended = conference("ended", old), running = conference("running", old);
  ended.ended = old + 1h;
  this->store->note(ended);
  this->store->note(running);
  for (int n = 0; n < 2'100; ++n) {
    auto row = stay(fmt::format("leg{}", n), "ended", old);
    row.ended = old + 1min;
    this->store->note(row);
  }
  auto left = stay("left", "running", old);
  left.ended = old + 1min;
  this->store->note(left);
  this->store->note(stay("here", "running", old));
  this->store->note(level(1, "ended", old), false);
  this->store->note(level(2, "running", old), false);
  this->store->note(level(3, "nowhere", old), false);
  this->store->note(level(3, "newest", old), false);
  this->commit();
  auto const commits = this->database->health().commits;
  EXPECT_EQ(this->get(this->store->forget_before(kDay - 24h * 30)), 2'101u + 2u + 1u);
  EXPECT_GE(this->database->health().commits - commits, 3u);
  EXPECT_EQ(this->get(this->store->forget_before(kDay - 24h * 30)), 0u);
  EXPECT_THAT(this->ids({}), ElementsAre("running"));
  EXPECT_THAT(this->report().stays, ElementsAre(stay("here", "running", old)));
  EXPECT_THAT(this->get(this->store->levels("running")), SizeIs(1));
  EXPECT_THAT(this->get(this->store->levels("newest")), SizeIs(1));
}

/// WARDROOM_COUNT=20000: what posts of four records cost.
TYPED_TEST(SecurityNoticesStoreTest, records_are_kept_fast) {
  auto const posts = test::count(500);
  std::size_t answered = 0;
  auto const begin = std::chrono::steady_clock::now();
  for (std::uint64_t n = 0; n < posts; ++n) {
    boost::asio::post(this->io, [&, n] {
      for (int i = 0; i < 4; ++i)
        this->store->note(stay(fmt::format("leg{}", n * 2 + std::uint64_t(i) / 2)));
      this->store->note_mark("cms1", {.session = "s", .highest = std::int64_t(n)});
      boost::asio::co_spawn(
          this->io, [this] { return this->store->commit(); },
          [&](std::exception_ptr, Result<void> outcome) {
            EXPECT_TRUE(outcome);
            ++answered;
          });
    });
  }
  this->turn_until([&] { return answered == posts; });
  auto const took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("%s: %llu posts of 4 records, %.0f records/s\n", TypeParam::name,
              static_cast<unsigned long long>(posts), double(posts) * 4 / took);
}

}  // namespace
}  // namespace wardroom::security_notices
