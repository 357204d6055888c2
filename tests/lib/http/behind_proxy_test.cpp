// The probes again, through nginx and through haproxy: do proxy and server ever disagree where a
// request ends? The proxy marks every request it forwards; one that arrives without the mark was
// smuggled. One upstream connection is shared by all, so a desync would also show as a wrong
// answer.
#include "lib/http/probe_file.hpp"
#include "lib/http/server_fixture.hpp"
#include "support/reserved_port.hpp"

#include <filesystem>
#include <fstream>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

namespace wardroom::http {
namespace {

bool answers(std::uint16_t port) {
  int const fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bool const good = ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  ::close(fd);
  return good;
}

struct BehindProxyTest : ServerFixture {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("wardroom_proxy_" + std::to_string(::getpid()));
  pid_t proxy = 0;
  test::ReservedPort reserved;
  std::uint16_t front = reserved.number();
  int smuggled = 0;

  void SetUp() override {
    std::filesystem::create_directories(folder);
    auto const marked = [this](ServerRequest& request, Responder r, std::string body) {
      if (request.header("X-Via-Proxy").empty()) ++smuggled;
      r.send(text(200, std::move(body)));
    };
    for (auto const* pattern : {"/hello", "/smuggled"})
      router.add({.pattern = pattern}, [=](ServerRequest& request, Responder r) {
        marked(request, std::move(r), "hello");
      });
    router.add({.pattern = "/people/{person}"}, [=](ServerRequest& request, Responder r) {
      marked(request, std::move(r), request.params[0]);
    });
    for (auto const* pattern : {"/echo", "/json"})
      router.add({.method = Method::post, .pattern = pattern, .body_limit = 4096},
                 [=](ServerRequest& request, Responder r) {
                   marked(request, std::move(r), std::string(request.body));
                 });
    listen();
  }

  void start(std::string program, std::vector<std::string> arguments, std::string const& config) {
    if (!std::filesystem::exists(program)) GTEST_SKIP() << program << " is not installed";
    std::ofstream(folder / "config") << config;
    std::vector<char*> argv{program.data()};
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    ASSERT_EQ(::posix_spawn(&proxy, program.c_str(), nullptr, nullptr, argv.data(), environ), 0);
    run_until([&] { return answers(front); });
  }

  void probe_all() {
    if (IsSkipped() || HasFatalFailure()) return;
    int number = 0;
    for (auto const& probe : read_probes()) {
      SCOPED_TRACE(probe.name);
      RawClient client(pump(), front);
      client.send(probe.request);
      auto const end = std::chrono::steady_clock::now() + std::chrono::milliseconds(40);
      while (!client.ended() && std::chrono::steady_clock::now() < end) {
        pump()();
        client.take();
      }
      // Whoever comes next over the shared connection gets an answer of their own.
      auto const who = "nobody-" + std::to_string(++number);
      RawClient next(pump(), front);
      auto const answer = next.ask(get("/people/" + who));
      EXPECT_EQ(status_of(answer), 200);
      EXPECT_EQ(body_of(answer), who);
      EXPECT_EQ(smuggled, 0);
    }
    EXPECT_GE(number, 90);
    EXPECT_LT(server->counters().accepted, server->counters().requests)
        << "the proxy did not share its connections, so this test shows little";
  }

  void TearDown() override {
    if (proxy > 0) {
      ::kill(proxy, SIGKILL);
      ::waitpid(proxy, nullptr, 0);
    }
    std::filesystem::remove_all(folder);
    ServerFixture::TearDown();
  }
};

TEST_F(BehindProxyTest, H3_nginx_and_we_agree_where_every_request_ends) {
  auto const there = folder.string();
  start(
      "/usr/sbin/nginx", {"-p", there, "-c", there + "/config", "-e", there + "/error.log"},
      "daemon off; master_process off; pid nginx.pid;\n"
      "events { worker_connections 512; }\n"
      "http {\n"
      "  access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f;\n"
      "  uwsgi_temp_path u; scgi_temp_path s;\n"
      "  upstream wardroom { server 127.0.0.1:" +
          std::to_string(port) +
          "; keepalive 1; }\n"
          "  server {\n"
          "    listen 127.0.0.1:" +
          std::to_string(front) +
          ";\n"
          "    location / {\n"
          "      proxy_pass http://wardroom; proxy_http_version 1.1; proxy_request_buffering off;\n"
          "      proxy_set_header Host $host; proxy_set_header Connection \"\";\n"
          "      proxy_set_header X-Via-Proxy $request_id;\n"
          "    }\n"
          "  }\n"
          "}\n");
  probe_all();
}

TEST_F(BehindProxyTest, H3_haproxy_and_we_agree_where_every_request_ends) {
  start("/usr/sbin/haproxy", {"-db", "-q", "-f", (folder / "config").string()},
        "global\n  maxconn 200\n  nbthread 1\n"
        "defaults\n  mode http\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\n"
        "  http-reuse always\n"
        "frontend front\n  bind 127.0.0.1:" +
            std::to_string(front) +
            "\n"
            "  http-request set-header X-Via-Proxy yes\n  default_backend wardroom\n"
            "backend wardroom\n  server one 127.0.0.1:" +
            std::to_string(port) + "\n");
  probe_all();
}

}  // namespace
}  // namespace wardroom::http
