// Many slow clients, mutated requests, and the Unix socket with its limits.
#include "lib/http/server_fixture.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sys/stat.h>

namespace wardroom::http {
namespace {

using namespace std::chrono_literals;

std::uint64_t from_environment(char const* name, std::uint64_t otherwise) {
  auto const* const text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

struct HostileTest : ServerFixture {};

TEST_F(HostileTest, H1_slow_clients_do_not_keep_a_good_one_from_working) {
  add_hello();
  add_echo();
  listen();
  std::vector<RawClient> slow;
  for (int i = 0; i < 300; ++i) {
    slow.push_back(connect());
    slow.back().send(i % 2 ? "GET /hel"
                           : "POST /echo HTTP/1.1\r\nHost: w\r\nContent-Length: 900\r\n\r\n1");
    if (i % 16 == 0) clock.drain();
  }
  clock.drain();
  auto good = connect();
  for (int second = 0; second < 12; ++second) {
    EXPECT_EQ(body_of(good.ask(get("/hello"))), "hello");
    for (auto& client : slow) client.send("x");  // a byte a second wins nothing
    clock.advance(1s);
  }
  clock.advance(3s);
  EXPECT_EQ(server->counters().open, 1u);
  for (auto& client : slow) {
    client.take();
    EXPECT_EQ(status_of(client.received), 408) << client.received;
  }
  EXPECT_EQ(body_of(good.ask(get("/hello"))), "hello");
}

/// Cuts, doubles, swaps and overwrites bytes, or puts in a piece that parsers trip over.
std::string mutate(std::string request, std::mt19937_64& dice) {
  static std::vector<std::string> const pieces{"\r\n",
                                               "\n",
                                               "\r",
                                               std::string(1, '\0'),
                                               " ",
                                               "\t",
                                               ":",
                                               "Transfer-Encoding: chunked\r\n",
                                               "Content-Length: 3\r\n",
                                               "Content-Length: 99999999999\r\n",
                                               "0\r\n\r\n",
                                               "ffffffffffffffff\r\n",
                                               "Host: x\r\n",
                                               "HTTP/1.1",
                                               "\xff",
                                               "%",
                                               "%zz",
                                               "Expect: 100-continue\r\n",
                                               "5;a=\"",
                                               ";"};
  auto const pick = [&](std::size_t below) { return below ? dice() % below : 0; };
  for (auto rounds = 1 + pick(4); rounds > 0; --rounds) {
    auto const at = pick(request.size() + 1);
    switch (pick(5)) {
      case 0:
        request.erase(at, pick(20));
        break;
      case 1:
        request.insert(at, request.substr(pick(request.size() + 1), pick(40)));
        break;
      case 2:
        request.insert(at, pieces[pick(pieces.size())]);
        break;
      case 3:
        if (at < request.size()) request[at] = static_cast<char>(dice());
        break;
      default:
        request.insert(at, std::string(pick(3) ? pick(50) : pick(9000), 'a'));
        break;
    }
  }
  return request;
}

TEST_F(HostileTest, H2_mutated_requests_neither_crash_nor_wedge_the_server) {
  auto const seed = from_environment("WARDROOM_SEED", std::random_device{}());
  auto const count = from_environment("WARDROOM_COUNT", 2000);
  std::printf("WARDROOM_SEED=%llu WARDROOM_COUNT=%llu\n", static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(count));
  std::mt19937_64 dice(seed);
  add_hello();
  add_echo();
  std::vector<Responder> held;
  router.add({.method = Method::post, .pattern = "/later", .body_limit = 4096},
             [&](ServerRequest& request, Responder r) {
               EXPECT_LE(request.body.size(), 4096u);
               held.push_back(std::move(r));
             });
  listen();
  std::vector<std::string> const seeds{
      get("/hello"),
      post("/echo", "0123456789"),
      post("/later", "x") + get("/hello"),
      "POST /echo HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\n012\r\n4;name=value\r\n3456\r\n0\r\nTrailer: x\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: w\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nok",
      "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\nHEAD /hello HTTP/1.1\r\nHost: "
      "w\r\n\r\n"};
  for (std::uint64_t i = 0; i < count; ++i) {
    auto const request = mutate(seeds[dice() % seeds.size()], dice);
    auto client = connect();
    auto const cut = dice() % (request.size() + 1);
    client.send(std::string_view(request).substr(0, cut));
    clock.drain();
    client.send(std::string_view(request).substr(cut));
    clock.drain();
    if (dice() % 4 == 0) held.clear();
    client.take();
    if (!client.received.empty()) {
      EXPECT_TRUE(client.received.starts_with("HTTP/1.1 ")) << i;
    }
    if (i % 200 == 199) clock.advance(11s);
  }
  held.clear();
  clock.advance(120s);
  EXPECT_EQ(server->counters().open, 0u);
  EXPECT_EQ(body_of(connect().ask(get("/hello"))), "hello");
}

struct UnixTest : ServerFixture {
  std::string path = (std::filesystem::temp_directory_path() /
                      ("wardroom_http_" + std::to_string(::getpid()) + ".sock"))
                         .string();

  Result<void> listen_unix(ServerLimits limits = {}) {
    server = std::make_unique<Server>(io.get_executor(), clock, router,
                                      Server::Options{.limits = limits, .unix_socket = true});
    return server->listen_unix(path, 0660);
  }
  RawClient local() { return {pump(), path}; }
};

TEST_F(UnixTest, tells_who_is_at_the_other_end) {
  router.add({.pattern = "/who"}, [](ServerRequest& r, Responder responder) {
    bool const known =
        r.peer.uid == ::getuid() && r.peer.gid == ::getgid() && r.peer.pid == ::getpid();
    std::vector<gid_t> groups(256);
    groups.resize(static_cast<std::size_t>(::getgroups(256, groups.data())));
    responder.send(text(200, known && r.peer.groups == groups ? "known" : "unknown"));
  });
  ASSERT_TRUE(listen_unix());
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0660u);
  EXPECT_EQ(body_of(local().ask(get("/who"))), "known");
  server->stop_accepting();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(UnixTest, replaces_a_stale_socket_and_refuses_one_in_use) {
  ASSERT_TRUE(listen_unix());
  Server second(io.get_executor(), clock, router, {.unix_socket = true});
  auto const refused = second.listen_unix(path, 0660);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
  EXPECT_NE(refused.error().what.find("another process answers there"), std::string::npos);
  server.reset();
  // A process that was killed leaves its file behind.
  int const fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
  EXPECT_TRUE(listen_unix());
  server.reset();
  std::ofstream(path) << "precious";
  EXPECT_FALSE(listen_unix());
  EXPECT_TRUE(std::filesystem::exists(path)) << "what is not a socket is left alone";
  std::filesystem::remove(path);
}

TEST_F(UnixTest, says_so_when_all_connections_are_in_use) {
  std::vector<Responder> held;
  router.add({.pattern = "/later"},
             [&](ServerRequest&, Responder r) { held.push_back(std::move(r)); });
  ASSERT_TRUE(listen_unix({.connections = 2}));
  auto first = local();
  auto second = local();
  first.send(get("/later"));
  second.send(get("/later"));
  run_until([&] { return held.size() == 2; });
  auto third = local();
  auto const answer = third.answer();
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_NE(answer.find("All connections of this socket are in use."), std::string::npos);
  EXPECT_TRUE(third.wait_for_close());
  held.clear();
}

TEST_F(UnixTest, takes_a_listening_socket_that_is_handed_over) {
  add_hello();
  listen();
  int const fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&any), sizeof any), 0);
  EXPECT_FALSE(server->listen_fd(fd)) << "it does not listen yet";
  ASSERT_EQ(::listen(fd, 8), 0);
  socklen_t size = sizeof any;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&any), &size);
  ASSERT_TRUE(server->listen_fd(fd));
  RawClient client(pump(), ntohs(any.sin_port));
  EXPECT_EQ(body_of(client.ask(get("/hello"))), "hello");
}

TEST_F(UnixTest, bad_addresses_are_refused_with_a_remedy) {
  listen();
  for (auto const* address : {"", "8480", "localhost", "example.org:80", "127.0.0.1:http",
                              "127.0.0.1:70000", "127.0.0.1:"}) {
    auto const refused = server->listen_tcp(address);
    ASSERT_FALSE(refused) << address;
    EXPECT_NE(refused.error().what.find("such as 127.0.0.1:8480"), std::string::npos);
  }
  auto const taken = server->listen_tcp("127.0.0.1:" + std::to_string(port));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().kind, ErrorKind::conflict);
  EXPECT_FALSE(server->listen_unix(std::string(200, 'x'), 0600));
}

}  // namespace
}  // namespace wardroom::http
