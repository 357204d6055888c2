// The pure parts: Retry-After, origins, addresses, what is refused before it is sent.
#include "http/client.hpp"

#include <gtest/gtest.h>

namespace wardroom::http {
namespace {

Instant const now = from_unix_ms(784'111'777'000);  // Sun, 06 Nov 1994 08:49:37 GMT

TEST(RetryAfter, takes_seconds_and_dates_and_clamps_both) {
  using std::chrono::seconds;
  EXPECT_EQ(parse_retry_after("0", now), seconds(0));
  EXPECT_EQ(parse_retry_after(" 7 ", now), seconds(7));
  EXPECT_EQ(parse_retry_after("301", now), seconds(300));
  EXPECT_EQ(parse_retry_after("99999999999999999999999", now), seconds(300));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:00 GMT", now), seconds(23));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), seconds(0));
  EXPECT_EQ(parse_retry_after("Mon, 07 Nov 1994 08:00:00 GMT", now), seconds(300));
}

TEST(RetryAfter, is_15_seconds_for_anything_else) {
  for (auto const* text : {"", "-1", "1.5", "soon", "0x10", "7s", "GMT", "Sun, 99 Foo 1994 GMT"})
    EXPECT_EQ(parse_retry_after(text, now), std::chrono::seconds(15)) << text;
}

TEST(Origins, are_scheme_host_and_effective_port) {
  EXPECT_EQ(origin_of("https://WebexAPIs.com/v1/people?x=y"),
            (Origin{"https", "webexapis.com", 443}));
  EXPECT_EQ(origin_of("HTTP://127.0.0.1:8481"), (Origin{"http", "127.0.0.1", 8481}));
  EXPECT_EQ(origin_of("http://[::1]:80?q"), (Origin{"http", "::1", 80}));
  EXPECT_EQ(origin_of("https://a.example#x"), (Origin{"https", "a.example", 443}));
}

TEST(Origins, of_anything_doubtful_are_nothing) {
  for (auto const* url :
       {"", "webexapis.com", "//webexapis.com/", "ftp://a.example/", "https://", "https:///x",
        "https://user@a.example/", "https://a.example:0/", "https://a.example:65536/",
        "https://a.example:/", "https://a.example:x/", "https://a b/", "https://[::1/",
        "https://[zz]/", "https://[::1]x/", "https://a.example\\@b/", "https://a.example:80:80/"})
    EXPECT_EQ(origin_of(url), std::nullopt) << url;
}

TEST(Loopback, is_what_never_leaves_the_machine) {
  for (auto const* host : {"localhost", "LocalHost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"})
    EXPECT_TRUE(is_loopback_host(host)) << host;
  for (auto const* host : {"", "localhost.evil.example", "127.0.0.1.evil.example", "128.0.0.1",
                           "0.0.0.0", "10.0.0.1", "::2", "my-localhost", "127.1.evil"})
    EXPECT_FALSE(is_loopback_host(host)) << host;
}

TEST(Addresses, have_a_numeric_host_and_a_port) {
  EXPECT_EQ(split_address("192.0.2.7:443"),
            (std::pair<std::string, std::uint16_t>("192.0.2.7", 443)));
  EXPECT_EQ(split_address("[2001:db8::7]:1"),
            (std::pair<std::string, std::uint16_t>("2001:db8::7", 1)));
  for (auto const* text : {"", "192.0.2.7", "a.example:443", "2001:db8::7:1", "[192.0.2.7]:1",
                           "192.0.2.7:0", "192.0.2.7:99999"})
    EXPECT_EQ(split_address(text), std::nullopt) << text;
}

TEST(Sentences, name_no_query_where_codes_travel) {
  ClientRequest request;
  request.method = Method::post;
  request.url = "https://api.example/v1/access_token?code=SECRET#SECRET";
  EXPECT_EQ(describe(request), "POST https://api.example/v1/access_token");
  request.url = "https://name:SECRET@api.example/x";
  EXPECT_EQ(describe(request).find("SECRET"), std::string::npos);
  EXPECT_FALSE(check(request));
}

TEST(Credentials, are_refused_when_they_would_break_the_header) {
  ClientRequest request;
  request.url = "https://api.example/";
  request.bearer = Secret("abc\r\nX: y");
  auto const result = check(request);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().what.find("abc"), std::string::npos);
}

}  // namespace
}  // namespace wardroom::http
