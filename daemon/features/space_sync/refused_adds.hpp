/// Whom a space did not take, remembered for a day: asking again at each run would change nothing.
/// Source: webex-rest.md 4.3, "permanent for this pair; back off for a day". On the loop only.
#pragma once
#include "base/units.hpp"
#include "base/uuid.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>

namespace wardroom::space_sync {

class RefusedAdds {
 public:
  static constexpr auto memory = std::chrono::hours(24);
  static constexpr std::size_t most = 100'000;

  void refused(std::string const& space, Uuid person, std::string why, Instant now) {
    if (now - looked_ >= std::chrono::minutes(10) || now < looked_) {
      looked_ = now;
      std::erase_if(pairs_, [&](auto const& pair) { return now - pair.second.at >= memory; });
    }
    if (pairs_.size() < most) pairs_[{space, person}] = {std::move(why), now};
  }
  /// What was said then; nothing = ask.
  std::optional<std::string> why(std::string const& space, Uuid person, Instant now) const {
    auto const found = pairs_.find({space, person});
    if (found == pairs_.end()) return std::nullopt;
    auto const age = now - found->second.at;
    // A wall clock that was set back does not keep somebody out.
    if (age >= memory || age < Milliseconds(0)) return std::nullopt;
    return found->second.why;
  }
  void forget(std::string const& space, Uuid person) { pairs_.erase({space, person}); }

 private:
  struct Refusal {
    std::string why;
    Instant at{};
  };
  std::map<std::pair<std::string, Uuid>, Refusal> pairs_;
  Instant looked_{};  ///< when those that are over were forgotten last
};

}  // namespace wardroom::space_sync
