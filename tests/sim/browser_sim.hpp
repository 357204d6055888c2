/// Scripted browsers: people and administrators who log in at the daemon by the real OAuth round
/// trip, keep its cookies, and post where they are. They know the daemon's public API only.
#pragma once
#include "http/client.hpp"
#include "runtime/clock.hpp"
#include "runtime/task_group.hpp"
#include "sim/organisation.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace wardroom::sim {

struct Position {
  GeoPoint where;
  double accuracy_m = 15;
};

struct Posted {
  int status = 0;  ///< 0 = no answer
  std::string standing, calls, trouble;
};

/// One person's browser. Used on the loop.
class Browser {
 public:
  Browser(Person const& person, http::Client& client, Clock& clock, TaskGroup& tasks);

  /// /user/login or /admin/login (with the site's one-time code when given), through the authorize
  /// page, back to the callback. Errors: a sentence with the step that failed.
  Task<Result<void>> log_in(std::string daemon, bool admin, std::string code);
  /// A request to the daemon as its own page would make it; JSON both ways.
  Task<Result<http::ClientResponse>> ask(http::Method method, std::string path, std::string body);
  /// Posts now, and every interval from then on.
  Task<Posted> move_to(Position position);
  void close();

  bool open() const { return !daemon_.empty(); }
  bool is_person() const { return person_session_; }
  std::optional<Position> position() const { return position_; }
  void set_position(Position p) { position_ = p; }
  /// Posts at once when a position is known; called after a login.
  Task<Posted> begin_posting();
  nlohmann::json state() const;

 private:
  Task<Result<http::ClientResponse>> follow(std::string url, std::string origin_of_page);
  Task<Result<http::ClientResponse>> send(http::Method method, std::string url, std::string body);
  Task<Posted> post(bool log_in_again);
  void keep_cookies(std::string const& url, http::Headers const& headers);
  std::string cookies_for(std::string const& url) const;
  void again_in(Milliseconds d);

  struct Cookie {
    std::string value, path;
  };

  Person const& person_;
  http::Client& client_;
  Clock& clock_;
  TaskGroup& tasks_;
  std::string daemon_;
  bool person_session_ = false, admin_session_ = false;
  std::map<std::string, std::map<std::string, Cookie>>
      jar_;  // by host, as browsers do: ports share
  std::optional<Position> position_;
  Milliseconds interval_{30000};
  TimerHandle next_;
  std::uint64_t posts_ = 0, accepted_ = 0;
  Posted last_;
};

/// The browsers of everybody, opened when first needed.
class Browsers {
 public:
  Browsers(Organisation const& org, http::Client& client, Clock& clock, TaskGroup& tasks)
      : org_(org), client_(client), clock_(clock), tasks_(tasks) {}

  /// Null when nobody has this address. The browser lives as long as this object.
  Browser* of(std::string const& email);
  Browser const* find(std::string const& email) const;
  void close_all();
  /// Forgets sessions and cookies, but not where people are.
  void restart(std::string const& email);

 private:
  Organisation const& org_;
  http::Client& client_;
  Clock& clock_;
  TaskGroup& tasks_;
  std::map<std::string, std::unique_ptr<Browser>> all_;
};

}  // namespace wardroom::sim
