// Runs from their order to their end: what is done, what is held, what is refused.
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

std::set<Uuid> everybody(Site& site) {
  std::set<Uuid> out;
  for (auto const& [id, told] : site.world.people) out.insert(id);
  return out;
}

TEST(SyncRun, makes_the_space_equal_to_the_directory_and_then_changes_nothing) {
  Site site;
  populate(site, 60, 40);
  strangers(site, 101, 103);
  site.world.hire(70, "Contractors EMEA");
  site.world.join(70);
  site.start();
  auto const first = site.sync();
  ASSERT_TRUE(first) << first.error().what;
  EXPECT_EQ(first->state, RunState::done);
  EXPECT_EQ(first->title, "All hands");
  EXPECT_EQ(first->counts.added, 20);
  EXPECT_EQ(first->counts.removed, 4);
  auto wanted = everybody(site);
  wanted.erase(id_of(70));
  EXPECT_EQ(site.world.member_set(), wanted);
  EXPECT_EQ(site.count(first->id, StepState::done), 24u);
  auto const second = site.sync();
  EXPECT_EQ(second->state, RunState::done);
  EXPECT_EQ(second->counts.to_add + second->counts.to_remove, 0);
  EXPECT_EQ(site.world.changes(), 24u);
}

TEST(SyncRun, costs_few_calls_beside_those_that_change_something) {
  Site site(bold_settings());
  site.world.page_size = 1000;
  populate(site, 101, 1);
  strangers(site, 201, 300);
  site.start();
  auto const run = site.sync();
  EXPECT_EQ(run->counts.added + run->counts.removed, 200);
  EXPECT_LE(double(site.world.calls), 1.05 * (2 + 100 + 2 * 100));
  EXPECT_EQ(run->counts.calls, std::int64_t(site.world.calls));
}

TEST(SyncRun, removes_nobody_before_everybody_was_added) {
  Site site;
  populate(site, 60, 30);
  strangers(site, 101, 105);
  site.world.answer_time = 20ms;
  std::size_t added_at_first_look = 0;
  site.world.before_look = [&] {
    if (added_at_first_look == 0) added_at_first_look = site.world.added.size();
  };
  site.start();
  EXPECT_EQ(site.sync()->state, RunState::done);
  EXPECT_EQ(added_at_first_look, 30u);
}

TEST(SyncRun, never_does_more_at_once_than_configured) {
  auto settings = bold_settings();
  settings.concurrency = 3;
  Site site(settings);
  populate(site, 40, 1);
  strangers(site, 101, 130);
  site.world.answer_time = 20ms;
  site.start();
  EXPECT_EQ(site.sync()->state, RunState::done);
  EXPECT_EQ(site.world.most_in_flight, 3u);
}

TEST(SyncRun, of_200_changes_takes_little_more_than_its_calls) {
  Site site(bold_settings());
  site.world.page_size = 1000;
  site.world.answer_time = 20ms;
  populate(site, 101, 1);
  strangers(site, 201, 300);
  site.start();
  auto const run = site.sync();
  ASSERT_TRUE(run);
  EXPECT_EQ(run->state, RunState::done);
  EXPECT_EQ(site.world.most_in_flight, 12u);
  // 4 calls before, 9 rounds of adds, 9 rounds of a look and a removal.
  EXPECT_LE(*run->ended - run->began, 20ms * (4 + 9 + 18) + 20ms);
}

TEST(SyncRun, that_is_only_a_plan_changes_nothing_and_holds_for_fifteen_minutes) {
  Site site;
  populate(site, 20, 10);
  site.start();
  auto const plan = site.plan();
  EXPECT_EQ(plan->state, RunState::planned);
  EXPECT_EQ(plan->counts.to_add, 10);
  EXPECT_EQ(*plan->expires - *plan->planned, 15min);
  EXPECT_EQ(site.steps(plan->id).size(), 10u);
  EXPECT_EQ(site.steps(plan->id).front().change.why, "include all");
  EXPECT_EQ(site.world.changes(), 0u);
  EXPECT_FALSE(site.view().last);
}

TEST(SyncRun, by_a_plan_does_just_what_was_shown) {
  Site site;
  populate(site, 20, 10);
  site.start();
  auto const plan = site.plan();
  auto const run = site.order({.plan = plan->id});
  ASSERT_TRUE(run) << run.error().what;
  EXPECT_EQ(run->state, RunState::done);
  EXPECT_EQ(run->counts.added, 10);
  EXPECT_EQ(site.stored(plan->id).state, RunState::superseded);
}

TEST(SyncRun, by_a_plan_is_refused_with_what_changed_when_something_did) {
  Site site;
  populate(site, 20, 10);
  site.start();
  auto const plan = site.plan();
  site.world.hire(50);
  auto const run = site.order({.plan = plan->id});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().kind, ErrorKind::conflict);
  EXPECT_NE(run.error().what.find("1 add is new"), std::string::npos) << run.error().what;
  EXPECT_EQ(site.world.changes(), 0u);
}

TEST(SyncRun, by_a_plan_that_expired_is_refused) {
  Site site;
  populate(site, 20, 10);
  site.start();
  auto const plan = site.plan();
  site.clock.advance(16min);
  auto const run = site.order({.plan = plan->id});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().kind, ErrorKind::conflict);
  EXPECT_NE(run.error().what.find("has expired"), std::string::npos);
  EXPECT_EQ(site.order({.plan = 4711}).error().kind, ErrorKind::not_found);
}

TEST(SyncRun, S3_that_would_remove_too_many_is_held_and_changes_nothing_at_all) {
  Site site;
  populate(site, 60, 50);
  strangers(site, 101, 110);
  site.start();
  auto const run = site.sync();
  EXPECT_EQ(run->state, RunState::held);
  EXPECT_NE(run->hold.find("10 removals are more than 5"), std::string::npos) << run->hold;
  EXPECT_EQ(site.world.changes(), 0u);
  EXPECT_TRUE(site.world.looked.empty());
  ASSERT_TRUE(site.view().held);
  EXPECT_EQ(site.view().held->id, run->id);
  EXPECT_EQ(site.feature().counters().held, 1u);
}

TEST(SyncRun, that_is_held_is_done_when_exactly_its_removals_are_approved) {
  Site site;
  populate(site, 60, 50);
  strangers(site, 101, 110);
  site.start();
  auto const held = site.sync();
  auto const wrong = site.approve(9);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, ErrorKind::conflict);
  EXPECT_NE(wrong.error().what.find("9 removals were approved, but 10"), std::string::npos);
  EXPECT_EQ(site.world.changes(), 0u);
  EXPECT_EQ(site.stored(held->id).state, RunState::held) << "still waits";
  auto const right = site.approve(10);
  ASSERT_TRUE(right) << right.error().what;
  EXPECT_EQ(right->state, RunState::done);
  EXPECT_EQ(right->approved_removals, 10);
  EXPECT_EQ(site.world.removed.size(), 10u);
  EXPECT_EQ(site.world.member_set(), everybody(site));
  EXPECT_EQ(site.stored(held->id).state, RunState::superseded);
  EXPECT_FALSE(site.view().held);
}

TEST(SyncRun, of_half_a_directory_is_held) {
  Site site(bold_settings());
  populate(site, 100, 100);
  site.start();
  EXPECT_EQ(site.sync()->state, RunState::done);
  site.world.listed = 50;
  auto const run = site.sync();
  EXPECT_EQ(run->state, RunState::held);
  EXPECT_NE(run->hold.find("the directory has 50 people"), std::string::npos) << run->hold;
  EXPECT_EQ(site.world.changes(), 0u);
  site.world.listed.reset();
  EXPECT_EQ(site.sync()->state, RunState::done);
  EXPECT_FALSE(site.view().held);
}

TEST(SyncRun, S1_spares_whom_the_look_before_the_removal_finds_to_belong) {
  Site site;
  populate(site, 60, 60);
  strangers(site, 101, 103);
  site.world.before_look = [&] { site.world.hire(102); };  // came into the directory just now
  site.start();
  auto const run = site.sync();
  EXPECT_EQ(run->state, RunState::done);
  EXPECT_EQ(run->counts.removed, 2);
  EXPECT_EQ(run->counts.spared, 1);
  EXPECT_TRUE(site.world.is_member(102));
  auto const steps = site.steps(run->id);
  auto const spared = std::ranges::find(steps, StepState::spared, &Step::state);
  EXPECT_EQ(spared->outcome, "belongs now: include all");
}

TEST(SyncRun, S1_removes_nobody_of_whom_the_look_tells_nothing_for_certain) {
  Site site;
  populate(site, 60, 60);
  strangers(site, 101, 103);
  site.world.look_fails[id_of(102)] = {ErrorKind::unavailable, "503"};
  site.world.before_look = [&] {
    site.world.hire(103);
    site.world.people[id_of(103)].whole = false;
  };
  site.start();
  auto const run = site.sync();
  EXPECT_EQ(run->state, RunState::partly);
  EXPECT_EQ(run->counts.removed, 1);
  EXPECT_EQ(run->counts.failed, 1);
  EXPECT_EQ(run->counts.spared, 1);
  EXPECT_TRUE(site.world.is_member(102));
  EXPECT_TRUE(site.world.is_member(103));
}

TEST(SyncRun, takes_it_as_success_when_it_was_so_already) {
  Site site;
  populate(site, 20, 10);
  strangers(site, 101, 102);
  site.world.answer_time = 20ms;
  site.start();
  auto const id = site.await(site.feature().start({.job = "all-hands"}));
  site.clock.advance(55ms);  // the lists are read by now
  site.world.join(20);
  site.world.leave(102);
  auto const run = site.await(site.feature().ended(*id));
  EXPECT_EQ(run->state, RunState::done);
  EXPECT_EQ(run->counts.already, 2);
  EXPECT_EQ(run->counts.added, 9);
  EXPECT_EQ(run->counts.removed, 1);
}

TEST(SyncRun, goes_on_after_an_add_that_is_refused_and_does_not_ask_again_for_a_day) {
  Site site;
  populate(site, 20, 10);
  site.world.add_fails[id_of(15)] = {ErrorKind::denied, "403: this space takes no externals"};
  site.start();
  auto const run = site.sync();
  EXPECT_EQ(run->state, RunState::partly);
  EXPECT_EQ(run->counts.added, 9);
  EXPECT_EQ(run->counts.failed, 1);
  EXPECT_EQ(site.world.add_calls.size(), 10u);
  EXPECT_EQ(site.sync()->state, RunState::partly) << "it is still told of";
  EXPECT_EQ(site.world.add_calls.size(), 10u);
  site.clock.advance(25h);
  site.world.add_fails.clear();
  EXPECT_EQ(site.sync()->state, RunState::done);
  EXPECT_TRUE(site.world.is_member(15));
}

TEST(SyncRun, tries_an_act_three_times_while_the_service_is_away) {
  Site site;
  populate(site, 20, 10);
  strangers(site, 101, 102);
  site.world.add_fails[id_of(15)] = {ErrorKind::unavailable, "502"};
  site.world.fails_times[id_of(15)] = 2;
  site.world.remove_fails[id_of(101)] = {ErrorKind::unavailable, "502"};
  site.start();
  auto const run = site.sync();
  EXPECT_EQ(run->state, RunState::partly);
  EXPECT_TRUE(site.world.is_member(15));
  EXPECT_TRUE(site.world.is_member(101));
  EXPECT_EQ(run->counts.failed, 1);
  // Each try of a removal has its own look.
  EXPECT_EQ(std::ranges::count(site.world.looked, id_of(101)), 3);
  site.world.remove_fails.clear();
  EXPECT_EQ(site.sync()->state, RunState::done);
}

TEST(SyncRun, in_mode_observe_plans_and_tells_and_sends_nothing) {
  auto settings = plain_settings();
  settings.mode = FeatureMode::observe;
  Site site(settings);
  populate(site, 20, 10);
  strangers(site, 101, 102);
  site.start();
  auto const run = site.sync();
  EXPECT_EQ(run->state, RunState::observed);
  EXPECT_EQ(run->counts.to_add, 10);
  EXPECT_EQ(site.steps(run->id).size(), 12u);
  EXPECT_EQ(site.count(run->id, StepState::planned), 12u);
  EXPECT_EQ(site.world.changes(), 0u);
  EXPECT_TRUE(site.world.looked.empty());
}

TEST(SyncRun, does_not_begin_while_the_feature_is_off_or_nobody_is_logged_in) {
  Site site;
  populate(site, 20, 10);
  site.start();
  site.logged_in = false;
  auto const run = site.sync();
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().kind, ErrorKind::unauthorized);
  EXPECT_TRUE(run.error().what.starts_with("log in first: wardroomctl login"));
  EXPECT_EQ(site.world.calls, 0u);
  site.logged_in = true;
  auto settings = site.settings;
  settings.mode = FeatureMode::off;
  site.feature().set_settings(settings);
  EXPECT_EQ(site.sync().error().kind, ErrorKind::conflict);
  EXPECT_EQ(site.order({.job = "nobody"}).error().kind, ErrorKind::not_found);
}

TEST(SyncRun, fails_with_a_sentence_when_it_may_not_act) {
  Site site;
  populate(site, 20, 10);
  site.start();
  auto const why = [&] {
    auto const run = site.sync();
    EXPECT_TRUE(run);
    EXPECT_EQ(run->state, RunState::failed);
    return run->error;
  };
  site.world.leave(1);
  EXPECT_NE(why().find("as a member"), std::string::npos);
  site.world.join(1, false);
  site.world.space.moderated = true;
  EXPECT_NE(why().find("is no moderator"), std::string::npos);
  site.world.join(1, true);
  site.world.hide_self = true;
  EXPECT_NE(why().find("were listed without the account"), std::string::npos);
  site.world.hide_self = false;
  site.world.listing_fails = {ErrorKind::unavailable, "the second page: 503"};
  EXPECT_EQ(why(), "the second page: 503");
  site.world.listing_fails.reset();
  site.world.members_fail = {ErrorKind::malformed, "a cursor came twice"};
  EXPECT_EQ(why(), "a cursor came twice");
  EXPECT_EQ(site.world.changes(), 0u);
  EXPECT_EQ(site.feature().counters().failed, 5u);
  ASSERT_TRUE(site.view().last);
  EXPECT_EQ(site.view().last->state, RunState::failed);
}

TEST(SyncRun, says_to_log_in_when_the_login_ends_meanwhile) {
  Site site;
  populate(site, 20, 10);
  site.world.add_fails[id_of(12)] = {ErrorKind::unauthorized, "the token was revoked"};
  site.start();
  auto const run = site.sync();
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().kind, ErrorKind::unauthorized);
  auto const stored = *site.view().last;
  EXPECT_EQ(stored.state, RunState::failed);
  EXPECT_NE(stored.error.find("log in first"), std::string::npos);
  site.world.add_fails.clear();
  EXPECT_EQ(site.sync()->state, RunState::done);
  EXPECT_EQ(site.world.member_set(), everybody(site));
}

TEST(SyncRun, removes_nobody_when_a_group_of_its_rules_cannot_be_read) {
  auto settings = plain_settings();
  settings.jobs.front().rules.exclude.push_back({.kind = RuleKind::group, .patterns = {"Leavers"}});
  Site site(settings);
  populate(site, 20, 20);
  site.start();
  auto const run = site.sync();
  EXPECT_EQ(run->state, RunState::failed);
  EXPECT_NE(run->error.find("the group \"Leavers\" could not be read"), std::string::npos);
  EXPECT_EQ(site.world.changes(), 0u);
  site.directory.groups.push_back({"g", "Leavers", {id_of(5).text()}});
  EXPECT_EQ(site.sync()->counts.removed, 1);
  EXPECT_FALSE(site.world.is_member(5));
}

TEST(SyncRun, removes_nobody_while_the_audit_takes_nothing) {
  Site site;
  populate(site, 20, 10);
  strangers(site, 101, 102);
  site.audit.refuses = true;
  site.start();
  auto const run = site.sync();
  EXPECT_EQ(run->state, RunState::failed);
  EXPECT_NE(run->error.find("nobody was removed"), std::string::npos);
  EXPECT_EQ(site.world.added.size(), 10u);
  EXPECT_EQ(site.world.removed.size(), 0u);
  EXPECT_EQ(site.count(run->id, StepState::skipped), 2u);
}

TEST(SyncRun, tells_the_audit_who_was_removed_and_names_nobody) {
  Site site;
  populate(site, 20, 20);
  strangers(site, 101, 102);
  site.start();
  site.sync();
  EXPECT_EQ(site.audit.count("sync begin"), 1u);
  EXPECT_EQ(site.audit.count("sync end"), 1u);
  ASSERT_EQ(site.audit.count("sync removed"), 1u);
  for (auto const& [action, change] : site.audit.told) {
    EXPECT_EQ(change.after->find("Person"), std::string::npos);
    if (action == "sync removed")
      EXPECT_NE(change.after->find(id_of(101).text()), std::string::npos);
  }
}

TEST(SyncRun, does_not_add_again_who_left_by_themselves_unless_it_is_forced) {
  Site site;
  populate(site, 20, 20);
  site.start();
  site.sync();
  site.world.leave(7);
  auto const run = site.sync();
  EXPECT_EQ(run->state, RunState::done);
  EXPECT_EQ(run->counts.to_add, 0);
  auto const spared = site.await(site.feature().store().spared(run->id, 10)).value();
  EXPECT_TRUE(std::ranges::any_of(
      spared, [](auto const& one) { return one.person == id_of(7) && one.why == Spared::left; }));
  EXPECT_EQ(site.sync()->counts.to_add, 0) << "it is remembered";
  auto const forced = site.order({.add_left_again = true});
  EXPECT_EQ(forced->counts.added, 1);
  EXPECT_TRUE(site.world.is_member(7));
  site.world.leave(8);
  EXPECT_EQ(site.sync()->counts.to_add, 0);
}

TEST(SyncRun, adds_again_whom_it_removed_itself) {
  Site site;
  populate(site, 20, 20);
  site.start();
  site.sync();
  auto const gone = site.world.people[id_of(7)];
  site.world.people.erase(id_of(7));
  EXPECT_EQ(site.sync()->counts.removed, 1);
  site.world.people[id_of(7)] = gone;
  EXPECT_EQ(site.sync()->counts.added, 1);
}

TEST(SyncRun, is_one_at_a_time_in_a_space) {
  auto settings = plain_settings();
  settings.jobs.push_back(settings.jobs.front());
  settings.jobs.back().name = "the same space";
  Site site(settings);
  populate(site, 20, 10);
  site.world.answer_time = 20ms;
  site.start();
  auto const first = site.await(site.feature().start({.job = "all-hands"}));
  ASSERT_TRUE(first);
  auto const second = site.await(site.feature().start({.job = "the same space"}));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
  EXPECT_NE(second.error().what.find("run 1 of the job all-hands"), std::string::npos);
  ASSERT_TRUE(site.view().running);
  site.await(site.feature().ended(*first));
  EXPECT_FALSE(site.view().running);
  EXPECT_TRUE(site.order({.job = "the same space"}));
}

TEST(SyncRun, tells_those_who_watch_how_far_it_is) {
  Site site;
  populate(site, 20, 10);
  site.world.answer_time = 20ms;
  site.start();
  std::set<Stage> stages;
  std::vector<Step> steps;
  std::optional<space_sync::Run> end;
  auto const id = site.await(site.feature().start(
      {.job = "all-hands"}, {.progress = [&](auto const& p) { stages.insert(p.stage); },
                             .step = [&](auto const& step) { steps.push_back(step); },
                             .ended = [&](auto const& run) { end = run; }}));
  std::size_t late = 0;
  site.clock.advance(60ms);
  EXPECT_TRUE(site.feature().watch(*id, {.ended = [&](auto const&) { ++late; }}));
  site.await(site.feature().ended(*id));
  EXPECT_EQ(steps.size(), 10u);
  EXPECT_TRUE(stages.contains(Stage::reading_people) && stages.contains(Stage::adding) &&
              stages.contains(Stage::ended));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->state, RunState::done);
  EXPECT_EQ(late, 1u);
  EXPECT_FALSE(site.feature().watch(*id, {}));
}

TEST(Undo, reverses_a_run_and_pauses_its_job) {
  Site site;
  populate(site, 60, 50);
  strangers(site, 101, 103);
  site.start();
  auto const before = site.world.member_set();
  auto const run = site.sync();
  for (std::uint64_t n = 101; n <= 103; ++n) site.world.hire(n);  // the directory was wrong
  site.world.members[id_of(55)].moderator = true;
  auto held = site.undo(run->id);
  EXPECT_EQ(held->state, RunState::held);
  EXPECT_FALSE(site.view().held) << "that is for syncs";
  EXPECT_FALSE(site.view().memory.paused);
  auto const wrong = site.undo(run->id, 8);
  EXPECT_EQ(wrong.error().kind, ErrorKind::conflict);
  auto const undone = site.undo(run->id, 9);
  ASSERT_TRUE(undone) << undone.error().what;
  EXPECT_EQ(undone->kind, RunKind::undo);
  EXPECT_EQ(undone->undoes, run->id);
  EXPECT_EQ(undone->state, RunState::done);
  EXPECT_EQ(undone->counts.removed, 9);
  EXPECT_EQ(undone->counts.added, 3);
  auto expected = before;
  expected.insert(id_of(55));
  EXPECT_EQ(site.world.member_set(), expected);
  ASSERT_TRUE(site.view().memory.paused);
  EXPECT_EQ(site.view().memory.pause_reason, "run 1 was undone");
  ASSERT_TRUE(site.await(site.feature().pause("all-hands", false, "uid 1000", "")));
  EXPECT_FALSE(site.view().memory.paused);
}

TEST(Undo, is_refused_when_there_is_nothing_to_undo_or_it_is_too_long_ago) {
  Site site;
  populate(site, 20, 15);
  site.start();
  auto const run = site.sync();
  auto const nothing = site.sync();
  EXPECT_EQ(site.undo(4711).error().kind, ErrorKind::not_found);
  EXPECT_EQ(site.undo(nothing->id).error().kind, ErrorKind::conflict);
  site.clock.advance(24h * 29);
  EXPECT_EQ(site.undo(run->id)->state, RunState::done);
  site.clock.advance(48h);
  EXPECT_NE(site.undo(run->id).error().what.find("30 days"), std::string::npos);
}

TEST(Schedule, runs_a_job_when_it_is_due_unless_it_is_paused) {
  auto settings = plain_settings();
  settings.jobs.front().schedule = timetable::Timetable::parse("every 1h").value();
  Site site(settings);
  populate(site, 20, 10);
  site.start();
  site.clock.advance(1min);
  ASSERT_TRUE(site.view().last);
  EXPECT_EQ(site.view().last->state, RunState::done);
  auto const first = site.view().last->id;
  ASSERT_TRUE(site.await(site.feature().pause("all-hands", true, "uid 1000", "a test")));
  site.world.hire(30);
  site.clock.advance(3h);
  EXPECT_EQ(site.view().last->id, first);
  EXPECT_FALSE(site.world.is_member(30));
  ASSERT_TRUE(site.await(site.feature().pause("all-hands", false, "uid 1000", "")));
  site.clock.advance(61min);
  EXPECT_TRUE(site.world.is_member(30));
  EXPECT_EQ(site.view().last->cause, RunCause::schedule);
  site.start_again();
  EXPECT_TRUE(site.view().last);
  EXPECT_TRUE(site.view().memory.last_began);
}

TEST(Schedule, records_a_run_that_cannot_act_because_nobody_is_logged_in) {
  auto settings = plain_settings();
  settings.jobs.front().schedule = timetable::Timetable::parse("every 1h").value();
  Site site(settings);
  site.logged_in = false;
  site.start();
  site.clock.advance(1min);
  ASSERT_TRUE(site.view().last);
  EXPECT_EQ(site.view().last->state, RunState::failed);
  EXPECT_NE(site.view().last->error.find("log in first"), std::string::npos);
}

TEST(Explain, names_the_rule_that_decides_and_what_would_be_done) {
  Site site;
  populate(site, 20, 10);
  site.world.hire(30, "Contractors");
  site.world.join(30);
  strangers(site, 101, 101);
  site.start();
  auto const outcome = [&](std::uint64_t n) {
    auto const found = site.await(site.feature().explain("all-hands", id_of(n).text()));
    EXPECT_TRUE(found);
    return found->outcome + " | " + found->decided_by;
  };
  EXPECT_EQ(outcome(5), "stays | include all");
  EXPECT_EQ(outcome(15), "would be added | include all");
  EXPECT_EQ(outcome(30), "would be removed | exclude department_contains: Contractor");
  EXPECT_EQ(outcome(101), "would be removed | not in the directory");
  EXPECT_EQ(outcome(1), "stays | include all");
  auto const nobody = site.await(site.feature().explain("all-hands", id_of(500).text()));
  EXPECT_EQ(nobody.error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace wardroom::space_sync::test
