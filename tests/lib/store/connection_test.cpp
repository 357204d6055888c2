// Statements, values and errors of one SQLite handle.
#include "store/batch.hpp"

#include <gtest/gtest.h>

namespace wardroom::store {
namespace {

using Use = SqliteConnection::Use;

struct Connection : testing::Test {
  SqliteConnection sql{"in memory", Use::in_memory};
};

TEST_F(Connection, gives_values_back_as_they_were_stored) {
  sql.script("CREATE TABLE t (a, b, c, d, e)");
  std::string const zeros("a\0b", 3);
  sql.run("INSERT INTO t VALUES ($1, $2, $3, $4, $5)",
          {std::int64_t{-7}, 2.5, std::string("ü"), Blob{zeros}, Value{}});
  auto const row = sql.one("SELECT * FROM t");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->integer(0), -7);
  EXPECT_EQ(row->real(1), 2.5);
  EXPECT_EQ(row->real(0), -7.0);
  EXPECT_EQ(row->text(2), "ü");
  EXPECT_EQ(row->blob(3), zeros);
  EXPECT_TRUE(row->is_null(4));
  EXPECT_THROW((void)row->text(0), std::logic_error);
  EXPECT_THROW((void)row->integer(9), std::logic_error);
}

TEST_F(Connection, numbers_parameters_by_their_digits_not_by_their_place) {
  auto const row = sql.one("SELECT $2, $1, $2", {std::int64_t{1}, std::int64_t{2}});
  EXPECT_EQ(row->integer(0), 2);
  EXPECT_EQ(row->integer(1), 1);
  EXPECT_EQ(row->integer(2), 2);
}

TEST_F(Connection, refuses_a_wrong_number_of_parameters_and_a_second_statement) {
  EXPECT_THROW(sql.run("SELECT $1"), StoreError);
  EXPECT_THROW(sql.run("SELECT 1; SELECT 2"), StoreError);
  EXPECT_THROW(sql.run("SELECT ?", {std::int64_t{1}}), StoreError);
}

TEST_F(Connection, runs_the_same_statement_inside_itself) {
  sql.script("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)");
  int pairs = 0;
  sql.query("SELECT a FROM t", {},
            [&](Row const&) { sql.query("SELECT a FROM t", {}, [&](Row const&) { ++pairs; }); });
  EXPECT_EQ(pairs, 4);
}

TEST_F(Connection, is_usable_after_a_callback_threw) {
  sql.script("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)");
  EXPECT_THROW(sql.query("SELECT a FROM t", {}, [](Row const&) { throw std::runtime_error("x"); }),
               std::runtime_error);
  EXPECT_EQ(sql.run("UPDATE t SET a = a + 1"), 2);
}

TEST_F(Connection, forgets_old_statements_rather_than_growing_for_ever) {
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(sql.one("SELECT " + std::to_string(i))->integer(0), i);
}

TEST_F(Connection, calls_a_broken_constraint_a_conflict_and_wrong_sql_internal) {
  sql.script("CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1)");
  try {
    sql.run("INSERT INTO t VALUES (1)");
    FAIL();
  } catch (StoreError const& e) {
    EXPECT_EQ(e.error().kind, ErrorKind::conflict);
  }
  try {
    sql.run("SELEKT");
    FAIL();
  } catch (StoreError const& e) {
    EXPECT_EQ(e.error().kind, ErrorKind::internal);
  }
}

TEST_F(Connection, a_failing_unit_takes_only_its_own_changes_back) {
  sql.script("CREATE TABLE t (a UNIQUE)");
  auto insert = [](std::int64_t a) {
    return [a](Sql& s) { s.run("INSERT INTO t VALUES ($1)", {a}); };
  };
  Unit const units[] = {insert(1),
                        [&](Sql& s) {
                          insert(2)(s);
                          insert(1)(s);
                        },
                        [&](Sql& s) {
                          insert(3)(s);
                          throw std::runtime_error("a bug");
                        },
                        insert(4)};
  auto const result = run_batch(sql, units);
  EXPECT_FALSE(result.trouble);
  ASSERT_EQ(result.answers.size(), 4u);
  EXPECT_TRUE(result.answers[0]);
  EXPECT_EQ(result.answers[1].error().kind, ErrorKind::conflict);
  EXPECT_EQ(result.answers[2].error().kind, ErrorKind::internal);
  EXPECT_TRUE(result.answers[3]);
  EXPECT_EQ(sql.one("SELECT group_concat(a) FROM (SELECT a FROM t ORDER BY a)")->text(0), "1,4");
}

TEST_F(Connection, a_transaction_given_up_by_the_database_fails_every_unit) {
  sql.script("CREATE TABLE t (a)");
  Unit const units[] = {[](Sql& s) { s.run("INSERT INTO t VALUES (1)"); },
                        [](Sql& s) {
                          s.run("ROLLBACK");
                          throw StoreError(Error{ErrorKind::unavailable, "the disk is full"});
                        },
                        [](Sql& s) { s.run("INSERT INTO t VALUES (2)"); }};
  auto const result = run_batch(sql, units);
  ASSERT_TRUE(result.trouble);
  for (auto const& answer : result.answers) EXPECT_EQ(answer.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(sql.one("SELECT count(*) FROM t")->integer(0), 0);
}

}  // namespace
}  // namespace wardroom::store
