// U1: whom the control socket lets do what, over the real socket with foreign uids and groups, and
// what it makes of requests that are none.
#include "front/control_server.hpp"
#include "http/server.hpp"
#include "runtime/system_clock.hpp"
#include "support/seed.hpp"
#include "support/site.hpp"
#include "support/temp_database.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr uid_t stranger = 61'001;
constexpr gid_t readers = 61'101, operators = 61'102, admins = 61'103;

#define NEEDS_ROOT()    \
  if (::geteuid() != 0) \
  GTEST_SKIP() << "ONLY ROOT CAN BE SOMEBODY ELSE: run this test as root, or U1 is not proved"

/// A connection that never waits for more than `limit`.
class Client {
 public:
  explicit Client(std::string const& path) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::copy_n(path.data(), std::min(path.size(), sizeof at.sun_path - 1), at.sun_path);
    connected = ::connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
  }
  ~Client() { ::close(fd); }
  Client(Client const&) = delete;
  Client& operator=(Client const&) = delete;

  /// As much as the other end takes.
  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      auto const sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// Until `enough` of it, its end, or `limit`.
  std::string receive(int limit_ms = 10'000, std::string_view enough = {}) const {
    std::string out;
    char buffer[4096];
    for (;;) {
      pollfd ready{fd, POLLIN, 0};
      if (::poll(&ready, 1, limit_ms) != 1) return out;
      auto const size = ::recv(fd, buffer, sizeof buffer, 0);
      if (size <= 0) return out;
      out.append(buffer, static_cast<std::size_t>(size));
      if (!enough.empty() && out.find(enough) != out.npos) return out;
    }
  }
  int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool connected = false;
};

int status_of(std::string const& answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::atoi(answer.c_str() + 9) : 0;
}

std::string request_of(control::VerbRow const& row) {
  std::string const body = row.changes || row.long_params ? "{}" : "";
  return fmt::format("{} {} HTTP/1.1\r\nHost: wardroom\r\nConnection: close\r\n{}\r\n{}",
                     http::name(control::method_of(row)), control::path_of(row),
                     body.empty() ? ""
                                  : fmt::format("Content-Type: application/json\r\n"
                                                "Content-Length: {}\r\n",
                                                body.size()),
                     body);
}

/// What a process that is somebody else found out, and the connections it goes on to hold.
struct Found {
  std::string said;
  std::vector<std::unique_ptr<Client>> held{};
};

/// `work` in a process that is somebody else and lives as long as this.
class SomebodyElse {
 public:
  SomebodyElse(uid_t uid, std::vector<gid_t> groups, std::function<Found()> const& work) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    from_ = ends[0];
    pid_ = ::fork();
    if (pid_ == 0) {
      bool const other = ::setgroups(groups.size(), groups.data()) == 0 &&
                         ::setresgid(uid, uid, uid) == 0 && ::setresuid(uid, uid, uid) == 0;
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      Found found{"cannot be somebody else"};
      if (other) found = work();
      [[maybe_unused]] auto const written = ::write(ends[1], found.said.data(), found.said.size());
      ::close(ends[1]);
      for (;;) ::pause();
    }
    ::close(ends[1]);
  }
  ~SomebodyElse() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::close(from_);
  }
  SomebodyElse(SomebodyElse const&) = delete;
  SomebodyElse& operator=(SomebodyElse const&) = delete;

  /// Calls `meanwhile` until it is done; at most 60 s.
  std::string result(std::function<void()> const& meanwhile) const {
    std::string out;
    auto const until = std::chrono::steady_clock::now() + 60s;
    while (std::chrono::steady_clock::now() < until) {
      meanwhile();
      pollfd ready{from_, POLLIN, 0};
      if (::poll(&ready, 1, 0) != 1) continue;
      char buffer[4096];
      auto const size = ::read(from_, buffer, sizeof buffer);
      if (size <= 0) return out;
      out.append(buffer, static_cast<std::size_t>(size));
    }
    return "it took too long";
  }

 private:
  pid_t pid_ = -1;
  int from_ = -1;
};

/// The daemon's door with every row of the table behind it, and groups of this test's own.
struct Door : testing::Test {
  TempDirectory folder;
  boost::asio::io_context io{1};
  SystemClock clock{io.get_executor()};
  TaskGroup tasks{io.get_executor(), nullptr};
  SeededRandom random{5};
  std::unique_ptr<store::SqliteDatabase> database =
      open_store(io.get_executor(), clock, folder / "state/wardroom.db", {audit::audit_migration});
  audit::AuditLog log{*database, clock, random, io.get_executor(),
                      audit::AuditKey::from_bytes(std::string(32, 'k')).value()};
  front::Trail trail{clock, tasks};
  front::VerbAudit audit{trail, random};
  RightsBook rights{io.get_executor(), clock, [](uid_t) {
                      return LocalNames{.read = readers, .act = operators, .admin = admins};
                    }};
  http::Router router{tasks};
  ControlServer control{{router, tasks, rights, audit}};
  std::unique_ptr<http::Server> server;
  std::string path = folder / "control.sock";
  std::vector<std::shared_ptr<http::ResponseStream>> held;
  bool hold_events = false;

  void SetUp() override {
    NEEDS_ROOT();
    fs::permissions(fs::path(path).parent_path(), fs::perms(0755));
    trail.open(log);
    for (auto const& row : control::verb_table()) {
      if (row.local) continue;
      if (row.stream)
        control.handle_stream(row.words, [this](control::VerbCall const& call, auto stream) {
          if (call.row->words == "events" && hold_events)
            held.push_back(stream);
          else
            stream->close();
        });
      else
        control.handle(row.words, [](control::VerbCall) -> Task<Result<nlohmann::ordered_json>> {
          co_return nlohmann::ordered_json::object();
        });
    }
    http::Server::Options options;
    options.unix_socket = true;
    options.limits.connections = 32;
    options.limits.kept_for_admins = 2;
    server = std::make_unique<http::Server>(io.get_executor(), clock, router, options);
    ASSERT_TRUE(server->listen_unix(path, 0666));
  }
  void TearDown() override {
    if (server) server->close_all();
    boost::asio::co_spawn(io, tasks.stop(clock, Milliseconds(0)), boost::asio::detached);
    turn(100ms);
    database->close();
  }
  void turn(std::chrono::milliseconds time) {
    io.restart();
    io.run_for(time);
  }
  /// For each row the status somebody gets: "status 200\n…".
  std::string statuses(uid_t uid, std::vector<gid_t> groups) {
    SomebodyElse const other(uid, std::move(groups), [this] {
      std::string out;
      for (auto const& row : control::verb_table()) {
        if (row.local) continue;
        Client const client(path);
        client.send(request_of(row));
        out += fmt::format("{} {}\n", row.words, status_of(client.receive()));
      }
      return Found{out};
    });
    return other.result([this] { turn(5ms); });
  }
};

TEST_F(Door, U1_each_group_gets_exactly_its_verbs_of_every_row_and_strangers_none) {
  struct Case {
    uid_t uid;
    std::vector<gid_t> groups;
    int most;  ///< -1 nothing, 0 read, 1 act, 2 admin
  };
  std::vector<Case> const cases{{stranger, {}, -1},       {stranger + 1, {61'999}, -1},
                                {stranger, {readers}, 0}, {stranger, {61'999, operators}, 1},
                                {stranger, {admins}, 2},  {0, {}, 2}};
  for (auto const& one : cases) {
    auto const found = statuses(one.uid, one.groups);
    std::string wanted;
    for (auto const& row : control::verb_table()) {
      if (row.local) continue;
      bool const may = static_cast<int>(row.right) <= one.most;
      bool const complete =
          std::ranges::none_of(row.params, [](auto const& param) { return param.required; });
      wanted += fmt::format("{} {}\n", row.words, !may ? 403 : complete ? 200 : 400);
    }
    EXPECT_EQ(found, wanted) << "uid " << one.uid;
  }
}

TEST_F(Door, U1_of_32_connections_two_are_kept_for_admins) {
  hold_events = true;
  SomebodyElse const crowd(stranger, {readers}, [this] {
    // Streams: what is idle would be shed for the next one.
    std::vector<std::unique_ptr<Client>> connections;
    std::string out;
    for (int i = 0; i < 31; ++i) {
      connections.push_back(std::make_unique<Client>(path));
      connections.back()->send("GET /v1/events HTTP/1.1\r\nHost: w\r\n\r\n");
      out += fmt::format("{} ", status_of(connections.back()->receive(5'000, "\r\n\r\n")));
    }
    return Found{out, std::move(connections)};
  });
  std::string wanted;
  for (int i = 0; i < 30; ++i) wanted += "200 ";
  EXPECT_EQ(crowd.result([this] { turn(5ms); }), wanted + "503 ");
  hold_events = false;
  EXPECT_NE(statuses(0, {}).find("status 200"), std::string::npos);
  EXPECT_EQ(statuses(stranger + 1, {readers}).find("200"), std::string::npos);
}

/// A daemon that anybody can reach, and the tool as anybody can run it.
struct Rights : testing::Test {
  Site site{"  mode: observe"};
  std::string socket = site.folder() + "/control.sock";

  void SetUp() override {
    fs::permissions(site.folder(), fs::perms(0755));
    fs::copy_file(WARDROOM_BUILD_DIR "/ctl/wardroomctl", site.folder() + "/wardroomctl");
    site.start_daemon();
  }
  struct Said {
    int code = -1;
    std::string text;
  };
  Said tool_as(uid_t uid, std::vector<std::string> words) {
    auto const out = site.folder() + "/said";
    fs::remove(out);
    auto const id = std::to_string(uid);
    words.insert(words.begin(), {"/usr/bin/setpriv", "--reuid", id, "--regid", id, "--clear-groups",
                                 site.folder() + "/wardroomctl", "--socket", socket});
    Process process(words, out);
    Said said;
    said.code = process.wait(30s).value_or(-1);
    std::ifstream in(out);
    std::stringstream text;
    text << in.rdbuf();
    said.text = text.str();
    return said;
  }
  std::size_t descriptors() {
    return static_cast<std::size_t>(std::ranges::distance(
        fs::directory_iterator("/proc/" + std::to_string(site.daemon().pid()) + "/fd")));
  }
};

TEST_F(Rights, U1_foreign_uids_are_refused_with_the_remedy_and_that_is_audited) {
  NEEDS_ROOT();
  struct Case {
    std::vector<std::string> words;
    std::string group;
  };
  for (auto const& one :
       {Case{{"status"}, "wardroom"}, Case{{"events"}, "wardroom"},
        Case{{"monitor", "stop"}, "wardroom-operator"}, Case{{"reload"}, "wardroom-admin"},
        Case{{"audit", "list"}, "wardroom-admin"}}) {
    auto const nameless = tool_as(stranger, one.words);
    EXPECT_EQ(nameless.code, 4) << nameless.text;
    EXPECT_NE(nameless.text.find("needs the group " + one.group + "\n"), std::string::npos)
        << nameless.text;
    EXPECT_NE(nameless.text.find("SupplementaryGroups=" + one.group), std::string::npos)
        << nameless.text;
    auto const games = tool_as(5, one.words);  // an account that every Debian has
    EXPECT_EQ(games.code, 4) << games.text;
    EXPECT_NE(games.text.find("sudo usermod -aG " + one.group + " games"), std::string::npos)
        << games.text;
  }
  nlohmann::json told;
  ASSERT_TRUE(eventually(10s, [&] {  // written beside the refusal, not before it
    told = site.control("/v1/audit/list?action=refusal");
    auto const& last = told["records"][0];
    return last["actor"]["login"] == "games" && last["object"] == "audit list";
  })) << told.dump();
}

/// Attaches descriptors to its first byte.
void send_with_descriptors(int fd, std::string_view bytes) {
  int given[8];
  std::ranges::fill(given, 0);
  char room[CMSG_SPACE(sizeof given)] = {};
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = room;
  message.msg_controllen = sizeof room;
  auto* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof given);
  std::copy_n(reinterpret_cast<char const*>(given), sizeof given,
              reinterpret_cast<char*>(CMSG_DATA(header)));
  ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

std::string with_body(std::string const& path, std::string const& body, std::size_t said) {
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: w\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\n\r\n{}",
      path, said, body);
}

std::string noise(Dice& dice, std::size_t size) {
  std::string out(size, '\0');
  for (auto& byte : out) byte = static_cast<char>(dice.below(256));
  return out;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

/// Something that is no request, or none that should be made.
std::string malformed(Dice& dice) {
  static std::vector<std::string> const paths = [] {
    std::vector<std::string> out;
    for (auto const& row : control::verb_table())
      if (!row.local && !row.stream && row.words != "wait") out.push_back(control::path_of(row));
    return out;
  }();
  auto const& path = dice.pick(paths);
  auto const fine = with_body("/v1/log-level", R"({"level":"debug"})", 17);
  switch (dice.below(14)) {
    case 0:
      return noise(dice, 1 + dice.below(4'000));
    case 1: {  // some bytes of a good one changed
      auto out = fine;
      for (int i = 0; i < 4; ++i) out[dice.below(out.size())] = static_cast<char>(dice.below(256));
      return out;
    }
    case 2:
      return fine.substr(0, dice.below(fine.size()));
    case 3:
      return with_body(path, "{}", (1 << 20) + 1);
    case 4:
      return with_body(path, repeated("[", 20'000), 20'000);
    case 5:
      return with_body(path, repeated("{\"a\":", 4'000), 20'000);
    case 6: {
      auto const body = "{\"level\":\"\xff\xfe\xc0\xaf\xed\xa0\x80" + noise(dice, 20) + "\"}";
      return with_body(path, body, body.size());
    }
    case 7:
      return "GET " + path + "?" + repeated("%zz&a=%", 1 + dice.below(50)) +
             " HTTP/1.1\r\nHost: w\r\n\r\n";
    case 8:
      return "GET " + path + " HTTP/1.1\r\nHost: w\r\nX: " + repeated("y", 9'000) + "\r\n\r\n";
    case 9:
      return "POST " + path +
             " HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n"
             "Content-Length: 5\r\n\r\nffffffffffffffff1\r\n{}\r\n0\r\n\r\n";
    case 10:
      return dice.pick(
                 std::vector<std::string>{"BREW", "get", "", "CONNECT", "OPTIONS", "DELETE"}) +
             " " + path + dice.pick(std::vector<std::string>{"", "/", "/../x", "//", "%00", "?#"}) +
             " HTTP/1." + std::to_string(dice.below(12)) + "\r\n\r\n";
    case 11:
      return "GET " + path + " HTTP/1.1\r\n" + repeated("A: b\r\n", 70) + "\r\n";
    case 12:
      return with_body(path, R"({"level":{"a":1},"for":["x"],"level":null})", 42);
    default:
      return with_body(path, "{\"" + noise(dice, 30) + "\":1e999}", 40) + noise(dice, 100);
  }
}

TEST_F(Rights, U1_ten_thousand_malformed_requests_crash_nothing_and_leave_no_descriptor) {
  Dice dice;
  ASSERT_EQ(site.control_post("/v1/log-level", {{"level", "error"}}).status, 200);
  auto const before = descriptors();
  std::vector<std::unique_ptr<Client>> slow;  // began, and leave it at that
  auto const rounds = count(10'000);
  std::size_t refused = 0, fine = 0, silent = 0;
  for (std::size_t i = 0; i < rounds; ++i) {
    auto client = std::make_unique<Client>(socket);
    ASSERT_TRUE(client->connected) << "after " << i;
    auto const bytes = malformed(dice);
    if (dice.one_in(10))
      send_with_descriptors(client->fd, bytes);
    else if (dice.one_in(500))
      client->send(with_body("/v1/reload", repeated("x", (1 << 20) + 1), (1 << 20) + 1));
    else
      client->send(bytes);
    if (dice.one_in(100)) {
      slow.push_back(std::move(client));
      if (slow.size() > 8) slow.erase(slow.begin());
      continue;
    }
    ::shutdown(client->fd, SHUT_WR);
    auto const status = status_of(client->receive(10'000));
    ++(status == 0 ? silent : status < 300 ? fine : refused);
  }
  std::cout << "[    U1    ] " << rounds << " requests: " << refused << " refused, " << fine
            << " were requests all the same, " << silent << " closed without an answer\n";
  EXPECT_GT(refused, rounds / 3);
  slow.clear();
  EXPECT_EQ(site.daemon().wait(0ms), std::nullopt) << site.daemon_log();
  EXPECT_TRUE(site.control("/v1/health").contains("health"));
  EXPECT_TRUE(eventually(20s, [&] { return descriptors() <= before + 2; }))
      << before << " before, " << descriptors() << " after";
  EXPECT_EQ(site.stop_daemon(), 0) << site.daemon_log();
}

}  // namespace
}  // namespace wardroom::test
