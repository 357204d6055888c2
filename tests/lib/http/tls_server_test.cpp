// A server that speaks TLS: versions, slow and rude clients, client certificates, renewal.
#include "http/server_tls.hpp"
#include "lib/http/probe_file.hpp"
#include "lib/http/tls_client.hpp"
#include "support/seed.hpp"
#include "support/temp_database.hpp"

#include <curl/curl.h>
#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

namespace wardroom::http {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

struct TlsServerTest : ServerFixture {
  test::TempDirectory folder;
  sim::Certificate const root =
      sim::make_certificate({.common_name = "Wardroom test root", .authority = true});
  sim::Certificate const bridges =
      sim::make_certificate({.common_name = "Bridges' root", .authority = true});
  bool secure = false;

  sim::Certificate own(std::string name = "first", int rsa_bits = 0) const {
    return sim::make_certificate(
        {.common_name = std::move(name), .names = {"IP:127.0.0.1"}, .rsa_bits = rsa_bits}, &root);
  }
  void write(std::string const& name, std::string const& text, unsigned mode = 0600) const {
    // Renamed into place, as renewals do it: never half a file.
    auto const file = folder / name;
    std::ofstream(file + ".new", std::ios::binary) << text;
    fs::permissions(file + ".new", static_cast<fs::perms>(mode));
    fs::rename(file + ".new", file);
  }
  void write(sim::Certificate const& certificate) const {
    write("cert.pem", certificate.pem, 0644);
    write("key.pem", certificate.key_pem);
  }
  TlsFiles files(bool clients = false) const {
    return {folder / "cert.pem", folder / "key.pem", clients ? folder / "clients.pem" : ""};
  }
  void serve(bool clients = false) {
    write(own());
    if (clients) write("clients.pem", bridges.pem, 0644);
    auto tls = ServerTls::open(files(clients));
    ASSERT_TRUE(tls) << tls.error().what;
    add_hello();
    add_echo(6u << 20);
    router.add({.pattern = "/secure"}, [this](ServerRequest& request, Responder responder) {
      secure = request.secure;
      responder.send(text(200, std::string(request.remote)));
    });
    Server::Options options;
    options.tls = *tls;
    listen(std::move(options));
  }
  TlsClient client(TlsWish wish = {}) {
    if (wish.ca_pem.empty()) wish.ca_pem = root.pem;
    return {connect(), std::move(wish)};
  }
  std::string shown_to(TlsClient& client) {
    if (!client.shake_hands()) return "no handshake";
    std::unique_ptr<X509, void (*)(X509*)> const one(SSL_get1_peer_certificate(client.ssl.get()),
                                                     &X509_free);
    char name[100] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(one.get()), NID_commonName, name, sizeof name);
    return name;
  }
  std::string refusal(TlsFiles wanted) const {
    auto const opened = ServerTls::open(std::move(wanted));
    return opened ? "" : opened.error().what;
  }
};

TEST_F(TlsServerTest, answers_in_TLS_1_2_and_1_3_and_says_that_it_is_secure) {
  serve();
  for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto one = client({.version = version});
    ASSERT_TRUE(one.shake_hands()) << version;
    secure = false;
    EXPECT_EQ(body_of(one.ask(get("/secure"))), "127.0.0.1");
    EXPECT_TRUE(secure);
    EXPECT_EQ(body_of(one.ask(get("/hello"))), "hello");
  }
}

TEST_F(TlsServerTest, L1_refuses_TLS_1_1_and_protocols_that_are_no_http_1_1) {
  serve();
  auto old = client({.version = TLS1_1_VERSION});
  EXPECT_FALSE(old.shake_hands());
  auto h2 = client({.protocols = std::string("\x02h2")});
  EXPECT_FALSE(h2.shake_hands());
  auto both = client({.protocols = std::string("\x02h2\x08http/1.1")});
  EXPECT_TRUE(both.shake_hands());
  unsigned char const* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(both.ssl.get(), &chosen, &size);
  EXPECT_EQ(std::string(reinterpret_cast<char const*>(chosen), size), "http/1.1");
  EXPECT_EQ(server->counters().handshakes_failed, 2u);
}

TEST_F(TlsServerTest, keeps_a_connection_over_many_requests_and_pipelines) {
  serve();
  auto one = client();
  ASSERT_TRUE(one.shake_hands());
  for (int i = 0; i < 500; ++i)
    ASSERT_EQ(body_of(one.ask(post("/echo", std::to_string(i)))), std::to_string(i));
  std::string many;
  for (int i = 0; i < 50; ++i) many += post("/echo", std::to_string(i));
  one.send(many);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(body_of(one.answer()), std::to_string(i));
  EXPECT_EQ(server->counters().open, 1u);
}

TEST_F(TlsServerTest, takes_and_gives_five_mebibytes_also_when_the_client_reads_late) {
  serve();
  std::string body(5u << 20, ' ');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
  for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto one = client({.version = version});
    ASSERT_TRUE(one.shake_hands());
    one.send(post("/echo", body));
    for (int i = 0; i < 50; ++i) pump()();  // the answer fills what the kernel takes
    auto const answer = one.answer();
    EXPECT_TRUE(body_of(answer) == body) << answer.size();
    EXPECT_EQ(body_of(one.ask(get("/hello"))), "hello");
  }
}

TEST_F(TlsServerTest, does_not_mind_bytes_that_come_alone) {
  serve();
  for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto one = client({.version = version, .bytewise = true});
    ASSERT_TRUE(one.shake_hands());
    EXPECT_EQ(body_of(one.ask(post("/echo", "slowly"))), "slowly");
  }
}

TEST_F(TlsServerTest, many_requests_in_one_record_and_one_request_in_many_are_the_same) {
  serve();
  auto one = client();
  ASSERT_TRUE(one.shake_hands());
  // 16 KiB come as one record, of which the server reads 4 KiB at a time.
  std::string record;
  int count = 0;
  for (; record.size() < 15'000; ++count) record += get("/hello");
  one.send(record);
  for (int i = 0; i < count; ++i) ASSERT_EQ(body_of(one.answer()), "hello") << i;
  for (char const byte : post("/echo", "split")) one.send({&byte, 1});
  EXPECT_EQ(body_of(one.answer()), "split");
}

TEST_F(TlsServerTest, a_client_that_leaves_in_the_handshake_leaves_nothing_behind) {
  serve();
  std::string hello;
  {
    auto whole = client();
    SSL_do_handshake(whole.ssl.get());
    char buffer[4096];
    auto const size = BIO_read(SSL_get_wbio(whole.ssl.get()), buffer, sizeof buffer);
    hello.assign(buffer, static_cast<std::size_t>(size));
  }
  for (std::size_t size = 0; size <= hello.size(); size += 40) {
    auto raw = connect();
    raw.send(std::string_view(hello).substr(0, size));
    pump()();
    raw.leave();
  }
  run_until([&] { return server->counters().open == 0; });
}

TEST_F(TlsServerTest, a_slow_handshake_ends_with_the_time_of_a_head) {
  serve();
  auto silent = connect();
  auto slow = connect();
  slow.send("\x16\x03\x01");
  for (int i = 0; i < 20; ++i) pump()();
  EXPECT_EQ(server->counters().open, 2u);
  clock.advance(4s);
  EXPECT_EQ(server->counters().open, 2u);
  clock.advance(2s);
  EXPECT_TRUE(silent.wait_for_close());
  EXPECT_TRUE(slow.wait_for_close());
  EXPECT_EQ(silent.received + slow.received, "") << "nothing readable is sent";
}

TEST_F(TlsServerTest, plain_http_is_told_so_and_rubbish_just_ends) {
  serve();
  auto plain = connect();
  plain.send(get("/hello"));
  EXPECT_TRUE(plain.wait_for_close());
  EXPECT_EQ(status_of(plain.received), 400);
  EXPECT_THAT(plain.received, HasSubstr("This port speaks TLS"));
  auto rubbish = connect();
  rubbish.send(std::string(2000, '\x7f'));
  EXPECT_TRUE(rubbish.wait_for_close());
  run_until([&] { return server->counters().handshakes_failed == 2; });
}

TEST_F(TlsServerTest, ends_cleanly_so_that_nobody_takes_it_for_a_cut) {
  serve();
  auto one = client();
  ASSERT_TRUE(one.shake_hands());
  one.send("GET /hello HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(one.wait_for_close());
  EXPECT_EQ(body_of(one.received), "hello");
  EXPECT_TRUE(one.ended_cleanly());
  auto idle = client();
  ASSERT_TRUE(idle.shake_hands());
  EXPECT_EQ(body_of(idle.ask(get("/hello"))), "hello");
  clock.advance(77s);
  EXPECT_TRUE(idle.wait_for_close());
  EXPECT_TRUE(idle.ended_cleanly());
}

TEST_F(TlsServerTest, bytes_that_were_changed_on_the_way_end_the_connection) {
  serve();
  auto const seed = test::seed();
  std::mt19937_64 dice(seed);
  for (int i = 0; i < 60; ++i) {
    auto one = client({.version = i % 2 ? TLS1_2_VERSION : TLS1_3_VERSION});
    ASSERT_TRUE(one.shake_hands());
    EXPECT_EQ(body_of(one.ask(get("/hello"))), "hello");
    std::string rubbish(1 + dice() % 200, '\0');
    for (auto& byte : rubbish) byte = static_cast<char>(dice());
    rubbish.replace(0, 3, i % 3 ? "\x17\x03\x03" : rubbish.substr(0, 3));
    one.raw.send(rubbish);
    one.raw.half_close();
    EXPECT_TRUE(one.wait_for_close()) << "round " << i << " of WARDROOM_SEED=" << seed;
  }
  run_until([&] { return server->counters().open == 0; });
}

TEST_F(TlsServerTest, streams_go_on_until_the_client_leaves) {
  serve();
  std::shared_ptr<ResponseStream> stream;
  router.add({.pattern = "/stream"},
             [&](ServerRequest&, Responder responder) { stream = responder.stream(Response{}); });
  auto one = client();
  ASSERT_TRUE(one.shake_hands());
  one.send(get("/stream"));
  EXPECT_TRUE(one.wait_for("\r\n\r\n"));
  for (int i = 0; i < 200; ++i)
    stream->write(std::make_shared<std::string const>("event " + std::to_string(i) + "\n"));
  EXPECT_TRUE(one.wait_for("event 199\n"));
  auto const large = std::make_shared<std::string const>(1u << 20, 'x');
  stream->write(large);
  stream->write(std::make_shared<std::string const>("behind it\n"));
  EXPECT_TRUE(one.wait_for("behind it\n"));
  one.raw.leave();
  run_until([&] { return !stream->open(); });
}

TEST_F(TlsServerTest, a_new_key_in_the_middle_is_fine_and_a_new_negotiation_is_not) {
  serve();
  auto newest = client({.version = TLS1_3_VERSION});
  ASSERT_TRUE(newest.shake_hands());
  EXPECT_EQ(body_of(newest.ask(get("/hello"))), "hello");
  ASSERT_EQ(SSL_key_update(newest.ssl.get(), SSL_KEY_UPDATE_REQUESTED), 1);
  EXPECT_EQ(body_of(newest.ask(post("/echo", "new key"))), "new key");
  EXPECT_EQ(body_of(newest.ask(get("/hello"))), "hello");
  auto older = client({.version = TLS1_2_VERSION});
  ASSERT_TRUE(older.shake_hands());
  ASSERT_EQ(SSL_renegotiate(older.ssl.get()), 1);
  EXPECT_FALSE(older.shake_hands());
}

TEST_F(TlsServerTest, sessions_are_resumed_by_tickets) {
  serve();
  auto first = client({.version = TLS1_3_VERSION});
  ASSERT_TRUE(first.shake_hands());
  EXPECT_EQ(body_of(first.ask(get("/hello"))), "hello");
  std::unique_ptr<SSL_SESSION, void (*)(SSL_SESSION*)> const session(
      SSL_get1_session(first.ssl.get()), &SSL_SESSION_free);
  auto second = client({.version = TLS1_3_VERSION, .session = session.get()});
  ASSERT_TRUE(second.shake_hands());
  EXPECT_TRUE(SSL_session_reused(second.ssl.get()));
  EXPECT_EQ(body_of(second.ask(get("/hello"))), "hello");
}

TEST_F(TlsServerTest, L1_client_certificates_are_demanded_and_checked) {
  serve(true);
  auto const wish = [](std::string usage) {
    return sim::CertificateWish{.common_name = "cms1", .usage = std::move(usage)};
  };
  auto const issued = [&](sim::CertificateWish const& wanted, sim::Certificate const& by) {
    return sim::make_certificate(wanted, &by);
  };
  auto const good = issued(wish("serverAuth,clientAuth"), bridges);
  auto expired = wish("clientAuth"), future = expired, weak = expired, sha1 = expired;
  expired.valid_from_days = -30, expired.valid_to_days = -1;
  future.valid_from_days = 2;
  weak.rsa_bits = 1024;
  sha1.sha1 = true;
  auto const stranger = sim::make_certificate({.common_name = "Other", .authority = true});
  std::vector<std::pair<char const*, std::optional<sim::Certificate>>> const bad{
      {"none", std::nullopt},
      {"of our own root, not the bridges'", issued(wish("clientAuth"), root)},
      {"of a stranger", issued(wish("clientAuth"), stranger)},
      {"signed by itself", sim::make_certificate(wish("clientAuth"))},
      {"for servers only", issued(wish("serverAuth"), bridges)},
      {"expired", issued(expired, bridges)},
      {"not valid yet", issued(future, bridges)},
      {"a weak key", issued(weak, bridges)},
      {"SHA-1", issued(sha1, bridges)},
      {"issued by a leaf", issued(wish("clientAuth"), good)},
  };
  for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto one = client({.version = version, .own = good});
    ASSERT_TRUE(one.shake_hands());
    EXPECT_EQ(body_of(one.ask(get("/hello"))), "hello");
    for (auto const& [what, certificate] : bad) {
      auto other = client({.version = version, .own = certificate, .chain = good.pem});
      // In TLS 1.3 the client is done before the server has looked at its certificate.
      auto const answer = other.shake_hands() ? other.ask(get("/hello")) : "";
      EXPECT_EQ(answer, "") << what << " in " << version;
    }
  }
}

TEST_F(TlsServerTest, H3_every_probe_gets_the_same_answer_through_TLS) {
  serve();
  router.add({.method = Method::post, .pattern = "/json", .body_limit = 4096, .json = true},
             [](ServerRequest&, Responder r) { r.send(json_text(200, "{}")); });
  router.add({.pattern = "/people/{person}"},
             [](ServerRequest& request, Responder r) { r.send(text(200, request.params[0])); });
  int smuggled = 0;
  router.add({.pattern = "/smuggled"}, [&](ServerRequest&, Responder r) {
    ++smuggled;
    r.send(text(200, "smuggled"));
  });
  auto const probes = read_probes();
  ASSERT_GE(probes.size(), 90u);
  for (auto const& probe : probes) {
    if (probe.request.contains("/echo") && probe.statuses == std::vector{413})
      continue;  // 6 MiB fit
    SCOPED_TRACE(probe.name);
    auto one = client();
    ASSERT_TRUE(one.shake_hands());
    one.send(probe.request);
    for (int const status : probe.statuses) EXPECT_EQ(status_of(one.answer()), status);
    if (probe.closes)
      EXPECT_TRUE(one.wait_for_close());
    else
      EXPECT_EQ(body_of(one.ask(get("/hello"))), "hello") << "the connection is out of step";
    EXPECT_EQ(smuggled, 0);
  }
}

TEST_F(TlsServerTest, five_hundred_handshakes_leave_no_descriptor) {
  serve();
  auto const descriptors = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  {
    ASSERT_TRUE(client().shake_hands());
  }
  run_until([&] { return server->counters().open == 0; });
  auto const before = descriptors();
  for (int i = 0; i < 500; ++i) {
    auto one = client();
    if (i % 5 == 0) one.raw.send(get("/hello"));  // some are no good
    EXPECT_EQ(one.shake_hands(), i % 5 != 0);
  }
  run_until([&] { return server->counters().open == 0; });
  EXPECT_EQ(descriptors(), before);
  EXPECT_EQ(server->counters().handshakes_failed, 100u);
}

TEST_F(TlsServerTest, a_renewed_certificate_is_taken_within_a_minute_and_a_broken_one_is_not) {
  serve();
  auto first = client();
  EXPECT_EQ(shown_to(first), "first");
  write(own("second"));
  clock.advance(61s);
  auto second = client();
  EXPECT_EQ(shown_to(second), "second");
  // Half of a renewal: the key is still to come.
  auto const third = own("third");
  write("cert.pem", third.pem, 0644);
  clock.advance(61s);
  auto between = client();
  EXPECT_EQ(shown_to(between), "second") << "what was good goes on";
  write("key.pem", third.key_pem);
  clock.advance(61s);
  auto last = client();
  EXPECT_EQ(shown_to(last), "third");
  fs::remove(folder / "cert.pem");
  clock.advance(61s);
  auto gone = client();
  EXPECT_EQ(shown_to(gone), "third");
}

TEST_F(TlsServerTest, a_connection_goes_on_under_the_certificate_it_began_with) {
  serve();
  auto one = client();
  EXPECT_EQ(shown_to(one), "first");
  write(own("second"));
  clock.advance(61s);
  auto other = client();
  EXPECT_EQ(shown_to(other), "second");
  EXPECT_EQ(body_of(one.ask(get("/hello"))), "hello");
}

TEST_F(TlsServerTest, files_that_will_not_do_are_named_with_what_to_do) {
  EXPECT_THAT(refusal(files()), HasSubstr("cert.pem cannot be read: No such file"));
  auto const good = own();
  write("cert.pem", "no certificate", 0644);
  EXPECT_THAT(refusal(files()), HasSubstr("holds no certificate"));
  write("cert.pem", good.pem, 0644);
  EXPECT_THAT(refusal(files()), HasSubstr("key.pem"));
  write("key.pem", good.key_pem, 0644);
  EXPECT_THAT(refusal(files()), HasSubstr("chmod"));
  write("key.pem", own("other").key_pem);
  EXPECT_THAT(refusal(files()), HasSubstr("does not belong to the first certificate"));
  write("key.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n");
  EXPECT_THAT(refusal(files()), HasSubstr("needs a passphrase"));
  write("key.pem", "rubbish");
  EXPECT_THAT(refusal(files()), HasSubstr("holds no private key"));
  auto const weak = own("weak", 1024);
  write(weak);
  EXPECT_THAT(refusal(files()), HasSubstr("too weak to be used"));
  write(good);
  EXPECT_THAT(refusal(files(true)), HasSubstr("clients.pem"));
  auto const opened = ServerTls::open(files());
  ASSERT_TRUE(opened) << opened.error().what;
  auto const left =
      (*opened)->expires() - std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
  EXPECT_GT(left, 24h * 28);
  EXPECT_LT(left, 24h * 32);
}

/// What libcurl makes of it, in a thread of its own.
struct Curled {
  long status = 0, connects = 0;
  std::string body, error;
};
Curled curl(std::string const& url, std::string const& ca_file, long version, int times) {
  Curled out;
  auto* easy = curl_easy_init();
  char why[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file.c_str());
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, version);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT, 20L);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, why);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &out.body);
  curl_easy_setopt(
      easy, CURLOPT_WRITEFUNCTION, +[](char* bytes, std::size_t one, std::size_t count, void* to) {
        static_cast<std::string*>(to)->append(bytes, one * count);
        return one * count;
      });
  for (int i = 0; i < times; ++i) {
    if (curl_easy_perform(easy) != CURLE_OK) out.error = why;
    long connects = 0;
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
    out.connects += connects;
  }
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &out.status);
  curl_easy_cleanup(easy);
  return out;
}

TEST_F(TlsServerTest, curl_is_content_with_it) {
  serve();
  write("root.pem", root.pem, 0644);
  for (long const version :
       {static_cast<long>(CURL_SSLVERSION_TLSv1_2) | static_cast<long>(CURL_SSLVERSION_MAX_TLSv1_2),
        static_cast<long>(CURL_SSLVERSION_TLSv1_3)}) {
    std::atomic<bool> done = false;
    Curled seen;
    std::thread other([&] {
      seen = curl("https://127.0.0.1:" + std::to_string(port) + "/hello", folder / "root.pem",
                  version, 20);
      done = true;
    });
    auto const end = std::chrono::steady_clock::now() + 60s;
    while (!done && std::chrono::steady_clock::now() < end) pump()();
    other.join();
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen.status, 200);
    EXPECT_EQ(seen.body.size(), 100u);
    EXPECT_EQ(seen.connects, 1) << "the connection is kept";
  }
}

}  // namespace
}  // namespace wardroom::http
