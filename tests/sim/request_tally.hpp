/// Who asks how often, and how much at once: what tests say about a client's manners.
#pragma once
#include "base/units.hpp"
#include "sim/exchange.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace wardroom::sim {

class RequestTally {
 public:
  /// Counts a request; its answer carries what is given back as long as it is under way.
  std::shared_ptr<void> begin(Request const& request, Instant now);
  /// A 429 with Retry-After begins a time of quiet for requests of that kind.
  void answered(Request const& request, http::Response const& response, Instant now);
  /// {"by_kind": {"GET people": n, …}, "most_in_flight": n, "impatient": n}: the most of one token
  /// at once, and requests that came although quiet had been asked for.
  nlohmann::json counters() const;

 private:
  struct Flights {
    std::uint64_t now = 0, most = 0;
  };
  std::map<std::string, std::uint64_t> by_kind_;
  std::map<std::string, std::shared_ptr<Flights>> flights_;  // by token
  struct Quiet {
    Instant begins{}, ends{};
  };
  std::map<std::string, Quiet> quiet_;  // by token and kind
  std::uint64_t impatient_ = 0;
};

}  // namespace wardroom::sim
