// Simulated meeting servers behind real sockets: they post as real ones do, and are moved by hand.
#include "sim/tests/door.hpp"

#include <fmt/format.h>

namespace wardroom::sim::test {
namespace {
using http::Method;

/// The far end of the posts.
struct CmsDoorTest : testing::Test {
  CmsDoorTest() {
    Simulator::Options options;
    options.listen = "127.0.0.1:0";
    options.xsps.clear();
    options.cms = {"127.0.0.1:0", "127.0.0.1:0"};
    sim = std::make_unique<Simulator>(io.get_executor(), clock, dice, client, options);
    auto const started = sim->start();
    auto const port = daemon.listen("127.0.0.1:0");
    if (!started || !port) throw std::runtime_error("cannot listen");
    uri = fmt::format("http://127.0.0.1:{}/cdr/secret?system_id=acano1", *port);
  }
  ~CmsDoorTest() override {
    run_task(io, sim->stop());
    sim.reset();
    daemon.go_down();
    io.restart();
    io.poll();
  }
  json ask(Method method, std::string path, json body = nullptr) {
    http::ClientRequest r;
    r.method = method;
    r.url = sim->rest_origin() + path;
    if (!body.is_null()) r.body = body.dump();
    auto const a = run_task(io, client.send(std::move(r)));
    if (!a) throw std::runtime_error(a.error().what);
    return json::parse(a->body);
  }
  bool until(std::function<bool()> const& done) {
    auto const limit = std::chrono::steady_clock::now() + std::chrono::seconds(15);
    while (!done() && std::chrono::steady_clock::now() < limit) {
      io.restart();
      io.run_for(Milliseconds(10));
    }
    return done();
  }
  void join(char const* address) {
    ASSERT_TRUE(ask(Method::post, "/sim/cms/join", {{"conference", "Board"}, {"address", address}})
                    .contains("person"));
  }
  void faults(json const& wish) {
    ASSERT_TRUE(ask(Method::post, "/sim/cms/bridges/cms1/faults", wish).contains("faults"));
  }

  asio::io_context io{1};
  SystemClock clock{io.get_executor()};
  SeededRandom dice{3};
  http::CurlClient client{io.get_executor(), clock, {}};
  std::vector<Request> posts;
  int status = 200;
  WireServer daemon{io.get_executor(), clock,
                    [this](Request r, WireServer::Reply reply) {
                      posts.push_back(std::move(r));
                      Answer a;
                      a.response.status = status;
                      reply(std::move(a));
                    },
                    Milliseconds(60000)};
  std::unique_ptr<Simulator> sim;
  std::string uri;
};

TEST_F(CmsDoorTest, a_receiver_that_is_registered_by_the_API_gets_the_records) {
  http::ClientRequest add;
  add.method = Method::post;
  add.url = sim->cms_origin(0) + "/api/v1/system/cdrReceivers";
  add.basic = {"wardroom", Secret("demo-cms-password")};
  add.headers.add("Content-Type", "application/x-www-form-urlencoded");
  add.body = http::to_query({{"uri", uri}});
  auto const added = run_task(io, client.send(std::move(add)));
  ASSERT_TRUE(added);
  EXPECT_EQ(added->status, 200);
  join("ann@secure.acme.example");
  ASSERT_TRUE(until([&] { return posts.size() == 1; }));
  EXPECT_EQ(posts[0].method, Method::post);
  EXPECT_EQ(posts[0].path, "/cdr/secret");
  EXPECT_EQ(posts[0].query, "system_id=acano1") << "verbatim";
  EXPECT_EQ(posts[0].header("Content-Type"), "text/xml");
  EXPECT_NE(posts[0].body.find("callLegStart"), std::string::npos);
  join("bob@acme.example");
  ASSERT_TRUE(until([&] { return posts.size() == 2; }));
  EXPECT_EQ(daemon.connections(), 1u) << "it is kept alive";
  auto const state = ask(Method::get, "/sim/cms");
  EXPECT_EQ(state["bridges"][0]["receivers"][0]["delivered"], 5);
  EXPECT_EQ(state["bridges"][0]["receivers"][0]["uri"].get<std::string>().find("secret"),
            std::string::npos);
}

TEST_F(CmsDoorTest, what_is_not_acknowledged_comes_again) {
  ASSERT_TRUE(sim->platform().cms.bridge(0).add_receiver(uri));
  status = 503;
  join("ann@secure.acme.example");
  ASSERT_TRUE(until([&] { return posts.size() >= 3; }));
  EXPECT_EQ(posts[0].body, posts[2].body);
  status = 200;
  auto& receiver = *sim->platform().cms.bridge(0).receivers[0];
  ASSERT_TRUE(until([&] { return receiver.waiting() == 0; }));
  auto const sent = posts.size();
  faults({{"duplicate_posts", 1}, {"content_type", ""}});
  join("bob@acme.example");
  ASSERT_TRUE(until([&] { return posts.size() == sent + 2; }));
  EXPECT_EQ(posts[sent].body, posts[sent + 1].body);
  EXPECT_EQ(posts[sent].header("Content-Type"), "");
}

TEST_F(CmsDoorTest, posts_may_be_chunked_slow_or_cut) {
  ASSERT_TRUE(sim->platform().cms.bridge(0).add_receiver(uri));
  auto& receiver = *sim->platform().cms.bridge(0).receivers[0];
  faults({{"post_wire", "chunked"}, {"odd_posts", 1}});
  join("ann@secure.acme.example");
  ASSERT_TRUE(until([&] { return receiver.delivered == 3; }));
  EXPECT_EQ(posts.back().header("Transfer-Encoding"), "chunked");
  faults({{"post_wire", "cut"}, {"odd_posts", 1}});
  join("bob@acme.example");
  ASSERT_TRUE(until([&] { return receiver.delivered == 5; })) << "it came again, whole";
  EXPECT_EQ(receiver.refused, 1u);
  EXPECT_EQ(posts.size(), 2u);
  faults({{"post_wire", "slow"}, {"odd_posts", 1}, {"most_per_post", 1}});
  join("carol@acme.example");
  EXPECT_TRUE(until([&] { return receiver.delivered == 7; }));
}

TEST_F(CmsDoorTest, people_conferences_and_bridges_are_moved_by_hand) {
  auto const ann = ask(Method::post, "/sim/cms/join",
                       {{"conference", "Board"}, {"address", "ann@secure.acme.example"}});
  auto const path = fmt::format("/sim/cms/people/{}/", ann["person"].get<int>());
  EXPECT_EQ(ask(Method::post, path + "move", {{"bridge", "cms2"}})["done"], true);
  auto state = ask(Method::get, "/sim/cms");
  ASSERT_EQ(state["conferences"].size(), 1u);
  EXPECT_EQ(state["conferences"][0]["people"][0]["bridge"], "cms2");
  EXPECT_TRUE(state["conferences"][0]["calls"][0]["shows"].is_null());
  EXPECT_EQ(ask(Method::post, "/sim/cms/bridges/cms2/message",
                {{"conference", "Board"}, {"text", "Hello"}, {"duration", "permanent"}})["changed"],
            1);
  state = ask(Method::get, "/sim/cms");
  EXPECT_EQ(state["conferences"][0]["calls"][0]["shows"], "Hello");
  EXPECT_EQ(
      ask(Method::post, "/sim/cms/conferences/Board/record", {{"bridge", "cms2"}, {"sip", true}})
          .contains("machine"),
      true);
  EXPECT_EQ(ask(Method::post, path + "leave")["done"], true);
  EXPECT_TRUE(ask(Method::post, path + "leave").contains("error"));
  EXPECT_TRUE(ask(Method::get, "/sim/cms")["conferences"].empty());
  EXPECT_TRUE(ask(Method::post, "/sim/cms/join", {{"conference", "Board"}, {"via", "fax"}})
                  .contains("error"));
  EXPECT_TRUE(ask(Method::post, "/sim/cms/bridges/cms9/restart").contains("error"));
  EXPECT_TRUE(ask(Method::post, "/sim/cms/bridges/cms1/faults", {{"busy_", 1}}).contains("error"));
}

}  // namespace
}  // namespace wardroom::sim::test
