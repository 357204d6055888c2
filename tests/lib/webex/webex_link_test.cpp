// Paging: the next page is followed at home and nowhere else.
#include "cisco/webex/webex_link.hpp"

#include <gtest/gtest.h>

namespace wardroom::webex {
namespace {

std::string next(std::string header) {
  auto const link = next_link({{"link", std::move(header)}});
  return link ? link->value_or("none") : "cut";
}
std::string const asked = "https://webexapis.com/v1/people?max=100";

TEST(LinkHeader, gives_its_next_link) {
  EXPECT_EQ(next("<https://a/b?x&after=Y,z>; rel=\"next\""), "https://a/b?x&after=Y,z");
  EXPECT_EQ(next("<https://a/first>; rel=\"first\", <https://a/n>; title=\"t\"; rel=next"),
            "https://a/n");
  EXPECT_EQ(next("<https://a/n>; title=\"one, \\\"two\\\"; rel=prev\"; rel=next"), "https://a/n")
      << "a list must not look complete because of a comma in a title";
  EXPECT_EQ(next("<https://a/p>; title=\"x; rel=next\"; rel=prev"), "none");
  EXPECT_EQ(next("<https://a/n>;REL=\"prev NEXT\""), "https://a/n");
  for (auto const* none : {"", "<https://a/p>; rel=\"prev\"", "<https://a/n>; rel=\"nextish\""})
    EXPECT_EQ(next(none), "none") << none;
  EXPECT_EQ(*next_link({{"Link", "<https://a/p>; rel=prev"}, {"Link", "<https://a/n>; rel=next"}}),
            "https://a/n");
}

TEST(LinkHeader, that_was_cut_does_not_say_that_there_is_no_next_page) {
  for (auto const* cut : {"<https://a/n", "https://a/n; rel=next", "<https://a/n>",
                          "<https://a/n>;", "<https://a/n>; rel=\"nex", "<"})
    EXPECT_EQ(next(cut), "cut") << cut;
}

TEST(NextLink, is_followed_on_the_same_origin_and_path) {
  EXPECT_EQ(*follow("https://webexapis.com/v1/people?max=100&before&after=Y2k", asked),
            "https://webexapis.com/v1/people?max=100&before&after=Y2k");
  EXPECT_EQ(*follow("https://WEBEXAPIS.com:443/v1/people?cursor=2", asked),
            "https://WEBEXAPIS.com:443/v1/people?cursor=2");
}

TEST(NextLink, loses_the_null_maximum) {
  EXPECT_EQ(*follow("https://webexapis.com/v1/people?max=null&after=Y", asked),
            "https://webexapis.com/v1/people?after=Y");
  EXPECT_EQ(*follow("https://webexapis.com/v1/people?after=Y&max=null", asked),
            "https://webexapis.com/v1/people?after=Y");
}

TEST(NextLink, gets_back_the_filters_it_has_lost) {
  std::string const first =
      "https://webexapis.com/v1/messages?roomId=R&max=100&mentionedPeople=me&flag";
  EXPECT_EQ(*follow("https://webexapis.com/v1/messages?roomId=R&max=100&beforeMessage=M", first),
            "https://webexapis.com/v1/messages?roomId=R&max=100&beforeMessage=M&mentionedPeople=me"
            "&flag");
  EXPECT_EQ(*follow("https://webexapis.com/v1/messages", first),
            "https://webexapis.com/v1/messages?roomId=R&mentionedPeople=me&flag");
  EXPECT_EQ(
      *follow("https://webexapis.com/v1/people?after=Y&&x=1#y", "https://webexapis.com/v1/people"),
      "https://webexapis.com/v1/people?after=Y&x=1");
}

TEST(NextLink, that_asks_for_something_else_is_refused) {
  std::string const first = "https://webexapis.com/v1/memberships?roomId=R%2F1&max=100";
  EXPECT_TRUE(follow("https://webexapis.com/v1/memberships?roomId=R/1&max=50&cursor=M", first));
  for (auto const* other : {"https://webexapis.com/v1/memberships?roomId=S&cursor=M",
                            "https://webexapis.com/v1/memberships?roomId&cursor=M",
                            "https://webexapis.com/v1/memberships?roomId=R%2F1&roomId=S"}) {
    auto const refused = follow(other, first);
    ASSERT_FALSE(refused) << other;
    EXPECT_EQ(refused.error().kind, ErrorKind::malformed);
  }
}

TEST(Cursors, are_told_apart_whatever_the_size_of_a_page_and_the_order_say) {
  EXPECT_EQ(cursor_of("https://a/v1/people?max=100&after=Y&x=1"),
            cursor_of("https://a/v1/people?x=1&after=Y&max=50"));
  EXPECT_NE(cursor_of("https://a/v1/people?after=Y"), cursor_of("https://a/v1/people?after=Z"));
}

TEST(NextLink, to_anywhere_else_is_refused) {
  for (auto const* bad : {"https://evil.example/v1/people?after=Y",
                          "http://webexapis.com/v1/people?after=Y",
                          "https://webexapis.com:444/v1/people",
                          "https://webexapis.com.evil.example/v1/people",
                          "https://webexapis.com@evil.example/v1/people",
                          "https://webexapis.com/v1/rooms?after=Y",
                          "https://webexapis.com/v1/people/../rooms",
                          "//evil.example/v1/people",
                          "/v1/people?after=2",
                          "",
                          "https://webexapis.com/v1/people?a=\r\nX: y",
                          "javascript:alert(1)",
                          "https://webexapis.com./v1/people?after=Y",
                          "https://user@webexapis.com/v1/people?after=Y",
                          "https://u:p@webexapis.com/v1/people",
                          "https://webexapis.com:443@evil.example/v1/people",
                          "https://webexapis.com\\@evil.example/",
                          "https://webexapis.com:0443x/v1/people",
                          "https://webexapis.com:80/v1/people",
                          "https://xn--webexapis-x.com/v1/people",
                          "wss://webexapis.com/v1/people",
                          "https://webexapis.com/V1/people?after=Y",
                          "https://webexapis.com/v1/people/?after=Y",
                          "https://webexapis.com/v1/%70eople?after=Y"})
    EXPECT_FALSE(follow(bad, asked)) << bad;
}

}  // namespace
}  // namespace wardroom::webex
