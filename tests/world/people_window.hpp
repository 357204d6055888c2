/// One person's window on the daemon: all that their browser asks and hears goes through here.
/// Keeps their sessions as the daemon gave them, and judges each answer.
///
///   session: given (its cookie arrived) ── logout or a new login leaves ──► doubtful ── 204 ──►
///   ended
///
/// Given: never answered 401. Ended: never answered 2xx. Promises "sessions" and "people".
#pragma once
#include "http/client.hpp"
#include "position_posts.hpp"
#include "sim/organisation.hpp"
#include "world.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom::world {

enum class Role { person, admin };

/// A session as its owner knows it.
struct GivenSession {
  Role role = Role::person;
  enum class State { given, doubtful, ended } state = State::given;
  Uptime used{};    ///< when it was last answered well, and that could be written down
  Uptime before{};  ///< the same, well before that
  Uptime ended{};   ///< when that was answered
};

/// What all windows share.
struct WindowWatch {
  World& world;
  PositionPosts& posts;
  /// Whether an answer 503 is excused now.
  std::function<bool()> may_refuse;
  /// Whether sessions last as long as they should: the daemon's clock never jumped.
  std::function<bool()> time_is_true;
  /// When the same position is to be posted once more; nothing = never.
  std::function<std::optional<Milliseconds>()> copy_in;
  /// A refusal that is excused only if the daemon goes away in a moment.
  std::function<void(std::string sentence)> doubt;
};

class Window final : public http::Client {
 public:
  /// `accuracy`: positions of theirs are this good, to `accuracy_band` metres more, and nobody
  /// else's.
  Window(WindowWatch& watch, http::Client& way, sim::Person const& owner, double accuracy);

  static constexpr double accuracy_band = 3;

  Task<Result<http::ClientResponse>> send(http::ClientRequest request) override;
  Task<Result<void>> stream(http::ClientRequest request, http::StreamSink& sink) override;

  /// A request with the cookies the browser has, or `cookie` alone.
  http::ClientRequest request(http::Method method, std::string_view path, std::string body = {},
                              std::string_view cookie = {}) const;
  /// The browser forgets its cookies; the daemon does not know.
  void forget() { jar_.clear(); }
  /// The daemon was killed: that a session was used a moment ago may be lost with it.
  void daemon_killed();
  /// "name=value" of the session it has; empty = none.
  std::string cookie_of(Role role) const;
  /// All there were, by cookie.
  std::map<std::string, GivenSession> const& sessions() const { return sessions_; }
  /// When a position was last acknowledged.
  std::optional<Uptime> acknowledged() const { return acknowledged_; }
  void judge_status(http::ClientRequest const& request, int status, Uptime left);

 private:
  Task<Result<http::ClientResponse>> exchange(http::ClientRequest request);
  void leaving(http::ClientRequest const& request, std::string const& path);
  void judge(http::ClientRequest const& request, http::ClientResponse const& answer, Uptime left);
  void judge_sessions(http::ClientRequest const& request, std::string const& path, int status,
                      Uptime left);
  void judge_me(std::string const& body);
  void learn(http::Headers const& headers);
  void fail(std::string_view promise, std::string_view sentence) const;

  WindowWatch& watch_;
  http::Client& way_;
  sim::Person const& owner_;
  double const accuracy_;
  std::map<std::string, std::string> jar_;  ///< by name, as of the last answer
  std::map<std::string, GivenSession> sessions_;
  std::optional<Uptime> acknowledged_;
};

}  // namespace wardroom::world
