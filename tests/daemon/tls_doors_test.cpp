// The daemon's listeners with TLS: pages, records on a listener of their own, and starts that are
// refused for their certificate.
#include "sim/certificates.hpp"
#include "support/site.hpp"

#include <curl/curl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace wardroom::test {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

struct Seen {
  long status = 0;
  std::string body, headers;
};

std::size_t append(char* bytes, std::size_t one, std::size_t count, void* to) {
  static_cast<std::string*>(to)->append(bytes, one * count);
  return one * count;
}

class TlsDoors : public testing::Test {
 protected:
  TlsDoors() {
    write("root.pem", root_.pem, 0644);
    show(own("first"));
    write("password", "p", 0600);
    write("cdr_secret", secret_, 0600);
  }

  sim::Certificate own(std::string name) const {
    return sim::make_certificate({.common_name = std::move(name), .names = {"IP:127.0.0.1"}},
                                 &root_);
  }
  std::string file(std::string const& name) const { return site_.folder() + "/" + name; }
  void write(std::string const& name, std::string const& text, unsigned mode) const {
    std::ofstream(file(name) + ".new", std::ios::binary) << text;
    fs::permissions(file(name) + ".new", static_cast<fs::perms>(mode));
    fs::rename(file(name) + ".new", file(name));
  }
  void show(sim::Certificate const& certificate) const {
    write("key.pem", certificate.key_pem, 0600);
    write("cert.pem", certificate.pem, 0644);
  }

  /// http with TLS, and records on a listener of their own.
  void configure() {
    site_.write_config("  mode: \"off\"");
    std::ifstream in(file("wardroom.yaml"));
    std::stringstream text;
    text << in.rdbuf();
    auto yaml = text.str();
    auto const tls = "certificate_file: " + file("cert.pem") + ", key_file: " + file("key.pem");
    auto const from = yaml.find("public_url: \"http://");
    yaml.replace(from, 20, "tls: { " + tls + " }, public_url: \"https://");
    yaml += "security_notices:\n  listener: { listen: \"" + records() + "\", " + tls +
            " }\n  bridges:\n    - { name: cms1, api: \"http://127.0.0.1:9/api/v1\", username: u, "
            "password_file: " +
            file("password") + ", cdr_secret_file: " + file("cdr_secret") + " }\n";
    write("wardroom.yaml", yaml, 0600);
  }
  void start() {
    configure();
    daemon_ =
        std::make_unique<Process>(std::vector<std::string>{WARDROOM_BUILD_DIR "/daemon/wardroomd",
                                                           "--config", file("wardroom.yaml")},
                                  file("daemon.log"));
    ASSERT_TRUE(eventually(30s, [&] { return get(pages() + "/healthz").status == 200; }))
        << site_.daemon_log();
  }
  std::string pages() const { return "https://127.0.0.1:" + std::to_string(site_.http_port()); }
  std::string records() const { return "127.0.0.1:" + std::to_string(cdr_port_.number()); }

  Seen get(std::string const& url, std::optional<std::string> post = {}) const {
    Seen out;
    auto* easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_CAINFO, file("root.pem").c_str());
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 10L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &out.body);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, append);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &out.headers);
    if (post) curl_easy_setopt(easy, CURLOPT_POSTFIELDS, post->c_str());
    if (curl_easy_perform(easy) == CURLE_OK)
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &out.status);
    curl_easy_cleanup(easy);
    return out;
  }

  sim::Certificate const root_ =
      sim::make_certificate({.common_name = "Wardroom test root", .authority = true});
  std::string const secret_ = "0123456789abcdef0123456789abcdef";
  ReservedPort cdr_port_;
  Site site_{"  mode: \"off\""};
  std::unique_ptr<Process> daemon_;
};

TEST_F(TlsDoors, pages_and_records_come_over_TLS_each_by_its_own_listener) {
  start();
  auto const page = get(pages() + "/user/login");
  EXPECT_THAT(page.headers, HasSubstr("Strict-Transport-Security"));
  auto const door = "https://" + records();
  std::string const post =
      "<?xml version=\"1.0\"?>\n<records session=\"5ff0e1ee-ccf3-4b6e-8b0d-1c1f6b1d9c01\">"
      "<record type=\"callStart\" time=\"2026-05-14T09:00:01Z\" recordIndex=\"1\" "
      "correlatorIndex=\"0\"><call id=\"9e8c6b2a-0000-4000-8000-000000000001\"><name>Ops</name>"
      "<callCorrelator>7d8c6b2a-0000-4000-8000-000000000001</callCorrelator></call></record>"
      "</records>\n";
  auto const taken = get(door + "/cdr/" + secret_, post);
  EXPECT_EQ(taken.status, 200) << site_.daemon_log();
  EXPECT_EQ(taken.body, "");
  EXPECT_THAT(taken.headers, HasSubstr("Content-Length: 0"));
  auto const stranger = get(door + "/cdr/0123456789abcdef0123456789abcdeF", post);
  EXPECT_EQ(stranger.status, 404);
  EXPECT_EQ(stranger.body, "");
  EXPECT_EQ(get(door + "/user/login").status, 404) << "it knows records and nothing else";
  EXPECT_EQ(get(pages() + "/cdr/" + secret_, post).status, 200) << "they come over both";
  auto const plain = http({.url = "http://127.0.0.1:" + std::to_string(site_.http_port())});
  EXPECT_EQ(plain.status, 400);
  EXPECT_THAT(plain.body, HasSubstr("This port speaks TLS"));
  auto const log = site_.daemon_log();
  EXPECT_EQ(log.find(secret_), std::string::npos) << "no log holds the secret";
}

TEST_F(TlsDoors, a_start_with_a_certificate_that_will_not_do_says_why) {
  auto const refused = [&] {
    configure();
    Process daemon({WARDROOM_BUILD_DIR "/daemon/wardroomd", "--config", file("wardroom.yaml")},
                   file("refused.log"));
    EXPECT_EQ(daemon.wait(30s), 78);
    std::ifstream in(file("refused.log"));
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  };
  write("key.pem", own("other").key_pem, 0600);
  EXPECT_THAT(refused(), HasSubstr("does not belong to the first certificate"));
  show(own("first"));
  fs::permissions(file("key.pem"), static_cast<fs::perms>(0644));
  EXPECT_THAT(refused(), HasSubstr("chmod 0600"));
}

}  // namespace
}  // namespace wardroom::test
