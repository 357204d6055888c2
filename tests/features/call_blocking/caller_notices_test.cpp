// R133 in the whole feature, in memory on virtual time: faults of the service and of the store,
// stops and kills.
#include "call_blocking_site.hpp"

#include <gmock/gmock.h>

#include <deque>

namespace wardroom::call_blocking {
namespace {

using namespace std::chrono_literals;
using nlohmann::ordered_json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// The service, which outlives the daemon. Says what it was told to, else that it took the message.
struct Post final : Messenger {
  explicit Post(Clock*& c) : clock(c) {}
  Task<Result<std::string>> to_person(std::string who, Message message) override {
    ++asked;
    auto const [arrives, error, takes] =
        answers.empty() ? Answer{} : std::exchange(answers.front(), {});
    if (!answers.empty()) answers.pop_front();
    if (arrives) got.push_back({who, message.text});
    if (takes > 0ms) co_await clock->sleep_for(takes);
    if (error) co_return std::unexpected(*error);
    co_return "Webex answered 200";
  }
  struct Answer {
    bool arrives = true;
    std::optional<Error> error{};
    Milliseconds takes{0};
  };
  void refuse(ErrorKind kind, int times = 1, std::optional<Milliseconds> wait = {}) {
    for (int i = 0; i < times; ++i)
      answers.push_back({.arrives = false, .error = Error{kind, "Webex said no", wait}});
  }
  Clock*& clock;
  int asked = 0;
  std::vector<std::pair<std::string, std::string>> got;
  std::deque<Answer> answers;
};

struct Kit {
  explicit Kit(PolicySettings p = plain_policy()) : policy(std::move(p)) { start(); }
  void start() {
    auto const disk = site ? site->database.disk() : nullptr;
    if (site) killed.push_back(std::move(site));
    site = std::make_unique<Site>(policy, disk, &post);
    clock = &site->clock;
    if (passed > 0ms) site->clock.jump_wall(passed);
    site->start();
  }
  /// Its loop does not turn any more: nothing of what it was at reaches the store.
  void kill_and_start() {
    passed += std::chrono::duration_cast<Milliseconds>(site->clock.uptime() - Uptime(1h));
    start();
  }
  void restart() {
    auto const disk = site->database.disk();
    site->stop();
    kill_and_start();
  }
  /// Somebody outside, whose calls are ended.
  PersonNo outsider(std::string const& name) {
    auto const no = site->person(name);
    site->fix(no, kOutside);
    return no;
  }
  void call(std::string const& name) {
    auto const id = "c" + std::to_string(++calls);
    site->dials(name, id, "+14085550123");
    site->clock.advance(3s);
    EXPECT_TRUE(site->released(name, id));
  }
  void pass(Milliseconds time) { site->clock.advance(time); }
  void come_back(PersonNo person) {
    for (int i = 0; i < 3; ++i) {
      pass(5s);
      site->fix(person, kInside);
    }
  }
  ordered_json shown(std::string const& name) {
    auto const answer = site->ask("people show", {{"person", name + "@acme.example"}});
    EXPECT_TRUE(answer) << (answer ? "" : answer.error().what);
    return answer ? answer->value("notice", ordered_json()) : ordered_json();
  }
  std::vector<std::string> journal() {
    auto const entries =
        test::run_task(site->io, site->journal.read_latest({.kinds = {"notice"}}, 100));
    std::vector<std::string> out;
    for (auto const& one : *entries) out.push_back(ordered_json::parse(one.body)["told"]);
    return out;
  }
  NoticeCounters const& counters() const { return site->feature->notices().counters(); }
  std::vector<HealthSign> signs() const { return site->feature->notices().health(); }

  PolicySettings policy;
  Clock* clock = nullptr;
  Post post{clock};
  int calls = 0;
  Milliseconds passed{0};
  std::vector<std::unique_ptr<Site>> killed;
  std::unique_ptr<Site> site;
};

TEST(CallerNotices, R133_two_calls_that_are_ended_are_one_message_and_another_episode_is_another) {
  Kit kit;
  auto const ann = kit.outsider("ann");
  kit.call("ann");
  kit.call("ann");
  ASSERT_THAT(kit.post.got, SizeIs(1));
  EXPECT_EQ(kit.post.got[0].first, "id-ann");
  EXPECT_THAT(kit.post.got[0].second,
              testing::AllOf(HasSubstr("outside the permitted area"), HasSubstr("'vienna'"),
                             HasSubstr("https://w.example/me"), HasSubstr("Emergency numbers"),
                             testing::Not(HasSubstr("47."))));
  EXPECT_EQ(kit.shown("ann")["told"], "sent");
  EXPECT_TRUE(kit.shown("ann").contains("told_at"));
  EXPECT_THAT(kit.journal(), testing::ElementsAre("sent"));
  kit.come_back(ann);
  for (int i = 0; i < 6; ++i) {
    kit.pass(1min);
    kit.site->fix(ann, kInside);
  }
  EXPECT_TRUE(kit.shown("ann").is_null()) << "the episode is over";
  kit.site->fix(ann, kOutside);
  kit.call("ann");
  EXPECT_THAT(kit.post.got, SizeIs(2));
  EXPECT_EQ(kit.counters().sent, 2u);
}

TEST(CallerNotices, an_operator_who_allows_calls_ends_the_episode_too) {
  Kit kit;
  auto const ann = kit.outsider("ann");
  kit.call("ann");
  auto const set = test::run_task(
      kit.site->io, kit.site->feature->overrides().set(
                        ann, {.kind = Override::allow, .reason = "on duty", .by = "ada"}));
  ASSERT_TRUE(set);
  kit.pass(6min);
  EXPECT_TRUE(kit.shown("ann").is_null());
}

TEST(CallerNotices, nobody_is_told_of_what_is_only_observed) {
  auto policy = plain_policy();
  policy.mode = Mode::observe;
  Kit kit(policy);
  kit.outsider("ann");
  kit.site->dials("ann", "c1", "+14085550123");
  kit.pass(1min);
  EXPECT_FALSE(kit.site->released("ann", "c1"));
  EXPECT_EQ(kit.post.asked, 0);
  EXPECT_TRUE(kit.shown("ann").is_null());
}

TEST(CallerNotices, nobody_is_told_of_a_release_that_failed_or_of_a_call_that_ended_by_itself) {
  Kit kit;
  kit.outsider("ann");
  for (int i = 0; i < 100; ++i)
    kit.site->calls.next_errors.push_back({ErrorKind::unavailable, "XSI answered 503"});
  kit.site->dials("ann", "c1", "+14085550123");
  kit.pass(8s);
  EXPECT_FALSE(kit.site->released("ann", "c1"));
  EXPECT_EQ(kit.post.asked, 0);
}

TEST(CallerNotices, switched_off_it_sends_nothing_and_the_page_still_knows) {
  auto policy = plain_policy();
  policy.notice.enabled = false;
  Kit kit(policy);
  auto const ann = kit.outsider("ann");
  kit.call("ann");
  kit.pass(1min);
  EXPECT_EQ(kit.post.asked, 0);
  ASSERT_NE(kit.site->feature->notices().running(ann), nullptr);
  EXPECT_EQ(kit.shown("ann")["told"], "dropped");
  EXPECT_THAT(kit.journal(), IsEmpty()) << "nothing to tell";
}

TEST(CallerNotices, after_a_429_everybody_waits_as_long_as_was_asked_for) {
  Kit kit;
  kit.outsider("ann");
  kit.outsider("bob");
  kit.post.refuse(ErrorKind::throttled, 1, 90s);
  kit.call("ann");
  kit.call("bob");
  kit.pass(80s);
  EXPECT_EQ(kit.post.asked, 1);
  kit.pass(20s);
  EXPECT_THAT(kit.post.got, SizeIs(2));
}

TEST(CallerNotices, a_service_that_is_down_is_asked_a_few_times_and_then_the_sign_turns_yellow) {
  Kit kit;
  kit.outsider("ann");
  kit.post.refuse(ErrorKind::unavailable, 4);
  kit.call("ann");
  EXPECT_THAT(kit.signs(), IsEmpty()) << "once is no trouble yet";
  kit.pass(30min);
  EXPECT_EQ(kit.post.asked, 4);
  EXPECT_EQ(kit.shown("ann")["told"], "failed");
  EXPECT_THAT(kit.journal(), testing::ElementsAre("failed"));
  ASSERT_THAT(kit.signs(), SizeIs(1));
  EXPECT_EQ(kit.signs()[0].colour, HealthColour::yellow);
  EXPECT_THAT(kit.signs()[0].remedy, HasSubstr("spark:messages_write"));
  kit.call("ann");
  EXPECT_EQ(kit.post.asked, 4) << "given up for this episode";
  kit.outsider("bob");
  kit.call("bob");
  EXPECT_THAT(kit.signs(), IsEmpty()) << "what goes through ends it";
}

TEST(CallerNotices, a_refusal_is_final_with_its_reason) {
  Kit kit;
  kit.outsider("ann");
  kit.post.refuse(ErrorKind::denied);
  kit.call("ann");
  kit.pass(1h);
  EXPECT_EQ(kit.post.asked, 1);
  EXPECT_EQ(kit.shown("ann")["told"], "failed");
  EXPECT_EQ(kit.shown("ann")["detail"], "Webex said no");
}

TEST(CallerNotices, a_lost_answer_is_not_asked_for_again) {
  Kit kit;
  kit.outsider("ann");
  kit.post.answers.push_back({.arrives = true, .error = Error{ErrorKind::conflict, "no answer"}});
  kit.call("ann");
  kit.pass(1h);
  kit.call("ann");
  EXPECT_THAT(kit.post.got, SizeIs(1));
  EXPECT_EQ(kit.shown("ann")["told"], "uncertain");
  EXPECT_EQ(kit.counters().uncertain, 1u);
}

TEST(CallerNotices, a_release_does_not_wait_for_the_message_of_the_one_before) {
  Kit kit;
  kit.outsider("ann");
  kit.outsider("bob");
  kit.post.answers.push_back({.takes = 30s});
  kit.call("ann");
  kit.call("bob");
  EXPECT_THAT(kit.post.got, SizeIs(2));
}

TEST(CallerNotices, a_kill_between_the_message_and_its_note_tells_nobody_twice) {
  Kit kit;
  kit.outsider("ann");
  kit.post.answers.push_back({.takes = 30s});
  kit.call("ann");
  ASSERT_THAT(kit.post.got, SizeIs(1));
  kit.kill_and_start();
  kit.site->fix(1, kOutside);
  kit.call("ann");
  kit.pass(1h);
  EXPECT_THAT(kit.post.got, SizeIs(1));
  EXPECT_EQ(kit.shown("ann")["told"], "uncertain");
}

TEST(CallerNotices, a_restart_does_not_forget_who_was_told_nor_who_was_still_to_be_told) {
  Kit kit;
  kit.outsider("ann");
  kit.outsider("bob");
  kit.call("ann");
  kit.post.refuse(ErrorKind::unavailable);
  kit.call("bob");
  ASSERT_THAT(kit.post.got, SizeIs(1));
  kit.restart();
  EXPECT_THAT(kit.post.got, SizeIs(2)) << "bob, at once";
  kit.site->fix(1, kOutside);
  kit.call("ann");
  kit.pass(1min);
  EXPECT_THAT(kit.post.got, SizeIs(2));
  EXPECT_EQ(kit.shown("ann")["told"], "sent");
}

TEST(CallerNotices, a_stop_while_a_message_is_on_its_way_is_written_down) {
  Kit kit;
  kit.outsider("ann");
  kit.post.answers.push_back({.takes = 1h});
  kit.call("ann");
  kit.restart();
  EXPECT_EQ(kit.shown("ann")["told"], "uncertain");
  EXPECT_THAT(kit.post.got, SizeIs(1));
}

TEST(CallerNotices, while_the_store_takes_nothing_nobody_is_told_and_afterwards_once) {
  Kit kit;
  kit.outsider("ann");
  kit.site->clock.advance(1s);
  kit.site->database.hold();
  kit.site->dials("ann", "c1", "+14085550123");
  kit.pass(10s);
  EXPECT_TRUE(kit.site->released("ann", "c1")) << "releases do not wait for it";
  EXPECT_EQ(kit.post.asked, 0);
  kit.site->database.fail_next_commit({ErrorKind::unavailable, "the disk is full"});
  kit.site->database.release();
  kit.pass(30s);
  EXPECT_THAT(kit.post.got, SizeIs(1));
  EXPECT_EQ(kit.shown("ann")["told"], "sent");
}

TEST(CallerNotices, when_many_are_blocked_at_once_thirty_a_minute_are_told) {
  Kit kit;
  for (int i = 0; i < 70; ++i) kit.outsider("p" + std::to_string(i));
  for (int i = 0; i < 70; ++i)
    kit.site->dials("p" + std::to_string(i), "m" + std::to_string(i), "+14085550123");
  kit.pass(30s);
  EXPECT_THAT(kit.post.got, SizeIs(30));
  kit.pass(60s);
  EXPECT_THAT(kit.post.got, SizeIs(60));
  kit.pass(60s);
  EXPECT_THAT(kit.post.got, SizeIs(70));
}

TEST(CallerNotices, who_turns_to_observing_meanwhile_tells_nobody) {
  Kit kit;
  kit.outsider("ann");
  kit.post.refuse(ErrorKind::unavailable);
  kit.call("ann");
  auto policy = plain_policy();
  policy.mode = Mode::observe;
  auto& feature = *kit.site->feature;
  test::start_task(kit.site->io, feature.set_policy(policy));
  kit.pass(2min);
  EXPECT_EQ(kit.post.asked, 1);
  EXPECT_THAT(kit.post.got, IsEmpty());
}

}  // namespace
}  // namespace wardroom::call_blocking
