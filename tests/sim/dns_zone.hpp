/// What the simulator's name server knows, and its answers as bytes: no sockets. Source: RFC 1035,
/// RFC 2782; xsi.md 2.
#pragma once
#include "base/result.hpp"
#include "base/units.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::sim {

struct DnsService {
  std::string target;
  std::uint16_t port = 0, priority = 1, weight = 50;
};

class DnsZone {
 public:
  /// Sets what is named: mode, ttl, delay_ms, srv {name: [{target, port, priority, weight}]},
  /// a {name: [IPv4 address]}. All or nothing. Errors: malformed with a sentence.
  Result<void> set(nlohmann::json const& wish);
  void set_services(std::string name, std::vector<DnsService> services) {
    services_[std::move(name)] = std::move(services);
  }
  /// No fault any more; the records stay.
  void behave() {
    mode_ = "answer";
    delay_ms_ = 0;
  }
  /// Mode, records and the last questions.
  nlohmann::json state() const;

  /// The answer to one datagram or TCP message; nullopt = silence.
  std::optional<std::string> answer(std::string_view question, bool by_tcp);
  Milliseconds delay() const { return Milliseconds(delay_ms_); }

 private:
  struct Question {
    std::string name;  ///< lower case, without the dot at the end
    std::uint16_t type = 0;
    std::size_t end = 0;
  };
  static std::optional<Question> read(std::string_view message);
  std::string records_of(Question const& question, std::uint16_t& count) const;

  /// answer, empty (the name without records), nxdomain, servfail, refused, silent, truncated (by
  /// UDP, so that TCP is asked), garbage, wrong_id
  std::string mode_ = "answer";
  std::uint32_t ttl_ = 5;
  int delay_ms_ = 0;
  std::map<std::string, std::vector<DnsService>> services_;
  std::map<std::string, std::vector<std::string>> addresses_;
  std::deque<nlohmann::json> asked_;
  std::uint64_t questions_ = 0;
};

}  // namespace wardroom::sim
