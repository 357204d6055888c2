// kill -9 at every commit of a run: what is done after the next start is what would have been done.
#include "space_sync_site.hpp"

namespace wardroom::space_sync::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kStays = 20;

struct Scene {
  explicit Scene(std::size_t concurrency, std::uint64_t adds, std::uint64_t removals) {
    auto settings = bold_settings();
    settings.concurrency = int(concurrency);
    settings.jobs.front().schedule = timetable::Timetable::parse("every 24h").value();
    site = std::make_unique<Site>(settings);
    site->world.answer_time = 2ms;
    for (std::uint64_t n = 2; n <= kStays + adds; ++n) site->world.hire(n);
    for (std::uint64_t n = 2; n <= kStays; ++n) site->world.join(n);
    for (std::uint64_t n = 1'001; n <= 1'000 + removals; ++n) site->world.join(n);
    for (auto const& [id, told] : site->world.people) wanted.insert(id);
  }
  /// Runs until the daemon dies at this commit, or to the end; gives the commits there were.
  std::uint64_t run(std::optional<std::uint64_t> die_after) {
    auto& database = site->daemon->database;
    auto const before = database.health().commits;
    if (die_after) database.die_after = before + *die_after;
    database.on_death = [this] { site->world.dead = true; };
    site->start();
    for (int i = 0; i < 10'000 && !database.dead && !settled(); ++i) site->clock.advance(2ms);
    return database.health().commits - before;
  }
  bool settled() {
    auto const view = site->view();
    return view.last && !view.running && site->world.in_flight == 0;
  }

  std::unique_ptr<Site> site;
  std::set<Uuid> wanted;
};

void expect_exact_result(Scene& scene, std::uint64_t adds, std::uint64_t removals,
                         std::uint64_t killed_at) {
  auto& world = scene.site->world;
  EXPECT_EQ(world.member_set(), scene.wanted) << "killed at commit " << killed_at;
  EXPECT_EQ(world.added.size(), adds) << "killed at commit " << killed_at;
  EXPECT_EQ(world.removed.size(), removals) << "killed at commit " << killed_at;
  EXPECT_TRUE(world.added_twice.empty()) << "killed at commit " << killed_at;
  std::set<Uuid> const looked(world.looked.begin(), world.looked.end());
  for (auto const& gone : world.removed)
    EXPECT_TRUE(looked.contains(gone)) << "killed at commit " << killed_at;
  auto const last = scene.site->view().last;
  ASSERT_TRUE(last);
  EXPECT_EQ(last->state, RunState::done) << last->error << ", killed at commit " << killed_at;
  // What the next run compares with, lest it hold.
  EXPECT_EQ(scene.site->view().memory.members, std::int64_t(world.members.size()))
      << "killed at commit " << killed_at;
  // What an undo works on: each change stands in one run as done.
  std::int64_t done = 0;
  for (auto const& run :
       scene.site->await(scene.site->feature().store().history("all-hands", 100)).value())
    done += std::int64_t(scene.site->count(run.id, StepState::done));
  EXPECT_EQ(done, std::int64_t(adds + removals)) << "killed at commit " << killed_at;
}

void kill_at_every_commit(std::size_t concurrency, std::uint64_t adds, std::uint64_t removals,
                          std::uint64_t every = 1) {
  Scene whole(concurrency, adds, removals);
  auto const commits = whole.run(std::nullopt);
  expect_exact_result(whole, adds, removals, 0);
  testing::Test::RecordProperty("commits", std::to_string(commits));
  for (std::uint64_t at = 1; at <= commits && !testing::Test::HasFailure(); at += every) {
    Scene scene(concurrency, adds, removals);
    scene.run(at);
    scene.site->start_again();
    for (int i = 0; i < 10'000 && !scene.settled(); ++i) scene.site->clock.advance(2ms);
    expect_exact_result(scene, adds, removals, at);
  }
}

TEST(Kill, at_every_journal_step_of_a_200_change_apply_resumes_to_the_exact_result) {
  kill_at_every_commit(12, 100, 100);
}

TEST(Kill, at_every_commit_of_a_run_of_one_step_at_a_time_resumes_to_the_exact_result) {
  kill_at_every_commit(1, 20, 20);
}

TEST(Kill, at_some_commits_of_a_run_of_200_steps_one_at_a_time_resumes_to_the_exact_result) {
  kill_at_every_commit(1, 100, 100, 16);
}

TEST(Kill, again_and_again_still_ends_exactly) {
  Scene scene(4, 40, 40);
  scene.run(12);
  for (int i = 0; i < 60; ++i) {
    auto const disk = scene.site->daemon->database.disk();
    scene.site->start_again();
    if (scene.settled()) break;
    auto& database = scene.site->daemon->database;
    database.die_after = database.health().commits + 3;
    database.on_death = [&] { scene.site->world.dead = true; };
    for (int k = 0; k < 2'000 && !database.dead && !scene.settled(); ++k)
      scene.site->clock.advance(2ms);
    if (!database.dead) break;
  }
  for (int i = 0; i < 10'000 && !scene.settled(); ++i) scene.site->clock.advance(2ms);
  expect_exact_result(scene, 40, 40, 3);
}

TEST(Stop, ends_the_steps_under_way_and_the_next_start_goes_on) {
  Scene scene(4, 100, 100);
  auto& site = *scene.site;
  site.world.answer_time = 20ms;
  site.start();
  site.clock.advance(300ms);
  auto const before = site.world.changes();
  EXPECT_GT(before, 0u);
  EXPECT_LT(before, 200u);
  auto const asked = site.clock.uptime();
  auto const disk = site.daemon->database.disk();
  site.stop();
  EXPECT_LT(site.clock.uptime() - asked, 3s);
  EXPECT_EQ(site.world.in_flight, 0u);
  site.daemon = std::make_unique<Site::Daemon>(site, disk);
  site.start();
  for (int i = 0; i < 10'000 && !scene.settled(); ++i) site.clock.advance(2ms);
  expect_exact_result(scene, 100, 100, 0);
  EXPECT_EQ(site.view().last->id, 1) << "the same run";
}

TEST(Stop, a_plan_that_grew_old_meanwhile_is_made_anew) {
  Scene scene(4, 100, 100);
  auto& site = *scene.site;
  site.world.answer_time = 20ms;
  site.start();
  site.clock.advance(300ms);
  auto const disk = site.daemon->database.disk();
  site.stop();
  site.clock.advance(20min);
  site.world.hire(500);
  scene.wanted.insert(id_of(500));
  site.daemon = std::make_unique<Site::Daemon>(site, disk);
  site.start();
  for (int i = 0; i < 10'000 && !scene.settled(); ++i) site.clock.advance(2ms);
  expect_exact_result(scene, 101, 100, 0);
  EXPECT_EQ(site.view().last->id, 2);
  EXPECT_EQ(site.stored(1).state, RunState::partly);
  EXPECT_NE(site.stored(1).error.find("planned anew as run 2"), std::string::npos);
}

}  // namespace
}  // namespace wardroom::space_sync::test
