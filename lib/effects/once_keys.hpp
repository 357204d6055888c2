/// Remembers which one-time effects run or were done lately, so that none happens twice.
#pragma once
#include "base/units.hpp"

#include <deque>
#include <string>
#include <unordered_map>

namespace wardroom {

/// A key is taken while its effect runs and for ten minutes after it was done. A failed effect
/// frees its key at once: asking again is then right. At most `capacity` done keys are kept, the
/// oldest go.
class OnceKeys {
 public:
  static constexpr auto memory = std::chrono::minutes(10);
  explicit OnceKeys(std::size_t capacity = 100'000) : capacity_(capacity) {}

  /// False when the key is running or was done within the last ten minutes.
  bool take(std::string const& key, Uptime now);
  void done(std::string const& key, Uptime now);
  void free(std::string const& key) { taken_.erase(key); }
  std::size_t size() const { return taken_.size(); }

 private:
  void forget_old(Uptime now);

  struct Done {
    Uptime until;
    std::string key;
  };
  std::size_t capacity_;
  std::unordered_map<std::string, Uptime> taken_;  ///< running: Uptime::max()
  std::deque<Done> done_;                          ///< in the order they were done
};

}  // namespace wardroom
