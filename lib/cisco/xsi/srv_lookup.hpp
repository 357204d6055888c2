/// Asks DNS for SRV records: a port, and c-ares on the loop behind it.
#pragma once
#include "cisco/xsi/xsi_endpoints.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::xsi {

struct SrvAnswer {
  std::vector<SrvRecord> records;  ///< empty: the name does not exist or has no SRV record
  std::chrono::seconds ttl{0};
  std::optional<Instant> as_of{};  ///< DNS did not answer: remembered from then
};

class SrvLookup {
 public:
  virtual ~SrvLookup() = default;
  /// Errors (timed_out, unavailable) mean that nothing is known; an empty
  /// answer is a value.
  virtual Task<Result<SrvAnswer>> lookup(std::string name) = 0;
};

class CaresSrvLookup final : public SrvLookup {
 public:
  /// `servers`: "192.0.2.53" or "127.0.0.1:5353"; empty = the system's.
  CaresSrvLookup(Executor loop, std::vector<std::string> servers);
  Task<Result<SrvAnswer>> lookup(std::string name) override;

 private:
  Executor loop_;
  std::string servers_;
};

}  // namespace wardroom::xsi
