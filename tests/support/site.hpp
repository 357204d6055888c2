/// A whole site for scenario tests: the simulator and the daemon as processes, in a folder of their
/// own, on ports the system picks. Everything a test does goes through real sockets.
#pragma once
#include "support/reserved_port.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace wardroom::test {

struct HttpAnswer {
  int status = 0;  ///< 0 = no answer
  std::string body;
  std::map<std::string, std::string> headers;  ///< lower-case names; the last of each
  std::vector<std::string> cookies;            ///< Set-Cookie values
  nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
};

struct HttpAsk {
  std::string method = "GET";
  std::string url;
  std::string body{};
  std::vector<std::string> headers{};
  std::string unix_socket{};
  std::chrono::milliseconds timeout{10'000};
};
HttpAnswer http(HttpAsk const& ask);

/// Polls until `condition`, at most `limit`; whether it came true.
bool eventually(std::chrono::milliseconds limit, std::function<bool()> const& condition);

class Process {
 public:
  /// `environment` is added to ours; `sockets` become file descriptors 3, 4, … with LISTEN_FDS and
  /// the names given, as systemd hands them over.
  struct Extras {
    std::map<std::string, std::string> environment{};
    std::vector<std::pair<std::string, int>> sockets{};
  };
  Process(std::vector<std::string> command, std::string log, Extras const& extras);
  Process(std::vector<std::string> command, std::string log)
      : Process(std::move(command), std::move(log), Extras{}) {}
  ~Process();  ///< KILL
  Process(Process const&) = delete;
  Process& operator=(Process const&) = delete;
  void signal(int number) const;
  /// Exit code (128 + signal when killed); nullopt when it still runs after `limit`.
  std::optional<int> wait(std::chrono::milliseconds limit);
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  std::optional<int> ended_;
};

/// A person's browser: signs in by the real OAuth round trip and keeps the daemon's cookie.
class Browser {
 public:
  Browser(std::string daemon, std::string email)
      : daemon_(std::move(daemon)), email_(std::move(email)) {}
  /// `path` = /user/login or /admin/login; false with the last answer kept when it was refused.
  bool sign_in(std::string const& path = "/user/login");
  HttpAnswer get(std::string const& path) const;
  HttpAnswer post(std::string const& path, std::string const& json) const;
  HttpAnswer post_location(double latitude, double longitude, double accuracy) const;
  HttpAnswer const& last() const { return last_; }
  std::string cookie_header() const;

 private:
  void keep_cookies(HttpAnswer const& answer);
  std::string daemon_, email_;
  std::map<std::string, std::string> cookies_;
  HttpAnswer last_;
};

class Site {
 public:
  /// Starts the simulator. `call_blocking` = YAML lines under that key, indented by two spaces; the
  /// xsi section is added.
  explicit Site(std::string call_blocking, std::vector<std::string> simulator_flags = {});
  ~Site();

  void start_daemon(Process::Extras const& extras = {});
  void kill_daemon();                ///< SIGKILL, waits for its end
  std::optional<int> stop_daemon();  ///< SIGTERM; exit code, nullopt when it takes over 6 s
  Process& daemon() { return *daemon_; }
  /// `endpoints` = XSPs other than the simulator's, `ca_file` = who signed for them.
  void write_config(std::string const& call_blocking, std::vector<std::string> endpoints = {},
                    std::string const& ca_file = "");

  /// Rewrites the level of the daemon's log (debug unless said); before start_daemon.
  void log_at(std::string const& level);

  /// YAML of further sections (alerts, …) and of further identities ("  guests: { … }" lines), from
  /// the next write_config on.
  void add_sections(std::string yaml) { sections_ = std::move(yaml); }
  void add_identities(std::string yaml) { identities_ = std::move(yaml); }

  /// Where the store is from the next write_config on; a sqlite file in the folder unless said.
  void set_store(std::string url) { store_url_ = std::move(url); }

  /// Who webex.admins names from the next write_config on; empty = nobody.
  void set_admins(std::string list) { admins_ = std::move(list); }

  nlohmann::json control(std::string const& path) const;  ///< GET on the control socket
  HttpAnswer control_post(std::string const& path, nlohmann::json const& body) const;
  nlohmann::json sim(std::string const& path) const;
  HttpAnswer sim_post(std::string const& path, nlohmann::json const& body) const;
  Browser browser(std::string email) const { return {daemon_url(), std::move(email)}; }
  /// Signs the administrator in and waits for the XSI channels.
  void go_live();
  bool channels_up() const;

  std::string daemon_url() const;
  std::string sim_url() const;
  /// "http://127.0.0.1:PORT/api/v1" of each meeting server the simulator was started with.
  std::vector<std::string> const& cms_apis() const { return cms_apis_; }
  std::uint16_t http_port() const { return http_port_.number(); }
  std::string folder() const { return folder_; }
  std::string daemon_log() const;  ///< its end
  /// Every token the simulator has given out and remembers, as it keeps them over a restart.
  nlohmann::json tokens() const;

 private:
  std::string folder_, log_level_ = "debug", admins_ = "ada@acme.example", sections_, identities_,
                       store_url_;
  ReservedPort http_port_;
  std::uint16_t sim_port_ = 0;
  std::vector<std::uint16_t> xsp_ports_;
  std::vector<std::string> cms_apis_;
  std::unique_ptr<Process> sim_, daemon_;
};

}  // namespace wardroom::test
