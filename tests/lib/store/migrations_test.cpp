// Numbered steps of the schema.
#include "store/migrations.hpp"

#include "store/meta.hpp"

#include <gtest/gtest.h>

namespace wardroom::store {
namespace {

struct Migrations : testing::Test {
  SqliteConnection sql{"in memory", SqliteConnection::Use::in_memory};
  Instant now = from_unix_ms(1'000);

  Error refused(std::vector<Migration> steps) {
    try {
      migrate(sql, std::move(steps), now);
    } catch (StoreError const& e) {
      return e.error();
    }
    ADD_FAILURE() << "not refused";
    return {};
  }
};

TEST_F(Migrations, run_once_each_in_order_of_their_number) {
  migrate(sql, {{102, "second", "INSERT INTO t VALUES (2)"}, {101, "first", "CREATE TABLE t (a)"}},
          now);
  migrate(sql,
          {{101, "first", "CREATE TABLE t (a)"},
           {102, "second", "INSERT INTO t VALUES (2)"},
           {103, "third", "INSERT INTO t VALUES (3); INSERT INTO t VALUES (4)"}},
          now);
  EXPECT_EQ(sql.one("SELECT count(*) FROM t")->integer(0), 3);
}

TEST_F(Migrations, refuse_a_store_of_a_newer_version_naming_both_numbers) {
  migrate(sql, {{142, "future", "CREATE TABLE future (a)"}}, now);
  auto const error = refused({{131, "known", "CREATE TABLE known (a)"}});
  EXPECT_EQ(error.kind, ErrorKind::denied);
  EXPECT_NE(error.what.find("142"), std::string::npos) << error.what;
  EXPECT_NE(error.what.find("131"), std::string::npos) << error.what;
  EXPECT_EQ(sql.one("SELECT count(*) FROM sqlite_schema WHERE name = 'known'")->integer(0), 0);
}

TEST_F(Migrations, keep_nothing_of_a_step_that_fails) {
  auto const error = refused({{101, "broken", "CREATE TABLE half (a); SELEKT"}});
  EXPECT_NE(error.what.find("101"), std::string::npos);
  EXPECT_EQ(sql.one("SELECT count(*) FROM sqlite_schema WHERE name = 'half'")->integer(0), 0);
  migrate(sql, {{101, "mended", "CREATE TABLE half (a)"}}, now);
}

TEST_F(Migrations, refuse_two_steps_with_one_number) {
  EXPECT_EQ(refused({{101, "a", "SELECT 1"}, {101, "b", "SELECT 1"}}).kind, ErrorKind::internal);
}

TEST_F(Migrations, give_every_store_named_values) {
  migrate(sql, {}, now);
  EXPECT_EQ(get_meta(sql, "colour"), std::nullopt);
  set_meta(sql, "colour", "red");
  set_meta(sql, "colour", "blue");
  EXPECT_EQ(get_meta(sql, "colour"), "blue");
  remove_meta(sql, "colour");
  EXPECT_EQ(get_meta(sql, "colour"), std::nullopt);
}

}  // namespace
}  // namespace wardroom::store
