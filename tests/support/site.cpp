#include "support/site.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <sstream>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;

std::size_t take_body(char* data, std::size_t, std::size_t length, void* to) {
  static_cast<std::string*>(to)->append(data, length);
  return length;
}

std::size_t take_header(char* data, std::size_t, std::size_t length, void* to) {
  auto& answer = *static_cast<HttpAnswer*>(to);
  std::string line(data, length);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
  auto const colon = line.find(':');
  if (colon == std::string::npos) return length;
  auto name = line.substr(0, colon);
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  auto const value = line.substr(std::min(line.size(), line.find_first_not_of(' ', colon + 1)));
  if (name == "set-cookie") answer.cookies.push_back(value);
  answer.headers[name] = value;
  return length;
}

void write_file(std::string const& path, std::string const& text, mode_t mode) {
  std::ofstream(path) << text;
  ::chmod(path.c_str(), mode);
}

std::string read_file(std::string const& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

HttpAnswer http(HttpAsk const& ask) {
  HttpAnswer answer;
  CURL* easy = curl_easy_init();
  curl_slist* headers = nullptr;
  for (auto const& header : ask.headers) headers = curl_slist_append(headers, header.c_str());
  curl_easy_setopt(easy, CURLOPT_URL, ask.url.c_str());
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, ask.method.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(ask.timeout.count()));
  if (!ask.body.empty() || ask.method == "POST") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, ask.body.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(ask.body.size()));
  }
  if (!ask.unix_socket.empty())
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, ask.unix_socket.c_str());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &answer);
  if (curl_easy_perform(easy) == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
  }
  curl_slist_free_all(headers);
  curl_easy_cleanup(easy);
  return answer;
}

bool eventually(std::chrono::milliseconds limit, std::function<bool()> const& condition) {
  auto const deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    if (condition()) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(10ms);  // another process is at work: there is nothing to wait on
  }
}

Process::Process(std::vector<std::string> command, std::string log, Extras const& extras) {
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    int const out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, 1);
    ::dup2(out, 2);
    for (auto const& [name, value] : extras.environment) ::setenv(name.c_str(), value.c_str(), 1);
    if (!extras.sockets.empty()) {
      std::string names;
      int next = 3;
      // Out of the way first, so that no dup2 overwrites one that is still to be moved.
      std::vector<int> high;
      for (auto const& [name, fd] : extras.sockets) {
        high.push_back(::fcntl(fd, F_DUPFD, 100));
        names += (names.empty() ? "" : ":") + name;
      }
      for (int fd : high) ::dup2(fd, next++);
      ::setenv("LISTEN_FDS", std::to_string(extras.sockets.size()).c_str(), 1);
      ::setenv("LISTEN_FDNAMES", names.c_str(), 1);
      ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    }
    std::vector<char*> arguments;
    for (auto& word : command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
}

Process::~Process() {
  if (ended_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Process::signal(int number) const {
  if (!ended_) ::kill(pid_, number);
}

std::optional<int> Process::wait(std::chrono::milliseconds limit) {
  eventually(limit, [this] {
    int status = 0;
    if (!ended_ && ::waitpid(pid_, &status, WNOHANG) == pid_)
      ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return ended_.has_value();
  });
  return ended_;
}

bool Browser::sign_in(std::string const& path) {
  std::string url = daemon_ + path;
  for (int hop = 0; hop < 8; ++hop) {
    bool const ours = url.starts_with(daemon_);
    // The simulator's authorize page takes a hint instead of a click.
    if (!ours && url.find("/authorize?") != std::string::npos) url += "&login_hint=" + email_;
    last_ = http(
        {.url = url, .headers = ours ? std::vector{cookie_header()} : std::vector<std::string>{}});
    if (ours) keep_cookies(last_);
    if (last_.status / 100 != 3) return last_.status == 200;
    auto const location = last_.headers["location"];
    url = location.starts_with('/') ? daemon_ + location : location;
  }
  return false;
}

void Browser::keep_cookies(HttpAnswer const& answer) {
  for (auto const& cookie : answer.cookies) {
    auto const equals = cookie.find('=');
    cookies_[cookie.substr(0, equals)] = cookie.substr(equals + 1, cookie.find(';') - equals - 1);
  }
}

std::string Browser::cookie_header() const {
  std::string out = "Cookie: ";
  for (auto const& [name, value] : cookies_) out += name + "=" + value + "; ";
  return out;
}

HttpAnswer Browser::get(std::string const& path) const {
  return http({.url = daemon_ + path, .headers = {cookie_header()}});
}
HttpAnswer Browser::post(std::string const& path, std::string const& json) const {
  return http(
      {.method = "POST",
       .url = daemon_ + path,
       .body = json,
       .headers = {cookie_header(), "Content-Type: application/json", "Origin: " + daemon_}});
}
HttpAnswer Browser::post_location(double latitude, double longitude, double accuracy) const {
  return post("/api/v1/location", fmt::format(R"({{"latitude":{},"longitude":{},"accuracy":{}}})",
                                              latitude, longitude, accuracy));
}

Site::Site(std::string call_blocking, std::vector<std::string> simulator_flags) {
  std::string name = (std::filesystem::temp_directory_path() / "wardroom-site-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("cannot make a folder for the site");
  folder_ = name;
  std::string const ports = folder_ + "/ports.json";
  std::vector<std::string> command{WARDROOM_BUILD_DIR "/tests/sim/wardroom-sim",
                                   "--listen",
                                   "127.0.0.1:0",
                                   "--xsp",
                                   "127.0.0.1:0",
                                   "--xsp",
                                   "127.0.0.1:0",
                                   "--port-file",
                                   ports,
                                   "--memory",
                                   folder_ + "/sim_memory.json"};
  command.insert(command.end(), simulator_flags.begin(), simulator_flags.end());
  sim_ = std::make_unique<Process>(command, folder_ + "/sim.log");
  nlohmann::json told;
  if (!eventually(20s, [&] {
        told = nlohmann::json::parse(read_file(ports), nullptr, false);
        return told.is_object();
      }))
    throw std::runtime_error("the simulator did not tell its ports: " +
                             read_file(folder_ + "/sim.log"));
  sim_port_ = told.at("listen").get<std::uint16_t>();
  xsp_ports_ = told.at("xsp").get<std::vector<std::uint16_t>>();
  cms_apis_ = told.value("cms_apis", std::vector<std::string>{});
  std::filesystem::create_directory(folder_ + "/state");
  std::filesystem::permissions(folder_ + "/state", std::filesystem::perms::owner_all);
  write_file(folder_ + "/master.key", std::string(64, 'a'), 0600);
  write_file(folder_ + "/client_secret", "demo-secret-not-for-production\n", 0600);
  write_config(call_blocking);
}

Site::~Site() {
  daemon_.reset();
  sim_.reset();
  if (!std::getenv("WARDROOM_KEEP")) std::filesystem::remove_all(folder_);
}

void Site::write_config(std::string const& call_blocking, std::vector<std::string> endpoints,
                        std::string const& ca_file) {
  if (endpoints.empty())
    for (auto port : xsp_ports_) endpoints.push_back(fmt::format("http://127.0.0.1:{}", port));
  for (auto& endpoint : endpoints) endpoint = '"' + endpoint + '"';
  write_file(
      folder_ + "/wardroom.yaml",
      fmt::format(R"(log: {{ level: {6} }}
http: {{ listen: "127.0.0.1:{0}", public_url: "http://127.0.0.1:{0}" }}
control: {{ socket: {1}/control.sock }}
store: {{ url: "{10}" }}
secrets: {{ master_key_file: {1}/master.key }}
webex: {{ api: "http://127.0.0.1:{2}/v1", admins: [{7}], ca_file: "{5}" }}
identities:
  admin: {{ kind: integration, client_id: C-wardroom-demo, client_secret_file: {1}/client_secret }}
{8}call_blocking:
{3}
  xsi: {{ srv: false, endpoints: [{4}] }}
{9})",
                  http_port(), folder_, sim_port_, call_blocking, fmt::join(endpoints, ", "),
                  ca_file, log_level_, admins_, identities_, sections_,
                  store_url_.empty() ? "sqlite:" + folder_ + "/state/wardroom.db" : store_url_),
      0600);
}

void Site::log_at(std::string const& level) {
  auto const path = folder_ + "/wardroom.yaml";
  auto text = read_file(path);
  auto const line = "log: { level: " + log_level_ + " }";
  text.replace(text.find(line), line.size(), "log: { level: " + level + " }");
  write_file(path, text, 0600);
  log_level_ = level;
}

void Site::start_daemon(Process::Extras const& extras) {
  daemon_ =
      std::make_unique<Process>(std::vector<std::string>{WARDROOM_BUILD_DIR "/daemon/wardroomd",
                                                         "--config", folder_ + "/wardroom.yaml"},
                                folder_ + "/daemon.log", extras);
  bool up = false;
  eventually(20s, [&] {
    up = http({.url = daemon_url() + "/healthz", .timeout = 1000ms}).status == 200;
    return up || daemon_->wait(0ms).has_value();
  });
  if (!up) throw std::runtime_error("the daemon did not start: " + daemon_log());
}

void Site::kill_daemon() {
  daemon_->signal(SIGKILL);
  daemon_->wait(5s);
}

std::optional<int> Site::stop_daemon() {
  daemon_->signal(SIGTERM);
  return daemon_->wait(6s);
}

nlohmann::json Site::control(std::string const& path) const {
  return http({.url = "http://wardroom" + path, .unix_socket = folder_ + "/control.sock"}).json();
}
HttpAnswer Site::control_post(std::string const& path, nlohmann::json const& body) const {
  return http({.method = "POST",
               .url = "http://wardroom" + path,
               .body = body.dump(),
               .headers = {"Content-Type: application/json"},
               .unix_socket = folder_ + "/control.sock"});
}
nlohmann::json Site::sim(std::string const& path) const {
  return http({.url = sim_url() + path}).json();
}
HttpAnswer Site::sim_post(std::string const& path, nlohmann::json const& body) const {
  return http({.method = "POST",
               .url = sim_url() + path,
               .body = body.dump(),
               .headers = {"Content-Type: application/json"},
               .timeout = 60s});
}

bool Site::channels_up() const {
  auto const status = control("/v1/monitor/status");
  if (!status.is_object() || !status.contains("monitoring")) return false;
  auto const& monitoring = status["monitoring"];
  if (!monitoring.value("subscribed", false) || !monitoring.contains("channels")) return false;
  std::size_t up = 0;
  for (auto const& channel : monitoring["channels"]) up += channel.value("up", false);
  return up == xsp_ports_.size();
}

void Site::go_live() {
  auto admin = browser("ada@acme.example");
  if (!admin.sign_in("/admin/login"))
    throw std::runtime_error(fmt::format("the administrator could not sign in: {} {}",
                                         admin.last().status, admin.last().body));
  if (!eventually(20s, [this] { return channels_up(); }))
    throw std::runtime_error(
        "the channels did not come up: " + control("/v1/monitor/status").dump() + daemon_log());
}

std::string Site::daemon_url() const { return fmt::format("http://127.0.0.1:{}", http_port()); }
std::string Site::sim_url() const { return fmt::format("http://127.0.0.1:{}", sim_port_); }
nlohmann::json Site::tokens() const {
  return nlohmann::json::parse(read_file(folder_ + "/sim_memory.json"), nullptr, false);
}
std::string Site::daemon_log() const {
  auto const log = read_file(folder_ + "/daemon.log");
  return log.size() > 4000 ? log.substr(log.size() - 4000) : log;
}

}  // namespace wardroom::test
