#include "http/response_parser.hpp"

#include <gtest/gtest.h>

namespace wardroom::http {
namespace {

struct Parsed {
  bool failed = false, done = false, keep = false;
  int status = 0;
  std::string body;
  std::size_t used = 0;
  bool operator==(Parsed const&) const = default;
};

/// Feeds `text` in pieces that end at `cuts`.
Parsed parse(std::string_view text, std::vector<std::size_t> cuts = {}, bool ended = false) {
  ResponseParser parser;
  parser.start(false, 1000);
  Parsed out;
  cuts.push_back(text.size());
  std::size_t at = 0;
  for (auto cut : cuts) {
    auto const used = parser.feed(text.substr(at, cut - at));
    if (!used) {
      out.failed = true;
      return out;
    }
    out.used += *used;
    if (*used < cut - at) break;
    at = cut;
  }
  if (ended && !parser.end()) out.failed = true;
  out.done = parser.done();
  if (out.done) {
    out.keep = parser.keep_alive();
    out.status = parser.status();
    out.body = parser.body();
  }
  return out;
}

std::string const whole[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nX: \r\nTransfer-Encoding: "
    "Chunked\r\n\r\n1\r\nh\r\n4;a=b\r\nello\r\n0\r\nT: t\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200\r\nConnection: keep-alive\r\nContent-Length: 5\r\n"
    "Content-Length: 5\r\n\r\nhello",
};

TEST(ResponseParser, reads_the_same_whatever_the_pieces) {
  for (auto const& text : whole) {
    auto const expected = parse(text);
    EXPECT_TRUE(expected.done && expected.keep && expected.body == "hello") << text;
    EXPECT_EQ(expected.used, text.size());
    for (std::size_t a = 0; a <= text.size(); ++a)
      for (std::size_t b = a; b <= text.size(); b += 3) EXPECT_EQ(parse(text, {a, b}), expected);
  }
}

TEST(ResponseParser, ends_in_an_error_wherever_it_is_cut) {
  for (auto const& text : whole)
    for (std::size_t cut = 0; cut < text.size(); ++cut)
      EXPECT_TRUE(parse(text.substr(0, cut), {}, true).failed) << text.substr(0, cut);
}

TEST(ResponseParser, leaves_what_follows_the_answer) {
  EXPECT_EQ(parse("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1").used, 27u);
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc").body, "a");
}

TEST(ResponseParser, reads_until_the_end_when_nothing_else_is_said) {
  auto const parsed = parse("HTTP/1.1 200 OK\r\n\r\nall of this", {}, true);
  EXPECT_TRUE(parsed.done);
  EXPECT_FALSE(parsed.keep);
  EXPECT_EQ(parsed.body, "all of this");
}

TEST(ResponseParser, refuses_what_two_readers_could_read_differently) {
  for (auto const* text : {
           "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
           "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
           "HTTP/1.1 200 OK\r\nX : y\r\n\r\n",
           "HTTP/1.1 200 OK\r\n folded\r\n\r\n",
           "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
           "HTTP/1.1 101 Switching Protocols\r\n\r\n",
           "HTTP/2 200\r\n",
           "HTTP/1.1 20 OK\r\n",
           "HTTP/1.1 2000 OK\r\n",
           "<html>\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n",
       })
    EXPECT_TRUE(parse(text).failed) << text;
}

TEST(ResponseParser, bounds_what_it_keeps) {
  EXPECT_TRUE(parse("HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x')).failed);
  EXPECT_TRUE(
      parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(5'000, 'x'))
          .failed);
  EXPECT_TRUE(parse("HTTP/1.1 200 OK\r\n\r\n" + std::string(1'001, 'x')).failed);
}

TEST(ResponseParser, hands_the_body_to_a_sink_without_a_limit) {
  ResponseParser parser;
  std::size_t bytes = 0;
  parser.start(false, 10, [&](std::string_view piece) { bytes += piece.size(); });
  ASSERT_TRUE(parser.feed("HTTP/1.1 200 OK\r\n\r\n"));
  EXPECT_TRUE(parser.head_done());
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(parser.feed(std::string(100, 'x')));
  EXPECT_EQ(bytes, 10'000u);
}

}  // namespace
}  // namespace wardroom::http
