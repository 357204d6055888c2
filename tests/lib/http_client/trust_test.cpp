// What is checked once at start: the file of trusted certificates and the proxy's address.
#include "http/trust.hpp"

#include "http/proxy.hpp"
#include "lib/http_client/client_kit.hpp"
#include "sim/certificates.hpp"

#include <openssl/ssl.h>

#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace wardroom::test {
namespace {

class CaFile : public ::testing::Test {
 protected:
  ~CaFile() override { std::filesystem::remove(path); }
  /// The complaint about a file with this content.
  std::string complaint(std::string const& text) {
    std::ofstream(path) << text;
    auto const fine = http::check_ca_file(path);
    return fine ? "" : fine.error().what;
  }
  std::string const path = (std::filesystem::temp_directory_path() /
                            ("wardroom-test-trust-" + std::to_string(getpid()) + ".pem"))
                               .string();
  std::string const good = sim::make_certificate({.common_name = "root", .authority = true}).pem;
};

TEST_F(CaFile, may_be_absent_or_hold_one_or_more_certificates_with_words_around_them) {
  EXPECT_TRUE(http::check_ca_file(""));
  EXPECT_EQ(complaint(good), "");
  EXPECT_EQ(complaint("# ours\n" + good + "\n# theirs\n" + good), "");
}

TEST_F(CaFile, that_cannot_serve_is_told_in_a_sentence) {
  auto const says = [](std::string const& complaint, std::string_view words) {
    EXPECT_NE(complaint.find(words), std::string::npos) << complaint;
    EXPECT_NE(complaint.find("the file of trusted certificates /"), std::string::npos);
  };
  says(http::check_ca_file("/nonexistent/ca.pem").error().what,
       "cannot be read: No such file or directory");
  says(http::check_ca_file("/tmp").error().what, "cannot be read: Is a directory");
  says(complaint(""), "is empty");
  says(complaint("hello\n"), "holds no certificate");
  says(complaint(sim::make_certificate({}).key_pem), "holds no certificate");
  auto damaged = good;
  damaged.replace(damaged.find('\n') + 1, 20, "AAAAAAAAAAAAAAAAAAAA");
  says(complaint(damaged), "its certificate 1 is damaged");
  says(complaint(good + damaged), "its certificate 2 is damaged");
  says(complaint(good.substr(0, good.size() / 2)), "damaged");
  if (geteuid() != 0) {
    complaint(good);
    chmod(path.c_str(), 0);
    says(http::check_ca_file(path).error().what, "cannot be read: Permission denied");
  }
}

TEST_F(CaFile, that_cannot_serve_keeps_both_clients_from_starting) {
  for (auto const& text : {std::string(), std::string("no certificate\n")}) {
    std::ofstream(path) << text;
    for (auto const* kind : {"curl", "lane"}) {
      ClientKit kit;
      EXPECT_THROW(kit.make(kind, path), std::runtime_error) << kind;
    }
  }
}

TEST(SafeTls, L1_is_demanded_even_where_the_system_allows_less) {
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> const tls(SSL_CTX_new(TLS_client_method()),
                                                              &SSL_CTX_free);
  SSL_CTX_set_security_level(tls.get(), 0);
  SSL_CTX_set_min_proto_version(tls.get(), TLS1_VERSION);
  SSL_CTX_set_verify(tls.get(), SSL_VERIFY_NONE, nullptr);
  http::demand_safe_tls(tls.get(), http::trust_of("").get());
  EXPECT_EQ(SSL_CTX_get_security_level(tls.get()), 2);
  EXPECT_EQ(SSL_CTX_get_min_proto_version(tls.get()), TLS1_2_VERSION);
  EXPECT_EQ(SSL_CTX_get_verify_mode(tls.get()), SSL_VERIFY_PEER);
}

TEST(ProxyAddress, is_plain_http_with_a_port_and_perhaps_a_login) {
  auto const plain = http::parse_proxy("http://proxy.acme.example:3128/");
  ASSERT_TRUE(plain) << plain.error().what;
  EXPECT_EQ(plain->url, "http://proxy.acme.example:3128");
  EXPECT_EQ(plain->host, "proxy.acme.example:3128");
  EXPECT_TRUE(plain->user.empty());
  auto const login = http::parse_proxy("HTTP://us%40er:p%3Ass%40@[::1]:8080");
  ASSERT_TRUE(login) << login.error().what;
  EXPECT_EQ(login->url, "http://[::1]:8080");
  EXPECT_EQ(login->user, "us@er");
  EXPECT_EQ(login->password.reveal(), "p:ss@");
}

TEST(ProxyAddress, of_any_other_shape_is_refused_without_showing_the_login) {
  for (auto const* bad :
       {"", "proxy:3128", "https://proxy:3128", "socks5://proxy:1080", "http://proxy",
        "http://proxy:0", "http://proxy:99999", "http://s3cret:s3cret@proxy", "http://:8080",
        "http://s3cret%zz:x@proxy:1", "http://:s3cret@proxy:1", "http://proxy:1/path",
        "http://proxy:1?x", "http://pro xy:1", "http://proxy:1\r\nX: y", "http://[::1:1"}) {
    auto const parsed = http::parse_proxy(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error().what.find("s3cret"), std::string::npos) << parsed.error().what;
  }
}

TEST(ProxyAddress, takes_its_login_from_a_file_of_its_own) {
  auto proxy = http::parse_proxy("http://proxy:3128");
  ASSERT_TRUE(proxy);
  ASSERT_TRUE(http::set_login(*proxy, Secret("user:pass:word\n")));
  EXPECT_EQ(proxy->user, "user");
  EXPECT_EQ(proxy->password.reveal(), "pass:word");
  for (auto const* bad : {"", "user", ":password", "user:pass\nmore"})
    EXPECT_FALSE(http::set_login(*proxy, Secret(std::string(bad)))) << bad;
}

}  // namespace
}  // namespace wardroom::test
