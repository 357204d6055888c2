// What wardroomctl asks of space_sync, as the control socket hands it over; and what of a job
// people hear by health and doctor.
#include "base/time_text.hpp"
#include "features/space_sync/run_frames.hpp"
#include "features/space_sync/space_sync_doctor.hpp"
#include "features/space_sync/space_sync_health.hpp"
#include "features/space_sync/space_sync_json.hpp"
#include "space_sync_site.hpp"
#include "support/captured_answer.hpp"

#include <sstream>

namespace wardroom::space_sync::test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;
using Params = std::map<std::string, std::string, std::less<>>;

class TestVerbs final : public control::Verbs {
 public:
  void handle(std::string_view words, control::VerbHandler handler) override {
    EXPECT_NE(control::find_verb(words), nullptr) << words;
    handlers[std::string(words)] = std::move(handler);
  }
  void handle_stream(std::string_view words, control::VerbStreamHandler handler) override {
    EXPECT_NE(control::find_verb(words), nullptr) << words;
    streams[std::string(words)] = std::move(handler);
  }
  std::map<std::string, control::VerbHandler> handlers;
  std::map<std::string, control::VerbStreamHandler> streams;
};

std::vector<Json> lines_of(std::string const& text) {
  std::vector<Json> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) out.push_back(Json::parse(line));
  return out;
}

struct SyncVerbs : testing::Test {
  Site site{bold_settings()};
  TestVerbs verbs;
  std::shared_ptr<control::Change> change;

  void begin() {
    site.start();
    site.feature().add_verbs(verbs);
  }
  control::VerbCall call(std::string_view words, Params params) {
    control::VerbCall out{.row = control::find_verb(words), .params = std::move(params)};
    out.caller.name = "ada";
    change = out.change;
    return out;
  }
  Result<Json> ask(std::string const& words, Params params = {}) {
    return site.await(verbs.handlers.at(words)(call(words, std::move(params))));
  }
  using Stream = std::shared_ptr<wardroom::test::CapturedStream>;
  Stream open(std::string const& words, Params params = {}) {
    auto const stream = std::make_shared<wardroom::test::CapturedStream>();
    verbs.streams.at(words)(call(words, std::move(params)), stream);
    return stream;
  }
  /// All its lines, once it has ended.
  std::vector<Json> follow(std::string const& words, Params params = {}) {
    auto const stream = open(words, std::move(params));
    for (int i = 0; i < 100'000 && stream->open(); ++i) site.clock.advance(10ms);
    EXPECT_FALSE(stream->open()) << words;
    return lines_of(stream->written);
  }
  void populate(std::uint64_t last, std::uint64_t members) {
    for (std::uint64_t n = 2; n <= last; ++n) site.world.hire(n);
    for (std::uint64_t n = 2; n <= members; ++n) site.world.join(n);
  }
};

TEST_F(SyncVerbs, plan_shows_who_and_why_and_changes_nothing) {
  populate(10, 8);
  site.world.join(101);
  site.world.hire(9, "Contractors");
  site.world.join(9);
  begin();
  auto const lines = follow("sync plan", {{"job", "all-hands"}});
  auto const& done = lines.back()["done"];
  EXPECT_EQ(done["run"]["state"], "planned") << done.dump(1);
  ASSERT_EQ(done["adds"].size(), 1u);
  EXPECT_EQ(done["adds"][0]["name"], "Person 10");
  EXPECT_EQ(done["adds"][0]["why"], "include all");
  ASSERT_EQ(done["removals"].size(), 2u);
  EXPECT_EQ(done["removals"][0]["why"], "not in the directory");
  EXPECT_EQ(done["removals"][1]["why"], "exclude department_contains: Contractor");
  EXPECT_EQ(done["out_by_rule"]["exclude department_contains: Contractor"], 1);
  EXPECT_EQ(done["more"]["adds"], 0);
  EXPECT_EQ(site.world.changes(), 0u);
  EXPECT_EQ(change->object, "sync job all-hands");
}

TEST_F(SyncVerbs, run_tells_its_number_first_each_person_and_how_it_ended) {
  populate(10, 4);
  site.world.add_fails[id_of(7)] = Error{ErrorKind::denied, "Add participant failed"};
  begin();
  auto const lines = follow("sync run", {{"job", "all-hands"}});
  EXPECT_EQ(lines.front()["run"], 1);
  EXPECT_EQ(lines.front()["job"], "all-hands");
  std::size_t steps = 0;
  for (auto const& line : lines) steps += line.contains("step");
  EXPECT_EQ(steps, 6u);
  auto const& done = lines.back()["done"];
  EXPECT_EQ(done["state"], "partly");
  EXPECT_EQ(done["by"], "ada");
  EXPECT_EQ(done["counts"]["added"], 5);
  ASSERT_EQ(done["failures"].size(), 1u);
  EXPECT_EQ(done["failures"][0]["name"], "Person 7");
  auto const after = Json::parse(change->after.value());
  EXPECT_EQ(after["state"], "partly");
  EXPECT_FALSE(change->after->contains("Person"));  // names stand in the store's rows alone
}

TEST_F(SyncVerbs, run_of_a_plan_that_is_not_what_is_found_is_a_conflict) {
  populate(10, 9);
  begin();
  auto const plan = follow("sync plan", {{"job", "all-hands"}}).back()["done"]["run"]["id"];
  site.world.hire(50);
  auto const line = follow("sync run", {{"job", "all-hands"}, {"plan", plan.dump()}}).back();
  EXPECT_EQ(line["error"]["code"], "conflict") << line.dump();
  EXPECT_EQ(site.world.changes(), 0u);
  auto const again = follow("sync plan", {{"job", "all-hands"}}).back()["done"]["run"]["id"];
  EXPECT_EQ(
      follow("sync run", {{"job", "all-hands"}, {"plan", again.dump()}}).back()["done"]["state"],
      "done");
  EXPECT_EQ(site.world.added.size(), 2u);
}

TEST_F(SyncVerbs, approve_takes_exactly_the_number_that_is_found) {
  populate(40, 40);
  begin();
  ASSERT_EQ(site.sync()->state, RunState::done);
  auto settings = plain_settings();
  site.feature().set_settings(settings);
  for (std::uint64_t n = 20; n <= 40; ++n) site.world.people.erase(id_of(n));
  auto const held = follow("sync run", {{"job", "all-hands"}}).back()["done"];
  EXPECT_EQ(held["state"], "held");
  EXPECT_TRUE(held["hold"].get<std::string>().contains("21 removals are")) << held["hold"];
  EXPECT_EQ(site.feature().health().back().colour, HealthColour::yellow);
  EXPECT_EQ(ask("sync list").value()["jobs"][0]["held"]["id"], held["id"]);
  auto const wrong = follow("sync approve", {{"job", "all-hands"}, {"removals", "20"}}).back();
  EXPECT_EQ(wrong["error"]["code"], "conflict") << wrong.dump();
  EXPECT_EQ(site.world.changes(), 0u);
  auto const right = follow("sync approve", {{"job", "all-hands"}, {"removals", "21"}}).back();
  EXPECT_EQ(right["done"]["state"], "done") << right.dump();
  EXPECT_EQ(site.world.removed.size(), 21u);
  EXPECT_EQ(site.feature().health().size(), 1u);
}

TEST_F(SyncVerbs, name_a_job_they_do_not_know_and_say_to_log_in_first) {
  begin();
  for (auto const* words : {"sync plan", "sync run"}) {
    auto const line = follow(words, {{"job", "all-hand"}}).back();
    EXPECT_EQ(line["error"]["code"], "not_found");
    EXPECT_TRUE(
        line["error"]["message"].get<std::string>().contains("did you mean \"all-hands\"?"));
  }
  EXPECT_EQ(ask("sync pause", {{"job", "sales"}, {"reason", "x"}}).error().kind,
            ErrorKind::not_found);
  EXPECT_EQ(ask("sync history", {{"job", "sales"}}).error().kind, ErrorKind::not_found);
  EXPECT_EQ(ask("sync show", {{"run", "99"}}).error().kind, ErrorKind::not_found);
  EXPECT_EQ(ask("sync show", {{"run", "first"}}).error().kind, ErrorKind::malformed);
  site.logged_in = false;
  auto const line = follow("sync run", {{"job", "all-hands"}}).back();
  EXPECT_EQ(line["error"]["code"], "unauthorized");
  EXPECT_EQ(line["error"]["remedy"], "wardroomctl login");
}

TEST_F(SyncVerbs, a_run_goes_on_when_nobody_watches_any_more_and_can_be_watched_again) {
  populate(60, 2);
  site.world.answer_time = 200ms;
  begin();
  auto const dropped = open("sync run", {{"job", "all-hands"}});
  site.clock.advance(900ms);
  dropped->close();
  auto const lines = follow("sync watch");
  EXPECT_EQ(lines.front()["run"], 1);
  EXPECT_EQ(lines.back()["done"]["state"], "done") << lines.back().dump();
  EXPECT_EQ(site.world.added.size(), 58u);
  EXPECT_EQ(follow("sync watch").back()["error"]["code"], "not_found");
  EXPECT_EQ(follow("sync watch", {{"run", "1"}}).back()["done"]["counts"]["added"], 58);
}

TEST_F(SyncVerbs, no_wait_answers_at_once) {
  populate(60, 2);
  site.world.answer_time = 200ms;
  begin();
  auto const lines = follow("sync run", {{"job", "all-hands"}, {"no-wait", "true"}});
  EXPECT_EQ(lines.back()["done"]["state"], "reading");
  EXPECT_EQ(site.world.added.size(), 0u);
  EXPECT_EQ(site.await(site.feature().ended(1))->state, RunState::done);
}

TEST_F(SyncVerbs, history_show_explain_pause_and_undo_tell_of_what_was_done) {
  populate(10, 4);
  begin();
  (void)follow("sync run", {{"job", "all-hands"}});
  (void)follow("sync run", {{"job", "all-hands"}});
  auto const history = ask("sync history", {{"limit", "1"}}).value();
  EXPECT_EQ(history["runs"].size(), 1u);
  EXPECT_EQ(history["next"], 2);
  auto const show = ask("sync show", {{"run", "1"}, {"limit", "4"}}).value();
  EXPECT_EQ(show["steps"].size(), 4u);
  EXPECT_EQ(show["next"], 4);
  EXPECT_EQ(show["steps"][0]["state"], "done");
  EXPECT_EQ(ask("sync show", {{"run", "1"}, {"after", "4"}}).value()["steps"].size(), 2u);
  auto const explained = ask("sync explain", {{"job", "all-hands"}, {"person", id_of(5).text()}});
  ASSERT_TRUE(explained) << explained.error().what;
  EXPECT_EQ((*explained)["belongs"], "yes");
  EXPECT_EQ((*explained)["member"], true);
  EXPECT_EQ((*explained)["rules"][0]["decided"], true);
  auto const undone = follow("sync undo", {{"run", "1"}}).back();
  EXPECT_EQ(undone["done"]["counts"]["removed"], 6) << undone.dump();
  auto const job = ask("sync list").value()["jobs"][0];
  EXPECT_TRUE(job["paused"].is_object()) << job.dump();
  EXPECT_EQ(job["rules"]["exclude"][0], "department_contains: Contractor");
  EXPECT_EQ(ask("sync resume", {{"job", "all-hands"}}).value()["paused"], false);
  EXPECT_TRUE(ask("sync pause", {{"job", "all-hands"}, {"reason", "moving"}}));
  EXPECT_EQ(change->text, "moving");
  EXPECT_EQ(ask("sync list").value()["jobs"][0]["paused"]["reason"], "moving");
}

TEST_F(SyncVerbs, tell_many_thousand_steps_at_most_ten_times_a_second) {
  class Counting final : public http::ResponseStream {
   public:
    void write(std::shared_ptr<std::string const> bytes) override {
      ++writes;
      octets += bytes->size();
      text += *bytes;
    }
    std::size_t backlog() const override { return stuck ? std::size_t{8} << 20 : 0; }
    void close() override {}
    bool open() const override { return true; }
    void on_close(std::function<void()>) override {}
    std::size_t writes = 0, octets = 0;
    bool stuck = false;
    std::string text;
  };
  auto const stream = std::make_shared<Counting>();
  auto const frames = std::make_shared<RunFrames>(stream, site.clock);
  auto const events = frames->events();
  frames->began(1, "all-hands");
  Step step{.number = 1, .change = {.name = "Ada", .email = "ada@acme.example"}};
  for (int i = 0; i < 30'000; ++i) {
    stream->stuck = i > 1'000;
    events.step(step);
    events.progress({.stage = Stage::adding, .done = std::size_t(i), .total = 30'000});
    if (i % 100 == 0) site.clock.advance(2ms);  // 0.6 s in all
  }
  EXPECT_LE(stream->writes, 10u);
  stream->stuck = false;
  frames->finish();
  EXPECT_LE(stream->octets, RunFrames::most_waiting + (1u << 20));
  std::int64_t told = 0;
  for (auto const& line : lines_of(stream->text))
    told += line.contains("step") ? 1 : line.value("missed", std::int64_t{0});
  EXPECT_EQ(told, 30'000);  // each is told, or at least counted
}

struct JobSigns : testing::Test {
  JobSettings job{.name = "all-hands", .space = "S"};
  JobView view{.settings = &job};
  Instant const now = from_unix_ms(1'763'800'000'000);
  std::optional<HealthSign> sign() const { return sign_of_job(view, FeatureMode::enforce, now); }
  static space_sync::Run run(RunState state) {
    space_sync::Run out;
    out.id = 17;
    out.job = "all-hands";
    out.state = state;
    out.counts.to_remove = 37;
    out.counts.failed = 2;
    out.hold = "Held, nothing was changed: 37 removals are too many.";
    out.error = "the directory could not be read";
    return out;
  }
};

TEST_F(JobSigns, a_held_run_names_the_command_that_approves_it) {
  view.held = run(RunState::held);
  EXPECT_EQ(sign()->colour, HealthColour::yellow);
  EXPECT_TRUE(sign()->remedy.contains("wardroomctl sync approve all-hands --removals 37"));
  EXPECT_EQ(sign()->part, "space_sync.all-hands");
  EXPECT_EQ(sign()->key, "held");
  EXPECT_EQ(judge_last_run(view).result, CheckResult::warning);
  EXPECT_FALSE(sign_of_job(view, FeatureMode::off, now));
}

TEST_F(JobSigns, failures_are_told_until_a_run_is_done) {
  view.last = run(RunState::failed);
  EXPECT_TRUE(sign()->sentence.contains("could not be read"));
  EXPECT_EQ(judge_last_run(view).result, CheckResult::failed);
  view.last = run(RunState::partly);
  EXPECT_TRUE(sign()->remedy.contains("sync show 17")) << sign()->remedy;
  view.last = run(RunState::done);
  EXPECT_FALSE(sign());
  EXPECT_EQ(judge_last_run(view).result, CheckResult::ok);
  view.last.reset();
  EXPECT_FALSE(sign());
  EXPECT_EQ(judge_last_run(view).result, CheckResult::warning);
}

TEST_F(JobSigns, a_job_is_overdue_when_its_time_passed_unless_it_was_paused) {
  job.schedule = timetable::Timetable::parse("every 4h").value();
  view.memory.last_began = now - 4h - 10min;
  EXPECT_FALSE(sign());
  view.memory.last_began = now - 5h;
  EXPECT_EQ(sign()->key, "overdue");
  EXPECT_EQ(judge_schedule(view, now).result, CheckResult::failed);
  view.memory.paused_at = now - 1min;  // resumed then
  EXPECT_FALSE(sign());
  view.memory.paused_at.reset();
  view.running = 18;
  EXPECT_FALSE(sign());
  view.running.reset();
  view.memory.paused = true;
  EXPECT_FALSE(sign());
  EXPECT_EQ(judge_schedule(view, now).result, CheckResult::warning);
}

TEST_F(JobSigns, a_run_that_waits_for_its_jitter_is_told_before_the_next_ones) {
  job.schedule = timetable::Timetable::parse("00:00 UTC").value();
  view.next = now;
  auto const next = job_json(view, FeatureMode::enforce, now)["next"];
  ASSERT_EQ(next.size(), 5u);
  EXPECT_EQ(next[0], iso_text(now));
  EXPECT_EQ(next[1], iso_text(*job.schedule->next(now, {})));
}

TEST_F(JobSigns, the_next_five_runs_are_told_and_none_of_a_paused_job) {
  job.schedule = timetable::Timetable::parse("every 4h").value();
  job.schedule_text = "every 4h";
  view.memory.last_began = now - 1h;
  auto const told = job_json(view, FeatureMode::enforce, now);
  ASSERT_EQ(told["next"].size(), 5u);
  EXPECT_EQ(told["schedule"], "every 4h");
  EXPECT_TRUE(told["last"].is_null());
  view.memory.paused = true;
  EXPECT_TRUE(job_json(view, FeatureMode::enforce, now)["next"].empty());
}

}  // namespace
}  // namespace wardroom::space_sync::test
