// What must not happen to a space when jobs, rules, approvals or the store change under a run.
#include "space_sync_site.hpp"

namespace wardroom::space_sync::test {
namespace {

using namespace std::chrono_literals;

/// People 2…`last` in the directory; of them 2…`members` in the space.
void populate(Site& site, std::uint64_t last, std::uint64_t members) {
  for (std::uint64_t n = 2; n <= last; ++n) site.world.hire(n);
  for (std::uint64_t n = 2; n <= members; ++n) site.world.join(n);
}

/// Members who are in no directory.
void strangers(Site& site, std::uint64_t first, std::uint64_t last) {
  for (auto n = first; n <= last; ++n) site.world.join(n);
}

SpaceSyncSettings bold_hourly() {
  auto settings = bold_settings();
  settings.concurrency = 1;
  settings.jobs.front().schedule = timetable::Timetable::parse("every 24h").value();
  return settings;
}

/// Until nothing runs any more.
void settle(Site& site) {
  for (int i = 0; i < 20'000 && site.view().running; ++i) site.clock.advance(5ms);
  EXPECT_FALSE(site.view().running);
}

/// Starts a run that removes 101…120 one at a time, and kills the daemon after a few of them.
void die_while_removing(Site& site) {
  auto& database = site.daemon->database;
  database.on_death = [&] { site.world.dead = true; };
  for (int i = 0; i < 20'000 && !database.dead; ++i) {
    if (site.world.removed.size() >= 5) database.die_after = 0;
    site.clock.advance(2ms);
  }
  ASSERT_TRUE(database.dead);
}

TEST(SyncSafety, S1_a_run_that_goes_on_spares_whom_is_protected_by_now) {
  Site site(bold_hourly());
  populate(site, 60, 60);
  strangers(site, 101, 120);
  site.world.answer_time = 10ms;
  site.start();
  die_while_removing(site);
  std::vector<Uuid> open;
  for (std::uint64_t n = 101; n <= 120; ++n)
    if (site.world.is_member(n)) open.push_back(id_of(n));
  ASSERT_GE(open.size(), 4u);
  auto& listed = site.world.members[open.back()];
  site.job().protect.people.push_back(listed.email);
  site.world.members[open[open.size() - 2]].moderator = true;
  site.start_again();
  settle(site);
  EXPECT_TRUE(site.world.members.contains(open.back())) << "listed in protect.people meanwhile";
  EXPECT_TRUE(site.world.members.contains(open[open.size() - 2])) << "a moderator meanwhile";
  EXPECT_EQ(site.world.members.size(), 62u);
  EXPECT_EQ(site.view().last->counts.spared, 2);
}

TEST(SyncSafety, of_a_job_that_got_another_space_adds_everybody_to_it) {
  Site site;
  populate(site, 40, 40);
  site.start();
  EXPECT_EQ(site.sync()->state, RunState::done);
  site.world.leave(7);
  EXPECT_EQ(site.sync()->counts.to_add, 0);
  site.world.members.clear();  // of the other space
  site.world.join(1, true);
  auto settings = site.settings;
  settings.jobs.front().space = "OTHER";
  site.feature().set_settings(settings);
  auto const run = site.sync();
  EXPECT_EQ(run->state, RunState::done) << run->hold;
  EXPECT_EQ(run->counts.added, 39) << "nobody left a space that they never were in";
  site.world.leave(8);
  EXPECT_EQ(site.sync()->counts.to_add, 0) << "who leaves this one is not added again";
}

TEST(SyncSafety, S3_an_approval_that_a_crash_broke_off_long_ago_approves_nothing) {
  Site site;
  populate(site, 60, 50);
  strangers(site, 101, 110);
  site.start();
  EXPECT_EQ(site.sync()->state, RunState::held);
  site.world.answer_time = 10ms;
  auto const id = site.await(site.feature().start(
      {.job = "all-hands", .cause = RunCause::approval, .approve_removals = 10}));
  ASSERT_TRUE(id);
  auto const disk = site.daemon->database.disk();
  site.stop();  // while it reads
  ASSERT_EQ(site.world.changes(), 0u);
  for (std::uint64_t n = 101; n <= 110; ++n) site.world.leave(n);
  strangers(site, 201, 210);  // as many, but others
  site.clock.advance(24h);
  site.daemon = std::make_unique<Site::Daemon>(site, disk);
  site.start();
  settle(site);
  EXPECT_EQ(site.world.removed.size(), 0u);
}

TEST(SyncSafety, S3_an_approval_goes_on_after_a_crash_for_the_same_people_only) {
  auto settings = plain_settings();
  settings.concurrency = 1;
  for (bool const others : {false, true}) {
    Site site(settings);
    populate(site, 60, 60);
    strangers(site, 101, 120);
    site.start();
    EXPECT_EQ(site.sync()->state, RunState::held);
    site.world.answer_time = 10ms;
    ASSERT_TRUE(site.await(site.feature().start(
        {.job = "all-hands", .cause = RunCause::approval, .approve_removals = 20})));
    die_while_removing(site);
    auto const removed = site.world.removed.size();
    site.clock.advance(1h);
    if (others) {
      site.world.leave(119);
      site.world.leave(120);
      strangers(site, 201, 202);
    }
    site.start_again();
    settle(site);
    EXPECT_EQ(site.world.removed.size(), others ? removed : 20u);
    EXPECT_EQ(site.view().held.has_value(), others);
  }
}

TEST(SyncSafety, S1_nobody_is_removed_who_moved_from_group_to_group_while_both_were_read) {
  auto settings = plain_settings();
  settings.jobs.front().rules.include = {{.kind = RuleKind::group, .patterns = {"A", "B"}}};
  Site site(settings);
  populate(site, 20, 20);
  std::vector<std::string> everybody;
  for (std::uint64_t n = 1; n <= 20; ++n)
    if (n != 7) everybody.push_back(id_of(n).text());
  // They were in B when A was read, and in A when B was.
  site.directory.groups = {{"a", "A", everybody}, {"b", "B", {}}};
  site.world.answer_time = 10ms;
  site.start();
  auto const id = site.await(site.feature().start({.job = "all-hands"}));
  site.clock.advance(25ms);  // the groups were read by now
  site.directory.groups[0].people.push_back(id_of(7).text());
  auto const run = site.await(site.feature().ended(*id));
  EXPECT_EQ(run->counts.to_remove, 1);
  EXPECT_TRUE(site.world.is_member(7));
  EXPECT_EQ(run->counts.spared, 1);
}

TEST(SyncSafety, removes_nobody_when_a_group_cannot_be_read_again_before_the_removals) {
  auto settings = plain_settings();
  settings.jobs.front().rules.include = {{.kind = RuleKind::group, .patterns = {"A"}}};
  Site site(settings);
  populate(site, 20, 20);
  std::vector<std::string> everybody;
  for (std::uint64_t n = 1; n <= 20; ++n)
    if (n != 7) everybody.push_back(id_of(n).text());
  site.directory.groups = {{"a", "A", everybody}};
  site.world.answer_time = 10ms;
  site.start();
  auto const id = site.await(site.feature().start({.job = "all-hands"}));
  site.clock.advance(25ms);
  site.directory.groups.clear();
  auto const run = site.await(site.feature().ended(*id));
  EXPECT_EQ(run->state, RunState::failed);
  EXPECT_NE(run->error.find("nobody was removed"), std::string::npos) << run->error;
  EXPECT_EQ(site.world.removed.size(), 0u);
}

TEST(SyncSafety, a_run_goes_on_by_itself_when_the_store_takes_writes_again) {
  Site site(bold_settings());
  populate(site, 60, 10);
  strangers(site, 101, 120);
  site.world.answer_time = 10ms;
  site.start();
  auto const id = site.await(site.feature().start({.job = "all-hands"}));
  for (int i = 0; i < 1'000 && site.world.added.size() < 15; ++i) site.clock.advance(2ms);
  site.daemon->database.fail_commits(Error{ErrorKind::unavailable, "the disk is full"});
  site.clock.advance(2min);
  EXPECT_TRUE(site.view().running);
  EXPECT_LT(site.world.added.size(), 50u);
  EXPECT_EQ(site.world.in_flight, 0u);
  site.daemon->database.fail_commits(std::nullopt);
  settle(site);
  auto const run = site.stored(*id);
  EXPECT_EQ(run.state, RunState::done) << run.error;
  EXPECT_EQ(run.counts.added, 50);
  EXPECT_EQ(run.counts.removed, 20);
  EXPECT_EQ(site.count(*id, StepState::done), 70u);
  EXPECT_EQ(site.view().last->state, RunState::done);
  EXPECT_EQ(site.view().memory.members, std::int64_t(site.world.members.size()));
}

TEST(SyncSafety, a_store_that_is_away_for_long_ends_the_run_as_failed_once_it_is_back) {
  Site site(bold_settings());
  populate(site, 60, 10);
  site.world.answer_time = 10ms;
  site.start();
  auto const id = site.await(site.feature().start({.job = "all-hands"}));
  for (int i = 0; i < 1'000 && site.world.added.size() < 15; ++i) site.clock.advance(2ms);
  site.daemon->database.fail_commits(Error{ErrorKind::unavailable, "the disk is full"});
  site.clock.advance(20min);
  site.daemon->database.fail_commits(std::nullopt);
  settle(site);
  EXPECT_EQ(site.stored(*id).state, RunState::failed);
  EXPECT_EQ(site.sync()->state, RunState::done);
  EXPECT_EQ(site.world.member_set().size(), 60u);
}

TEST(SyncSafety, a_run_waits_for_the_store_no_longer_than_the_daemon_lives) {
  Site site(bold_settings());
  populate(site, 60, 10);
  site.world.answer_time = 10ms;
  site.start();
  ASSERT_TRUE(site.await(site.feature().start({.job = "all-hands"})));
  for (int i = 0; i < 1'000 && site.world.added.size() < 15; ++i) site.clock.advance(2ms);
  site.daemon->database.fail_commits(Error{ErrorKind::unavailable, "the disk is full"});
  site.clock.advance(1min);
  site.start_again();
  settle(site);
  EXPECT_EQ(site.view().last->state, RunState::done);
  EXPECT_EQ(site.world.member_set().size(), 60u);
}

TEST(SyncSafety, a_held_sync_still_waits_after_a_restart_when_an_undo_is_held_too) {
  Site site;
  populate(site, 60, 50);
  site.start();
  auto const run = site.sync();
  strangers(site, 101, 110);
  auto const held = site.sync();
  EXPECT_EQ(held->state, RunState::held);
  auto const undo = site.undo(run->id);
  EXPECT_EQ(undo->state, RunState::held);
  for (bool const again : {false, true}) {
    if (again) site.start_again();
    ASSERT_TRUE(site.view().held);
    EXPECT_EQ(site.view().held->id, held->id);
    ASSERT_TRUE(site.view().held_undo);
    EXPECT_EQ(site.view().held_undo->id, undo->id);
  }
  EXPECT_TRUE(std::ranges::any_of(site.feature().health(), [&](HealthSign const& sign) {
    return sign.remedy.contains("wardroomctl sync undo 1 --removals 10");
  }));
  EXPECT_EQ(site.undo(run->id, 10)->state, RunState::done);
  EXPECT_FALSE(site.view().held_undo);
  EXPECT_TRUE(site.view().held);
}

TEST(SyncSafety, an_undo_of_a_run_whose_steps_are_forgotten_says_so_and_does_nothing) {
  auto settings = plain_settings();
  settings.keep = 24h;
  Site site(settings);
  populate(site, 20, 15);
  site.start();
  auto const run = site.sync();
  site.clock.advance(48h);
  auto const undone = site.undo(run->id);
  ASSERT_FALSE(undone);
  EXPECT_EQ(undone.error().kind, ErrorKind::conflict);
  EXPECT_NE(undone.error().what.find("space_sync.keep"), std::string::npos) << undone.error().what;
  EXPECT_FALSE(site.view().memory.paused);
}

TEST(SyncSafety, what_passed_while_a_job_was_paused_is_not_caught_up_after_a_restart) {
  auto settings = plain_settings();
  settings.jobs.front().schedule = timetable::Timetable::parse("every 4h").value();
  Site site(settings);
  populate(site, 20, 20);
  site.start();
  site.clock.advance(1min);
  ASSERT_TRUE(site.view().last);
  auto const first = site.view().last->id;
  ASSERT_TRUE(site.await(site.feature().pause("all-hands", true, "uid 1000", "a test")));
  site.clock.advance(5h);
  ASSERT_TRUE(site.await(site.feature().pause("all-hands", false, "uid 1000", "")));
  site.start_again();
  site.clock.advance(1min);
  EXPECT_EQ(site.view().last->id, first);
}

TEST(SyncSafety, says_the_login_command_of_its_identity) {
  auto settings = plain_settings();
  settings.identity = "bot";
  settings.jobs.front().schedule = timetable::Timetable::parse("every 1h").value();
  Site site(settings);
  site.logged_in = false;
  site.start();
  site.clock.advance(1min);
  ASSERT_TRUE(site.view().last);
  EXPECT_NE(site.view().last->error.find("wardroomctl login --identity bot"), std::string::npos)
      << site.view().last->error;
}

TEST(SyncSafety, sends_nothing_more_when_the_mode_becomes_observe_while_it_runs) {
  for (auto const mode : {FeatureMode::observe, FeatureMode::off}) {
    for (auto const after : {25ms, 45ms, 100ms}) {  // reading, adding, removing
      auto settings = bold_settings();
      settings.concurrency = 2;
      Site site(settings);
      populate(site, 10, 4);
      strangers(site, 101, 120);
      site.world.answer_time = 10ms;
      site.start();
      auto const id = site.await(site.feature().start({.job = "all-hands"}));
      site.clock.advance(after);
      settings.mode = mode;
      site.feature().set_settings(settings);
      site.clock.advance(10ms);  // what was under way ends
      auto const before = site.world.changes();
      settle(site);
      EXPECT_LE(site.world.changes(), before + 2);
      EXPECT_LT(site.world.removed.size(), 20u);
      EXPECT_GT(site.stored(*id).counts.skipped, 0);
      // Nobody whom that kept out, or in, counts as having left.
      settings.mode = FeatureMode::enforce;
      site.feature().set_settings(settings);
      EXPECT_EQ(site.sync()->state, RunState::done);
      EXPECT_EQ(site.world.member_set().size(), 10u);
    }
  }
}

TEST(SyncSafety, S3_runs_that_fail_are_held_or_only_plan_move_no_baseline) {
  Site site(bold_settings());
  populate(site, 100, 100);
  site.start();
  EXPECT_EQ(site.sync()->state, RunState::done);
  auto const people = site.view().memory.people, members = site.view().memory.members;
  for (std::size_t listed = 99; listed > 80; listed -= 3) {
    site.world.listed = listed;
    site.plan();
    site.world.members_fail = {ErrorKind::unavailable, "503"};
    EXPECT_EQ(site.sync()->state, RunState::failed);
    site.world.members_fail.reset();
    site.audit.refuses = true;
    site.sync();
    site.audit.refuses = false;
  }
  EXPECT_EQ(site.sync()->state, RunState::held);
  EXPECT_EQ(site.view().memory.people, people);
  EXPECT_EQ(site.view().memory.members, members);
  EXPECT_EQ(site.world.removed.size(), 0u);
}

TEST(SyncSafety, an_undo_in_the_space_that_a_job_had_before_leaves_the_new_one_alone) {
  Site site;
  populate(site, 40, 30);
  site.start();
  auto const first = site.sync();
  EXPECT_EQ(first->counts.added, 10);
  auto settings = site.settings;
  settings.jobs.front().space = "OTHER";
  site.feature().set_settings(settings);
  EXPECT_EQ(site.sync()->state, RunState::done);  // the same members, as it happens
  auto const members = site.view().memory.members;
  auto const undone = site.undo(first->id, 10);
  ASSERT_TRUE(undone) << undone.error().what;
  EXPECT_EQ(undone->space, "SPACE");
  EXPECT_EQ(site.view().memory.members, members);
  site.world.members.clear();
  for (std::uint64_t n = 1; n <= 40; ++n) site.world.join(n, n == 1);
  site.world.leave(35);
  auto const run = site.sync();
  EXPECT_EQ(run->counts.to_add, 0) << "they left the new space by themselves";
  EXPECT_EQ(run->state, RunState::done);
}

/// As before, but what became of the last removal is not stored.
void die_before_the_result_is_stored(Site& site) {
  auto const until = [&](std::size_t removed) {
    for (int i = 0; i < 20'000 && site.world.removed.size() < removed; ++i) site.clock.advance(2ms);
    ASSERT_EQ(site.world.removed.size(), removed);
  };
  until(5);
  site.daemon->database.fail_commits(Error{ErrorKind::unavailable, "the machine is off"});
  until(6);
}

/// The run that was broken off is given up: the daemon only observes now.
void give_up(Site& site) {
  site.settings.mode = FeatureMode::observe;
  site.start_again();
  settle(site);
  site.settings.mode = FeatureMode::enforce;
  site.feature().set_settings(site.settings);
}

TEST(SyncSafety, what_had_begun_when_a_run_was_given_up_is_told_as_not_known_and_undone) {
  Site site(bold_hourly());
  populate(site, 60, 60);
  strangers(site, 101, 120);
  site.world.answer_time = 10ms;
  auto const before = site.world.member_set();
  site.start();
  die_before_the_result_is_stored(site);
  give_up(site);
  auto const run = site.stored(1);
  EXPECT_EQ(run.state, RunState::partly) << run.error;
  EXPECT_LT(run.counts.removed, 6) << "of which one is not stored";
  EXPECT_GE(run.counts.failed, 1);
  EXPECT_EQ(run.counts.failed, std::int64_t(site.count(1, StepState::begun)));
  EXPECT_EQ(run.counts.skipped, std::int64_t(site.count(1, StepState::skipped)));
  for (auto const& step : site.steps(1))
    EXPECT_EQ(step.state == StepState::begun, step.outcome.contains("not known")) << step.outcome;
  for (std::uint64_t n = 101; n <= 120; ++n) site.world.hire(n);  // the directory was wrong
  EXPECT_EQ(site.undo(1)->state, RunState::done);
  EXPECT_EQ(site.world.member_set(), before);
}

TEST(SyncSafety, whom_a_run_removed_that_was_given_up_did_not_leave) {
  Site site(bold_hourly());
  populate(site, 60, 60);
  for (std::uint64_t n = 101; n <= 106; ++n) site.world.hire(n);
  site.start();
  settle(site);
  ASSERT_EQ(site.world.members.size(), 66u);
  for (std::uint64_t n = 101; n <= 106; ++n) site.world.people.erase(id_of(n));
  site.world.answer_time = 10ms;
  ASSERT_TRUE(site.await(site.feature().start({.job = "all-hands"})));
  die_before_the_result_is_stored(site);
  give_up(site);
  EXPECT_EQ(site.stored(2).state, RunState::partly);
  for (std::uint64_t n = 101; n <= 106; ++n) site.world.hire(n);
  EXPECT_EQ(site.sync()->state, RunState::done);
  EXPECT_EQ(site.world.members.size(), 66u);
}

TEST(SyncSafety, whom_a_run_failed_to_add_or_that_broke_off_removed_did_not_leave) {
  Site site;
  populate(site, 30, 20);
  strangers(site, 101, 101);
  site.world.add_fails[id_of(25)] = {ErrorKind::denied, "403"};
  site.start();
  EXPECT_EQ(site.sync()->state, RunState::partly);
  site.clock.advance(25h);
  site.world.add_fails.clear();
  EXPECT_EQ(site.sync()->counts.added, 1);
  // Somebody is removed by a run that breaks off, and belongs again.
  auto const gone = site.world.people.extract(id_of(9));
  strangers(site, 99, 99);  // comes after them
  site.world.remove_fails[id_of(99)] = {ErrorKind::unauthorized, "401"};
  EXPECT_FALSE(site.sync());
  ASSERT_FALSE(site.world.is_member(9));
  site.world.remove_fails.clear();
  site.world.people[id_of(9)] = gone.mapped();
  EXPECT_EQ(site.sync()->counts.added, 1);
}

}  // namespace
}  // namespace wardroom::space_sync::test
