// Sessions of administrators and guests: roles, ends, what is kept over a restart and an update.
#include "front/web_sessions.hpp"

#include "base/encoding.hpp"
#include "lib/store/engines.hpp"
#include "people/migrations.hpp"
#include "people/session_store.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/run_task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

namespace wardroom::front {
namespace {
using namespace std::chrono_literals;
using http::Audience;
using End = WebSessions::End;

std::vector<store::Migration> steps() {
  return {web_session_migrations.begin(), web_session_migrations.end()};
}

WebSession session_of(std::string who, Audience role = Audience::admin) {
  return {.role = role,
          .person_uuid = who + "-uuid",
          .name = who,
          .emails = {who + "@acme.example", who + "@home.example"},
          .origin = {"Firefox on Linux", "IPv6"}};
}

struct Kept : testing::Test {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  test::FakeDatabase database{io, clock, steps()};
  WebSessions sessions{database, clock};
  std::vector<std::pair<std::string, End>> ended;
  std::string const ada = sha256("ada"), bob = sha256("bob");

  Kept() {
    sessions.on_end([this](std::string const& digest, WebSession const&, End how) {
      ended.emplace_back(digest, how);
    });
  }
  template <class T>
  T run(Task<T> task) {
    std::optional<T> out;
    boost::asio::co_spawn(io.get_executor(), std::move(task), [&](std::exception_ptr e, T value) {
      if (e) std::rethrow_exception(e);
      out.emplace(std::move(value));
    });
    clock.drain();
    return std::move(out.value());
  }
  void open(std::string const& digest, WebSession session, std::string old = "") {
    ASSERT_TRUE(run(sessions.add(digest, std::move(session), std::move(old))));
  }
  std::int64_t rows() {
    return database.sql().one("SELECT count(*) FROM web_sessions")->integer(0);
  }
};

TEST_F(Kept, W1_open_only_the_doors_of_their_role) {
  open(ada, session_of("ada"));
  open(bob, session_of("bob", Audience::guest));
  EXPECT_TRUE(sessions.find(Audience::admin, ada));
  EXPECT_FALSE(sessions.find(Audience::guest, ada));
  EXPECT_FALSE(sessions.find(Audience::admin, bob));
  EXPECT_TRUE(sessions.use(Audience::guest, bob));
  WebSessions next(database, clock);
  ASSERT_TRUE(run(next.load()));
  EXPECT_TRUE(next.find(Audience::guest, bob));
  EXPECT_FALSE(next.find(Audience::admin, bob));
}

TEST_F(Kept, write_down_again_soon_when_they_were_used_and_the_store_failed) {
  open(ada, session_of("ada"));
  clock.advance(25min);
  database.fail_commits(Error{ErrorKind::unavailable, "the disk is full"});
  EXPECT_TRUE(sessions.use(Audience::admin, ada));
  clock.advance(1min);
  database.fail_commits(std::nullopt);
  EXPECT_TRUE(sessions.use(Audience::admin, ada));
  clock.advance(20min);
  WebSessions next(database, clock);
  ASSERT_TRUE(run(next.load()));
  EXPECT_TRUE(next.find(Audience::admin, ada));
}

TEST_F(Kept, keep_all_addresses_and_where_they_were_opened_over_a_restart) {
  open(ada, session_of("ada"));
  WebSessions next(database, clock);
  ASSERT_TRUE(run(next.load()));
  auto const* found = next.find(Audience::admin, ada);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->emails, session_of("ada").emails);
  EXPECT_EQ(found->origin, session_of("ada").origin);
  EXPECT_EQ(found->owner(), "ada@acme.example");
}

TEST_F(Kept, say_how_they_ended) {
  open(ada, session_of("ada"));
  open(bob, session_of("ada"), ada);
  EXPECT_EQ(ended, (decltype(ended){{ada, End::by_owner}}));
  ASSERT_TRUE(run(sessions.end({bob}, End::by_another)));
  EXPECT_EQ(ended.back(), std::pair(bob, End::by_another));
  open(ada, session_of("ada"));
  clock.advance(31min);
  EXPECT_TRUE(sessions.list().empty());
  EXPECT_EQ(ended.back(), std::pair(ada, End::by_time));
  clock.drain();
  EXPECT_EQ(rows(), 0);
}

TEST_F(Kept, W1_are_dead_at_once_when_revoked_even_while_the_store_takes_nothing) {
  open(ada, session_of("ada"));
  database.fail_next_commit({ErrorKind::unavailable, "disk full"});
  EXPECT_FALSE(run(sessions.end({ada}, End::by_another)));
  EXPECT_FALSE(sessions.alive(ada));
  EXPECT_EQ(rows(), 1);
  sessions.list();
  clock.drain();
  EXPECT_EQ(rows(), 0) << "it is tried again";
}

TEST_F(Kept, are_listed_newest_first_with_ids_that_open_nothing) {
  open(ada, session_of("ada"));
  clock.advance(1min);
  open(bob, session_of("bob"));
  auto const all = sessions.list();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].second.name, "bob");
  EXPECT_EQ(session_id(ada), to_hex(ada).substr(0, 12));
}

template <class Engine>
struct StoredSessions : test::EngineFixture<Engine> {};
TYPED_TEST_SUITE(StoredSessions, test::Engines, test::EngineNames);

TYPED_TEST(StoredSessions, of_the_version_before_stay_good_over_the_update) {
  auto const digest = sha256("cookie");
  this->open({web_session_migrations.front()});
  auto const now = unix_ms(this->clock.now());
  ASSERT_TRUE(this->write([&](store::Sql& sql) {
    sql.run(
        "INSERT INTO admin_sessions (digest, person_uuid, name, email, opened_at, seen_at) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        {store::Blob{digest}, std::string("u"), std::string("Ada"), std::string("ada@acme.example"),
         now - 60'000, now - 1'000});
  }));
  this->open(steps());
  WebSessions sessions(*this->database, this->clock);
  ASSERT_TRUE(test::run_task(this->io, sessions.load()));
  auto const* found = sessions.find(Audience::admin, digest);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->emails, std::vector<std::string>{"ada@acme.example"});
  EXPECT_EQ(found->origin, SessionOrigin{});
}

TYPED_TEST(StoredSessions, open_roll_and_end_on_both_engines) {
  auto const ada = sha256("ada"), bob = sha256("bob");
  this->open(steps());
  WebSessions sessions(*this->database, this->clock);
  ASSERT_TRUE(test::run_task(this->io, sessions.add(ada, session_of("ada"), "")));
  ASSERT_TRUE(test::run_task(this->io, sessions.add(bob, session_of("bob", Audience::guest), "")));
  WebSessions next(*this->database, this->clock);
  ASSERT_TRUE(test::run_task(this->io, next.load()));
  EXPECT_EQ(next.size(), 2u);
  ASSERT_TRUE(test::run_task(this->io, next.end({ada, bob}, End::by_another)));
  EXPECT_EQ(this->integer("SELECT count(*) FROM web_sessions"), 0);
}

TYPED_TEST(StoredSessions, of_people_are_told_apart_and_ended_but_one) {
  auto const steps = people::migrations();
  this->open({steps.begin(), steps.end()});
  people::SessionStore sessions(*this->database, this->clock);
  auto const here = sha256("here"), there = sha256("there"), bobs = sha256("bob");
  ASSERT_TRUE(test::run_task(this->io, sessions.add(here, 7, {"Chrome on Android", "IPv4"})));
  ASSERT_TRUE(test::run_task(this->io, sessions.add(there, 7, {"Safari on iPhone", "IPv6"})));
  ASSERT_TRUE(test::run_task(this->io, sessions.add(bobs, 8)));
  auto const listed = test::run_task(this->io, sessions.sessions_of(7)).value();
  ASSERT_EQ(listed.size(), 2u);
  for (auto const& one : listed)
    EXPECT_EQ(one.place.browser, one.digest == here ? "Chrome on Android" : "Safari on iPhone");
  EXPECT_EQ(test::run_task(this->io, sessions.revoke(7, here)), std::size_t{1});
  EXPECT_EQ(sessions.use(here), 7u);
  EXPECT_EQ(sessions.use(there), 0u);
  EXPECT_EQ(sessions.use(bobs), 8u);
  EXPECT_EQ(test::run_task(this->io, sessions.revoke(7)), std::size_t{1});
  EXPECT_EQ(sessions.use(here), 0u);
}

TEST(SessionOrigin, says_no_more_than_browser_system_and_family) {
  auto const words = [](char const* agent) { return browser_words(agent); };
  EXPECT_EQ(words("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
            "Firefox on Linux");
  EXPECT_EQ(words("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like "
                  "Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0"),
            "Edge on Windows");
  EXPECT_EQ(words("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
                  "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"),
            "Safari on iPhone");
  EXPECT_EQ(words("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
                  "Chrome/126.0.0.0 Mobile Safari/537.36"),
            "Chrome on Android");
  EXPECT_EQ(words("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, "
                  "like Gecko) Version/17.4 Safari/605.1.15"),
            "Safari on macOS");
  for (auto const* other : {"", "curl/8.5", "<script>alert(1)</script>", "\x1b[31mred"})
    EXPECT_EQ(words(other), "another program");
  EXPECT_EQ(network_words("192.0.2.7"), "IPv4");
  EXPECT_EQ(network_words("::ffff:192.0.2.7"), "IPv4");
  EXPECT_EQ(network_words("2001:db8::1"), "IPv6");
  EXPECT_EQ(network_words("127.0.0.1"), "this machine");
  EXPECT_EQ(network_words("unix"), "");
}

}  // namespace
}  // namespace wardroom::front
