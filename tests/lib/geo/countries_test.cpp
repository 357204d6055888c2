/// The table of countries beside the data it names, and what people write.
#include "geo/countries.hpp"

#include "geo/unwrap.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace wardroom::geo {
namespace {

using testing::HasSubstr;

TEST(Countries, have_borders_each_and_none_is_left_over) {
  auto const parts = all_borders();
  ASSERT_EQ(parts.size(), areas().size());
  std::size_t rings = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    EXPECT_FALSE(parts[i].polygons.empty()) << areas()[i].name;
    for (auto const& polygon : parts[i].polygons) rings += polygon.size();
  }
  // All rings of the data, counted in the package itself: an area missing in the table would show.
  EXPECT_EQ(parts.size(), 255u);
  EXPECT_EQ(rings, 4'270u);
}

TEST(Countries, have_two_letters_and_a_number_or_neither) {
  std::set<std::string> codes;
  std::size_t nameless = 0;
  for (auto const& area : areas()) {
    EXPECT_EQ(area.number == 0, area.code.empty()) << area.name;
    EXPECT_TRUE(area.code.empty() || area.code.size() == 2) << area.name;
    codes.insert(std::string(area.code));
    nameless += area.code.empty() ? 1 : 0;
  }
  EXPECT_EQ(nameless, 16u);
  EXPECT_EQ(codes.size(), 1u + 238u);  // Australia has two areas
}

TEST(Countries, are_chosen_by_their_letters_and_areas_without_any_by_name) {
  EXPECT_EQ(choose_area("at")->label, "AT");
  EXPECT_EQ(choose_area("Austria")->label, "AT");
  EXPECT_EQ(choose_area("AU")->areas.size(), 2u);
  EXPECT_EQ(choose_area("kosovo")->label, "Kosovo");
  EXPECT_EQ(choose_area("N. Cyprus")->label, "N. Cyprus");
  EXPECT_EQ(choose_area("Somaliland")->areas.size(), 1u);
  // Serbia is without Kosovo here: who means both must say so.
  Choice const both[] = {*choose_area("RS"), *choose_area("Kosovo")};
  auto const parts = borders_of(both);
  EXPECT_NEAR(square_kilometers(parts[0].polygons[0]), 77'500, 1'500);
  EXPECT_NEAR(square_kilometers(parts[1].polygons[0]), 10'900, 400);
}

TEST(Countries, are_refused_with_what_was_probably_meant) {
  EXPECT_THAT(choose_area("UK").error().what, HasSubstr("the United Kingdom is GB"));
  EXPECT_THAT(choose_area("XK").error().what, HasSubstr("write Kosovo"));
  EXPECT_THAT(choose_area("Kosvo").error().what, HasSubstr("did you mean 'Kosovo'?"));
  EXPECT_THAT(choose_area("Autria").error().what, HasSubstr("did you mean 'Austria'?"));
  EXPECT_THAT(choose_area("AV").error().what, HasSubstr("near it are AD (Andorra)"));
  EXPECT_THAT(choose_area("RE").error().what, HasSubstr("part of FR"));
  EXPECT_THAT(choose_area("").error().what, HasSubstr("two letters of ISO 3166"));
}

TEST(Countries, have_the_vatican_though_the_data_lost_it) {
  Choice const choice[] = {*choose_area("VA")};
  auto const parts = borders_of(choice);
  EXPECT_NEAR(square_kilometers(parts[0].polygons[0]), 0.49, 0.1);
  EXPECT_EQ(border_error_of(choice), kDrawnError);
}

TEST(Countries, tell_the_package_and_the_digest_of_their_data) {
  EXPECT_THAT(border_data_version(), testing::MatchesRegex("world-atlas 2\\.0\\.2/[0-9a-f]+"));
}

}  // namespace
}  // namespace wardroom::geo
