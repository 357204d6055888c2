/// What was asked of the token endpoints, and whether two refreshes of one grant overlapped.
/// A request is under way from `begin` until its ticket is dropped, which the answer carries: until
/// it is on the wire, or its client has gone.
#pragma once
#include "base/units.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>

namespace wardroom::sim {

class TokenLog {
  struct State;

 public:
  struct Entry {
    Instant at{};
    std::string kind;   ///< code, refresh, device_start, device_poll, service_app, other
    std::string grant;  ///< "g1"; empty when none is known
    std::string outcome{};
    bool overlap = false;  ///< began while another refresh of the grant was not yet answered
  };
  /// One request under way.
  class Ticket {
   public:
    Ticket(std::shared_ptr<State> state, std::shared_ptr<Entry> entry);
    ~Ticket();
    Ticket(Ticket const&) = delete;
    Ticket& operator=(Ticket const&) = delete;
    void tell(std::string outcome, std::string const& grant) const;

   private:
    std::shared_ptr<State> state_;
    std::shared_ptr<Entry> entry_;
    std::string counted_;
  };

  std::shared_ptr<Ticket> begin(Instant at, std::string kind, std::string grant);
  std::uint64_t overlaps() const;
  nlohmann::json entries() const;  ///< oldest first; no secrets
  void clear();

 private:
  struct State {
    std::deque<std::shared_ptr<Entry>> entries{};
    std::map<std::string, int> under_way{};  // refreshes by grant
    std::uint64_t overlaps = 0;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace wardroom::sim
