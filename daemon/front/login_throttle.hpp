/// Limits how many logins one address may begin: 20 in 10 minutes, counted per IPv4 address or /64
/// of IPv6. Pure but for its memory.
#pragma once
#include "base/units.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom::front {

class LoginThrottle {
 public:
  static constexpr std::size_t most_starts = 20;
  static constexpr std::chrono::minutes window{10};

  /// Counts one start. nullopt = go on; else after how long the address may come again.
  std::optional<std::chrono::seconds> refuse(std::string_view address, Uptime now);
  /// That login succeeded: its start counts no more, so that a whole office behind one address gets
  /// in.
  void forgive(std::string_view address);

  /// "192.0.2.7", "2001:db8:0:1::/64"; empty = not limited: loopback (a proxy that is not in
  /// http.trusted_proxies makes everybody look like it) and what is no address.
  static std::string bucket_of(std::string_view address);
  std::size_t buckets() const { return starts_.size(); }

 private:
  void forget_old(Uptime now);

  using Starts = std::deque<Uptime>;
  std::map<std::string, Starts, std::less<>> starts_;
  std::deque<std::pair<Uptime, std::string>> order_;  ///< every start, for forgetting
};

}  // namespace wardroom::front
