// What is PostgreSQL's own: the checks at connect, passwords, and a server that goes away.
#include "engines.hpp"
#include "store/failpoint.hpp"

namespace wardroom::store {
namespace {
using namespace std::chrono_literals;
using test::PostgresServer;

constexpr Migration table{101, "table", "CREATE TABLE t (a INTEGER PRIMARY KEY)"};

Unit row(std::int64_t a) {
  return [a](Sql& sql) { sql.run("INSERT INTO t (a) VALUES ($1)", {a}); };
}

struct Postgres : test::EngineFixture<test::PostgresEngine> {
  PostgresServer& server = PostgresServer::shared();

  Postgres() {
    engine.settings.patience = 40s;
    open({table});
  }
  ~Postgres() override { server.start(); }
  Result<void> insert(std::int64_t a) { return write(row(a)); }
  std::int64_t count() { return integer("SELECT count(*) FROM t"); }
  Error refused(PostgresSettings const& settings) {
    database.reset();
    auto opened = PostgresDatabase::open(io.get_executor(), clock, settings, {table});
    if (opened) throw std::runtime_error("it was not refused");
    return opened.error();
  }
  void end_sessions() {
    server.sql(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE "
        "application_name = 'wardroom-test'");
  }
};

TEST_F(Postgres, takes_the_password_by_the_port_and_refuses_a_wrong_one_in_words) {
  auto settings = engine.settings;
  settings.url = server.loopback_url(engine.settings);
  settings.password = Secret(std::string("wrong"));
  auto error = refused(settings);
  EXPECT_EQ(error.kind, ErrorKind::denied) << error.what;
  EXPECT_NE(error.what.find("store.password_file"), std::string::npos) << error.what;
  settings.password = Secret(std::string(PostgresServer::password));
  auto const opened = PostgresDatabase::open(io.get_executor(), clock, settings, {table});
  ASSERT_TRUE(opened) << opened.error().what;
  EXPECT_EQ((*opened)->address(),
            "postgresql://" + settings.url.substr(settings.url.find('@') + 1));
}

TEST_F(Postgres, refuses_a_password_in_the_url_a_missing_database_and_nobody_there) {
  auto settings = engine.settings;
  settings.url = "postgresql://wardroom:hunter2@localhost/x";
  auto error = refused(settings);
  EXPECT_EQ(error.kind, ErrorKind::denied);
  EXPECT_EQ(error.what.find("hunter2"), std::string::npos);
  settings.url =
      "postgresql://wardroom@/nothing" + engine.settings.url.substr(engine.settings.url.find('?'));
  EXPECT_NE(refused(settings).what.find("createdb"), std::string::npos);
  settings.url = "postgresql://wardroom@[::1/x";  // libpq repeats the whole address
  settings.password = Secret(std::string("hunter 3"));
  error = refused(settings);
  EXPECT_EQ(error.kind, ErrorKind::denied) << error.what;
  EXPECT_EQ(error.what.find("hunter"), std::string::npos) << error.what;
  settings.url = "postgresql://wardroom@127.0.0.1:1/x";
  error = refused(settings);
  EXPECT_EQ(error.kind, ErrorKind::unavailable);
  EXPECT_NE(error.what.find("check that PostgreSQL runs"), std::string::npos) << error.what;
}

TEST_F(Postgres, refuses_a_server_without_fsync_and_says_how_to_mend_it) {
  server.sql("ALTER SYSTEM SET fsync = off");
  server.sql("SELECT pg_reload_conf()");
  while (server.sql("SHOW fsync") != "off") std::this_thread::yield();
  auto const error = refused(engine.settings);
  server.sql("ALTER SYSTEM RESET fsync");
  server.sql("SELECT pg_reload_conf()");
  while (server.sql("SHOW fsync") != "on") std::this_thread::yield();
  EXPECT_EQ(error.kind, ErrorKind::denied);
  EXPECT_NE(error.what.find("ALTER SYSTEM SET fsync = on"), std::string::npos) << error.what;
  open({table});
}

TEST_F(Postgres, commits_synchronously_even_where_the_role_says_otherwise) {
  server.sql("ALTER ROLE wardroom SET synchronous_commit = off");
  open({table});
  std::string seen;
  EXPECT_TRUE(write([&](Sql& sql) { seen = sql.one("SHOW synchronous_commit")->text(0); }));
  server.sql("ALTER ROLE wardroom RESET synchronous_commit");
  EXPECT_EQ(seen, "on");
}

TEST_F(Postgres, gives_up_a_statement_that_takes_too_long) {
  engine.settings.statement = 200ms;
  open({table});
  auto const slow = write([](Sql& sql) { sql.query("SELECT pg_sleep(5)", {}, [](Row const&) {}); });
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().kind, ErrorKind::timed_out) << slow.error().what;
  EXPECT_TRUE(insert(1));
}

TEST_F(Postgres, a_session_ended_while_idle_is_replaced_without_a_failure) {
  EXPECT_TRUE(insert(1));
  EXPECT_EQ(count(), 1);
  end_sessions();
  EXPECT_TRUE(insert(2));
  EXPECT_EQ(count(), 2);
  EXPECT_EQ(database->health().failures, 0u);
}

TEST_F(Postgres, a_session_ended_inside_a_batch_undoes_all_of_it_and_says_so) {
  auto const lost = write([this](Sql& sql) {
    row(1)(sql);
    end_sessions();
    row(2)(sql);
  });
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, ErrorKind::unavailable) << lost.error().what;
  EXPECT_TRUE(lost.error().not_done);
  EXPECT_TRUE(database->health().trouble);
  EXPECT_TRUE(insert(3));
  EXPECT_FALSE(database->health().trouble);
  EXPECT_EQ(integer("SELECT sum(a) FROM t"), 3);
}

TEST_F(Postgres, survives_a_server_that_crashes_and_comes_back) {
  EXPECT_TRUE(insert(1));
  server.stop_immediately();
  std::optional<Result<void>> answer;
  database->write(row(2), [&](Result<void> outcome) { answer = outcome; });
  turn_until([&] { return database->health().trouble.has_value(); });
  EXPECT_FALSE(answer) << "it waits for the server";
  server.start();
  turn_until([&] { return answer.has_value(); });
  EXPECT_TRUE(*answer) << answer->error().what;
  EXPECT_FALSE(database->health().trouble);
  EXPECT_EQ(count(), 2);
}

TEST_F(Postgres, answers_unavailable_when_patience_ends_and_throttled_beyond_the_queue) {
  engine.settings.patience = 300ms;
  engine.settings.queue = 3;
  open({table});
  server.stop_immediately();
  std::vector<ErrorKind> kinds;
  for (int i = 0; i < 5; ++i)
    database->write(row(i), [&](Result<void> r) {
      ASSERT_FALSE(r);
      EXPECT_TRUE(r.error().not_done);
      kinds.push_back(r.error().kind);
    });
  turn_until([&] { return kinds.size() == 5; });
  EXPECT_EQ(kinds, (std::vector{ErrorKind::throttled, ErrorKind::throttled, ErrorKind::unavailable,
                                ErrorKind::unavailable, ErrorKind::unavailable}));
  auto const unread = read<std::int64_t>([](Sql& s) { return s.one("SELECT 1")->integer(0); });
  ASSERT_FALSE(unread);
  EXPECT_EQ(unread.error().kind, ErrorKind::unavailable);
  server.start();
  EXPECT_TRUE(insert(9));
}

TEST_F(Postgres, gives_up_a_server_that_is_stopped_but_not_gone_and_finds_it_again) {
  engine.settings.answer = 500ms;
  engine.settings.connecting = 2s;
  engine.settings.patience = 100ms;
  open({table});
  EXPECT_TRUE(insert(1));
  server.pause();
  auto const start = std::chrono::steady_clock::now();
  auto const silent = insert(2);
  auto const took = std::chrono::steady_clock::now() - start;
  server.resume();
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().kind, ErrorKind::unavailable) << silent.error().what;
  EXPECT_TRUE(silent.error().not_done);
  EXPECT_LT(took, 6s);
  EXPECT_TRUE(insert(3));
  EXPECT_EQ(integer("SELECT sum(a) FROM t"), 4);
}

#ifdef WARDROOM_FAILPOINTS
TEST_F(Postgres, D1_a_lost_answer_to_a_commit_that_was_kept_is_found_out) {
  failpoint::set("postgres.lost_after_commit:eio:1");
  std::vector<bool> answers;
  database->write(row(1), [&](Result<void> r) { answers.push_back(r.has_value()); });
  database->write(
      [](Sql& sql) {
        row(2)(sql);
        throw std::runtime_error("a bug");
      },
      [&](Result<void> r) { answers.push_back(r.has_value()); });
  turn_until([&] { return answers.size() == 2; });
  failpoint::set("");
  EXPECT_EQ(answers, (std::vector{true, false}));
  EXPECT_EQ(integer("SELECT sum(a) FROM t"), 1);
  EXPECT_EQ(database->health().failures, 0u);
}

TEST_F(Postgres, D1_a_commit_that_never_arrived_is_found_out) {
  failpoint::set("postgres.lost_before_commit:eio:1");
  auto const lost = insert(1);
  failpoint::set("");
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, ErrorKind::unavailable) << lost.error().what;
  EXPECT_TRUE(lost.error().not_done);
  EXPECT_EQ(count(), 0);
  EXPECT_TRUE(insert(1));
}

TEST_F(Postgres, D1_a_commit_nobody_can_tell_of_is_called_unknown) {
  engine.settings.settling = 200ms;
  open({table});
  // The server goes away while the writer dawdles before its COMMIT.
  failpoint::set("writer.before_commit:delay:1500");
  std::optional<Result<void>> answer;
  std::atomic<bool> ran = false;
  database->write(
      [&](Sql& sql) {
        row(1)(sql);
        ran = true;
      },
      [&](Result<void> outcome) { answer = outcome; });
  turn_until([&] { return ran.load(); });
  std::this_thread::sleep_for(100ms);  // its savepoint is released
  server.kill();
  turn_until([&] { return answer.has_value(); });
  failpoint::set("");
  ASSERT_FALSE(*answer);
  EXPECT_EQ(answer->error().kind, ErrorKind::unavailable);
  EXPECT_FALSE(answer->error().not_done);
  EXPECT_NE(answer->error().what.find("not known"), std::string::npos) << answer->error().what;
  server.start();
  EXPECT_EQ(count(), 0);
}
#endif

}  // namespace
}  // namespace wardroom::store
