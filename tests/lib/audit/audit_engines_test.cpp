// The audit on both engines: the chain, its order, its texts, its lists, and what tampering leaves.
#include "audit/audit_log.hpp"
#include "audit_chain.hpp"
#include "lib/store/engines.hpp"
#include "support/seed.hpp"

#include <gmock/gmock.h>

namespace wardroom::audit {
namespace {
using store::Blob;
using store::Sql;
using store::StoreError;

crypto::MasterKey master(char fill) {
  return *crypto::MasterKey::from_bytes(std::string(32, fill));
}

template <class Engine>
struct AuditOn : test::EngineFixture<Engine> {
  SystemRandom random;
  crypto::Sealer sealer{master('m'), random};
  std::unique_ptr<AuditLog> log;

  void SetUp() override {
    constexpr store::Migration table{950, "changes of this test",
                                     "CREATE TABLE changes (no INTEGER PRIMARY KEY, seq BIGINT)"};
    this->open({audit_migration, table});
    log = open_log().value();
  }
  void TearDown() override {
    if (this->database) this->database->close();
  }
  Result<std::unique_ptr<AuditLog>> open_log() {
    return test::run_task(this->io, AuditLog::open(*this->database, this->clock, random, sealer));
  }
  void add(int count, int from = 0) {
    for (int i = from; i < from + count; ++i)
      ASSERT_TRUE(test::run_task(this->io, log->commit(test::sample_record(i))));
  }
  Verification verify(std::vector<Head> heads = {}, std::int64_t from = 1) {
    auto found = test::run_task(this->io, log->verify(from, std::move(heads)));
    if (!found) throw std::runtime_error(found.error().what);
    return *found;
  }
  std::vector<Entry> list(Filter filter, std::size_t limit = 100) {
    return test::run_task(this->io, log->list(std::move(filter), limit)).value();
  }
  /// Behind Wardroom's back.
  void change(std::string sql) {
    auto const done = this->write([sql = std::move(sql)](Sql& s) { s.run(sql); });
    ASSERT_TRUE(done) << done.error().what;
  }
};

TYPED_TEST_SUITE(AuditOn, test::Engines, test::EngineNames);

TYPED_TEST(AuditOn, A1_verifies_what_it_wrote_and_goes_on_after_a_restart) {
  this->add(40);
  auto const before = this->verify();
  EXPECT_TRUE(before.ok()) << before.sentence();
  EXPECT_EQ(before.records, 40);
  auto const id = this->log->key().id();
  this->log = this->open_log().value();
  EXPECT_EQ(this->log->key().id(), id);
  this->add(3, 40);
  EXPECT_EQ(this->verify().records, 43);
  EXPECT_TRUE(this->verify().ok()) << this->verify().sentence();
}

TYPED_TEST(AuditOn, A1_the_chain_has_the_order_of_the_commits_under_eight_writers) {
  auto& database = *this->database;
  auto& log = *this->log;
  auto const now = this->clock.now();
  auto const writer = [&](int who) -> Task<void> {
    for (int i = 0; i < 12; ++i) {
      auto const record = test::sample_record(who * 100 + i);
      bool const fails = i % 9 == 8;
      auto const done = co_await database.write([&log, record, fails, now](Sql& sql) {
        auto const seq = log.append(sql, now, record);
        sql.run("INSERT INTO changes (no, seq) SELECT COALESCE(MAX(no), 0) + 1, $1 FROM changes",
                {seq});
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
  test::run_task(this->io, all());
  auto const result = this->verify();
  EXPECT_TRUE(result.ok()) << result.sentence();
  EXPECT_EQ(result.records, 8 * 11);
  EXPECT_EQ(this->integer("SELECT COUNT(*) FROM changes WHERE no = seq"), 8 * 11);
}

TYPED_TEST(AuditOn, A1_each_kind_of_tampering_is_found_and_the_first_bad_record_named) {
  this->add(60);
  auto const head = test::run_task(this->io, this->log->publish()).value();
  ASSERT_EQ(head.seq, 60);
  struct Deed {
    std::vector<std::string> sql;
    std::int64_t first;
    Fault fault;
  };
  std::string const copy =
      "INSERT INTO audit SELECT 61, at_ms, happened_ms, actor_kind, uid, person_no, web, action, "
      "'forged', before_json, after_json, correlation, spool, login_digest, text_digest, previous, "
      "hash FROM audit WHERE seq = 60";
  std::vector<Deed> const deeds{
      {{"UPDATE audit SET action = 'nothing' WHERE seq = 12"}, 12, Fault::altered},
      {{"UPDATE audit SET at_ms = at_ms + 1 WHERE seq = 12"}, 12, Fault::altered},
      {{"UPDATE audit SET uid = 4242 WHERE seq = 13"}, 13, Fault::altered},
      {{"UPDATE audit SET hash = previous WHERE seq = 31"}, 31, Fault::altered},
      {{"UPDATE audit_text SET body = 'somebody else' WHERE seq = 15 AND field = 'text'"},
       15,
       Fault::altered},
      {{"DELETE FROM audit_text WHERE seq = 15"}, 15, Fault::altered},
      {{"DELETE FROM audit WHERE seq = 20"}, 20, Fault::missing},
      {{"DELETE FROM audit WHERE seq = 20", "UPDATE audit SET seq = seq + 1000 WHERE seq > 20",
        "UPDATE audit SET seq = seq - 1001 WHERE seq > 1000"},
       20,
       Fault::reordered},
      {{"UPDATE audit SET seq = 5000 WHERE seq = 7", "UPDATE audit SET seq = 7 WHERE seq = 8",
        "UPDATE audit SET seq = 8 WHERE seq = 5000"},
       7,
       Fault::reordered},
      {{copy}, 61, Fault::altered},
      {{"DELETE FROM audit WHERE seq > 55"}, 56, Fault::truncated},
      {{"DELETE FROM audit WHERE seq > 55", "DELETE FROM audit_text WHERE seq > 55",
        "DELETE FROM audit_head"},
       56,
       Fault::head_altered},
      {{"UPDATE audit_head SET at_ms = at_ms + 1"}, 61, Fault::head_altered},
  };
  // Each on the same good chain, which is put back from copies afterwards.
  for (auto const* table : {"audit", "audit_text", "audit_head"})
    this->change(fmt::format("CREATE TABLE kept_{0} AS SELECT * FROM {0}", table));
  for (auto const& deed : deeds) {
    for (auto const& sql : deed.sql) this->change(sql);
    auto const result = this->verify({head});
    EXPECT_FALSE(result.ok());
    ASSERT_TRUE(result.first) << deed.sql.front();
    EXPECT_EQ(result.first->seq, deed.first) << deed.sql.front() << ": " << result.sentence();
    EXPECT_EQ(name(result.first->fault), name(deed.fault))
        << deed.sql.front() << ": " << result.sentence();
    for (auto const* table : {"audit", "audit_text", "audit_head"}) {
      this->change(fmt::format("DELETE FROM {}", table));
      this->change(fmt::format("INSERT INTO {0} SELECT * FROM kept_{0}", table));
    }
    ASSERT_TRUE(this->verify({head}).ok()) << this->verify({head}).sentence();
  }
}

TYPED_TEST(AuditOn, A1_a_bit_that_is_flipped_in_any_column_of_text_or_bytes_is_found) {
  this->add(50);
  test::Dice dice;
  static std::string const columns[] = {"hash", "previous", "login_digest", "text_digest"};
  static std::string const texts[] = {"action", "object", "web", "correlation", "actor_kind"};
  auto const rounds = test::count(60);
  for (std::size_t round = 0; round < rounds; ++round) {
    auto const seq = 1 + static_cast<std::int64_t>(dice.below(50));
    bool const bytes = dice.one_in(2);
    auto const& column = bytes ? dice.pick(columns) : dice.pick(texts);
    auto const bit = 1 << dice.below(bytes ? 8 : 5);
    auto const where = dice.below(4);
    auto const query = fmt::format("SELECT {} FROM audit WHERE seq = $1", column);
    auto const put = fmt::format("UPDATE audit SET {} = $1 WHERE seq = $2", column);
    auto const old = this->template read<std::string>([&](Sql& sql) {
                           auto const row = sql.one(query, {seq});
                           return bytes ? row->blob(0) : row->text(0);
                         })
                         .value();
    auto changed = old.empty() ? std::string("x") : old;
    if (!old.empty()) {
      auto& byte = changed[where % changed.size()];
      byte = static_cast<char>(byte ^ bit);
      if (!bytes && (byte < ' ' || byte == 127)) byte = '~';
    }
    auto const write = [&](std::string const& value) {
      auto const done = this->write([&](Sql& sql) {
        sql.run(put, {bytes ? store::Value(Blob{value}) : store::Value(value), seq});
      });
      ASSERT_TRUE(done) << done.error().what;
    };
    write(changed);
    auto const result = this->verify();
    ASSERT_TRUE(result.first) << column << " of " << seq;
    EXPECT_EQ(result.first->seq, seq) << column << ": " << result.sentence();
    write(old);
  }
  EXPECT_TRUE(this->verify().ok());
}

TYPED_TEST(AuditOn, lists_by_every_filter_and_never_what_was_erased) {
  auto const commit = [&](Record record) {
    ASSERT_TRUE(test::run_task(this->io, this->log->commit(std::move(record))));
  };
  commit({.action = "token refresh",
          .object = "identity admin",
          .actor = {.kind = ActorKind::uid, .uid = 1000, .login = "anna"},
          .after = R"({ "n" : 1 })",
          .correlation = "c1",
          .text = "because"});
  commit({.action = "tokenless", .actor = {.kind = ActorKind::uid, .uid = 0, .login = "root"}});
  commit({.action = "login",
          .actor = {.kind = ActorKind::web, .login = "ada@acme.example", .person_no = 17}});
  EXPECT_EQ(this->list({}).size(), 3u);
  EXPECT_EQ(this->list({}, 2).size(), 2u);
  EXPECT_EQ(this->list({.action = "token"}).size(), 1u);
  EXPECT_EQ(this->list({.object = "identity admin"}).size(), 1u);
  EXPECT_EQ(this->list({.kind = ActorKind::web}).size(), 1u);
  EXPECT_EQ(this->list({.uid = 0}).size(), 1u);
  EXPECT_EQ(this->list({.login = "anna"}).size(), 1u);
  EXPECT_EQ(this->list({.login = "ada@acme.example"}).size(), 1u);
  EXPECT_EQ(this->list({.person_no = 17}).size(), 1u);
  EXPECT_EQ(this->list({.correlation = "c1"}).front().record.after, R"({"n":1})");
  EXPECT_EQ(this->list({.before = 3}).size(), 2u);
  EXPECT_EQ(this->list({.since = this->clock.now() + std::chrono::hours(1)}).size(), 0u);

  auto const gone = test::run_task(
      this->io, this->log->erase({.person_no = 17, .logins = {"anna"}}, {.action = "erase"}));
  EXPECT_EQ(gone.value(), 2u);
  EXPECT_EQ(this->list({.login = "anna"}).size(), 0u);
  EXPECT_TRUE(this->list({.uid = 1000}).front().login_erased);
  EXPECT_EQ(this->list({.uid = 1000}).front().record.text, "because");
  EXPECT_TRUE(this->verify().ok()) << this->verify().sentence();
  EXPECT_EQ(this->verify().erased, 2);
}

TYPED_TEST(AuditOn, the_spool_writes_each_record_once_even_when_an_answer_got_lost) {
  ASSERT_TRUE(this->log->spool().keep({.action = "reject", .object = "call 1"},
                                      this->clock.now() - std::chrono::seconds(5)));
  auto const waiting = this->log->spool().oldest(1).front();
  ASSERT_TRUE(test::run_task(this->io, this->log->commit(waiting))) << "as if committed before";
  EXPECT_EQ(test::run_task(this->io, this->log->flush_spool()).value(), 1u);
  EXPECT_TRUE(this->log->spool().empty());
  EXPECT_EQ(this->list({}).size(), 1u);
  EXPECT_TRUE(this->list({}).front().record.happened);
}

TYPED_TEST(AuditOn, without_its_key_no_new_one_is_made_as_long_as_there_are_records) {
  this->change("DELETE FROM audit_keys");
  ASSERT_TRUE(this->open_log()) << "nothing is written yet, so nothing is lost";
  this->log = this->open_log().value();
  this->add(1);
  this->change("DELETE FROM audit_keys");
  auto const refused = this->open_log();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::denied);
  EXPECT_THAT(refused.error().what, testing::HasSubstr("backup"));
}

}  // namespace
}  // namespace wardroom::audit
