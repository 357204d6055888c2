/// Who looks at what: one viewing is told once, however often its page asks. On the loop.
#pragma once
#include "runtime/clock.hpp"

#include <map>
#include <string>
#include <utility>

namespace wardroom {

class Viewings {
 public:
  /// A session that asks for the same again within this time is still looking.
  static constexpr auto lasts = std::chrono::minutes(30);
  static constexpr std::size_t most = 1'000;

  explicit Viewings(Clock& clock) : clock_(clock) {}

  /// Whether this begins a viewing.
  bool begins(std::string const& session, std::string const& what) {
    auto const now = clock_.uptime();
    std::erase_if(seen_, [&](auto const& one) { return now - one.second >= lasts; });
    if (seen_.size() >= most) seen_.clear();  // told twice rather than never
    return !std::exchange(seen_[{session, what}], now).time_since_epoch().count();
  }

 private:
  Clock& clock_;
  std::map<std::pair<std::string, std::string>, Uptime> seen_;
};

}  // namespace wardroom
