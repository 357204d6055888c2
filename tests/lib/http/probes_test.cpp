// Every request of tests/fixtures/http_probes.txt against a listening server.
#include "lib/http/server_fixture.hpp"

#include <fstream>
#include <sstream>

namespace wardroom::http {
namespace {

struct Probe {
  std::string name, request;
  std::vector<int> statuses;
  bool closes = false;
};

std::string unescape(std::string_view line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\\') {
      out += line[i];
      continue;
    }
    char const c = line.at(++i);
    if (c == 'r') out += '\r';
    if (c == 'n') out += '\n';
    if (c == 't') out += '\t';
    if (c == '0') out += '\0';
    if (c == '\\') out += '\\';
    if (c == 'x') {
      out += static_cast<char>(std::stoi(std::string(line.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    }
    if (c != '(') continue;
    auto const star = line.find('*', i);
    auto const close = line.find(')', star);
    auto const piece = unescape(line.substr(i + 1, star - i - 1));
    for (int n = std::stoi(std::string(line.substr(star + 1, close - star - 1))); n > 0; --n)
      out += piece;
    i = close;
  }
  return out;
}

std::vector<Probe> read_probes() {
  std::ifstream file(WARDROOM_SOURCE_DIR "/tests/fixtures/http_probes.txt");
  std::vector<Probe> probes;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("=== ")) {
      probes.push_back({line.substr(4), "", {}, false});
      inside = true;
    } else if (line.starts_with("--- ")) {
      std::istringstream words(line.substr(4));
      for (std::string word; words >> word;) {
        if (word == "closes") probes.back().closes = true;
        if (std::isdigit(static_cast<unsigned char>(word[0])))
          probes.back().statuses.push_back(std::stoi(word));
      }
      inside = false;
    } else if (inside) {
      probes.back().request += unescape(line);
    }
  }
  return probes;
}

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
