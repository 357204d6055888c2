/// The simulator behind real sockets, and short ways to talk to it.
#pragma once
#include "http/curl_client.hpp"
#include "runtime/system_clock.hpp"
#include "sim/simulator.hpp"
#include "sim/tests/neighbour.hpp"
#include "support/run_task.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

namespace wardroom::sim::test {
namespace asio = boost::asio;
using nlohmann::json;
using wardroom::test::run_task;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

struct Collector final : http::StreamSink {
  void on_head(int s, http::Headers const&, std::string_view) override { status = s; }
  void on_bytes(std::string_view bytes) override { text += bytes; }
  int status = 0;
  std::string text;
};

struct DoorTest : testing::Test {
  DoorTest() {
    Simulator::Options options;
    options.listen = "127.0.0.1:0";
    options.xsps = {"127.0.0.1:0", "127.0.0.1:0"};
    sim = std::make_unique<Simulator>(io.get_executor(), clock, dice, client, options);
    auto const started = sim->start();
    if (!started) throw std::runtime_error(started.error().what);
  }
  ~DoorTest() override {
    run_task(io, sim->stop());
    sim.reset();
    io.restart();
    io.poll();
  }
  json ask(http::Method method, std::string path, json body = nullptr) {
    http::ClientRequest r;
    r.method = method;
    r.url = sim->rest_origin() + path;
    if (!body.is_null()) r.body = body.dump();
    auto const a = run_task(io, client.send(std::move(r)));
    if (!a) throw std::runtime_error(a.error().what);
    return json::parse(a->body);
  }
  // Straight from the OAuth machine: the round trip has tests of its own.
  std::string token() {
    auto const query = http::to_query({{"response_type", "code"},
                                       {"client_id", "C-wardroom-demo"},
                                       {"redirect_uri", redirect},
                                       {"scope", all_scopes},
                                       {"login_hint", "ada@acme.example"}});
    Request r{http::Method::get, "/v1/authorize", query, {}, {}, {}};
    auto const to = std::string(sim->platform().webex.handle(r).response.headers.get("Location"));
    Request exchange{http::Method::post,
                     "/v1/access_token",
                     {},
                     {{"Content-Type", "application/x-www-form-urlencoded"}},
                     http::to_query({{"grant_type", "authorization_code"},
                                     {"code", to.substr(to.find("code=") + 5)},
                                     {"redirect_uri", redirect},
                                     {"client_id", "C-wardroom-demo"},
                                     {"client_secret", "demo-secret-not-for-production"}}),
                     {}};
    return json::parse(sim->platform().webex.handle(exchange).response.body).at("access_token");
  }
  http::ClientRequest channel_request(std::string const& bearer) {
    http::ClientRequest r;
    r.method = http::Method::post;
    r.url = sim->xsp_origin(0) + "/com.broadsoft.async/com.broadsoft.xsi-events/v2.0/channel";
    r.headers.add("Content-Type", "application/xml; charset=UTF-8");
    r.bearer = Secret(bearer);
    r.body =
        "<Channel "
        "xmlns=\"http://schema.broadsoft.com/xsi\"><channelSetId>s</channelSetId><expires>7200</"
        "expires></Channel>";
    return r;
  }
  Socket dial(std::string const& origin) {
    Socket socket(io.get_executor());
    socket.connect({asio::ip::make_address("127.0.0.1"),
                    std::uint16_t(std::stoi(origin.substr(origin.rfind(':') + 1)))});
    return socket;
  }
  Task<std::string> read_all(Socket& socket, boost::system::error_code& why) {
    std::string out;
    for (;;) {
      std::array<char, 4096> space;
      boost::system::error_code error;
      auto const n = co_await socket.async_read_some(asio::buffer(space),
                                                     asio::redirect_error(use_task, error));
      out.append(space.data(), n);
      if (error) {
        why = error;
        co_return out;
      }
    }
  }

  asio::io_context io{1};
  SystemClock clock{io.get_executor()};
  SeededRandom dice{3};
  http::CurlClient client{io.get_executor(), clock, {}};
  std::unique_ptr<Simulator> sim;
};

}  // namespace wardroom::sim::test
