// How many requests of one address may fail.
#include "server_fixture.hpp"

namespace wardroom::http {
namespace {

using namespace std::chrono_literals;

TEST(FailureLimit, takes_an_ipv4_address_whole_and_an_ipv6_one_by_its_network) {
  auto const key = FailureLimit::key_of;
  EXPECT_NE(key("192.0.2.7"), key("192.0.2.8"));
  EXPECT_EQ(key("192.0.2.7"), key("::ffff:192.0.2.7"));
  EXPECT_EQ(key("2001:db8:0:1::7"), key("2001:db8:0:1:ffff:1:2:3"));
  EXPECT_NE(key("2001:db8:0:1::7"), key("2001:db8:0:2::7"));
  EXPECT_EQ(key("fe80::1%eth0"), key("fe80::2"));
  EXPECT_NE(key("::1"), key("0.0.0.0"));
  for (auto const* none : {"", "unix", "999.1.1.1", "1.2.3", "2001:db8::/64", "::g",
                           "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"})
    EXPECT_FALSE(key(none)) << none;
}

TEST(FailureLimit, allows_20_failures_a_second_and_60_at_once) {
  FailureLimit limit(7);
  Uptime now(1h);
  int allowed = 0;
  for (int i = 0; i < 1'000; ++i) allowed += limit.exceeded("192.0.2.7", now) ? 0 : 1;
  EXPECT_EQ(allowed, 60);
  EXPECT_FALSE(limit.exceeded("192.0.2.8", now));
  EXPECT_FALSE(limit.exceeded("unix", now)) << "operators have no address";
  for (int i = 0; i < 10'000; ++i, now += 1ms) allowed += limit.exceeded("192.0.2.7", now) ? 0 : 1;
  EXPECT_NEAR(allowed, 60 + 200, 2);
}

TEST(FailureLimit, holds_for_bodies_that_are_refused_before_anybody_reads_them) {
  boost::asio::io_context io;
  test::FakeClock clock(io);
  TaskGroup tasks(io.get_executor(),
                  [](std::string_view task, std::exception_ptr) { ADD_FAILURE() << task; });
  Router router(tasks);
  int handled = 0;
  router.add({.method = Method::post,
              .pattern = "/posts",
              .body_limit = 100,
              .json = true,
              .failures_count = true},
             [&](ServerRequest&, Responder responder) {
               ++handled;
               responder.send(text(200, "good"));
             });
  Server server(io.get_executor(), clock, router, {});
  auto const port = server.listen_tcp("127.0.0.1:0");
  ASSERT_TRUE(port);
  auto const pump = [&] {
    io.restart();
    io.poll();
  };
  auto const post = [&](std::string const& fields, std::string const& body) {
    RawClient client(pump, *port);
    auto const answer = client.ask("POST /posts HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body);
    return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3));
  };
  std::string const json = "Content-Type: application/json\r\n";
  int seen_415 = 0, seen_413 = 0, seen_429 = 0;
  for (int i = 0; i < 90; ++i) {
    auto const status = i % 3 == 0   ? post("Content-Length: 2\r\n", "{}")
                        : i % 3 == 1 ? post(json + "Content-Length: 101\r\n", std::string(101, ' '))
                                     : post(json + "Transfer-Encoding: chunked\r\n",
                                            "65\r\n" + std::string(101, ' ') + "\r\n0\r\n\r\n");
    seen_415 += status == 415 ? 1 : 0;
    seen_413 += status == 413 ? 1 : 0;
    seen_429 += status == 429 ? 1 : 0;
  }
  EXPECT_EQ(seen_415, 20);
  EXPECT_EQ(seen_413, 40);
  EXPECT_EQ(seen_429, 30);
  EXPECT_EQ(handled, 0);
  EXPECT_EQ(post(json + "Content-Length: 2\r\n", "{}"), 200) << "what is good goes through";
  server.close_all();
  pump();
}

}  // namespace
}  // namespace wardroom::http
