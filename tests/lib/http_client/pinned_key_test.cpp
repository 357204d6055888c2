// A server whose public key is pinned: with a file of trusted certificates both must hold, without
// one the key is all that is trusted.
#include "base/encoding.hpp"
#include "http/trust.hpp"
#include "lib/http_client/client_kit.hpp"
#include "sim/certificates.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <filesystem>
#include <unistd.h>

namespace wardroom::test {
namespace {

using sim::Certificate, sim::CertificateWish, sim::make_certificate, sim::server_context;

std::string pin_of(Certificate const& certificate) {
  unsigned char* der = nullptr;
  auto const size =
      i2d_X509_PUBKEY(X509_get_X509_PUBKEY(static_cast<X509*>(certificate.x509.get())), &der);
  std::string const key(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return "sha256//" + to_base64(sha256(key));
}

Certificate const& root() {
  static Certificate const made = make_certificate({.common_name = "root", .authority = true});
  return made;
}
Certificate const& own() {
  static Certificate const made = make_certificate({.names = {"DNS:cms1.test"}}, &root());
  return made;
}
std::string const wrong_pin = "sha256//" + to_base64(std::string(32, 'x'));

class PinnedKey : public ::testing::Test {
 protected:
  PinnedKey() { std::ofstream(ca_file) << root().pem; }
  ~PinnedKey() override { std::filesystem::remove(ca_file); }

  /// Asks https://cms1.test of a server that shows this certificate.
  Result<http::ClientResponse> ask(Certificate const& shown, std::string pin, std::string file = "",
                                   int times = 1) {
    auto const tls = server_context(shown);
    ClientKit kit;
    http::CurlClient::Options options;
    options.ca_file = std::move(file);
    options.pinned_key = std::move(pin);
    kit.client = std::make_unique<http::CurlClient>(kit.io.get_executor(), kit.clock, options);
    FaultServer server(kit.io, tls.get());
    Result<http::ClientResponse> answer;
    for (int i = 0; i < times; ++i) {
      auto request = kit.get("https://cms1.test:" + std::to_string(server.port()) + "/");
      request.connect_to = server.address();
      request.basic.emplace("api", Secret(std::string("canary")));
      request.once = true;  // a connection each, also over a session that is resumed
      answer = kit.send(std::move(request));
    }
    requests = server.requests().size();
    return answer;
  }
  std::string const ca_file = (std::filesystem::temp_directory_path() /
                               ("wardroom-test-pin-" + std::to_string(getpid()) + ".pem"))
                                  .string();
  std::size_t requests = 0;
};

TEST_F(PinnedKey, L1_alone_is_what_is_trusted_whoever_signed_the_certificate) {
  for (auto const& wish :
       {CertificateWish{.names = {"DNS:cms1.test"}}, CertificateWish{.names = {"DNS:other.test"}},
        CertificateWish{.names = {"DNS:cms1.test"}, .valid_from_days = -30, .valid_to_days = -1},
        CertificateWish{.names = {"DNS:cms1.test"}, .rsa_bits = 2048}}) {
    auto const shown = make_certificate(wish);
    auto const answer = ask(shown, pin_of(shown), "", 3);
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(answer->body, "fine");
    auto const several = ask(shown, wrong_pin + ";" + pin_of(shown));
    EXPECT_TRUE(several) << several.error().what;
  }
}

TEST_F(PinnedKey, L1_of_another_is_refused_before_anything_is_sent_with_a_remedy) {
  auto const self_signed = make_certificate({.names = {"DNS:cms1.test"}});
  for (auto const& [shown, file] :
       {std::pair{self_signed, std::string()}, {own(), std::string()}, {own(), ca_file}}) {
    for (int const times : {1, 3}) {
      auto const answer = ask(shown, wrong_pin, file, times);
      ASSERT_FALSE(answer);
      EXPECT_EQ(requests, 0u);
      EXPECT_EQ(answer.error().kind, ErrorKind::unavailable);
      EXPECT_NE(answer.error().what.find("the key of cms1.test is not the pinned one"),
                std::string::npos)
          << answer.error().what;
      EXPECT_NE(answer.error().what.find("put the new key's hash in pin"), std::string::npos);
    }
  }
}

TEST_F(PinnedKey, L1_beside_a_file_of_trusted_certificates_both_must_hold) {
  auto const good = ask(own(), pin_of(own()), ca_file);
  EXPECT_TRUE(good) << good.error().what;
  for (auto const& [shown, says] :
       {std::pair{make_certificate({.names = {"DNS:cms1.test"}}), "it is signed by itself"},
        {make_certificate({.names = {"DNS:other.test"}}, &root()), "it is for another name"},
        {make_certificate({.names = {"DNS:cms1.test"}, .valid_from_days = -9, .valid_to_days = -1},
                          &root()),
         "has expired"}}) {
    auto const answer = ask(shown, pin_of(shown), ca_file);
    ASSERT_FALSE(answer) << says;
    EXPECT_EQ(requests, 0u);
    EXPECT_NE(answer.error().what.find(says), std::string::npos) << answer.error().what;
  }
}

TEST_F(PinnedKey, L1_without_one_certificates_are_verified_as_ever) {
  auto const answer = ask(make_certificate({.names = {"DNS:cms1.test"}}), "");
  ASSERT_FALSE(answer);
  EXPECT_EQ(requests, 0u);
}

TEST_F(PinnedKey, of_another_shape_keeps_the_client_from_starting) {
  EXPECT_TRUE(http::check_pin(""));
  EXPECT_TRUE(http::check_pin(wrong_pin));
  EXPECT_TRUE(http::check_pin(wrong_pin + ";" + wrong_pin));
  for (auto const& bad :
       {std::string("x"), std::string("sha256//"), std::string("sha256//abc="),
        "sha1//" + to_base64(std::string(20, 'x')), "sha256//" + to_base64(std::string(31, 'x')),
        wrong_pin.substr(0, wrong_pin.size() - 1), wrong_pin + ";;", ";" + wrong_pin,
        wrong_pin + " ", std::string("/etc/passwd")}) {
    EXPECT_FALSE(http::check_pin(bad)) << bad;
    EXPECT_THROW(ask(own(), bad), std::runtime_error) << bad;
  }
}

}  // namespace
}  // namespace wardroom::test
