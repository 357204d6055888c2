/// What `wardroomctl login` shows: the steps of the daemon's stream as text, and the time that is
/// left. Pure: lines and moments in, text out.
#pragma once
#include "json_view.hpp"

#include <optional>
#include <string>

namespace wardroom::ctl {

class LoginScreen {
 public:
  struct Manner {
    bool live = false;  ///< the line with the time left is drawn over itself
    bool qr = false;
  };
  explicit LoginScreen(Manner manner) : manner_(manner) {}

  /// The text to print for one line of the stream.
  std::string take(Json const& line, Look const& look);
  /// The time left, when it reads differently from what is shown; otherwise empty.
  std::string tick(Look const& look);
  /// Ends the line that is drawn over itself, before anything else is printed.
  std::string leave();

  bool done() const { return done_; }  ///< the stream said all it has to say

 private:
  std::string device(Json const& line, Look const& look);
  std::string countdown(std::int64_t seconds, Look const& look) const;

  Manner manner_;
  std::optional<Instant> ends_;
  std::string shown_;              ///< the countdown line as it stands on the terminal
  std::int64_t told_minute_ = -1;  ///< last printed where nothing is drawn over
  bool done_ = false;
};

/// "7 2 9   7 0 3": easy to read over to another screen.
std::string spaced_code(std::string_view code);

}  // namespace wardroom::ctl
