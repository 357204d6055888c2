// What operators type, and whom it means.
#include "people/people_search.hpp"

#include <gtest/gtest.h>

namespace wardroom::people {
namespace {

PersonRecord person(std::string name, std::string email) {
  PersonRecord out;
  out.no = 1;
  out.name = std::move(name);
  out.email = email;
  out.emails = {std::move(email)};
  out.uuid = "5f0a6c1e-7b7b-4d6e-9d53-1f2e3d4c5b6a";
  return out;
}

TEST(Folding, takes_accents_and_case_away) {
  EXPECT_EQ(folded("Grégoire MÜLLER-Straße"), "gregoire muller-strasse");
  EXPECT_EQ(folded("Łódź Ångström"), "lodz angstrom");
  EXPECT_EQ(folded("ΑΘΗΝΑ МОСКВА Ёлка"), "αθηνα москва ёлка");
  EXPECT_EQ(folded("Hương Đặng Thị"), "huong dang thi");
  EXPECT_EQ(folded("李小龍"), "李小龍");
  EXPECT_EQ(folded("u\xCC\x88"), "u") << "a combining accent";
  EXPECT_EQ(folded("\xff\xc3"), folded("\xff\xc3")) << "broken text is compared as it is";
}

TEST(Needle, fits_parts_of_names_addresses_and_numbers_and_whole_ids) {
  auto ada = person("Adélaïde Lovelace", "ada@acme.example");
  ada.emails.push_back("al@old.example");
  ada.country_code = "43";
  ada.number = "15550100";
  ada.extension = "2042";
  ada.xsi = XsiUserId("a1s2@x.example");
  for (auto const* text :
       {"", "adelaide", "LOVE", "ada@acme", "old.example", "+43 1 5550100", "5550", "2042",
        "A1S2@x.example", "5f0a6c1e-7b7b-4d6e-9d53-1f2e3d4c5b6a"})
    EXPECT_TRUE(Needle(text).fits(ada)) << text;
  for (auto const* text : {"bob", "204", "55", "a1s2", "5f0a6c1e"})
    EXPECT_FALSE(Needle(text).fits(ada)) << text;
}

TEST(Distance, is_small_for_slips_of_the_finger) {
  auto const ada = person("Ada Lovelace", "ada.lovelace@acme.example");
  EXPECT_EQ(distance("lovelace", ada), 0u);
  EXPECT_EQ(distance("Lovelaec", ada), 2u);
  EXPECT_EQ(distance("ada.lovelce@acme.example", ada), 1u);
  EXPECT_EQ(distance("turing", ada), kFar);
  EXPECT_EQ(distance("ad", ada), kFar) << "two letters resemble everybody";
}

}  // namespace
}  // namespace wardroom::people
