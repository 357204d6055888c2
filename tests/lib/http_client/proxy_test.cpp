// Through the proxy of a site: by CONNECT, with nothing of ours shown to it, never for loopback.
#include "lib/http_client/client_kit.hpp"
#include "sim/tls_door.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <cstdlib>
#include <filesystem>
#include <unistd.h>

namespace wardroom::test {
namespace {
namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<tcp, Executor>;
constexpr auto as_result = asio::as_tuple(use_task);

/// Takes CONNECT requests and leads every tunnel to the one port behind it.
class ProxyServer {
 public:
  ProxyServer(asio::io_context& io, std::uint16_t behind)
      : state_(std::make_shared<State>(io.get_executor(), behind)) {
    asio::co_spawn(io, [state = state_] { return state->accept(); }, [](std::exception_ptr) {});
  }
  ~ProxyServer() { stop(); }
  void stop() {
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
  }
  std::string url(std::string const& login = "") const {
    return "http://" + login +
           "127.0.0.1:" + std::to_string(state_->acceptor.local_endpoint().port());
  }
  std::vector<std::string> const& heads() const { return state_->heads; }
  void answer(std::string head) { state_->answer = std::move(head); }

 private:
  struct State : std::enable_shared_from_this<State> {
    State(Executor l, std::uint16_t to)
        : loop(l),
          behind(asio::ip::address_v4::loopback(), to),
          acceptor(l, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {}
    Executor loop;
    tcp::endpoint behind;
    asio::basic_socket_acceptor<tcp, Executor> acceptor;
    std::vector<std::string> heads;
    std::string answer = "HTTP/1.1 200 Connection established\r\n\r\n";

    Task<void> accept() {
      for (;;) {
        auto const client = std::make_shared<Socket>(loop);
        auto const [error] = co_await acceptor.async_accept(*client, as_result);
        if (error) co_return;
        asio::co_spawn(
            loop, [me = shared_from_this(), client] { return me->serve(client); },
            [](std::exception_ptr) {});
      }
    }
    Task<void> serve(std::shared_ptr<Socket> client) {
      using namespace asio::experimental::awaitable_operators;
      std::string head;
      auto const [error, count] = co_await asio::async_read_until(
          *client, asio::dynamic_buffer(head), "\r\n\r\n", as_result);
      if (error) co_return;
      heads.push_back(head);
      auto const [broken, sent] =
          co_await asio::async_write(*client, asio::buffer(answer), as_result);
      if (broken || !answer.starts_with("HTTP/1.1 200")) co_return;
      Socket server(loop);
      auto const [refused] = co_await server.async_connect(behind, as_result);
      if (!refused) co_await (pass(*client, server) || pass(server, *client));
    }
    static Task<void> pass(Socket& from, Socket& to) {
      std::array<char, 8192> buffer;
      for (;;) {
        auto const [error, count] = co_await from.async_read_some(asio::buffer(buffer), as_result);
        if (error) co_return;
        auto const bytes = asio::buffer(buffer.data(), count);
        auto const [broken, sent] = co_await asio::async_write(to, bytes, as_result);
        if (broken) co_return;
      }
    }
  };
  std::shared_ptr<State> state_;
};

sim::CertificateKinds const& kinds() {
  static sim::CertificateKinds const made({"DNS:api.acme.test"});
  return made;
}

class ThroughProxy : public ::testing::Test {
 protected:
  ~ThroughProxy() override {
    lane.reset();
    std::filesystem::remove(ca_file);
  }
  void open(std::string_view certificate = "good", std::string login = "") {
    std::ofstream(ca_file) << kinds().ca_pem();
    door = std::make_unique<sim::TlsDoor>(kit.io.get_executor(), kinds().show(certificate),
                                          plain.port());
    proxy = std::make_unique<ProxyServer>(kit.io, door->port());
    http::CurlClient::Options options;
    options.ca_file = ca_file;
    options.proxy = proxy->url(login);
    kit.client = std::make_unique<http::CurlClient>(kit.io.get_executor(), kit.clock, options);
  }
  http::ClientRequest get() {
    auto request = kit.get("https://api.acme.test/v1/people/me");
    request.bearer = Secret("canary");
    request.headers.add("TrackingID", "WARD_canary");
    return request;
  }

  std::string const ca_file = (std::filesystem::temp_directory_path() /
                               ("wardroom-test-proxy-" + std::to_string(getpid()) + ".pem"))
                                  .string();
  ClientKit kit;
  FaultServer plain{kit.io};
  std::unique_ptr<sim::TlsDoor> door;
  std::unique_ptr<ProxyServer> proxy;
  std::unique_ptr<http::LaneClient> lane;
};

TEST_F(ThroughProxy, https_goes_by_connect_and_the_proxy_sees_nothing_of_it) {
  open();
  for (int i = 0; i < 2; ++i) {
    auto const answer = kit.send(get());
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(answer->body, "fine");
    EXPECT_EQ(answer->peer, "") << "that is the proxy's address, good for no affinity";
  }
  ASSERT_EQ(proxy->heads().size(), 1u) << "the tunnel is kept";
  auto const& head = proxy->heads().front();
  EXPECT_TRUE(head.starts_with("CONNECT api.acme.test:443 HTTP/1.1\r\n")) << head;
  EXPECT_EQ(head.find("canary"), std::string::npos) << head;
  EXPECT_EQ(head.find("Proxy-Authorization"), std::string::npos) << head;
  EXPECT_NE(plain.requests().at(0).find("\r\nAuthorization: Bearer canary\r\n"), std::string::npos);
  EXPECT_EQ(plain.requests().at(0).find("Proxy-"), std::string::npos);
}

TEST_F(ThroughProxy, its_login_goes_to_the_proxy_alone) {
  open("good", "user:p%40ss@");
  ASSERT_TRUE(kit.send(get()));
  EXPECT_NE(proxy->heads().at(0).find("\r\nProxy-Authorization: Basic dXNlcjpwQHNz\r\n"),
            std::string::npos)
      << proxy->heads().at(0);
  EXPECT_EQ(plain.requests().at(0).find("Proxy-"), std::string::npos);
}

TEST_F(ThroughProxy, L1_a_bad_certificate_is_refused_there_too) {
  open("unknown_ca");
  auto const answer = kit.send(get());
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().what.find("the certificate of api.acme.test is not accepted"),
            std::string::npos)
      << answer.error().what;
  EXPECT_EQ(door->received(), 0u);
}

TEST_F(ThroughProxy, loopback_never_goes_there) {
  open();
  for (auto const* host : {"127.0.0.1", "localhost", "127.0.0.9"}) {
    auto request = kit.get("http://" + std::string(host) + ":" + std::to_string(plain.port()));
    if (std::string_view(host) == "127.0.0.9") request.connect_to = plain.address();
    auto const answer = kit.send(request);
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_NE(answer->peer, "");
  }
  EXPECT_TRUE(proxy->heads().empty());
}

TEST_F(ThroughProxy, a_refusal_of_the_proxy_is_told_as_such) {
  open();
  proxy->answer("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
  auto const login = kit.send(get());
  ASSERT_FALSE(login);
  EXPECT_EQ(login.error().kind, ErrorKind::unavailable);
  EXPECT_TRUE(login.error().not_done);
  EXPECT_NE(login.error().what.find("it answered 407; it wants a user and password"),
            std::string::npos)
      << login.error().what;
  proxy->answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  EXPECT_NE(kit.send(get()).error().what.find("does not let us through to api.acme.test"),
            std::string::npos);
  proxy->stop();
  auto const gone = kit.send(get());
  ASSERT_FALSE(gone);
  EXPECT_NE(gone.error().what.find("no connection to the proxy 127.0.0.1:"), std::string::npos)
      << gone.error().what;
  EXPECT_TRUE(gone.error().not_done);
  EXPECT_TRUE(plain.requests().empty());
}

TEST_F(ThroughProxy, the_lane_hands_over_what_leaves_the_machine_and_keeps_the_rest) {
  open();
  http::LaneClient::Options options;
  options.ca_file = ca_file;
  options.beyond = kit.client.get();
  lane = std::make_unique<http::LaneClient>(kit.io.get_executor(), kit.clock, kit.tasks, options);
  ASSERT_TRUE(lane->warm("https://api.acme.test/", 4));
  auto request = get();
  request.urgent = true;
  auto const answer = run_task(kit.io, lane->send(request));
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(proxy->heads().size(), 1u);
  EXPECT_EQ(lane->counters().opened + lane->counters().failed_to_open, 0u);
  ASSERT_TRUE(run_task(kit.io, lane->send(kit.get(plain.url()))));
  EXPECT_EQ(proxy->heads().size(), 1u);
  EXPECT_GE(lane->counters().opened, 1u);
}

TEST_F(ThroughProxy, one_of_the_wrong_shape_keeps_the_client_from_starting) {
  http::CurlClient::Options options;
  options.proxy = "socks5://proxy.acme.example:1080";
  EXPECT_THROW(http::CurlClient(kit.io.get_executor(), kit.clock, options), std::runtime_error);
  options.proxy = "http://proxy.acme.example:3128";
  options.proxy_login = Secret("nocolon");
  EXPECT_THROW(http::CurlClient(kit.io.get_executor(), kit.clock, options), std::runtime_error);
}

class Environment : public ::testing::TestWithParam<char const*> {};

TEST_P(Environment, names_no_proxy_for_us) {
  std::vector<char const*> const names = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                          "ALL_PROXY",  "HTTP_PROXY",  "no_proxy",    "NO_PROXY"};
  ClientKit kit;
  FaultServer plain(kit.io);
  ProxyServer trap(kit.io, plain.port());
  for (auto const* name : names) setenv(name, trap.url().c_str(), 1);
  for (auto const* name : {"no_proxy", "NO_PROXY"}) setenv(name, "nothing.example", 1);
  auto const file = (std::filesystem::temp_directory_path() /
                     ("wardroom-test-env-" + std::to_string(getpid()) + ".pem"))
                        .string();
  std::ofstream(file) << kinds().ca_pem();
  kit.make(GetParam(), file);
  sim::TlsDoor door(kit.io.get_executor(), kinds().show("good"), plain.port());
  auto request = kit.get("https://api.acme.test/");
  request.connect_to = "127.0.0.1:" + std::to_string(door.port());
  auto const secure = kit.send(request);
  auto const open = kit.send(kit.get(plain.url()));
  for (auto const* name : names) unsetenv(name);
  std::filesystem::remove(file);
  EXPECT_TRUE(secure) << secure.error().what;
  EXPECT_TRUE(open) << open.error().what;
  EXPECT_TRUE(trap.heads().empty());
}

INSTANTIATE_TEST_SUITE_P(Of, Environment, ::testing::Values("curl", "lane"),
                         [](auto const& info) { return std::string(info.param); });

}  // namespace
}  // namespace wardroom::test
