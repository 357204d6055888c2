// Runs, steps and what jobs remember, kept on both engines.
#include "features/space_sync/space_sync_store.hpp"

#include "features/space_sync/run_rows.hpp"
#include "lib/store/engines.hpp"
#include "store/journal_kinds.hpp"
#include "support/seed.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace wardroom::space_sync {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

Uuid person(std::uint64_t number) {
  Uuid out;
  for (std::size_t i = 0; i < 8; ++i) out.bytes[15 - i] = std::uint8_t(number >> (8 * i));
  out.bytes[0] = 0xAC;
  return out;
}

Step step(std::int64_t number, Act act = Act::add) {
  return {.number = number,
          .change = {.act = act,
                     .person = person(std::uint64_t(number)),
                     .target = fmt::format("target {}", number),
                     .name = fmt::format("Person {}", number),
                     .email = fmt::format("p{}@acme.example", number),
                     .why = "include domain: acme.example"}};
}

std::vector<Step> steps_of(std::int64_t count) {
  std::vector<Step> out;
  for (std::int64_t n = 1; n <= count; ++n)
    out.push_back(step(n, n % 3 == 0 ? Act::remove : Act::add));
  return out;
}

std::string text_of(std::optional<Instant> at) {
  return at ? std::to_string(unix_ms(*at)) : std::string("none");
}
std::string text_of(Run const& r) {
  auto const& c = r.counts;
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}", r.id, r.job, r.space,
                     r.title, name(r.kind), name(r.cause), name(r.state), r.by, r.digest, r.rules,
                     r.hold, r.error, r.approved_removals, r.undoes, text_of(r.began),
                     text_of(r.planned) + text_of(r.expires), text_of(r.ended)) +
         fmt::format(" {} {} {} {} {} {} {} {} {} {} {}", c.people, c.members, c.to_add,
                     c.to_remove, c.added, c.removed, c.already, c.spared, c.failed, c.skipped,
                     c.calls);
}
std::string text_of(Step const& s) {
  auto const& c = s.change;
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {}", s.number, name(c.act), c.person.text(),
                     c.target, c.name, c.email, c.why, name(s.state), s.outcome, s.membership,
                     text_of(s.at));
}

template <class Engine>
struct SpaceSyncStoreTest : test::EngineFixture<Engine> {
  void SetUp() override { restart(); }
  void restart() {
    store.reset();
    journal.reset();
    this->open({space_sync_migrations().begin(), space_sync_migrations().end()});
    journal = std::make_unique<store::Journal>(*this->database, this->clock);
    store = std::make_unique<SpaceSyncStore>(*this->database, *journal, this->clock);
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
  void done(Task<Result<void>> task) {
    auto const out = test::run_task(this->io, std::move(task));
    if (!out) throw std::runtime_error(out.error().what);
  }
  Run a_run(std::string job = "all", RunState state = RunState::reading,
            std::optional<Instant> began = {}) {
    Run run{.job = std::move(job), .state = state, .began = began.value_or(this->clock.now())};
    run.id = get(store->begin(run));
    return run;
  }
  std::vector<std::string> lines() {
    std::vector<std::string> out;
    for (auto const& entry : heard) {
      EXPECT_EQ(entry.kind, "sync");
      out.push_back(store::journal_line(entry.kind, store::JournalBody::parse(entry.body)));
    }
    return out;
  }

  std::unique_ptr<store::Journal> journal;
  std::unique_ptr<SpaceSyncStore> store;
  std::shared_ptr<void> hearing;
  std::vector<store::JournalEntry> heard;
};
TYPED_TEST_SUITE(SpaceSyncStoreTest, test::Engines, test::EngineNames);

TYPED_TEST(SpaceSyncStoreTest, a_run_comes_back_as_it_was_saved) {
  Run run{.job = "all-hands",
          .space = "Y2lz",
          .title = "All hands",
          .kind = RunKind::undo,
          .cause = RunCause::operator_,
          .by = "uid 1000",
          .rules = "0123456789ab",
          .undoes = 7,
          .began = from_unix_ms(1'795'255'200'000)};
  run.id = this->get(this->store->begin(run));
  EXPECT_EQ(run.id, 1);
  EXPECT_EQ(text_of(this->get(this->store->run(1))), text_of(run));
  run.state = RunState::held;
  run.counts = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  run.digest = "ba9876543210";
  run.hold = "41 of 80 members would be removed";
  run.error = "none of that";
  run.approved_removals = 4;
  run.planned = run.began + 1s, run.expires = run.began + 15min, run.ended = run.began + 1h;
  this->done(this->store->save(run, false));
  this->restart();
  EXPECT_EQ(text_of(this->get(this->store->run(1))), text_of(run));
}

TYPED_TEST(SpaceSyncStoreTest, runs_that_are_not_there_are_told_as_such) {
  auto const none = test::run_task(this->io, this->store->run(5));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::not_found);
  auto const saved = test::run_task(this->io, this->store->save({.id = 5}, true));
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().kind, ErrorKind::not_found);
  auto const noted = test::run_task(this->io, this->store->note_step(5, step(1)));
  ASSERT_FALSE(noted);
  EXPECT_EQ(noted.error().kind, ErrorKind::not_found);
  EXPECT_THAT(this->heard, IsEmpty());
}

TYPED_TEST(SpaceSyncStoreTest, runs_are_found_by_job_and_state_newest_first) {
  auto const one = this->a_run("all", RunState::done);
  auto const two = this->a_run("some", RunState::applying);
  auto const three = this->a_run("all", RunState::held);
  auto const four = this->a_run("all", RunState::reading);
  auto const ids = [](std::vector<Run> const& runs) {
    std::vector<RunId> out;
    for (auto const& run : runs) out.push_back(run.id);
    return out;
  };
  EXPECT_THAT(ids(this->get(this->store->unfinished())), ElementsAre(two.id, four.id));
  EXPECT_THAT(ids(this->get(this->store->history("all", 10))),
              ElementsAre(four.id, three.id, one.id));
  EXPECT_THAT(ids(this->get(this->store->history("all", 1, three.id))), ElementsAre(one.id));
  EXPECT_THAT(ids(this->get(this->store->history("", 2))), ElementsAre(four.id, three.id));
  EXPECT_EQ(this->get(this->store->latest("all"))->id, four.id);
  EXPECT_EQ(this->get(this->store->latest("all", RunState::held))->id, three.id);
  EXPECT_FALSE(this->get(this->store->latest("all", RunState::partly)));
}

TYPED_TEST(SpaceSyncStoreTest, steps_are_kept_replaced_and_noted_one_by_one) {
  auto const run = this->a_run();
  this->done(this->store->save_steps(run.id, steps_of(10)));
  this->done(this->store->save_steps(run.id, steps_of(2'345)));
  auto const all = this->get(this->store->steps(run.id, 0, 10'000));
  auto const wanted = steps_of(2'345);
  ASSERT_EQ(all.size(), wanted.size());
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(text_of(all[i]), text_of(wanted[i]));
  EXPECT_EQ(this->get(this->store->steps(run.id, 2'340, 3)).front().number, 2'341);
  this->done(this->store->save_steps(run.id, steps_of(3)));
  auto changed = step(2);
  changed.state = StepState::done;
  changed.outcome = "added";
  changed.membership = "a membership";
  changed.at = from_unix_ms(1'795'255'200'123);
  this->done(this->store->note_step(run.id, changed));
  this->restart();
  auto const kept = this->get(this->store->steps(run.id, 0, 10));
  ASSERT_THAT(kept, SizeIs(3));
  EXPECT_EQ(text_of(kept[1]), text_of(changed));
  EXPECT_EQ(text_of(kept[2]), text_of(step(3, Act::remove)));
}

TYPED_TEST(SpaceSyncStoreTest, steps_noted_at_once_share_commits) {
  auto const run = this->a_run();
  this->done(this->store->save_steps(run.id, steps_of(200)));
  auto const before = this->database->health().commits;
  std::size_t noted = 0;
  for (std::int64_t n = 1; n <= 200; ++n)
    test::start_task(
        this->io,
        [](SpaceSyncStore& store, RunId id, std::int64_t number, std::size_t& count) -> Task<void> {
          auto one = step(number);
          one.state = StepState::begun;
          auto const done = co_await store.note_step(id, one);
          EXPECT_TRUE(done);
          ++count;
        }(*this->store, run.id, n, noted));
  this->turn_until([&] { return noted == 200; });
  EXPECT_LT(this->database->health().commits - before, 100u);
  for (auto const& one : this->get(this->store->steps(run.id, 0, 1'000)))
    EXPECT_EQ(one.state, StepState::begun);
}

TYPED_TEST(SpaceSyncStoreTest, spared_people_come_back_with_every_reason) {
  auto const run = this->a_run();
  std::vector<SparedPerson> spared;
  for (auto const why : all_spared)
    spared.push_back({.person = person(spared.size()),
                      .name = "Ada \"the\" Example",
                      .email = "ada@acme.example",
                      .why = why,
                      .rule = "not in the directory"});
  this->done(this->store->save_spared(run.id, spared));
  this->done(this->store->save_spared(run.id, spared));
  auto const kept = this->get(this->store->spared(run.id, 100));
  ASSERT_EQ(kept.size(), spared.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    EXPECT_EQ(kept[i].person, spared[i].person);
    EXPECT_EQ(kept[i].name, spared[i].name);
    EXPECT_EQ(kept[i].email, spared[i].email);
    EXPECT_EQ(kept[i].why, spared[i].why);
    EXPECT_EQ(kept[i].rule, spared[i].rule);
  }
  EXPECT_THAT(this->get(this->store->spared(run.id, 2)), SizeIs(2));
}

TYPED_TEST(SpaceSyncStoreTest, the_journal_tells_of_runs_without_naming_people) {
  auto run = this->a_run("all-hands");
  this->done(this->store->save_steps(run.id, {step(1)}));
  run.counts.to_add = 1, run.counts.to_remove = 41;
  run.state = RunState::held;
  run.hold = "41 of 80 members would be removed";
  this->done(this->store->save(run, true));
  run.state = RunState::superseded;
  this->done(this->store->save(run, false));
  Run again{.job = "all-hands", .cause = RunCause::approval, .approved_removals = 41};
  again.id = this->get(this->store->begin(again));
  again.state = RunState::partly;
  again.counts = run.counts;
  again.counts.added = 1, again.counts.removed = 40, again.counts.failed = 1;
  this->done(this->store->save(again, true));
  again.state = RunState::failed;
  again.error = "Webex Calling answered 503";
  this->done(this->store->save(again, true));
  EXPECT_THAT(this->lines(),
              ElementsAre("all-hands: run 1 began, on schedule",
                          "all-hands: run 1 HELD, nothing was changed: 41 of 80 members would be "
                          "removed",
                          "all-hands: run 2 began, approved for 41 removals",
                          "all-hands: run 2 ended in part: 1 added, 40 removed, 1 failed",
                          "all-hands: run 2 FAILED: Webex Calling answered 503"));
  for (auto const& entry : this->heard) {
    EXPECT_THAT(entry.body, Not(HasSubstr("Person")));
    EXPECT_THAT(entry.body, Not(HasSubstr("@")));
  }
  // What was told is what is kept.
  auto const kept = this->get(this->journal->read_since(0, {}, 100));
  EXPECT_EQ(kept, this->heard);
}

TYPED_TEST(SpaceSyncStoreTest, jobs_remember_and_a_pause_is_told_once) {
  EXPECT_FALSE(this->get(this->store->memory("all")).last_began);
  JobMemory memory{.last_began = from_unix_ms(5), .people = 100, .members = 90};
  this->done(this->store->save_memory("all", memory));
  memory.paused = true;
  memory.paused_by = "uid 1000";
  memory.pause_reason = "moving house";
  memory.paused_at = from_unix_ms(6);
  this->done(this->store->save_memory("all", memory));
  this->done(this->store->save_memory("all", memory));
  this->restart();
  auto const kept = this->get(this->store->memory("all"));
  EXPECT_EQ(kept.last_began, from_unix_ms(5));
  EXPECT_EQ(kept.people, 100);
  EXPECT_EQ(kept.members, 90);
  EXPECT_TRUE(kept.paused);
  EXPECT_EQ(kept.paused_by, "uid 1000");
  EXPECT_EQ(kept.pause_reason, "moving house");
  EXPECT_EQ(kept.paused_at, from_unix_ms(6));
  this->done(this->store->save_memory("all", {}));
  EXPECT_FALSE(this->get(this->store->memory("all")).people);
  EXPECT_THAT(this->lines(), ElementsAre("all: schedule paused: moving house, by uid 1000",
                                         "all: schedule goes on"));
}

TYPED_TEST(SpaceSyncStoreTest, members_come_back_in_pieces_and_outlive_a_half_written_list) {
  EXPECT_THAT(this->get(this->store->members_before("all")), IsEmpty());
  std::vector<Uuid> many;
  for (std::uint64_t n = 0; n < 140'000; ++n) many.push_back(person(n));
  this->done(this->store->save_memory("all", {.people = 7}));
  this->done(this->store->save_members("all", many));
  this->done(this->store->save_members("other", {person(1)}));
  EXPECT_EQ(this->get(this->store->members_before("all")), many);
  EXPECT_EQ(this->get(this->store->memory("all")).people, 7);
  // As a crash before the last commit leaves it: pieces that do not count.
  ASSERT_TRUE(this->write([](store::Sql& sql) {
    sql.run("INSERT INTO space_sync_members (job, generation, piece, uuids) VALUES ($1, 9, 0, $2)",
            {std::string("all"), store::Blob{std::string(16, 'x')}});
  }));
  this->restart();
  EXPECT_EQ(this->get(this->store->members_before("all")), many);
  many.resize(3);
  this->done(this->store->save_members("all", many));
  EXPECT_EQ(this->get(this->store->members_before("all")), many);
  EXPECT_EQ(this->integer("SELECT count(*) FROM space_sync_members"), 2);
  this->done(this->store->save_members("all", {}));
  EXPECT_THAT(this->get(this->store->members_before("all")), IsEmpty());
  EXPECT_EQ(this->integer("SELECT count(*) FROM space_sync_members"), 1);
}

TYPED_TEST(SpaceSyncStoreTest, who_left_is_remembered_until_forgotten) {
  std::vector<Uuid> many;
  for (std::uint64_t n = 0; n < 2'500; ++n) many.push_back(person(n));
  this->done(this->store->note_left("all", many, from_unix_ms(1)));
  this->done(this->store->note_left("all", {person(3)}, from_unix_ms(2)));
  this->done(this->store->note_left("other", {person(3)}, from_unix_ms(2)));
  EXPECT_EQ(this->get(this->store->left("all")),
            std::unordered_set<Uuid>(many.begin(), many.end()));
  many.erase(many.begin() + 3);
  this->done(this->store->forget_left("all", many));
  EXPECT_THAT(this->get(this->store->left("all")), ElementsAre(person(3)));
  EXPECT_THAT(this->get(this->store->left("other")), ElementsAre(person(3)));
}

TYPED_TEST(SpaceSyncStoreTest, whom_we_removed_since_a_run_is_known) {
  auto const before = this->a_run();
  this->done(this->store->save_steps(before.id, {step(1, Act::remove)}));
  auto const after = this->a_run();
  std::vector<Step> steps;
  for (std::int64_t n = 1; n <= 6; ++n) steps.push_back(step(n, n == 6 ? Act::add : Act::remove));
  steps[1].state = StepState::begun;
  steps[2].state = StepState::done;
  steps[3].state = StepState::already;
  steps[4].state = StepState::failed;
  steps[5].state = StepState::done;
  this->done(this->store->save_steps(after.id, steps));
  auto const other = this->a_run("other");
  this->done(this->store->save_steps(other.id, steps));
  EXPECT_THAT(this->get(this->store->removed_since("all", before.id)),
              testing::UnorderedElementsAre(person(2), person(3), person(4)));
  EXPECT_THAT(this->get(this->store->removed_since("all", after.id)), IsEmpty());
}

TYPED_TEST(SpaceSyncStoreTest, old_steps_are_forgotten_and_runs_stay_a_year) {
  auto const now = this->clock.now();
  auto const ancient = this->a_run("all", RunState::done, now - 24h * 400);
  auto const old = this->a_run("all", RunState::done, now - 24h * 40);
  auto const unfinished = this->a_run("all", RunState::applying, now - 24h * 40);
  auto const fresh = this->a_run("all", RunState::done, now - 24h);
  for (auto const& run : {ancient, old, unfinished, fresh}) {
    this->done(this->store->save_steps(run.id, steps_of(run.id == old.id ? 1'500 : 5)));
    this->done(this->store->save_spared(run.id, {{.person = person(1)}}));
  }
  EXPECT_EQ(this->get(this->store->forget_before(now - 24h * 30)), 1'507u);
  EXPECT_EQ(this->get(this->store->forget_before(now - 24h * 30)), 0u);
  EXPECT_THAT(this->get(this->store->steps(old.id, 0, 10)), IsEmpty());
  EXPECT_THAT(this->get(this->store->spared(old.id, 10)), IsEmpty());
  EXPECT_THAT(this->get(this->store->steps(unfinished.id, 0, 10)), SizeIs(5));
  EXPECT_THAT(this->get(this->store->steps(fresh.id, 0, 10)), SizeIs(5));
  EXPECT_THAT(this->get(this->store->history("all", 10)), SizeIs(3));
  EXPECT_FALSE(test::run_task(this->io, this->store->run(ancient.id)));
}

TYPED_TEST(SpaceSyncStoreTest, the_newest_run_stays_so_that_no_number_comes_twice) {
  auto const only = this->a_run("all", RunState::done, this->clock.now() - 24h * 500);
  EXPECT_EQ(this->get(this->store->forget_before(this->clock.now())), 0u);
  EXPECT_EQ(this->a_run().id, only.id + 1);
}

/// WARDROOM_COUNT=100000: what a large run costs.
TYPED_TEST(SpaceSyncStoreTest, a_large_run_is_kept_in_small_commits) {
  auto const count = static_cast<std::int64_t>(test::count(5'000));
  auto const run = this->a_run();
  auto steps = steps_of(count);
  for (auto& one : steps) one.change.target = std::string(110, 'Y');
  auto const commits = this->database->health().commits;
  auto const begin = std::chrono::steady_clock::now();
  auto const saved =
      test::run_task(this->io, this->store->save_steps(run.id, std::move(steps)), 5min);
  ASSERT_TRUE(saved) << saved.error().what;
  auto const took = std::chrono::steady_clock::now() - begin;
  auto const made = this->database->health().commits - commits;
  EXPECT_GE(made, std::uint64_t(count) / 1'000);
  bool const sqlite = std::string_view(TypeParam::name) == "SQLite";
  auto const size = this->integer(
      sqlite ? "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
             : "SELECT pg_total_relation_size('space_sync_step')");
  std::printf("%s: %lld steps in %llu commits, %.1f ms each, %.1f MB\n", TypeParam::name,
              static_cast<long long>(count), static_cast<unsigned long long>(made),
              std::chrono::duration<double, std::milli>(took).count() / double(made),
              double(size) / 1e6);
}

}  // namespace
}  // namespace wardroom::space_sync
