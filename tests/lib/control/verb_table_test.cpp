#include "control/verb_table.hpp"

#include "control/control_client.hpp"

#include <gtest/gtest.h>

#include <set>

namespace wardroom::control {
namespace {

TEST(VerbTable, has_each_verb_once_with_schema_summary_and_example) {
  std::set<std::string_view> words;
  for (auto const& row : verb_table()) {
    EXPECT_TRUE(words.insert(row.words).second) << row.words;
    EXPECT_TRUE(row.schema.starts_with("wardroom.") && row.schema.ends_with("/1")) << row.words;
    EXPECT_FALSE(row.summary.empty()) << row.words;
    EXPECT_FALSE(row.examples.empty()) << row.words;
    // What only reads is for everybody who may read, but for what says who did what.
    if (row.right != Right::read && !row.local)
      EXPECT_TRUE(row.changes || row.words.starts_with("audit ")) << row.words;
  }
}

TEST(VerbTable, gives_the_rights_that_were_decided) {
  for (auto const* words : {"login", "token refresh", "reload", "log-level", "audit list"})
    EXPECT_EQ(find_verb(words)->right, Right::admin) << words;
  for (auto const* words : {"monitor start", "monitor stop"})
    EXPECT_EQ(find_verb(words)->right, Right::act) << words;
  for (auto const* words : {"status", "calls why", "people list", "token show", "events"})
    EXPECT_EQ(find_verb(words)->right, Right::read) << words;
}

TEST(VerbTable, puts_words_into_paths_and_changes_into_posts) {
  EXPECT_EQ(path_of(*find_verb("calls why")), "/v1/calls/why");
  EXPECT_EQ(path_of(*find_verb("log-level")), "/v1/log-level");
  EXPECT_EQ(method_of(*find_verb("calls why")), http::Method::get);
  EXPECT_EQ(method_of(*find_verb("monitor stop")), http::Method::post);
  EXPECT_EQ(method_of(*find_verb("audit verify")), http::Method::post);
  EXPECT_EQ(find_verb("calls"), nullptr);
}

TEST(VerbTable, required_words_come_before_optional_ones) {
  for (auto const& row : verb_table()) {
    bool optional = false;
    for (auto const& param : row.params) {
      if (param.kind != ParamKind::positional) continue;
      EXPECT_FALSE(optional && param.required) << row.words;
      optional = optional || !param.required;
    }
  }
}

TEST(RequestText, escapes_what_it_carries) {
  auto const text = request_text(*find_verb("calls why"), {{"call", "a b&c=d\r\nX: y"}});
  EXPECT_TRUE(text.starts_with("GET /v1/calls/why?call=a%20b%26c%3Dd%0D%0AX%3A%20y HTTP/1.1\r\n"))
      << text;
}

}  // namespace
}  // namespace wardroom::control
