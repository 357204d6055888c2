#include "support/postgres_server.hpp"

#include <arpa/inet.h>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <pqxx/pqxx>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

// libpqxx 6.4 forgets the result of a statement whose connection was lost: 2 KB each time.
extern "C" char const* __lsan_default_suppressions();
extern "C" char const* __lsan_default_suppressions() { return "leak:libpqxx-6.4.so\n"; }

namespace wardroom::test {
using namespace std::chrono_literals;

namespace {

constexpr char const* binaries = "/usr/lib/postgresql/15/bin/";

pid_t spawn(std::vector<std::string> words, std::string const& log) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  int const trouble = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (trouble != 0) throw std::runtime_error("cannot start " + words.front());
  return pid;
}

/// True when it ended within `limit`.
bool wait_for(pid_t pid, std::chrono::milliseconds limit, int& status) {
  for (auto const end = std::chrono::steady_clock::now() + limit;;) {
    if (::waitpid(pid, &status, WNOHANG) == pid) return true;
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(5ms);
  }
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> out;
  for (auto const& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream about(entry.path() / "stat");
    std::string text;
    if (!std::getline(about, text)) continue;
    auto const bracket = text.rfind(')');
    if (bracket == text.npos) continue;
    pid_t above = 0;
    char state = 0;
    if (std::sscanf(text.c_str() + bracket + 1, " %c %d", &state, &above) == 2 && above == parent)
      out.push_back(static_cast<pid_t>(std::atoi(entry.path().filename().c_str())));
  }
  return out;
}

}  // namespace

PostgresServer::PostgresServer(std::vector<std::string> options) : options_(std::move(options)) {
  if (!std::filesystem::exists(std::string(binaries) + "initdb"))
    throw std::runtime_error("these tests need PostgreSQL 15: install the package postgresql-15");
  if (::geteuid() == 0) {
    user_ = ::getpwnam("postgres") != nullptr ? "postgres" : "nobody";
    auto const* account = ::getpwnam(user_.c_str());
    if (::chown(folder_.path().c_str(), account->pw_uid, account->pw_gid) != 0)
      throw std::runtime_error("cannot give the folder to " + user_);
  }
  run({std::string(binaries) + "initdb", "-D", folder_ / "data", "-U", "wardroom", "--locale=C",
       "-E", "UTF8", "--no-sync", "--auth-local=trust", "--auth-host=scram-sha-256"});
  start();
  sql(std::string("ALTER ROLE wardroom PASSWORD '") + password + "'");
}

PostgresServer::~PostgresServer() {
  if (pid_ == 0) return;
  signal_all(SIGCONT);
  ::kill(pid_, SIGQUIT);
  wait_for_end();
}

PostgresServer& PostgresServer::shared() {
  static PostgresServer server;
  server.start();
  return server;
}

void PostgresServer::run(std::vector<std::string> words) {
  std::vector<std::string> line;
  if (!user_.empty())
    line = {"setpriv", "--reuid=" + user_, "--regid=" + user_, "--clear-groups", "--"};
  line.insert(line.end(), words.begin(), words.end());
  int status = 0;
  auto const pid = spawn(line, folder_ / "log");
  if (!wait_for(pid, 60s, status)) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, &status, 0);
  }
  if (status == 0) return;
  std::ifstream log(folder_ / "log");
  throw std::runtime_error(words.front() +
                           " failed: " + std::string(std::istreambuf_iterator<char>(log), {}));
}

void PostgresServer::start() {
  if (pid_ != 0) return;
  // It ends with the test, however that ends.
  std::vector<std::string> line{"setpriv", "--pdeathsig", "INT"};
  if (!user_.empty())
    line.insert(line.end(), {"--reuid=" + user_, "--regid=" + user_, "--clear-groups"});
  for (auto const& word :
       {std::string(binaries) + "postgres", std::string("-D"), folder_ / "data", std::string("-k"),
        folder_.path(), std::string("-p"), std::to_string(port_.number()), std::string("-h"),
        std::string("127.0.0.1"), std::string("-cshared_buffers=16MB"),
        std::string("-cmax_connections=20"), std::string("-cautovacuum=off"),
        std::string("-ctimezone=UTC")})
    line.push_back(word);
  line.insert(line.end(), options_.begin(), options_.end());
  pid_ = spawn(line, folder_ / "log");
  wait_until_it_answers();
}

void PostgresServer::wait_until_it_answers() {
  std::string why;
  for (auto const end = std::chrono::steady_clock::now() + 30s;
       std::chrono::steady_clock::now() < end;) {
    try {
      sql("SELECT 1");
      return;
    } catch (pqxx::failure const& e) {
      why = e.what();
      std::this_thread::sleep_for(20ms);
    }
  }
  throw std::runtime_error("the test's PostgreSQL does not come up: " + why);
}

std::string PostgresServer::socket_url(std::string const& database) const {
  return "postgresql://wardroom@/" + database + "?host=" + folder_.path() +
         "&port=" + std::to_string(port_.number());
}

std::string PostgresServer::name_of(store::PostgresSettings const& settings) {
  auto const begin = settings.url.find("@/") + 2;
  return settings.url.substr(begin, settings.url.find('?') - begin);
}

std::string PostgresServer::loopback_url(store::PostgresSettings const& settings) const {
  return "postgresql://wardroom@127.0.0.1:" + std::to_string(port_.number()) + "/" +
         name_of(settings);
}

void PostgresServer::drop(std::string const& database) {
  sql("DROP DATABASE " + database + " WITH (FORCE)");
}

store::PostgresSettings PostgresServer::new_database() {
  auto const name = "site" + std::to_string(++databases_);
  sql("CREATE DATABASE " + name);
  return {.url = socket_url(name), .name = "wardroom-test"};
}

std::string PostgresServer::sql(std::string const& statement) {
  pqxx::connection connection(socket_url("postgres"));
  pqxx::nontransaction work(connection);
  auto const result = work.exec(statement);
  if (result.empty() || result.columns() == 0) return {};
  return result[0][0].c_str();
}

void PostgresServer::signal_all(int number) {
  auto const children = children_of(pid_);
  ::kill(pid_, number);
  for (auto const child : children) ::kill(child, number);
}

void PostgresServer::wait_for_end() {
  int status = 0;
  if (!wait_for(pid_, 20s, status)) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, &status, 0);
  }
  pid_ = 0;
}

void PostgresServer::stop_immediately() {
  ::kill(pid_, SIGQUIT);
  wait_for_end();
}

void PostgresServer::kill() {
  signal_all(SIGKILL);
  wait_for_end();
}

void PostgresServer::pause() { signal_all(SIGSTOP); }
void PostgresServer::resume() { signal_all(SIGCONT); }

}  // namespace wardroom::test
