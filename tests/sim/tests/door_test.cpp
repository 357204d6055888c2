// The simulator behind real sockets: keep-alive, streams, cuts, resets, the control API.
#include "http/curl_client.hpp"
#include "runtime/system_clock.hpp"
#include "sim/simulator.hpp"
#include "sim/tests/neighbour.hpp"
#include "support/run_task.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

namespace wardroom::sim::test {
namespace {
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

TEST_F(DoorTest, serves_page_state_and_rest_over_one_connection) {
  auto const state = ask(http::Method::get, "/sim/state");
  for (auto key :
       {"people", "calls", "subscriptions", "channels", "faults", "counters", "violations"})
    EXPECT_TRUE(state.contains(key)) << key;
  EXPECT_EQ(state["people"].size(), 13u);
  http::ClientRequest r;
  r.url = sim->rest_origin() + "/";
  auto const page = run_task(io, client.send(r));
  ASSERT_TRUE(page);
  EXPECT_EQ(page->status, 200);
  EXPECT_NE(page->headers.get("Content-Security-Policy").find("script-src 'self'"),
            std::string_view::npos);
  EXPECT_EQ(page->body.find("<script>"), std::string::npos);
  r.url = sim->rest_origin() + "/v1/people";
  r.bearer = Secret(token());
  auto const people = run_task(io, client.send(r));
  ASSERT_TRUE(people);
  EXPECT_EQ(json::parse(people->body)["items"].size(), 13u);
}

TEST_F(DoorTest, a_channel_streams_events_byte_by_byte_until_it_is_deleted) {
  sim->platform().faults.stream_chunk_bytes = 1;
  Collector sink;
  auto const bearer = token();
  bool ended = false;
  asio::co_spawn(
      io.get_executor(),
      [&]() -> Task<void> {
        auto const result = co_await client.stream(channel_request(bearer), sink);
        EXPECT_TRUE(result) << result.error().what;
        ended = true;
      },
      [](std::exception_ptr why) {
        if (why) std::rethrow_exception(why);
      });
  auto until = [&](auto condition) {
    auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition() && std::chrono::steady_clock::now() < deadline)
      io.run_one_for(std::chrono::milliseconds(20));
    return condition();
  };
  ASSERT_TRUE(until([&] { return sink.text.find("</Channel>") != std::string::npos; }));
  EXPECT_EQ(sink.status, 200);
  http::ClientRequest r;
  r.method = http::Method::post;
  r.url = sim->xsp_origin(1) + "/com.broadsoft.xsi-events/v2.0/serviceprovider/" +
          sim->platform().org.uuid();
  r.headers.add("Content-Type", "application/xml");
  r.bearer = Secret(bearer);
  r.body =
      "<Subscription xmlns=\"http://schema.broadsoft.com/xsi\"><event>Advanced "
      "Call</event><expires>7200</expires><channelSetId>s</channelSetId></Subscription>";
  auto const subscribed = run_task(io, client.send(r));
  ASSERT_TRUE(subscribed);
  EXPECT_EQ(subscribed->status, 200);
  auto const call =
      ask(http::Method::post, "/sim/calls",
          {{"from", "renee.oconnor@acme.example"}, {"to", "zoe.mueller@acme.example"}});
  ASSERT_TRUE(until([&] { return sink.text.find("CallReceivedEvent") != std::string::npos; }));
  EXPECT_NE(sink.text.find("Renée O&#39;Connor &amp; Søn"), std::string::npos);
  EXPECT_EQ(
      ask(http::Method::delete_, "/sim/calls/" + call["call"].get<std::string>())["released_by"],
      "operator");
  sim->platform().xsi.terminate_channels("ExplicitDelete");
  EXPECT_TRUE(until([&] { return ended; }));
}

TEST_F(DoorTest, a_stream_can_end_by_reset_in_the_middle_of_a_document) {
  auto& faults = sim->platform().faults;
  faults.stream_cut_at = 60;
  faults.stream_cut_how = "reset";
  auto socket = dial(sim->xsp_origin(0));
  auto const body = channel_request("").body;
  auto const request = fmt::format(
      "POST /com.broadsoft.async/com.broadsoft.xsi-events/v2.0/channel HTTP/1.1\r\nHost: x\r\n"
      "Authorization: Bearer {}\r\nContent-Length: {}\r\n\r\n{}",
      token(), body.size(), body);
  asio::write(socket, asio::buffer(request));
  boost::system::error_code why;
  auto const got = run_task(io, read_all(socket, why));
  EXPECT_EQ(why, asio::error::connection_reset) << got;
}

TEST_F(DoorTest, answers_can_be_cut_and_connections_refused) {
  ask(http::Method::post, "/sim/faults",
      {{"answers", json::array({{{"door", "rest"}, {"wire", "cut"}, {"cut_at", 40}}})}});
  auto socket = dial(sim->rest_origin());
  asio::write(socket, asio::buffer(std::string("GET /v1/people HTTP/1.1\r\nHost: x\r\n\r\n")));
  boost::system::error_code why;
  EXPECT_EQ(run_task(io, read_all(socket, why)).size(), 40u);
  EXPECT_EQ(why, asio::error::eof);

  ask(http::Method::post, "/sim/faults", {{"xsp_down", 2}});
  EXPECT_THROW(dial(sim->xsp_origin(1)), boost::system::system_error);
  EXPECT_NO_THROW(dial(sim->xsp_origin(0)));
  ask(http::Method::post, "/sim/faults", {{"xsp_down", 0}});
  EXPECT_NO_THROW(dial(sim->xsp_origin(1)));
}

TEST_F(DoorTest, pipelined_and_chunked_requests_are_understood_and_nonsense_refused) {
  auto socket = dial(sim->rest_origin());
  asio::write(socket, asio::buffer(std::string(
                          "POST /sim/faults HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                          "chunked\r\n\r\n5\r\n{\"aff\r\nb\r\ninity\":true\r\n1\r\n}\r\n0\r\n\r\n"
                          "GET /sim/nothing HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n")));
  boost::system::error_code why;
  auto const got = run_task(io, read_all(socket, why));
  EXPECT_TRUE(got.starts_with("HTTP/1.1 200 OK\r\n")) << got;
  EXPECT_NE(got.find("HTTP/1.1 404"), std::string::npos);
  EXPECT_NE(got.find("HTTP/1.1 400"), std::string::npos);
  EXPECT_TRUE(sim->platform().faults.affinity);
}

TEST_F(DoorTest, the_control_api_says_what_is_wrong) {
  EXPECT_TRUE(
      ask(http::Method::post, "/sim/faults", {{"afinity", true}})["error"].get<std::string>().find(
          "affinity") != std::string::npos);
  EXPECT_TRUE(
      ask(http::Method::post, "/sim/calls", {{"from", "x"}, {"to", "y"}}).contains("error"));
  EXPECT_TRUE(ask(http::Method::post, "/sim/people/nobody@acme.example/location",
                  {{"latitude", 1}, {"longitude", 1}})
                  .contains("error"));
  EXPECT_TRUE(ask(http::Method::post, "/sim/people/ada@acme.example/browser",
                  {{"daemon", "http://127.0.0.1:1"}})
                  .contains("error"));
  EXPECT_EQ(ask(http::Method::post, "/sim/people/ada@acme.example/location",
                {{"latitude", 1}, {"longitude", 1}})["posted"],
            false);
  EXPECT_EQ(ask(http::Method::post, "/sim/story",
                {{"daemon", "http://127.0.0.1:1"}, {"patience_s", 1}})["ok"],
            false);
}

}  // namespace
}  // namespace wardroom::sim::test
