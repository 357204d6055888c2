// What is hashed is unambiguous, and what is exported is harmless.
#include "audit/export.hpp"
#include "audit/head.hpp"
#include "support/seed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace wardroom::audit {
namespace {
using testing::HasSubstr;

StoredRecord random_record(test::Dice& dice) {
  // Few values and separators of the format itself: near misses are what could go wrong.
  static std::string const texts[] = {"",
                                      "a",
                                      "b",
                                      "ab",
                                      "t",
                                      "n",
                                      "i",
                                      std::string(1, '\0'),
                                      std::string("t\0\0\0\0\0\0\0\1a", 10),
                                      "ta",
                                      "an"};
  auto const text = [&] { return dice.pick(texts); };
  auto const number = [&] { return static_cast<std::int64_t>(dice.below(3)) - 1; };
  StoredRecord r;
  r.seq = number();
  r.at_ms = number();
  if (dice.one_in(2)) r.happened_ms = number();
  r.actor_kind = text();
  if (dice.one_in(2)) r.uid = number();
  r.person_no = number();
  r.web = text();
  r.action = text();
  r.object = text();
  if (dice.one_in(2)) r.before = text();
  if (dice.one_in(2)) r.after = text();
  r.correlation = text();
  r.spool = text();
  r.login_digest = text();
  r.text_digest = text();
  r.previous = text();
  return r;
}

/// The same, with one field changed or two neighbours exchanged.
StoredRecord neighbour(StoredRecord r, test::Dice& dice) {
  switch (dice.below(8)) {
    case 0:
      std::swap(r.action, r.object);
      break;
    case 1:
      std::swap(r.before, r.after);
      break;
    case 2:
      r.before = r.before ? std::nullopt : std::optional<std::string>("");
      break;
    case 3:
      r.uid = r.uid ? std::nullopt : std::optional<std::int64_t>(0);
      break;
    case 4:
      r.object = r.action + r.object;
      r.action.clear();
      break;
    case 5:
      std::swap(r.seq, r.at_ms);
      break;
    case 6:
      std::swap(r.login_digest, r.text_digest);
      break;
    default:
      r.correlation += "x";
  }
  return r;
}

TEST(AuditRecord, A1_different_records_never_share_their_canonical_bytes) {
  test::Dice dice;
  std::map<std::string, StoredRecord> seen;
  for (std::size_t i = 0; i < test::count(20'000); ++i) {
    auto const one = random_record(dice);
    for (auto const& record : {one, neighbour(one, dice)}) {
      auto const [found, added] = seen.emplace(canonical_bytes(record), record);
      EXPECT_EQ(found->second, record);
    }
  }
}

TEST(AuditRecord, canonical_json_is_one_text_for_one_value) {
  EXPECT_EQ(canonical_json("{ \"b\": 1, \"a\":[1, 2]}"), canonical_json(R"({"a":[1,2],"b":1})"));
  EXPECT_EQ(canonical_json(R"({"a":1})").value(), R"({"a":1})");
  EXPECT_EQ(canonical_json("{").error().kind, ErrorKind::malformed);
}

Entry entry() {
  Entry e{.seq = 7, .at = from_unix_ms(1'795'255'200'000)};
  e.record = {.action = "=cmd|' /C calc'!A0",
              .object = "identity admin",
              .actor = {.kind = ActorKind::cli, .uid = 1000, .login = "@anna"},
              .before = R"({"a":1})",
              .text = "says \"no\"\nand more"};
  return e;
}

TEST(AuditExport, csv_cells_are_no_formulas) {
  for (char const c : std::string("=+-@\t\r\n"))
    EXPECT_THAT(csv_cell(std::string(1, c) + "1"), testing::StartsWith("\"'")) << int(c);
  EXPECT_EQ(csv_cell("plain"), "plain");
  EXPECT_EQ(csv_cell("a,\"b\""), "\"a,\"\"b\"\"\"");
  EXPECT_EQ(csv_cell(""), "");
  auto const line = csv_line(entry());
  EXPECT_THAT(line, HasSubstr("\"'=cmd|' /C calc'!A0\""));
  EXPECT_THAT(line, HasSubstr("\"'@anna\""));
  EXPECT_THAT(line, testing::EndsWith("\"says \"\"no\"\"\nand more\"\r\n"));
}

TEST(AuditExport, json_has_values_not_texts_and_tells_what_was_erased) {
  auto e = entry();
  e.record.actor.login.clear();
  e.login_erased = true;
  auto const json = nlohmann::json::parse(to_json(e));
  EXPECT_EQ(json["before"]["a"], 1);
  EXPECT_EQ(json["actor"]["uid"], 1000);
  EXPECT_EQ(json["erased"], nlohmann::json::array({"login"}));
  EXPECT_FALSE(json.contains("after"));
  EXPECT_EQ(json["at"], "2026-11-21T10:00:00.000Z");
}

TEST(AuditHead, travels_as_a_line_and_notices_every_change) {
  auto const key = AuditKey::from_bytes(std::string(32, 'k')).value();
  auto const head = sign_head(key, 1000, std::string(32, 'h'), from_unix_ms(1'795'255'200'000));
  auto const read = parse_head("Nov 22 host wardroomd[1]: " + head_text(head) + "\n");
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, head);
  EXPECT_TRUE(is_genuine(key, *read));
  auto changed = head;
  changed.seq = 999;
  EXPECT_FALSE(is_genuine(key, changed));
  EXPECT_FALSE(is_genuine(AuditKey::from_bytes(std::string(32, 'x')).value(), head));
  for (auto const* line : {"", "audit-head v1 ", "audit-head v1 seq=1 ms=x hash=00 sig=00"})
    EXPECT_FALSE(parse_head(line)) << line;
}

}  // namespace
}  // namespace wardroom::audit
