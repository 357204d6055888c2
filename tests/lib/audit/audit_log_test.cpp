// The daemon's side: records join units, heads are published, the key outlives the master key.
#include "audit/audit_log.hpp"

#include "audit_chain.hpp"
#include "oauth/key_rotation.hpp"
#include "runtime/system_clock.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/run_task.hpp"
#include "support/temp_database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wardroom::audit {
namespace {
using namespace std::chrono_literals;
using crypto::MasterKey;
using store::Sql;
using store::StoreError;

MasterKey master(char fill) { return *MasterKey::from_bytes(std::string(32, fill)); }

struct AuditLogFixture : testing::Test {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  SeededRandom random{3};
  test::FakeDatabase database{io, clock, {audit_migration}};
  crypto::Sealer sealer{master('m'), random};
  std::unique_ptr<AuditLog> log = open(database);

  std::unique_ptr<AuditLog> open(store::Database& in) {
    auto opened = test::run_task(io, AuditLog::open(in, clock, random, sealer));
    if (!opened) throw std::runtime_error(opened.error().what);
    return std::move(*opened);
  }
  Verification verify(std::vector<Head> heads = {}) {
    auto result = test::run_task(io, log->verify(1, std::move(heads)));
    if (!result) throw std::runtime_error(result.error().what);
    return *result;
  }
  void add(int count) {
    for (int i = 0; i < count; ++i) log->append(test::sample_record(i));
    clock.drain();
  }
};

TEST_F(AuditLogFixture, a_unit_that_is_rolled_back_leaves_no_gap) {
  std::vector<std::int64_t> numbers;
  for (int i = 0; i < 6; ++i)
    database.write(
        [&, i, now = clock.now()](Sql& sql) {
          auto const seq = log->append(sql, now, test::sample_record(i));
          if (i % 2 == 1) throw StoreError(Error{ErrorKind::conflict, "no"});
          numbers.push_back(seq);
        },
        {});
  clock.drain();
  EXPECT_EQ(numbers, (std::vector<std::int64_t>{1, 2, 3}));
  database.fail_next_commit({ErrorKind::unavailable, "disk"});
  std::optional<Error> error;
  log->append(test::sample_record(1), [&](Result<std::int64_t> r) { error = r.error(); });
  clock.drain();
  EXPECT_TRUE(error);
  std::optional<std::int64_t> next;
  log->append(test::sample_record(1), [&](Result<std::int64_t> r) { next = r.value(); });
  clock.drain();
  EXPECT_EQ(next, 4);
  EXPECT_TRUE(verify().ok()) << verify().sentence();
}

TEST_F(AuditLogFixture, refuses_what_is_no_json_too_long_or_nameless_together_with_its_unit) {
  std::vector<Record> const bad{{.action = "login", .before = "{"},
                                {.action = "login", .text = std::string(longest_record, 'x')},
                                {.object = "no action"}};
  for (auto const& record : bad) {
    std::optional<Error> error;
    log->append(record, [&](Result<std::int64_t> r) { error = r.error(); });
    clock.drain();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind, ErrorKind::malformed);
  }
  EXPECT_EQ(verify().records, 0);
}

TEST_F(AuditLogFixture, publishes_a_signed_head_at_once_hourly_and_every_thousand_records) {
  add(1);
  std::vector<Head> heads;
  log->start_publishing([&](Head const& head) { heads.push_back(head); });
  clock.drain();
  ASSERT_EQ(heads.size(), 1u);
  EXPECT_EQ(heads[0].seq, 1);
  add(998);
  EXPECT_EQ(heads.size(), 1u);
  add(5);
  ASSERT_EQ(heads.size(), 2u);
  EXPECT_GE(heads[1].seq, 1000);
  clock.advance(61min);
  ASSERT_EQ(heads.size(), 3u);
  EXPECT_EQ(heads[2].seq, 1004);
  for (auto const& head : heads) EXPECT_TRUE(is_genuine(log->key(), head));
  EXPECT_EQ(verify(heads).heads, 5) << "those given, and its own of two numbers";
  database.fail_next_commit({ErrorKind::unavailable, "disk"});
  clock.advance(59min + 30s);
  EXPECT_EQ(heads.size(), 3u);
  clock.advance(2min);
  EXPECT_EQ(heads.size(), 4u) << "tried again a minute later";
}

TEST_F(AuditLogFixture, a_tail_that_is_cut_off_while_it_runs_is_found_by_its_own_heads) {
  add(20);
  log->start_publishing([](Head const&) {});
  clock.drain();
  database.sql().run("DELETE FROM audit");
  database.sql().run("DELETE FROM audit_text");
  database.sql().run("DELETE FROM audit_head");
  auto const result = verify();
  ASSERT_TRUE(result.first);
  EXPECT_EQ(result.first->fault, Fault::truncated);
  EXPECT_EQ(result.first->seq, 1);
}

TEST_F(AuditLogFixture, lists_by_filter_newest_first_with_texts) {
  for (int i = 0; i < 5; ++i)
    log->append({.action = i % 2 == 0 ? "token refresh" : "tokenless",
                 .object = "identity admin",
                 .actor = {.kind = ActorKind::cli, .uid = 1000, .login = "anna"},
                 .after = R"({ "n" : 1 })",
                 .text = "because"});
  clock.drain();
  auto const list = [&](Filter filter, std::size_t limit = 10) {
    return test::run_task(io, log->list(std::move(filter), limit)).value();
  };
  auto const tokens = list({.action = "token"});
  ASSERT_EQ(tokens.size(), 3u);
  EXPECT_EQ(tokens[0].seq, 5);
  EXPECT_EQ(tokens[0].record.actor.login, "anna");
  EXPECT_EQ(tokens[0].record.text, "because");
  EXPECT_EQ(tokens[0].record.after, R"({"n":1})");
  EXPECT_EQ(list({}, 2).size(), 2u);
  EXPECT_EQ(list({.before = 3}).size(), 2u);
  EXPECT_EQ(list({.kind = ActorKind::web}).size(), 0u);
  EXPECT_EQ(list({.uid = 1000, .since = clock.now()}).size(), 5u);
  EXPECT_EQ(list({.until = clock.now()}).size(), 0u);

  auto const gone = test::run_task(
      io, log->erase({.logins = {"anna"}}, {.action = "privacy erase", .object = "uid 1000"}));
  EXPECT_EQ(gone.value(), 5u);
  auto const after = list({});
  ASSERT_EQ(after.size(), 6u);
  EXPECT_EQ(after[0].record.action, "privacy erase");
  EXPECT_TRUE(after[1].login_erased);
  EXPECT_EQ(after[1].record.actor.login, "");
  EXPECT_EQ(after[1].record.text, "because");
  EXPECT_TRUE(verify().ok()) << verify().sentence();
}

TEST_F(AuditLogFixture, secrets_stand_as_keyed_hashes) {
  EXPECT_EQ(log->key().digest("s3cret"), log->key().digest("s3cret"));
  EXPECT_NE(log->key().digest("s3cret"), log->key().digest("s3creu"));
  EXPECT_EQ(log->key().digest("s3cret").size(), 32u);
}

TEST_F(AuditLogFixture, goes_on_after_a_restart) {
  add(3);
  log.reset();
  test::FakeDatabase again(io, clock, {audit_migration}, database.disk());
  auto second = open(again);
  std::optional<std::int64_t> seq;
  second->append(test::sample_record(1), [&](Result<std::int64_t> r) { seq = r.value(); });
  clock.drain();
  EXPECT_EQ(seq, 4);
  auto const result = test::run_task(io, second->verify(1, {}));
  EXPECT_TRUE(result->ok()) << result->sentence();
}

TEST_F(AuditLogFixture, R129_a_new_master_key_leaves_the_chain_as_it_is) {
  static oauth::SealedTable const audit_keys{key_table, "name", "generation", {"sealed"}};
  auto const settle = [&](char key, std::optional<MasterKey> const& old) {
    return test::run_task(
        io, oauth::settle_key(database, master(key), old, random, std::span(&audit_keys, 1)));
  };
  ASSERT_TRUE(settle('m', std::nullopt));
  add(3);
  auto const id = log->key().id();
  ASSERT_EQ(settle('n', master('m'))->step, oauth::KeyStep::rotated);
  crypto::Sealer const renewed(master('n'), random);
  auto after = test::run_task(io, AuditLog::open(database, clock, random, renewed));
  ASSERT_TRUE(after) << after.error().what;
  EXPECT_EQ((*after)->key().id(), id);
  (*after)->append(test::sample_record(2));
  clock.drain();
  EXPECT_EQ(verify().records, 4);
  EXPECT_TRUE(verify().ok()) << verify().sentence();
  EXPECT_EQ(test::run_task(io, AuditLog::open(database, clock, random, sealer)).error().kind,
            ErrorKind::denied);
}

/// The real store: eight writers queue at once; the chain is in the order of their commits.
TEST(AuditOrder, A1_the_chain_has_the_order_of_the_commits_under_eight_writers) {
  test::TempDirectory folder;
  boost::asio::io_context io{1};
  SystemClock clock(io.get_executor());
  SystemRandom random;
  constexpr store::Migration table{950, "changes of this test",
                                   "CREATE TABLE changes (no INTEGER PRIMARY KEY, seq BIGINT)"};
  auto database =
      test::open_store(io.get_executor(), clock, folder / "wardroom.db", {audit_migration, table});
  AuditLog log(*database, clock, random, io.get_executor(), test::audit_key());
  auto const writer = [&](int who) -> Task<void> {
    for (int i = 0; i < 40; ++i) {
      auto const record = test::sample_record(who * 100 + i);
      bool const fails = i % 9 == 8;
      auto const done =
          co_await database->write([&log, record, fails, now = clock.now()](Sql& sql) {
            auto const seq = log.append(sql, now, record);
            sql.run("INSERT INTO changes (seq) VALUES ($1)", {seq});
            if (fails) throw StoreError(Error{ErrorKind::conflict, "no"});
          });
      EXPECT_EQ(done.has_value(), !fails);
    }
  };
  auto const all = [&]() -> Task<void> {
    using namespace boost::asio::experimental::awaitable_operators;
    co_await (writer(0) && writer(1) && writer(2) && writer(3) && writer(4) && writer(5) &&
              writer(6) && writer(7));
  };
  test::run_task(io, all());
  auto const result = test::run_task(io, log.verify(1, {}));
  ASSERT_TRUE(result) << result.error().what;
  EXPECT_TRUE(result->ok()) << result->sentence();
  EXPECT_EQ(result->records, 8 * 36);
  auto const same = test::run_task(io, database->read<std::int64_t>([](Sql& sql) {
    return sql.one("SELECT COUNT(*) FROM changes WHERE no = seq")->integer(0);
  }));
  EXPECT_EQ(same.value(), 8 * 36);
  database->close();
}

}  // namespace
}  // namespace wardroom::audit
