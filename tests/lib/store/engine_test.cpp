// What both engines promise alike: values, errors, units, snapshots, schema steps, one daemon.
#include "engines.hpp"
#include "store/failpoint.hpp"
#include "store/journal.hpp"
#include "store/meta.hpp"

namespace wardroom::store {
namespace {

constexpr Migration table{
    101, "table", "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c REAL, d BLOB, e INTEGER)"};

template <class Engine>
struct AnyStore : test::EngineFixture<Engine> {
  AnyStore() { this->open({table}); }
  Result<void> insert(std::int64_t a, std::string b = {}) {
    return this->write(
        [a, b](Sql& sql) { sql.run("INSERT INTO t (a, b) VALUES ($1, $2)", {a, b}); });
  }
  std::int64_t count() { return this->integer("SELECT count(*) FROM t"); }
  void reopen() { this->open({table}); }
};
TYPED_TEST_SUITE(AnyStore, test::Engines, test::EngineNames);

TYPED_TEST(AnyStore, gives_values_back_as_they_were_stored) {
  std::string const zeros("a\0b\xff", 4);
  auto const big = std::int64_t{1} << 60;
  ASSERT_TRUE(this->write([&](Sql& sql) {
    sql.run("INSERT INTO t (a, b, c, d, e) VALUES ($1, $2, $3, $4, $5)",
            {std::int64_t{-7}, std::string("ü 'x' \\"), 0.1, Blob{zeros}, big});
    sql.run("INSERT INTO t (a, b, c, d, e) VALUES ($1, $2, $3, $4, $5)",
            {std::int64_t{8}, Value{}, Value{}, Blob{}, Value{}});
  }));
  auto const rows = this->template read<std::vector<Row>>([](Sql& sql) {
    std::vector<Row> out;
    sql.query("SELECT a, b, c, d, e FROM t ORDER BY a", {},
              [&](Row const& row) { out.push_back(row); });
    return out;
  });
  ASSERT_TRUE(rows) << rows.error().what;
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0].integer(0), -7);
  EXPECT_EQ((*rows)[0].text(1), "ü 'x' \\");
  EXPECT_EQ((*rows)[0].real(2), 0.1);
  EXPECT_EQ((*rows)[0].blob(3), zeros);
  EXPECT_EQ((*rows)[0].integer(4), big);
  EXPECT_TRUE((*rows)[1].is_null(1));
  EXPECT_TRUE((*rows)[1].is_null(2));
  EXPECT_EQ((*rows)[1].blob(3), "");
}

TYPED_TEST(AnyStore, numbers_rows_by_itself_and_counts_changes) {
  std::int64_t first = 0, second = 0, changed = 0;
  ASSERT_TRUE(this->write([&](Sql& sql) {
    first = sql.one("INSERT INTO t (b) VALUES ('x') RETURNING a")->integer(0);
    second = sql.one("INSERT INTO t (b) VALUES ('y') RETURNING a")->integer(0);
    changed = sql.run("UPDATE t SET b = 'z'");
  }));
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 2);
  EXPECT_EQ(changed, 2);
}

TYPED_TEST(AnyStore, orders_texts_by_their_bytes) {
  for (auto const* text : {"b", "B", "a", "ä", "Z"})
    ASSERT_TRUE(this->insert(text[0] * 256 + text[1], text));
  auto const order = this->template read<std::string>([](Sql& sql) {
    std::string out;
    sql.query("SELECT b FROM t ORDER BY b", {}, [&](Row const& row) { out += row.text(0); });
    return out;
  });
  EXPECT_EQ(order.value(), "BZabä");
}

TYPED_TEST(AnyStore, keeps_what_was_answered_over_a_reopening) {
  EXPECT_TRUE(this->insert(1));
  EXPECT_TRUE(this->insert(2));
  EXPECT_EQ(this->insert(2).error().kind, ErrorKind::conflict);
  this->reopen();
  EXPECT_EQ(this->count(), 2);
}

TYPED_TEST(AnyStore, calls_wrong_sql_internal_and_goes_on) {
  auto const wrong = this->write([](Sql& sql) { sql.run("SELEKT"); });
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, ErrorKind::internal);
  EXPECT_TRUE(this->insert(1));
  EXPECT_FALSE(this->database->health().trouble);
}

TYPED_TEST(AnyStore, a_failing_unit_takes_only_its_own_changes_back) {
  std::vector<std::optional<ErrorKind>> answers;
  auto add = [&](Unit unit) {
    this->database->write(std::move(unit), [&](Result<void> r) {
      answers.push_back(r ? std::nullopt : std::optional(r.error().kind));
    });
  };
  auto row = [](std::int64_t a) {
    return [a](Sql& sql) { sql.run("INSERT INTO t (a) VALUES ($1)", {a}); };
  };
  add(row(1));
  add([&](Sql& sql) {
    row(2)(sql);
    row(1)(sql);
  });
  add([&](Sql& sql) {
    row(3)(sql);
    throw std::runtime_error("a bug");
  });
  add(row(4));
  this->turn_until([&] { return answers.size() == 4; });
  EXPECT_EQ(answers, (std::vector<std::optional<ErrorKind>>{std::nullopt, ErrorKind::conflict,
                                                            ErrorKind::internal, std::nullopt}));
  EXPECT_EQ(this->database->health().commits, 1u);
  EXPECT_EQ(this->integer("SELECT sum(a) FROM t"), 5);
}

TYPED_TEST(AnyStore, reads_cannot_change_anything) {
  EXPECT_FALSE(this->template read<bool>([](Sql& sql) {
    sql.run("INSERT INTO t (a) VALUES (1)");
    return true;
  }));
  EXPECT_EQ(this->count(), 0);
}

TYPED_TEST(AnyStore, a_read_sees_one_snapshot) {
  ASSERT_TRUE(this->insert(1));
  std::atomic<bool> counted = false, written = false;
  std::int64_t before = 0, after = 0;
  bool done = false;
  this->database->read(
      [&](Sql& sql) {
        before = sql.one("SELECT count(*) FROM t")->integer(0);
        counted = true;
        while (!written) std::this_thread::yield();
        after = sql.one("SELECT count(*) FROM t")->integer(0);
      },
      [&](Result<void> outcome) { done = outcome.has_value(); });
  while (!counted) std::this_thread::yield();
  ASSERT_TRUE(this->insert(2));
  written = true;
  this->turn_until([&] { return done; });
  EXPECT_EQ(before, 1);
  EXPECT_EQ(after, 1);
  EXPECT_EQ(this->count(), 2);
}

TYPED_TEST(AnyStore, closing_commits_what_waits) {
  std::optional<Result<void>> answer;
  this->database->write([](Sql& sql) { sql.run("INSERT INTO t (a) VALUES (1)"); },
                        [&](Result<void> outcome) { answer = outcome; });
  this->database->close();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(*answer);
  this->reopen();
  EXPECT_EQ(this->count(), 1);
}

TYPED_TEST(AnyStore, refuses_a_second_daemon) {
  auto const second = this->engine.open(this->io.get_executor(), this->clock, {table});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
  EXPECT_NE(second.error().what.find("another wardroomd"), std::string::npos);
  this->reopen();  // the lock goes with its holder
}

TYPED_TEST(AnyStore, refuses_a_store_of_a_newer_version_naming_both_numbers) {
  this->open({table, {142, "future", "CREATE TABLE future (a INTEGER)"}});
  this->database.reset();
  auto const older = this->engine.open(this->io.get_executor(), this->clock, {table});
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().kind, ErrorKind::denied);
  EXPECT_NE(older.error().what.find("142"), std::string::npos) << older.error().what;
  EXPECT_NE(older.error().what.find("101"), std::string::npos) << older.error().what;
}

TYPED_TEST(AnyStore, leaves_a_store_alone_that_is_not_admitted) {
  this->database.reset();
  auto const refused =
      this->engine.open(this->io.get_executor(), this->clock,
                        {table, {102, "more", "CREATE TABLE u (a INTEGER)"}}, [](Sql& sql) {
                          EXPECT_EQ(sql.one("SELECT count(*) FROM t")->integer(0), 0);
                          throw StoreError(Error{ErrorKind::denied, "sealed with another key"});
                        });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "sealed with another key");
  this->reopen();  // the further step was not taken, or this one would be too old for the store
}

TYPED_TEST(AnyStore, keeps_nothing_of_a_schema_step_that_fails) {
  this->database.reset();
  auto const broken =
      this->engine.open(this->io.get_executor(), this->clock,
                        {table, {102, "broken", "CREATE TABLE half (a INTEGER); SELEKT"}});
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().what.find("102"), std::string::npos) << broken.error().what;
  this->open({table, {102, "mended", "CREATE TABLE half (a INTEGER)"}});
  EXPECT_EQ(this->integer("SELECT count(*) FROM half"), 0);
}

TYPED_TEST(AnyStore, gives_every_store_named_values) {
  ASSERT_TRUE(this->write([](Sql& sql) {
    EXPECT_EQ(get_meta(sql, "colour"), std::nullopt);
    set_meta(sql, "colour", "red");
    set_meta(sql, "colour", "blue");
    EXPECT_EQ(get_meta(sql, "colour"), "blue");
    remove_meta(sql, "colour");
    EXPECT_EQ(get_meta(sql, "colour"), std::nullopt);
  }));
}

TYPED_TEST(AnyStore, gives_journal_numbers_that_go_on_after_a_reopening) {
  for (std::int64_t wanted = 1; wanted <= 3; ++wanted) {
    Journal journal(*this->database, this->clock);
    ASSERT_TRUE(test::run_task(this->io, journal.load()));
    EXPECT_EQ(journal.last_seq(), wanted - 1);
    std::int64_t got = 0;
    journal.append("call", 7, "callhalf-1", "{}",
                   [&](Result<std::int64_t> seq) { got = seq.value(); });
    this->turn_until([&] { return got != 0; });
    EXPECT_EQ(got, wanted);
    this->reopen();
  }
  Journal journal(*this->database, this->clock);
  auto const found = test::run_task(
      this->io,
      journal.read_latest({.kinds = {"call", "x"}, .person_no = 7, .call = "callhalf-1"}, 2));
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(found->size(), 2u);
  EXPECT_EQ(
      test::run_task(this->io, journal.forget_before(this->clock.now() + Milliseconds(1))).value(),
      2u);
}

#ifdef WARDROOM_FAILPOINTS
TYPED_TEST(AnyStore, D3_a_failing_commit_answers_every_unit_with_the_error) {
  failpoint::set("writer.before_commit:eio:1");
  int failures = 0;
  for (int i = 0; i < 3; ++i)
    this->database->write(
        [i](Sql& sql) { sql.run("INSERT INTO t (a) VALUES ($1)", {std::int64_t{i}}); },
        [&](Result<void> outcome) { failures += outcome ? 0 : 1; });
  this->turn_until([&] { return failures == 3; });
  EXPECT_EQ(this->count(), 0);
  EXPECT_TRUE(this->database->health().trouble);
  EXPECT_TRUE(this->insert(1));
  EXPECT_FALSE(this->database->health().trouble);
  failpoint::set("");
}
#endif

}  // namespace
}  // namespace wardroom::store
