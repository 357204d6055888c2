/// Makes guessing slow: who fails again and again waits longer and longer, and nobody is ever
/// locked out for good. For logins, one-time and pasted codes, and for passwords.
///
///   five tries are free; then 1 s, 2 s, 4 s … 15 min must pass between them
///   every 15 min one failure is forgotten, so after 3 h 45 min of quiet nothing is left
///
/// Counted for the account and for the address (a /64 of IPv6), each by itself; the longer wait
/// holds. A try counts from its beginning, so that tries side by side do not pass together.
/// Failures are kept in the store; what is kept of an account or address is a digest. Waits run on
/// the boot-time clock: a wall clock that jumps makes none longer than 15 min.
#pragma once
#include "runtime/clock.hpp"
#include "store/database.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace wardroom::front {

inline constexpr store::Migration throttle_migration{56, "failed tries", R"sql(
CREATE TABLE failed_tries (
  digest BYTEA PRIMARY KEY,
  account BIGINT NOT NULL,
  failures BIGINT NOT NULL,
  cooled_ms BIGINT NOT NULL,
  until_ms BIGINT NOT NULL
)
)sql"};

class Throttle {
 public:
  static constexpr int free_tries = 5;
  static constexpr std::chrono::minutes longest_wait{15};
  static constexpr std::chrono::minutes forgets_one_in{15};
  /// Accounts, and as many addresses: a flood pushes out those with the fewest failures.
  static constexpr std::size_t most_kept = 10'000;

  /// Who tries. `account` and `address` may be empty: not counted. Loopback is never counted (a
  /// proxy that is not in http.trusted_proxies makes everybody look like it).
  struct Who {
    std::string door;  ///< what an account is of: "guest", "pasted code"
    std::string account{};
    std::string address{};
  };

  Throttle(store::Database& database, Clock& clock) : database_(database), clock_(clock) {}

  /// Once at start.
  Task<Result<void>> load();

  /// How long they must still wait; only looks.
  std::optional<std::chrono::seconds> wait(Who const& who);
  /// Before a try is judged: how long they must wait, or it is counted as a failure for now. Then
  /// one of the three below must follow.
  std::optional<std::chrono::seconds> refuse(Who const& who);
  /// It failed: answers once that is stored (or could not be, which the log says).
  Task<void> failed(Who who);
  /// Forgets what the account has failed; the address gets this try back only, or who owns one
  /// account could guess others for ever.
  Task<void> succeeded(Who who);
  /// It was not judged (trouble of our own).
  Task<void> withdraw(Who who);

  std::size_t size() const { return kept_[0].size() + kept_[1].size(); }

 private:
  struct Mark {
    int failures = 0;
    Uptime cooled{};  ///< when the last one was forgotten, or the first one came
    Uptime until{};   ///< no try before that
  };
  using Marks = std::unordered_map<std::string, Mark>;  ///< by digest
  using Keys = std::array<std::string, 2>;              ///< of address and account; empty = none
  using Gone = std::vector<std::string>;
  static Keys keys_of(Who const& who);
  static bool cooled_down(Mark& mark, Uptime now);
  std::optional<std::chrono::seconds> longest(Keys const& keys);
  void make_room(Marks& marks);
  void take_back(Marks& marks, std::string const& key);
  Task<bool> store(Keys keys);

  store::Database& database_;
  Clock& clock_;
  std::array<Marks, 2> kept_;
  Gone gone_;  ///< forgotten in memory, but not yet in the store
  Uptime swept_{};
};

}  // namespace wardroom::front
