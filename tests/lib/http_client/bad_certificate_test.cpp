// L1: the twelve bad certificates of the simulator are refused in words, and nothing is sent.
#include "lib/http_client/client_kit.hpp"
#include "sim/tls_door.hpp"

#include <filesystem>
#include <unistd.h>

namespace wardroom::test {
namespace {

using sim::CertificateKinds, sim::TlsDoor;

CertificateKinds const& kinds() {
  static CertificateKinds const made({"DNS:xsp1.test", "IP:127.0.0.1"});
  return made;
}

std::string written(std::string const& name, std::string const& text) {
  auto path = (std::filesystem::temp_directory_path() /
               ("wardroom-test-" + name + "-" + std::to_string(getpid()) + ".pem"))
                  .string();
  std::ofstream(path) << text;
  return path;
}
std::string const& trusted() {
  static std::string const path = written("ca", kinds().ca_pem());
  return path;
}

/// What the sentence must say about each kind.
std::map<std::string_view, std::string_view> const words = {
    {"expired", "has expired"},
    {"not_yet_valid", "is not valid yet"},
    {"wrong_host", "for another name"},
    {"self_signed", "signed by itself"},
    {"unknown_ca", "its issuer is not trusted here"},
    {"wrong_usage", "not made for servers"},
    {"weak_key", "too short to be safe"},
    {"weak_signature", "can be forged (SHA-1, MD5)"},
    {"intermediate_missing", "does not send an intermediate certificate"},
    {"intermediate_not_a_ca", "may not issue any"},
    {"name_in_subject_only", "for another name"},
    {"forbidden_name", "may not issue certificates for this name"},
};

struct Forget : http::StreamSink {
  int heads = 0;
  std::string body;
  void on_head(int, http::Headers const&, std::string_view) override { ++heads; }
  void on_bytes(std::string_view bytes) override { body += bytes; }
};

/// Three ways to send a request with a token to https://xsp1.test behind the door.
class Behind {
 public:
  Behind(std::string way, std::string_view kind, std::string const& ca_file)
      : way_(std::move(way)), door(kit.io.get_executor(), kinds().show(kind), plain.port()) {
    kit.make(way_ == "lane" ? "lane" : "curl", ca_file);
  }
  Result<void> ask(std::string const& host = "xsp1.test") {
    auto request = kit.get("https://" + host + ":" + std::to_string(door.port()) + "/v2.0/x");
    request.connect_to = "127.0.0.1:" + std::to_string(door.port());
    request.bearer = Secret("canary");
    if (way_ == "stream") return run_task(kit.io, kit.client->stream(std::move(request), sink));
    auto const answer = kit.send(std::move(request));
    if (!answer) return std::unexpected(answer.error());
    return {};
  }

 private:
  std::string way_;

 public:
  Forget sink;
  ClientKit kit;
  FaultServer plain{kit.io};
  TlsDoor door;
};

class BadCertificate
    : public ::testing::TestWithParam<std::tuple<char const*, CertificateKinds::Kind>> {};

TEST_P(BadCertificate, L1_is_refused_in_words_and_nothing_is_sent) {
  auto const& [way, kind] = GetParam();
  Behind behind(way, kind.name, trusted());
  auto const sent = behind.ask();
  ASSERT_FALSE(sent) << "accepted: " << kind.what;
  auto const& error = sent.error();
  EXPECT_EQ(error.kind, ErrorKind::unavailable);
  EXPECT_TRUE(error.not_done);
  EXPECT_NE(error.what.find("the certificate of xsp1.test is not accepted"), std::string::npos)
      << error.what;
  EXPECT_NE(error.what.find(words.at(kind.name)), std::string::npos) << error.what;
  EXPECT_EQ(error.what.find("canary"), std::string::npos);
  if (std::string_view(way) == "lane")  // it goes on trying, and goes on checking
    EXPECT_TRUE(behind.kit.until([&] { return behind.door.accepted() >= 2; }));
  else
    EXPECT_EQ(behind.door.accepted(), 1u) << "tried again";
  EXPECT_EQ(behind.door.received(), 0u) << "something was sent";
  EXPECT_EQ(behind.plain.accepted(), 0u);
  EXPECT_EQ(behind.sink.heads, 0);
}

INSTANTIATE_TEST_SUITE_P(Twelve, BadCertificate,
                         ::testing::Combine(::testing::Values("curl", "lane", "stream"),
                                            ::testing::ValuesIn(CertificateKinds::bad())),
                         [](auto const& info) {
                           return std::string(std::get<1>(info.param).name) + "_over_" +
                                  std::get<0>(info.param);
                         });

class PrivateAuthority : public ::testing::TestWithParam<char const*> {};

TEST_P(PrivateAuthority, L1_is_believed_when_its_file_is_named_and_only_then) {
  Behind good(GetParam(), "good", trusted());
  for (auto const* host : {"xsp1.test", "127.0.0.1"}) {
    auto const sent = good.ask(host);
    ASSERT_TRUE(sent) << sent.error().what;
  }
  EXPECT_NE(good.plain.requests().at(0).find("\r\nAuthorization: Bearer canary\r\n"),
            std::string::npos);
  EXPECT_NE(good.plain.requests().at(0).find("\r\nX-Forwarded-Proto: https\r\n"),
            std::string::npos);
  Behind system(GetParam(), "good", "");
  EXPECT_FALSE(system.ask());
  EXPECT_EQ(system.door.received(), 0u);
  auto const other =
      sim::make_certificate({.common_name = "Wardroom test root", .authority = true});
  Behind impostor(GetParam(), "good", written("other", other.pem));
  EXPECT_FALSE(impostor.ask());
  EXPECT_EQ(impostor.door.received(), 0u);
}

TEST_P(PrivateAuthority, L1_a_plain_server_on_the_port_of_tls_gets_nothing) {
  std::string_view const way = GetParam();
  Behind behind(GetParam(), "good", trusted());
  auto& kit = behind.kit;
  if (way == "lane")
    kit.client = std::make_unique<http::LaneClient>(
        kit.io.get_executor(), kit.clock, kit.tasks,
        http::LaneClient::Options{
            .ca_file = trusted(), .connections = 1, .connect_timeout = Milliseconds(300)});
  auto request = kit.get("https://127.0.0.1:" + std::to_string(behind.plain.port()) + "/");
  request.bearer = Secret("canary");
  request.connect_timeout = Milliseconds(300);
  if (way == "stream")
    EXPECT_FALSE(run_task(kit.io, kit.client->stream(request, behind.sink)));
  else
    EXPECT_FALSE(kit.send(request));
  EXPECT_GE(behind.plain.accepted(), 1u);
  EXPECT_TRUE(behind.plain.requests().empty());
}

INSTANTIATE_TEST_SUITE_P(Over, PrivateAuthority, ::testing::Values("curl", "lane", "stream"),
                         [](auto const& info) { return std::string(info.param); });

TEST(CertificateKinds, L1_are_the_good_one_and_twelve_bad_ones) {
  EXPECT_EQ(CertificateKinds::bad().size(), 12u);
  EXPECT_THROW((void)kinds().show("goood"), std::invalid_argument);
  EXPECT_TRUE(CertificateKinds::list().starts_with("good, expired"));
}

TEST(RequestTagger, puts_its_line_into_each_head_and_leaves_bodies_alone) {
  std::string const in =
      "POST /a HTTP/1.1\r\nContent-Length: 22\r\n\r\nGET /no HTTP/1.1\r\n\r\n12GET /b "
      "HTTP/1.1\r\n\r\n";
  std::string const expected =
      "POST /a HTTP/1.1\r\nX: y\r\nContent-Length: 22\r\n\r\nGET /no HTTP/1.1\r\n\r\n12"
      "GET /b HTTP/1.1\r\nX: y\r\n\r\n";
  for (std::size_t step = 1; step <= in.size(); ++step) {
    sim::RequestTagger tagger("X: y");
    std::string out;
    for (std::size_t at = 0; at < in.size(); at += step) out += tagger.feed(in.substr(at, step));
    EXPECT_EQ(out, expected) << step;
  }
  sim::RequestTagger endless("X: y");
  std::size_t passed = 0;
  for (int i = 0; i < 20; ++i) passed += endless.feed(std::string(32u << 10, 'a')).size();
  EXPECT_GE(passed, std::size_t{300} << 10) << "a head without an end is not hoarded";
  sim::RequestTagger tagger("X: y");
  std::string const chunked =
      "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n";
  EXPECT_EQ(tagger.feed(chunked),
            "POST /a HTTP/1.1\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            "GET / HTTP/1.1\r\n\r\n");
}

}  // namespace
}  // namespace wardroom::test
