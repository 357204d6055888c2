// A1: whatever is done to the chain behind Wardroom's back is found, and the first bad record
// named.
#include "audit_chain.hpp"
#include "store/migrations.hpp"
#include "support/seed.hpp"
#include "support/temp_database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <iostream>
#include <unistd.h>

namespace wardroom::audit {
namespace {
using store::Blob;
using store::SqliteConnection;
using store::Value;

constexpr std::int64_t chain_length = 500;

/// What was done, and which record is the first that is bad by it; no number: nothing changed.
struct Deed {
  std::string what;
  std::optional<std::int64_t> first{};
};

struct AuditTampering : testing::Test {
  test::TempDirectory folder;
  std::string path = folder / "wardroom.db";
  AuditKey key = test::audit_key();
  SeededRandom random{7};
  std::unique_ptr<SqliteConnection> sql;
  std::vector<Head> heads;  // published at 400 and 500

  void SetUp() override {
    int const file = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    ASSERT_GE(file, 0);
    ::close(file);
    sql = std::make_unique<SqliteConnection>(path, SqliteConnection::Use::write);
    store::migrate(*sql, {audit_migration}, test::audit_time(0));
    write_records(1, chain_length);
  }
  void write_records(std::int64_t from, std::int64_t to) {
    sql->script("BEGIN");
    for (auto n = from; n <= to; ++n) {
      append(*sql, key, random, test::audit_time(n), test::sample_record(n));
      if (n % 100 == 0 && n >= 400) {
        auto const head = stored_head(*sql, key);
        heads.push_back(sign_head(key, n, head->hash, test::audit_time(n)));
      }
    }
    sql->script("COMMIT");
  }
  void renumber(std::int64_t from, std::int64_t to) {
    sql->run("UPDATE audit SET seq = $1 WHERE seq = $2", {to, from});
  }
  void swap_numbers(std::int64_t a, std::int64_t b) {
    renumber(a, 1'000'000);
    renumber(b, a);
    renumber(1'000'000, b);
  }

  Deed alter_column(test::Dice& dice);
  Deed alter_text(test::Dice& dice);
  Deed remove(test::Dice& dice);
  Deed reorder(test::Dice& dice);
  Deed forge(test::Dice& dice);
  Deed cut_off(test::Dice& dice);
  Deed touch_head(test::Dice& dice);
  Deed any(test::Dice& dice);
  std::int64_t some(test::Dice& dice, std::int64_t last = chain_length) {
    return 1 + static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(last)));
  }
};

Deed AuditTampering::alter_column(test::Dice& dice) {
  static std::string const columns[] = {"at_ms",        "happened_ms", "actor_kind",  "uid",
                                        "person_no",    "web",         "action",      "object",
                                        "before_json",  "after_json",  "correlation", "spool",
                                        "login_digest", "text_digest", "previous",    "hash"};
  auto const& column = dice.pick(columns);
  auto const n = some(dice);
  auto const old =
      sql->one(fmt::format("SELECT {0}, quote({0}) FROM audit WHERE seq = $1", column), {n});
  Value value;
  switch (dice.below(5)) {
    case 0:
      value = static_cast<std::int64_t>(dice.below(2'000));
      break;
    case 1:
      value = std::string(dice.one_in(2) ? "" : "forged");
      break;
    case 2:
      value = Blob{std::string(32, static_cast<char>(dice.below(256)))};
      break;
    case 3: {  // one bit of what is there
      auto bytes =
          sql->one(fmt::format("SELECT CAST(COALESCE({}, 'x') AS BLOB) FROM audit WHERE seq = $1",
                               column),
                   {n})
              ->blob(0);
      if (bytes.empty()) bytes = "x";
      auto& byte = bytes[dice.below(bytes.size())];
      byte = static_cast<char>(byte ^ (1 << dice.below(7)));
      bool const is_text = column != "hash" && column != "previous" && !column.ends_with("digest");
      value = is_text ? Value(bytes) : Value(Blob{bytes});
      break;
    }
    default: {  // another record's value
      sql->run(fmt::format("UPDATE audit SET {0} = (SELECT {0} FROM audit WHERE seq = $1) "
                           "WHERE seq = $2",
                           column),
               {some(dice), n});
      auto const now =
          sql->one(fmt::format("SELECT quote({}) FROM audit WHERE seq = $1", column), {n});
      return {fmt::format("{} of {} from another record", column, n),
              now->text(0) == old->text(1) ? std::nullopt : std::optional(n)};
    }
  }
  sql->run(fmt::format("UPDATE audit SET {} = $1 WHERE seq = $2", column), {value, n});
  auto const now = sql->one(fmt::format("SELECT quote({}) FROM audit WHERE seq = $1", column), {n});
  return {fmt::format("{} of {} from {} to {}", column, n, old->text(1), now->text(0)),
          now->text(0) == old->text(1) ? std::nullopt : std::optional(n)};
}

Deed AuditTampering::alter_text(test::Dice& dice) {
  auto const row =
      sql->one("SELECT seq, field FROM audit_text WHERE seq >= $1 ORDER BY seq LIMIT 1",
               {some(dice, chain_length - 5)});
  auto const n = row->integer(0);
  auto const field = row->text(1);
  static std::string const changes[] = {
      "UPDATE audit_text SET body = 'forged' WHERE seq = $1 AND field = $2",
      "UPDATE audit_text SET person_no = person_no + 1 WHERE seq = $1 AND field = $2",
      "UPDATE audit_text SET salt = x'00' WHERE seq = $1 AND field = $2",
      "UPDATE audit_text SET erased = x'00' WHERE seq = $1 AND field = $2",
      "UPDATE audit_text SET body = '', salt = x'', erased = x'0102' WHERE seq = $1 AND field = $2",
      "UPDATE audit_text SET field = 'else' WHERE seq = $1 AND field = $2",
      "DELETE FROM audit_text WHERE seq = $1 AND field = $2"};
  auto const& change = dice.pick(changes);
  sql->run(change, {n, field});
  return {fmt::format("{} ({} {})", change, n, field), n};
}

Deed AuditTampering::remove(test::Dice& dice) {
  auto const n = some(dice, chain_length - 1);
  auto const last = std::min(n + static_cast<std::int64_t>(dice.below(20)), chain_length - 1);
  bool const texts = dice.one_in(2);
  sql->run("DELETE FROM audit WHERE seq >= $1 AND seq <= $2", {n, last});
  if (texts) sql->run("DELETE FROM audit_text WHERE seq >= $1 AND seq <= $2", {n, last});
  bool const close = dice.one_in(2);  // the gap is closed by renumbering what follows
  if (close) {
    auto const by = last - n + 1;
    for (auto k = last + 1; k <= chain_length; ++k) renumber(k, k - by);
  }
  return {fmt::format("{} to {} removed, closed: {}", n, last, close), n};
}

Deed AuditTampering::reorder(test::Dice& dice) {
  auto const a = some(dice);
  auto const b = some(dice);
  if (dice.one_in(2)) {
    if (a != b) swap_numbers(a, b);
    return {fmt::format("{} and {} swapped", a, b),
            a == b ? std::nullopt : std::optional(std::min(a, b))};
  }
  // A record moves: all between go one step.
  if (a >= b) return {"nothing moved"};
  renumber(a, 1'000'000);
  for (auto k = a + 1; k <= b; ++k) renumber(k, k - 1);
  renumber(1'000'000, b);
  return {fmt::format("{} moved to {}", a, b), a};
}

Deed AuditTampering::forge(test::Dice& dice) {
  auto const n = some(dice);
  auto const copy = [&](std::int64_t to) {
    sql->run(
        "INSERT INTO audit SELECT $1, at_ms, happened_ms, actor_kind, uid, person_no, web, action, "
        "'forged', before_json, after_json, correlation, spool, login_digest, text_digest, "
        "previous, hash FROM audit WHERE seq = $2",
        {to, n});
  };
  switch (dice.below(4)) {
    case 0:
      copy(chain_length + 1);
      return {"forged at the end", chain_length + 1};
    case 1:
      copy(0);
      return {"forged at 0", 0};
    case 2: {
      auto const far = chain_length + 2 + static_cast<std::int64_t>(dice.below(1'000'000'000));
      copy(far);
      return {fmt::format("forged at {}", far), chain_length + 1};
    }
    default:
      copy(1'000'000);
      for (auto k = chain_length; k >= n; --k) renumber(k, k + 1);
      renumber(1'000'000, n);
      return {fmt::format("forged before {}", n), n};
  }
}

Deed AuditTampering::cut_off(test::Dice& dice) {
  auto const n = some(dice);
  bool const head_too = dice.one_in(2);
  auto const before = sql->one("SELECT hash, at_ms FROM audit WHERE seq = $1", {n - 1});
  sql->run("DELETE FROM audit WHERE seq >= $1", {n});
  sql->run("DELETE FROM audit_text WHERE seq >= $1", {n});
  if (head_too && n > 1) {
    // As in an older copy of the file: its head is genuine. Only what was published tells.
    auto const old = sign_head(key, n - 1, before->blob(0), from_unix_ms(before->integer(1)));
    sql->run("UPDATE audit_head SET seq = $1, at_ms = $2, hash = $3, signature = $4",
             {old.seq, unix_ms(old.at), Blob{old.hash}, Blob{old.signature}});
  }
  return {fmt::format("cut off from {}, rolled back: {}", n, head_too), n};
}

Deed AuditTampering::touch_head(test::Dice& dice) {
  static std::string const changes[] = {"UPDATE audit_head SET seq = seq - 1",
                                        "UPDATE audit_head SET seq = 'x'",
                                        "UPDATE audit_head SET at_ms = at_ms + 1",
                                        "UPDATE audit_head SET hash = x'00'",
                                        "UPDATE audit_head SET key_id = 'other'",
                                        "UPDATE audit_head SET signature = x''",
                                        "UPDATE audit_head SET signature = zeroblob(32)",
                                        "DELETE FROM audit_head"};
  auto const& change = dice.pick(changes);
  sql->script(change);
  return {change, chain_length + 1};
}

Deed AuditTampering::any(test::Dice& dice) {
  switch (dice.below(8)) {
    case 0:
      return remove(dice);
    case 1:
      return reorder(dice);
    case 2:
      return forge(dice);
    case 3:
      return cut_off(dice);
    case 4:
      return alter_text(dice);
    case 5:
      return dice.one_in(4) ? touch_head(dice) : alter_column(dice);
    default:
      return alter_column(dice);
  }
}

TEST_F(AuditTampering, A1_every_tampering_is_found_and_the_first_bad_record_named) {
  test::Dice dice;
  auto const untouched = test::verify(*sql, key, heads);
  ASSERT_TRUE(untouched.ok()) << untouched.sentence();
  ASSERT_EQ(untouched.records, chain_length);
  ASSERT_EQ(untouched.heads, 2);
  auto const wanted = test::count(300);
  std::size_t done = 0, found = 0, named = 0;
  std::map<std::string_view, int> faults;
  while (done < wanted) {
    sql->script("BEGIN");
    auto const deed = any(dice);
    if (deed.first) {
      ++done;
      auto const result = test::verify(*sql, key, heads);
      if (!result.ok()) ++found;
      if (result.first && result.first->seq == *deed.first) ++named;
      if (result.first) ++faults[name(result.first->fault)];
      EXPECT_TRUE(result.first && result.first->seq == *deed.first)
          << deed.what << ": " << result.sentence();
    }
    sql->script("ROLLBACK");
    if (testing::Test::HasFailure() && done - named > 5) break;
  }
  std::cout << "[   A1     ] " << done << " tamperings, " << found << " found, " << named
            << " with the first bad record named:";
  for (auto const& [fault, times] : faults) std::cout << ' ' << fault << ' ' << times;
  std::cout << '\n';
  EXPECT_EQ(found, done);
  EXPECT_EQ(named, done);
  EXPECT_TRUE(test::verify(*sql, key, heads).ok());
}

TEST_F(AuditTampering, A1_an_older_copy_of_the_file_is_found_by_a_published_head) {
  auto const copy = folder / "copy.db";
  auto const put_back = [&] {
    sql.reset();
    for (auto const* end : {"", "-wal", "-shm"}) std::filesystem::remove(path + end);
    std::filesystem::copy_file(copy, path);
    sql = std::make_unique<SqliteConnection>(path, SqliteConnection::Use::write);
  };
  sql.reset();  // the last handle moves the log into the file
  std::filesystem::copy_file(path, copy);
  sql = std::make_unique<SqliteConnection>(path, SqliteConnection::Use::write);
  write_records(501, 600);
  ASSERT_TRUE(test::verify(*sql, key, heads).ok());

  put_back();
  auto const cut = test::verify(*sql, key, heads);
  ASSERT_TRUE(cut.first);
  EXPECT_EQ(cut.first->fault, Fault::truncated);
  EXPECT_EQ(cut.first->seq, 501);
  EXPECT_THAT(cut.first->what, testing::HasSubstr("100 records were cut off"));

  auto const published = heads;
  random = SeededRandom(8);
  sql->script("BEGIN");
  for (int n = 501; n <= 650; ++n)
    append(*sql, key, random, test::audit_time(n + 9'999), test::sample_record(n));
  sql->script("COMMIT");
  EXPECT_TRUE(test::verify(*sql, key, {}).ok()) << "by itself the chain is genuine";
  auto const forked = test::verify(*sql, key, published);
  ASSERT_TRUE(forked.first);
  EXPECT_EQ(forked.first->fault, Fault::replaced);
  EXPECT_EQ(forked.first->seq, 501);
}

TEST_F(AuditTampering, a_record_written_after_a_tampering_leaves_the_evidence) {
  for (auto const* deed : {"DELETE FROM audit WHERE seq > 490", "DELETE FROM audit_head",
                           "UPDATE audit_head SET seq = 450, hash = x'00'"}) {
    sql->script("BEGIN");
    sql->script(deed);
    for (int n = 0; n < 3; ++n)
      append(*sql, key, random, test::audit_time(900 + n), test::sample_record(n));
    auto const result = test::verify(*sql, key);
    ASSERT_TRUE(result.first) << deed;
    EXPECT_EQ(result.first->fault, Fault::missing);
    EXPECT_EQ(result.first->seq, std::string_view(deed).contains("490") ? 491 : 501) << deed;
    sql->script("ROLLBACK");
  }
}

TEST_F(AuditTampering, a_wrong_key_is_called_a_wrong_key) {
  try {
    test::verify(*sql, test::audit_key('x'), heads);
    FAIL() << "it was taken";
  } catch (store::StoreError const& e) {
    EXPECT_EQ(e.error().kind, ErrorKind::denied);
    EXPECT_THAT(e.error().what, testing::HasSubstr(key.id()));
    EXPECT_THAT(e.error().what, testing::HasSubstr(test::audit_key('x').id()));
  }
}

TEST_F(AuditTampering, verifies_from_a_number_on_and_counts_foreign_heads) {
  auto foreign = heads.front();
  foreign.signature[0] = static_cast<char>(foreign.signature[0] ^ 1);
  auto const result = test::verify(*sql, key, {foreign, heads.back()}, 450);
  EXPECT_TRUE(result.ok()) << result.sentence();
  EXPECT_EQ(result.records, 51);
  EXPECT_EQ(result.foreign_heads, 1);
  EXPECT_EQ(result.heads, 1);
}

TEST_F(AuditTampering, erasing_texts_keeps_the_chain_valid_and_leaves_no_text) {
  auto const gone = erase_texts(*sql, key, {.person_no = 33, .logins = {"user2"}});
  EXPECT_GT(gone, 80u);
  auto const result = test::verify(*sql, key, heads);
  EXPECT_TRUE(result.ok()) << result.sentence();
  EXPECT_EQ(result.erased, static_cast<std::int64_t>(gone));
  EXPECT_FALSE(sql->one("SELECT 1 FROM audit_text WHERE body LIKE '%reason%' OR body = 'user2'"));
  EXPECT_EQ(erase_texts(*sql, key, {.person_no = 33, .logins = {"user2"}}), 0u);
}

TEST_F(AuditTampering, many_records_are_verified_in_slices_and_the_time_is_told) {
  sql->script("BEGIN");
  auto const count = static_cast<std::int64_t>(test::count(500) * 10);
  for (auto n = chain_length + 1; n <= count; ++n)
    append(*sql, key, random, test::audit_time(n), test::sample_record(n));
  sql->script("COMMIT");
  auto const start = std::chrono::steady_clock::now();
  auto const result = test::verify(*sql, key);
  auto const took =
      std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - start);
  std::cout << "[  TIME    ] " << result.records << " records verified in " << took.count()
            << " ms\n";
  EXPECT_TRUE(result.ok()) << result.sentence();
}

}  // namespace
}  // namespace wardroom::audit
