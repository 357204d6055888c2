// Every request of tests/fixtures/http_probes.txt against a listening server.
#include "lib/http/probe_file.hpp"
#include "lib/http/server_fixture.hpp"

namespace wardroom::http {
namespace {

struct ProbesTest : ServerFixture {
  int smuggled = 0;

  void serve() {
    add_hello();
    add_echo(4096);
    router.add({.method = Method::post, .pattern = "/json", .body_limit = 4096, .json = true},
               [](ServerRequest&, Responder r) { r.send(json_text(200, "{}")); });
    router.add({.pattern = "/people/{person}"},
               [](ServerRequest& request, Responder r) { r.send(text(200, request.params[0])); });
    router.add({.pattern = "/smuggled"}, [this](ServerRequest&, Responder r) {
      ++smuggled;
      r.send(text(200, "smuggled"));
    });
    listen();
  }

  void check(Probe const& probe, bool bytewise) {
    SCOPED_TRACE(probe.name + (bytewise ? " (byte by byte)" : ""));
    auto client = connect();
    if (bytewise) {
      for (char const byte : probe.request) {
        client.send({&byte, 1});
        clock.drain();
      }
    } else {
      client.send(probe.request);
    }
    for (int const status : probe.statuses) {
      auto const answer = client.answer();
      EXPECT_EQ(status_of(answer), status) << answer;
      if (status >= 400) {
        EXPECT_NE(answer.find("\"message\":\""), std::string::npos);
      }
    }
    if (probe.closes) {
      EXPECT_TRUE(client.wait_for_close());
      EXPECT_EQ(client.received, "") << "something behind the request was answered";
    } else {
      EXPECT_EQ(body_of(client.ask(get("/hello"))), "hello") << "the connection is out of step";
    }
    EXPECT_EQ(smuggled, 0);
  }
};

TEST_F(ProbesTest, H3_every_probe_gets_its_answer_and_none_desynchronises) {
  serve();
  auto const probes = read_probes();
  ASSERT_GE(probes.size(), 90u);
  for (auto const& probe : probes) check(probe, false);
}

TEST_F(ProbesTest, H3_the_same_when_each_byte_comes_alone) {
  serve();
  for (auto const& probe : read_probes())
    if (probe.request.size() < 1000) check(probe, true);
}

}  // namespace
}  // namespace wardroom::http
