// The simulator behind real sockets: keep-alive, streams, cuts, resets, the control API.
#include "sim/tests/door.hpp"

namespace wardroom::sim::test {
namespace {

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
