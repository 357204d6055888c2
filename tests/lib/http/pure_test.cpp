// Queries, cookies, frames, response heads, forwarded addresses, policies: no socket involved.
#include "http/event_stream.hpp"
#include "http/forwarded.hpp"
#include "http/message.hpp"
#include "http/request_head.hpp"
#include "http/response_wire.hpp"
#include "http/security_headers.hpp"
#include "http/static_pages.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace wardroom::http {
namespace {

TEST(Query, reads_pairs_and_refuses_broken_escapes) {
  EXPECT_EQ(parse_query("a=1&b=%20x+y&&c&=d"),
            (QueryPairs{{"a", "1"}, {"b", " x y"}, {"c", ""}, {"", "d"}}));
  EXPECT_EQ(parse_query(""), QueryPairs{});
  EXPECT_FALSE(parse_query("a=%2"));
  EXPECT_FALSE(parse_query("a=1&%zz=2"));
  QueryPairs const pairs{{"next", "/me?a=b&c"}, {"ü", "=&%+"}};
  EXPECT_EQ(parse_query(to_query(pairs)), pairs);
  EXPECT_EQ(find(pairs, "next"), "/me?a=b&c");
  EXPECT_FALSE(find(pairs, "none"));
}

TEST(Cookie, finds_the_named_one_only) {
  EXPECT_EQ(cookie("a=1; __Host-w=xyz; b=2", "__Host-w"), "xyz");
  EXPECT_EQ(cookie("a=\"quoted\"", "a"), "quoted");
  EXPECT_EQ(cookie("a=b=c;d", "a"), "b=c");
  EXPECT_EQ(cookie("ab=1;a=2", "a"), "2");
  EXPECT_FALSE(cookie("ab=1", "a"));
  EXPECT_FALSE(cookie("", "a"));
  EXPECT_FALSE(cookie("a", "a"));
}

TEST(Headers, compare_without_case_and_keep_order) {
  Headers headers{{"Set-Cookie", "a"}, {"X", "1"}, {"set-cookie", "b"}};
  EXPECT_EQ(headers.get("SET-COOKIE"), "a");
  EXPECT_EQ(headers.get_all("set-cookie"), (std::vector<std::string_view>{"a", "b"}));
  headers.set("Set-Cookie", "c");
  EXPECT_EQ(headers.get_all("set-cookie"), std::vector<std::string_view>{"c"});
  EXPECT_EQ(headers.get("none"), "");
}

TEST(SseFrame, gives_every_line_its_own_field) {
  EXPECT_EQ(*sse_frame("7", "call", "{\"a\":1}"), "id: 7\nevent: call\ndata: {\"a\":1}\n\n");
  EXPECT_EQ(*sse_frame("", "", "a\nb\r\nc\rd\n"), "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
  EXPECT_EQ(*sse_frame("1\ndata: forged", "x\revent: y", ""), "id: 1\nevent: x\ndata: \n\n");
}

TEST(ResponseWire, states_date_common_headers_and_length) {
  Headers const common{{"X-Content-Type-Options", "nosniff"}, {"Cache-Control", "no-store"}};
  auto response = text(200, "hi");
  response.headers.add("cache-control", "max-age=1");
  WireOptions options{.common = &common, .date = "D", .close = true};
  EXPECT_EQ(to_wire(response, options),
            "HTTP/1.1 200 OK\r\nDate: D\r\nX-Content-Type-Options: nosniff\r\n"
            "Content-Type: text/plain; charset=utf-8\r\ncache-control: max-age=1\r\n"
            "Connection: close\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_EQ(to_wire({.status = 204}, {}), "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(to_wire({.status = 304, .body = "never"}, {}), "HTTP/1.1 304 Not Modified\r\n\r\n");
  EXPECT_THROW(to_wire({.headers = {{"X", "a\nb"}}}, {}), std::logic_error);
  EXPECT_THROW(to_wire({.headers = {{"X", std::string("a\0b", 3)}}}, {}), std::logic_error);
}

TEST(ResponseWire, writes_dates_as_http_wants_them) {
  EXPECT_EQ(http_date(from_unix_ms(784111777000)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(from_unix_ms(1709164799999)), "Wed, 28 Feb 2024 23:59:59 GMT");
}

TEST(Forwarded, stops_at_the_right_most_hop_that_is_not_trusted) {
  auto const trusted = TrustedProxies::parse({"10.0.0.0/8", "::1", "2001:db8::/33"});
  ASSERT_TRUE(trusted);
  auto const peer = boost::asio::ip::make_address("10.0.0.1");
  auto const remote = [&](std::string const& hops) {
    return origination(peer, Headers{{"X-Forwarded-For", hops}}, *trusted).remote;
  };
  EXPECT_EQ(remote("6.6.6.6, 192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(remote("6.6.6.6, 192.0.2.1, 10.2.3.4,10.9.9.9"), "192.0.2.1");
  EXPECT_EQ(remote("10.1.1.1"), "10.1.1.1") << "all trusted: the outermost";
  EXPECT_EQ(remote("192.0.2.1:4711"), "192.0.2.1");
  EXPECT_EQ(remote("[2001:db8:8000::5]:4711, [2001:db8::7]"), "2001:db8:8000::5");
  EXPECT_EQ(remote("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(remote("6.6.6.6, unknown, 10.1.1.1"), "10.1.1.1")
      << "what cannot be read ends the walk";
  EXPECT_EQ(remote(""), "10.0.0.1");
}

TEST(Forwarded, refuses_entries_that_are_no_addresses) {
  for (auto const* entry : {"proxy", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::1/129", ""})
    EXPECT_FALSE(TrustedProxies::parse({entry})) << entry;
  auto const none = TrustedProxies::parse({"0.0.0.0/0"});
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->contains(boost::asio::ip::make_address("192.0.2.1")));
  EXPECT_FALSE(none->contains(boost::asio::ip::make_address("2001:db8::1")));
}

TEST(PublicHost, fits_any_port_only_when_none_is_given) {
  EXPECT_TRUE(is_public_host("a.example:99", {"a.example"}));
  EXPECT_TRUE(is_public_host("[::1]:99", {"[::1]"}));
  EXPECT_TRUE(is_public_host("[::1]", {"[::1]"}));
  EXPECT_FALSE(is_public_host("a.example", {"a.example:99"}));
  EXPECT_FALSE(is_public_host("b.a.example", {"a.example"}));
  EXPECT_FALSE(is_public_host("", {"a.example"}));
}

TEST(SecurityHeaders, allow_nothing_inline_and_no_framing) {
  auto const policy = content_security_policy("img-src 'self' blob:; worker-src 'self'");
  EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
  EXPECT_NE(policy.find("img-src 'self' blob:"), std::string::npos);
  EXPECT_EQ(policy.find("data:"), std::string::npos) << "replaced by name";
  EXPECT_THROW(content_security_policy("style-src 'unsafe-inline'"), std::logic_error);
  EXPECT_EQ(security_headers().get("Cache-Control"), "no-store");
  EXPECT_EQ(security_headers().get("Strict-Transport-Security"), "");
  EXPECT_NE(security_headers({.under_tls = true}).get("Strict-Transport-Security"), "");
}

TEST(Assets, revalidate_by_etag) {
  Asset const page{"/", "text/html; charset=utf-8", "<p>", "\"1\"", false};
  auto const fresh = asset_response(page, "");
  EXPECT_EQ(fresh.body, "<p>");
  EXPECT_EQ(fresh.headers.get("Cache-Control"), "no-cache");
  EXPECT_EQ(asset_response(page, "\"0\", W/\"1\"").status, 304);
  EXPECT_EQ(asset_response(page, "\"2\"").status, 200);
  Asset const script{"/a.js", "text/javascript", "1", "\"2\"", true};
  EXPECT_NE(asset_response(script, "").headers.get("Cache-Control").find("immutable"),
            std::string::npos);
}

TEST(HeadEnd, is_found_wherever_the_bytes_are_cut) {
  std::string const head = "GET / HTTP/1.1\r\nHost: w\r\n\r\n";
  for (std::size_t cut = 0; cut <= head.size(); ++cut) {
    std::size_t scanned = 0;
    auto const first = find_head_end(std::string_view(head).substr(0, cut), scanned);
    ASSERT_TRUE(first);
    EXPECT_EQ(*first, cut == head.size() ? head.size() : 0);
    if (*first == 0) {
      EXPECT_EQ(find_head_end(head + "more\r\n\r\n", scanned), head.size());
    }
  }
}

}  // namespace
}  // namespace wardroom::http
