/// HTTP over the control socket, for the tool: blocking, one request a connection.
#pragma once
#include "base/units.hpp"
#include "control/verb_table.hpp"

#include <expected>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace wardroom::control {

/// Names as in the verb's row; flags are "true".
using VerbParams = std::map<std::string, std::string, std::less<>>;

/// The four ways not to reach the daemon, each with a sentence and what to do about it.
struct Unreachable {
  enum class Why {
    missing,    ///< no socket: the daemon is not running
    forbidden,  ///< the socket is there, but not for us
    refused,    ///< a socket that a dead daemon left behind
    silent,     ///< connected, but no valid answer came
  };
  Why why = Why::missing;
  std::string sentence, remedy;
};

struct ControlAnswer {
  int status = 0;
  std::string body;
};

/// Called while nothing comes, about once in `every`; says false to give the request up.
struct Idle {
  Milliseconds every{1'000};
  std::function<bool()> call = {};
};

class ControlClient {
 public:
  explicit ControlClient(std::string socket) : socket_(std::move(socket)) {}

  /// One request and its whole answer within `limit`. Status 0 = `idle` gave up.
  std::expected<ControlAnswer, Unreachable> ask(VerbRow const& row, VerbParams const& params,
                                                Milliseconds limit, Idle const& idle = {}) const;
  /// A streaming verb: each line of a 200 answer goes to `each` until either side ends it; `each`
  /// says false to stop. Another status comes back with its body; status 0 = `idle` gave up before
  /// the head came. `limit` bounds the wait for the head only.
  std::expected<ControlAnswer, Unreachable> follow(
      VerbRow const& row, VerbParams const& params, Milliseconds limit,
      std::function<bool(std::string_view line)> const& each, Idle const& idle = {}) const;

 private:
  std::string socket_;
};

/// What goes over the wire: query for a verb that reads, JSON body for one that changes something.
std::string request_text(VerbRow const& row, VerbParams const& params);

}  // namespace wardroom::control
