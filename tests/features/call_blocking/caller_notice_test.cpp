// R133: once an episode, as rules: when one begins and ends, whose turn it is, what a restart
// keeps.
#include "features/call_blocking/caller_notice.hpp"

#include "features/call_blocking/caller_notice_settings.hpp"
#include "features/call_blocking/caller_notice_text.hpp"
#include "support/seed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wardroom::call_blocking {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// A book with its clock and its store.
struct Life {
  explicit Life(NoticeLimits limits = {}) : book(limits) {}
  Moment at() const {
    return {from_unix_ms(1'795'255'200'000) + up, Uptime(std::chrono::hours(9)) + up};
  }
  bool release(PersonNo person, Reason reason = Reason::outside) {
    return book.released(person, reason, at(), [] { return std::string("words"); });
  }
  /// Passes time with a look every 10 s.
  void pass(Milliseconds time) {
    for (auto const end = up + time; up < end;) {
      up += std::min<Milliseconds>(10s, end - up);
      look();
    }
  }
  void look() {
    while (!book.look(at(), 3, [this](PersonNo) { return allowed; }).whole_round) {
    }
  }
  std::vector<PersonNo> due(std::size_t most = 100) {
    std::vector<PersonNo> dropped;
    return book.due(at(), most, dropped);
  }
  /// Tells whoever is due; whom.
  std::vector<PersonNo> tell() {
    auto const out = due();
    for (auto const person : out) {
      book.begin(person, at());
      book.finish(person, book.last(person)->since, Told::sent, "", {}, at());
    }
    return out;
  }
  void restart() {
    std::vector<NoticeRow> rows;
    for (PersonNo person = 1; person < 200; ++person)
      if (auto row = book.row(person)) rows.push_back(*row);
    book = NoticeBook(book.limits());
    for (auto& row : rows) book.restore(row, at());
  }

  NoticeBook book;
  Milliseconds up{0};
  bool allowed = false;
};

TEST(CallerNotice, the_first_call_that_is_ended_begins_an_episode_and_further_ones_do_not) {
  Life life;
  EXPECT_TRUE(life.release(1));
  EXPECT_THAT(life.tell(), ElementsAre(1));
  for (int i = 0; i < 20; ++i) {
    life.pass(3min);
    EXPECT_FALSE(life.release(1, Reason::stale));
    EXPECT_THAT(life.tell(), IsEmpty());
  }
  EXPECT_EQ(life.book.running(1)->reason, Reason::stale) << "of the last call";
  EXPECT_EQ(life.book.running(1)->last, life.at().now);
}

TEST(CallerNotice, an_episode_ends_when_calls_were_allowed_for_five_minutes_on_end) {
  Life life;
  life.release(1);
  life.tell();
  for (int i = 0; i < 4; ++i) {  // too short each time
    life.allowed = true;
    life.pass(4min);
    life.allowed = false;
    life.pass(1min);
  }
  EXPECT_NE(life.book.running(1), nullptr);
  life.allowed = true;
  life.pass(5min + 10s);
  EXPECT_EQ(life.book.running(1), nullptr);
  life.allowed = false;
  EXPECT_TRUE(life.release(1));
  EXPECT_THAT(life.tell(), ElementsAre(1));
}

TEST(CallerNotice, a_call_that_is_ended_meanwhile_makes_the_five_minutes_begin_anew) {
  Life life;
  life.release(1);
  life.allowed = true;
  life.pass(4min);
  life.release(1);  // between two looks
  life.pass(4min);
  EXPECT_NE(life.book.running(1), nullptr);
}

TEST(CallerNotice, an_episode_ends_a_day_after_its_last_call_whatever_holds_then) {
  Life life;
  life.release(1);
  life.tell();
  life.pass(23h);
  EXPECT_FALSE(life.release(1));
  life.pass(23h + 59min);
  EXPECT_NE(life.book.running(1), nullptr);
  life.pass(2min);
  EXPECT_EQ(life.book.running(1), nullptr);
  EXPECT_TRUE(life.release(1));
}

TEST(CallerNotice, whoever_waits_longest_is_told_first_and_at_most_thirty_a_minute) {
  Life life;
  for (PersonNo person = 100; person > 60; --person) {
    life.release(person);
    life.up += 10ms;
  }
  auto const first = life.tell();
  ASSERT_EQ(first.size(), 30u);
  EXPECT_EQ(first.front(), 100u);
  EXPECT_THAT(life.tell(), IsEmpty());
  EXPECT_EQ(life.book.waiting(), 10u);
  life.up += 59s;
  EXPECT_THAT(life.tell(), IsEmpty());
  EXPECT_GE(life.book.next_due(), life.at().up);
  life.up += 1s;
  EXPECT_EQ(life.tell().size(), 10u);
  EXPECT_EQ(life.book.next_due(), Uptime::max());
}

TEST(CallerNotice, whoever_may_call_again_before_their_turn_is_not_told) {
  Life life({.a_minute = 0});
  life.release(1);
  life.allowed = true;
  life.pass(6min);
  EXPECT_EQ(life.book.waiting(), 0u);
  EXPECT_EQ(life.book.last(1)->told, Told::dropped);
  life.book.set_limits({});
  EXPECT_THAT(life.tell(), IsEmpty());
}

TEST(CallerNotice, nobody_gets_more_than_four_messages_a_day) {
  Life life;
  int told = 0;
  for (int i = 0; i < 20; ++i) {
    life.allowed = false;
    EXPECT_TRUE(life.release(1));
    told += static_cast<int>(life.tell().size());
    life.allowed = true;
    life.pass(10min);
  }
  EXPECT_EQ(told, 4);
  EXPECT_THAT(life.book.last(1)->detail, HasSubstr("often enough"));
  life.pass(24h);
  life.release(1);
  EXPECT_THAT(life.tell(), ElementsAre(1));
}

TEST(CallerNotice, a_failed_message_is_due_again_after_its_wait_and_counts_for_no_day) {
  Life life;
  life.release(1);
  for (int i = 0; i < 9; ++i) {
    ASSERT_THAT(life.due(), ElementsAre(1));
    life.book.begin(1, life.at());
    EXPECT_EQ(life.book.last(1)->told, Told::uncertain) << "what is kept while it is on its way";
    EXPECT_THAT(life.due(), IsEmpty());
    EXPECT_TRUE(
        life.book.finish(1, life.book.last(1)->since, Told::pending, "503", 1min, life.at()));
    life.up += 59s;
    EXPECT_THAT(life.due(), IsEmpty());
    life.up += 1s;
  }
  EXPECT_EQ(life.book.last(1)->attempts, 9);
}

TEST(CallerNotice, a_pause_of_the_service_holds_for_everybody) {
  Life life;
  life.release(1);
  life.release(2);
  life.book.pause(life.at().up + 30s);
  EXPECT_THAT(life.due(), IsEmpty());
  EXPECT_EQ(life.book.next_due(), life.at().up + 30s);
  life.up += 30s;
  EXPECT_THAT(life.due(), ElementsAre(1, 2));
}

TEST(CallerNotice, the_end_of_an_older_message_says_nothing_about_a_newer_episode) {
  Life life;
  life.release(1);
  life.due();
  life.book.begin(1, life.at());
  auto const old = life.book.last(1)->since;
  life.allowed = true;
  life.pass(6min);
  life.allowed = false;
  ASSERT_TRUE(life.release(1));
  EXPECT_FALSE(life.book.finish(1, old, Told::sent, "", {}, life.at()));
  EXPECT_EQ(life.book.last(1)->told, Told::pending);
  EXPECT_THAT(life.tell(), ElementsAre(1));
}

TEST(CallerNotice, a_restart_tells_nobody_again_and_forgets_nobody_who_waits) {
  Life life({.a_minute = 1});
  life.release(1);
  life.tell();
  life.release(2);
  life.restart();
  EXPECT_FALSE(life.release(1));
  life.up += 1min;
  EXPECT_THAT(life.tell(), ElementsAre(2));
  life.restart();
  life.allowed = true;
  life.pass(6min);
  EXPECT_EQ(life.book.running(1), nullptr);
  life.restart();
  EXPECT_EQ(life.book.running(1), nullptr) << "an episode that is over stays over";
  life.pass(25h);
  EXPECT_EQ(life.book.last(1), nullptr) << "and is forgotten in the end";
}

TEST(CallerNotice, what_was_on_its_way_at_a_kill_is_not_repeated) {
  Life life;
  life.release(1);
  life.due();
  life.book.begin(1, life.at());
  life.restart();
  EXPECT_EQ(life.book.running(1)->told, Told::uncertain);
  EXPECT_THAT(life.book.running(1)->detail, HasSubstr("the daemon ended"));
  life.release(1);
  EXPECT_THAT(life.tell(), IsEmpty());
}

TEST(CallerNotice, calls_ended_before_the_store_could_be_read_belong_to_the_episode_it_knows) {
  Life before;
  before.release(1);
  before.tell();
  auto const row = *before.book.row(1);
  Life life;
  life.up = 10min;
  life.release(1);
  life.book.restore(row, life.at());
  EXPECT_EQ(life.book.running(1)->told, Told::sent);
  EXPECT_EQ(life.book.running(1)->since, row.episode.since);
  EXPECT_EQ(life.book.running(1)->last, life.at().now);
  EXPECT_THAT(life.tell(), IsEmpty());
}

TEST(CallerNotice, a_wall_clock_that_was_set_back_over_the_restart_does_no_harm) {
  Life life;
  life.release(1);
  life.tell();
  auto row = *life.book.row(1);
  row.episode.last += 5h;  // in the future, as it seems now
  row.messages = {row.episode.last};
  NoticeBook book;
  book.restore(row, life.at());
  EXPECT_NE(book.running(1), nullptr);
  EXPECT_FALSE(book.released(1, Reason::outside, life.at(), [] { return std::string(); }));
}

TEST(CallerNotice, some_failures_are_worth_another_try_and_only_a_few) {
  Error const busy{ErrorKind::throttled, "429", 40s};
  EXPECT_EQ(retry_after(1, busy), BootClock::duration(40s));
  EXPECT_EQ(retry_after(2, busy), BootClock::duration(1min));
  EXPECT_EQ(retry_after(1, {ErrorKind::unavailable, "503"}), BootClock::duration(15s));
  EXPECT_EQ(retry_after(3, {ErrorKind::unauthorized, "no login"}), BootClock::duration(5min));
  EXPECT_EQ(retry_after(4, busy), std::nullopt);
  for (auto const kind : {ErrorKind::denied, ErrorKind::not_found, ErrorKind::malformed})
    EXPECT_EQ(retry_after(1, {kind, ""}), std::nullopt);
}

TEST(CallerNotice, the_message_says_who_why_and_what_to_do_and_no_place) {
  Episode const episode{.since = from_unix_ms(1'795'255'200'000),
                        .words =
                            "Your calls are blocked: we have no position of you yet. Keep "
                            "this page open. Emergency numbers always work."};
  auto const said = caller_message(episode, {"https://w.example/me", "Help desk: 4444"});
  for (auto const& text : {said.text, said.markdown})
    EXPECT_THAT(text, AllOf(HasSubstr("10:00 UTC"), HasSubstr("Wardroom"), HasSubstr("no position"),
                            HasSubstr("Emergency numbers always work"),
                            HasSubstr("https://w.example/me"), HasSubstr("Help desk: 4444"),
                            HasSubstr("your location page"), Not(HasSubstr("this page"))));
}

TEST(CallerNotice, a_name_of_a_fence_is_no_markup) {
  Episode const episode{.words = "outside *north* <x> [y](http://z)"};
  auto const said = caller_message(episode, {"https://w.example/me", ""});
  EXPECT_THAT(said.text, HasSubstr("*north* <x>"));
  EXPECT_THAT(said.markdown, HasSubstr(R"(\*north\* \<x\> \[y\](http://z))"));
}

/// What the outside and the store of a random history are like.
struct History {
  test::Dice dice;
  NoticeBook book{{.again_after = 5min, .a_minute = 5}};
  std::map<PersonNo, NoticeRow> store;
  struct Person {
    bool allowed = true;
    std::optional<Milliseconds> allowed_since{};  ///< as looks saw it, without a release
    bool may_be_told = true;                      ///< an episode may have ended since the last one
    Milliseconds saved_release{-1'000'000'000};
    Instant told_of{};  ///< the episode of the last message
    std::vector<Milliseconds> arrived{};
  };
  std::set<std::pair<PersonNo, Instant>> told;
  std::map<PersonNo, Person> people;
  struct Flying {
    PersonNo no;
    Instant since;
    Milliseconds sent;
  };
  std::vector<Flying> flying;
  std::vector<Milliseconds> attempts;
  Milliseconds up{0};

  explicit History(std::uint64_t salt) : dice(salt) {
    for (PersonNo person = 1; person <= 8; ++person) people[person];
  }
  Moment at() const { return {from_unix_ms(1'795'255'200'000) + up, Uptime(9h) + up}; }
  void save() {
    for (auto& [no, person] : people)
      if (auto const row = book.row(no)) {
        store[no] = *row;
        person.saved_release = row->episode.last - from_unix_ms(1'795'255'200'000);
      } else {
        store.erase(no);
      }
  }
  void arrive(Flying const& message) {
    auto const& [no, since, sent] = message;
    auto& person = people[no];
    auto const day = std::ranges::count_if(person.arrived, [&](auto t) { return sent - t < 24h; });
    EXPECT_LT(day, 4) << "told too often in a day";
    EXPECT_TRUE(told.insert({no, since}).second) << "told twice in an episode";
    person.arrived.push_back(sent);
  }
  /// Another episode than that of the last message must have had a reason to begin.
  void hand_over(PersonNo no) {
    auto& person = people[no];
    auto const since = book.last(no)->since;
    flying.push_back({no, since, up});
    if (since == std::exchange(person.told_of, since)) return;
    EXPECT_TRUE(person.may_be_told) << "a new episode although the last one goes on";
    person.may_be_told = false;
  }
  void look() {
    while (!book.look(at(), 3, [&](PersonNo no) { return people[no].allowed; }).whole_round) {
    }
    for (auto& [no, person] : people) {
      if (!person.allowed)
        person.allowed_since.reset();
      else if (!person.allowed_since)
        person.allowed_since = up;
      if (person.allowed_since && up - *person.allowed_since >= 5min) person.may_be_told = true;
      if (up - person.saved_release >= 24h) person.may_be_told = true;
    }
  }
  void release(PersonNo no) {
    auto& person = people[no];
    if (up - person.saved_release >= 24h) person.may_be_told = true;
    person.allowed_since.reset();
    book.released(no, Reason::outside, at(), [] { return std::string("w"); });
  }
  void send() {
    std::vector<PersonNo> dropped;
    for (auto const no : book.due(at(), 4, dropped)) {
      book.begin(no, at());
      std::erase_if(attempts, [&](auto t) { return up - t >= 1min; });
      EXPECT_LT(attempts.size(), 5u);
      attempts.push_back(up);
      hand_over(no);
    }
    save();  // the intent
  }
  void land() {
    for (auto const& message : std::exchange(flying, {})) {
      auto const& [no, since, sent] = message;
      auto const what = dice.below(4);
      if (what < 2) arrive(message);
      auto const end = what == 0   ? Told::sent
                       : what == 1 ? Told::uncertain
                       : what == 2 ? Told::pending
                                   : Told::failed;
      book.finish(no, since, end, "", std::chrono::seconds(dice.below(100)), at());
    }
  }
  void kill() {
    for (auto const& message : std::exchange(flying, {}))
      if (dice.one_in(2)) arrive(message);  // it was on its way
    attempts.clear();                       // the minute's count is not kept
    book = NoticeBook(book.limits());
    for (auto const& [no, row] : store) book.restore(row, at());
    for (auto& [no, person] : people) person.allowed_since.reset();
  }
  void step() {
    up += std::chrono::milliseconds(dice.below(dice.one_in(50) ? 30'000'000 : 40'000));
    auto const no = static_cast<PersonNo>(1 + dice.below(people.size()));
    switch (dice.below(7)) {
      case 0:
        people[no].allowed = !people[no].allowed;
        break;
      case 1:
        release(no);
        break;
      case 2:
        send();
        break;
      case 3:
        land();
        break;
      case 4:
        if (dice.one_in(4)) kill();
        break;
      default:
        look();
    }
    if (!dice.one_in(10)) save();
  }
};

TEST(CallerNoticeProperty,
     R133_at_most_one_message_an_episode_whatever_fails_and_whenever_it_is_killed) {
  auto const histories = test::count(40);
  std::size_t messages = 0;
  for (std::size_t i = 0; i < histories && !testing::Test::HasFailure(); ++i) {
    History history(i);
    for (int step = 0; step < 2'000 && !testing::Test::HasFailure(); ++step) history.step();
    for (auto const& [no, person] : history.people) messages += person.arrived.size();
    EXPECT_FALSE(testing::Test::HasFailure()) << "history " << i;
  }
  EXPECT_GT(messages, histories * 5) << "the histories must be about something";
}

}  // namespace
}  // namespace wardroom::call_blocking
