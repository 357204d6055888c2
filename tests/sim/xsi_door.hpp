/// The HTTP front of an XSP: XSI-Events and XSI-Actions requests become moves of the platform.
/// It validates what BroadWorks validates and answers with its codes. Source: xsi.md 3-8.
#pragma once
#include "sim/oauth_sim.hpp"
#include "sim/xsi_request.hpp"
#include "sim/xsi_sim.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::sim {

class XsiDoor {
 public:
  XsiDoor(Organisation const& org, OauthSim& oauth, CallSim& calls, XsiSim& platform, Random& dice,
          Faults& faults);

  /// One request to XSP number `xsp`.
  Answer handle(std::size_t xsp, Request request);
  nlohmann::json counters() const;

 private:
  struct Call {
    std::size_t xsp;
    Request const& request;
    Bearer const& who;
    std::vector<std::string> path;  ///< decoded segments after /v2.0/
  };
  Answer route(std::size_t xsp, Request const& request, std::string_view door);
  Answer events(Call const& call);
  Answer actions(Call const& call);

  Answer open_channel(Call const& call);
  Answer channel(Call const& call);
  Answer acknowledge(Call const& call);
  Answer channel_set(Call const& call);
  Answer subscribe(Call const& call);
  Answer subscription(Call const& call);

  Answer calls_of(Call const& call, Person const& person);
  Answer one_call(Call const& call, Person const& person, std::string const& id);
  Answer delete_call(Call const& call, Person const& person, std::string const& id);
  Answer directory(Call const& call);

  std::string whom(std::string_view path) const;
  bool delete_fault(Person const& person) const;
  bool affine(Call const& call, std::string const& cookie) const;
  Answer gone_subscription() const;

  Organisation const& org_;
  OauthSim& oauth_;
  CallSim& calls_;
  XsiSim& platform_;
  Random& dice_;
  Faults& faults_;
  std::uint64_t requests_ = 0, unauthorized_ = 0, heartbeats_ = 0, heartbeats_refused_ = 0,
                directory_pages_ = 0;
};

}  // namespace wardroom::sim
