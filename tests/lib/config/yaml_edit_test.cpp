// One value changed in the text of a file: everything else stays as it stands.
#include "config/yaml_edit.hpp"

#include "config/config_file.hpp"
#include "config/yaml_dress.hpp"

#include <gtest/gtest.h>

namespace wardroom::config {
namespace {

using Path = std::vector<std::string>;
using List = std::vector<std::string>;

struct Case {
  char const* name;
  std::string before;
  Path path;
  NewValue value;
  std::string after;
};

Case const cases[] = {
    {"a plain value",
     "a:\n  b: 1  # why\n  c: 2\n",
     {"a", "b"},
     "5m",
     "a:\n  b: 5m  # why\n  c: 2\n"},
    {"a quoted one stays quoted",
     "a: { b: \"x\" } # k\n",
     {"a", "b"},
     "y",
     "a: { b: \"y\" } # k\n"},
    {"single quotes too", "a: 'it''s'\n", {"a"}, "it's me", "a: 'it''s me'\n"},
    {"what needs quotes gets them", "a: b # c\n", {"a"}, "x: #y", "a: \"x: #y\" # c\n"},
    {"an empty text", "a: b\n", {"a"}, "", "a: \"\"\n"},
    {"a word that would be nothing", "a: b\n", {"a"}, "null", "a: \"null\"\n"},
    {"an empty value", "a:\nb: 1\n", {"a"}, "x", "a: x\nb: 1\n"},
    {"an empty value with a comment", "a:   # why\nb: 1\n", {"a"}, "x", "a: x   # why\nb: 1\n"},
    {"a tilde", "a: ~ # why\n", {"a"}, "x", "a: x # why\n"},
    {"the last line without its end", "a: 1\nb: 2", {"b"}, "3", "a: 1\nb: 3\n"},
    {"a text of several lines behind a bar",
     "a: |\n  x\n  y\n# k\nb: 1\n",
     {"a"},
     "z",
     "a: z\n# k\nb: 1\n"},
    {"a missing key goes to the end of its section",
     "a:\n  b: 1  # one\n\n# next\nc: 2\n",
     {"a", "d"},
     "x",
     "a:\n  b: 1  # one\n  d: x\n\n# next\nc: 2\n"},
    {"below a nested section",
     "a:\n    b:\n        c: 1\nd: 2\n",
     {"a", "e"},
     "x",
     "a:\n    b:\n        c: 1\n    e: x\nd: 2\n"},
    {"into braces",
     "a: { b: 1, c: [x, y] }  # k\n",
     {"a", "d"},
     "z",
     "a: { b: 1, c: [x, y], d: z }  # k\n"},
    {"into empty braces", "a: {}  # k\n", {"a", "d"}, "z", "a: { d: z }  # k\n"},
    {"into braces of several lines",
     "a: { b: 1, # one\n     c: 2 # two\n   }\n",
     {"a", "d"},
     "z",
     "a: { b: 1, # one\n     c: 2, d: z # two\n   }\n"},
    {"below an empty section",
     "a:  # nothing yet\nb: 1\n",
     {"a", "d"},
     "z",
     "a:  # nothing yet\n  d: z\nb: 1\n"},
    {"a missing section goes to the end",
     "a: 1\n# end\n",
     {"s", "k"},
     "v",
     "a: 1\n# end\n\ns:\n  k: v\n"},
    {"a missing section of a section",
     "a:\n  b: 1\n",
     {"a", "s", "k"},
     "v",
     "a:\n  b: 1\n  s:\n    k: v\n"},
    {"a missing section inside braces",
     "a: { b: 1 }\n",
     {"a", "s", "k"},
     "v",
     "a: { b: 1, s: { k: v } }\n"},
    {"an empty file", "", {"a", "b"}, "x", "a:\n  b: x\n"},
    {"a file of comments",
     "# all by default\n",
     {"a", "b"},
     "x",
     "# all by default\n\na:\n  b: x\n"},
    {"a list in brackets", "a: [\"0\", \"9\"]  # k\n", {"a"}, List{"7"}, "a: [\"7\"]  # k\n"},
    {"a new list", "a:\n  b: 1\n", {"a", "l"}, List{"x", "y z"}, "a:\n  b: 1\n  l: [x, \"y z\"]\n"},
    {"a list by lines keeps what stays",
     "a:\n  # who\n  - x # 1\n  - y # 2\n  # the end\nb: 1\n",
     {"a"},
     List{"y", "z"},
     "a:\n  # who\n  - y # 2\n  - z\n  # the end\nb: 1\n"},
    {"a list by lines, none left", "a: # k\n- x\nb: 1\n", {"a"}, List{}, "a: [] # k\nb: 1\n"},
    {"an entry of a list by its name",
     "f:\n  - name: x\n    m: 1\n  - name: y\n    m: 2 # k\n",
     {"f", "y", "m"},
     "3",
     "f:\n  - name: x\n    m: 1\n  - name: y\n    m: 3 # k\n"},
    {"a key that an entry did not have",
     "f:\n  - name: x\n    m: 1\n  - name: y\n",
     {"f", "x", "n"},
     "3",
     "f:\n  - name: x\n    m: 1\n    n: 3\n  - name: y\n"},
    {"an entry in braces",
     "f: [{ name: x, m: 1 }]\n",
     {"f", "x", "n"},
     "3",
     "f: [{ name: x, m: 1, n: 3 }]\n"},
    {"Windows line ends stay", "a: 1\r\nb: 2 # k\r\n", {"b"}, "3", "a: 1\r\nb: 3 # k\r\n"},
    {"a byte order mark stays",
     "\xEF\xBB\xBF"
     "a: 1\n",
     {"a"},
     "2",
     "\xEF\xBB\xBF"
     "a: 2\n"},
    {"before the end of the document", "a: 1\n...\n", {"s", "k"}, "v", "a: 1\ns:\n  k: v\n...\n"},
    {"a key in quotes", "\"a\": 1\n'b' : 2\n", {"b"}, "3", "\"a\": 1\n'b' : 3\n"},
    {"letters beyond ASCII", "ä: { ö: ü, n: 1 } # é\n", {"ä", "n"}, "2", "ä: { ö: ü, n: 2 } # é\n"},
    {"a URL with its colon",
     "a: b\n",
     {"a"},
     "https://x.example:1/y?z=1",
     "a: \"https://x.example:1/y?z=1\"\n"},
    {"an address with a port", "a: b\n", {"a"}, "127.0.0.1:8480", "a: 127.0.0.1:8480\n"},
};

TEST(YamlEdit, changes_what_it_is_told_and_nothing_else) {
  for (auto const& [name, before, path, value, after] : cases) {
    auto const edited = set_value(before, path, value);
    ASSERT_TRUE(edited) << name << ": " << edited.error().what;
    EXPECT_EQ(*edited, after) << name;
    Complaints complaints;
    parse_yaml(*edited, "w.yaml", complaints);
    EXPECT_TRUE(complaints.empty()) << name;
  }
}

TEST(YamlEdit, leaves_to_the_editor_what_it_cannot_change_in_place) {
  for (auto const& [before, path] :
       std::vector<std::pair<std::string, Path>>{{"a: b\n  c\n", {"a"}},
                                                 {"a: !!str b\n", {"a"}},
                                                 {"a:\n  - x\n  - y\n    z\n", {"a"}},
                                                 {"a: [x, # one\n    y]\n", {"a"}},
                                                 {"a: b\n", {"a", "c"}},
                                                 {"- a\n", {"a"}},
                                                 {"f:\n  - name: x\n", {"f", "y", "m"}}}) {
    auto const edited = set_value(before, path, List{"1"});
    ASSERT_FALSE(edited) << before << *edited;
    EXPECT_NE(edited.error().what.find("editor"), std::string::npos) << edited.error().what;
  }
  EXPECT_FALSE(set_value("a: [\n", {"a"}, "1"));
  EXPECT_FALSE(set_value("a: # who\n  [x]\n", {"a"}, List{"y"})) << "would end in the comment";
  EXPECT_FALSE(set_value("a:\n  [x]\n", {"a"}, List{"y"}));
}

TEST(YamlEdit, tells_which_lines_differ) {
  auto const lines = changed_lines("a\nb\nc\n", "a\nx\ny\nc\n");
  EXPECT_EQ(lines.line, 2u);
  EXPECT_EQ(lines.before, List{"b"});
  EXPECT_EQ(lines.after, (List{"x", "y"}));
  EXPECT_TRUE(changed_lines("a\n", "a\n").after.empty());
}

TEST(YamlEdit, quotes_no_more_than_it_must) {
  EXPECT_EQ(yaml_scalar("grace(5m)"), "grace(5m)");
  EXPECT_EQ(yaml_scalar("/run/x.sock"), "/run/x.sock");
  EXPECT_EQ(yaml_scalar("a b"), "\"a b\"");
  EXPECT_EQ(yaml_scalar("a\\\"\n"), "\"a\\\\\\\"\\n\"");
  EXPECT_EQ(yaml_scalar("x:y", true), "\"x:y\"");
  EXPECT_EQ(yaml_scalar("-1"), "\"-1\"");
}

}  // namespace
}  // namespace wardroom::config
