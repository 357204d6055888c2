// The tools of the rules: case folding, words in a text, globs; each against a plain second way.
#include "features/space_sync/fold.hpp"
#include "features/space_sync/glob.hpp"
#include "features/space_sync/word_finder.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

namespace wardroom::space_sync {
namespace {

TEST(Folding, makes_texts_equal_that_differ_in_case_alone) {
  EXPECT_EQ(folded("Sales & R-D 42[]"), "sales & r-d 42[]");
  EXPECT_EQ(folded("ÄÖÜ"), folded("äöü"));
  EXPECT_EQ(folded("Straße"), folded("STRASSE"));
  EXPECT_EQ(folded("ΣΊΣΥΦΟΣ"), folded("Σίσυφος"));
  EXPECT_EQ(folded("Отдел"), folded("ОТДЕЛ"));
  EXPECT_EQ(folded("e\xCC\x81"), folded("É")) << "an accent of its own";
  EXPECT_NE(folded("Büro"), folded("Buro"));
  EXPECT_EQ(folded("A\xFF"), "a\xFF") << "no UTF-8: ASCII alone";
  EXPECT_EQ(folded(""), "");
}

TEST(Folding, gives_domains_the_name_the_DNS_knows) {
  EXPECT_EQ(folded_domain("Müller.EXAMPLE"), "xn--mller-kva.example");
  EXPECT_EQ(folded_domain("XN--mller-kva.example"), "xn--mller-kva.example");
  EXPECT_NE(folded_domain("straße.example"), folded_domain("strasse.example"));
  EXPECT_EQ(folded_address("JÖRG@Müller.example"), "jörg@xn--mller-kva.example");
  EXPECT_EQ(folded_address("no address"), "no address");
  std::string const endless = std::string(2000, 'a') + "ü.example";
  EXPECT_EQ(folded_domain(endless), endless) << "what is no domain is only folded";
}

TEST(Folding, of_a_person_is_the_same_as_of_each_text) {
  FoldRoom room;
  std::vector<std::string> const texts{"Ada@Acme.Example",    "Büro", std::string(900, 'X'),
                                       std::string(900, 'Y'), "",     "Z",
                                       "x@MÜLLER.example"};
  std::vector<std::string_view> views;
  for (auto const& text : texts) views.push_back(room.text(text));
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(views[i], folded(texts[i]));
  EXPECT_EQ(room.address("x@MÜLLER.example"), folded_address("x@MÜLLER.example"));
}

TEST(WordFinder, finds_a_word_wherever_it_stands) {
  std::vector<std::string> const words{"contractor", "act", "", "tor"};
  WordFinder const finder(words);
  for (auto const* text : {"contractors", "a contractor", "actor", "tor", "contrator"})
    EXPECT_TRUE(finder.any_in(text)) << text;
  for (auto const* text : {"", "contra", "to", "cont r actio n"})
    EXPECT_EQ(finder.any_in(text), std::string_view(text).contains("act")) << text;
  EXPECT_FALSE(WordFinder({}).any_in("anything"));
}

TEST(WordFinder, agrees_with_looking_for_each_word_by_itself) {
  test::Dice dice(1);
  auto const text = [&](std::size_t longest) {
    std::string out;
    for (auto n = dice.below(longest + 1); n > 0; --n) out += "abc\xC3"[dice.below(4)];
    return out;
  };
  for (auto n = test::count(20'000); n > 0; --n) {
    std::vector<std::string> words;
    for (auto count = dice.below(6); count > 0; --count) words.push_back(text(5));
    auto const where = text(30);
    bool expected = false;
    for (auto const& word : words) expected = expected || (!word.empty() && where.contains(word));
    ASSERT_EQ(WordFinder(words).any_in(where), expected);
  }
}

/// By its definition.
bool slow_glob(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*')
    return slow_glob(pattern.substr(1), text) ||
           (!text.empty() && slow_glob(pattern, text.substr(1)));
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) &&
         slow_glob(pattern.substr(1), text.substr(1));
}

TEST(Glob, agrees_with_its_definition) {
  test::Dice dice(2);
  for (auto n = test::count(20'000); n > 0; --n) {
    std::string pattern, text;
    for (auto count = dice.below(8); count > 0; --count) pattern += "ab*?*"[dice.below(5)];
    for (auto count = dice.below(10); count > 0; --count) text += "ab"[dice.below(2)];
    ASSERT_EQ(fits_glob(pattern, text), slow_glob(pattern, text)) << pattern << " " << text;
  }
}

TEST(Glob, is_not_slow_for_many_stars) {
  std::string pattern, text(2000, 'a');
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(fits_glob(pattern + "*b", text));
  EXPECT_TRUE(fits_glob(pattern, text));
}

}  // namespace
}  // namespace wardroom::space_sync
