/// One simulated meeting server (a Call Bridge) without sockets: its calls and legs, the records it
/// makes, the receivers that get them, and its API.
#pragma once
#include "runtime/clock.hpp"
#include "runtime/random.hpp"
#include "sim/cms_receiver.hpp"
#include "sim/exchange.hpp"
#include "sim/faults.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::sim {

class CmsSim;

struct CmsBridgeOptions {
  std::string name{};     ///< "cms1"; empty = by its number
  bool clustered = true;  ///< with all other clustered ones
  std::string address{};  ///< of its API, as /callBridges tells it; empty = https://10.N.0.1:8443
  std::string username = "wardroom", password = "demo-cms-password";
};

class CmsBridge {
 public:
  CmsBridge(CmsSim& all, std::size_t number, CmsBridgeOptions options, Clock& clock, Random& dice);

  std::size_t const number;
  CmsBridgeOptions options;
  std::string const guid;
  std::string const ip, sip_domain;
  std::string session;
  bool up = true;  ///< false = the process is down
  Uptime started{};
  CmsFaults faults{};
  std::map<std::string, CmsCall> calls{};
  std::map<std::string, CmsLeg> legs{};
  std::vector<std::shared_ptr<CmsReceiver>> receivers{};
  std::vector<CmsPut> puts{};  ///< messages that clients of the API set, the last 1,000
  std::uint64_t requests = 0, unauthorized = 0;

  // --- records -----------------------------------------------------------------------------------
  /// Makes a record: numbered, and kept for each receiver.
  void tell(std::string type, std::string inner);
  std::uint64_t next_index() const { return next_index_; }
  void tell_call_start(CmsCall const& call);
  void tell_call_end(CmsCall const& call);
  void tell_leg_start(CmsLeg const& leg);
  /// `with` = state, call: what the record says of them.
  struct Telling {
    bool state = true, call = true;
  };
  void tell_leg_update(CmsLeg const& leg, Telling with);
  void tell_leg_update(CmsLeg const& leg) { tell_leg_update(leg, Telling{}); }
  void tell_leg_end(CmsLeg const& leg, std::string_view reason, bool by_far_end);

  // --- receivers ---------------------------------------------------------------------------------
  /// Errors: conflict when all four places are taken.
  Result<std::shared_ptr<CmsReceiver>> add_receiver(std::string uri);
  CmsReceiver* receiver(std::string_view id);
  void remove_receiver(std::string_view id);
  /// The next post for that receiver; nullopt when there is none, or it is held back. The same
  /// records again until `answered(…, true)`.
  std::optional<CmsPost> next_post(CmsReceiver& receiver);
  void answered(CmsReceiver& receiver, int status);
  /// Something may go out now that did not before.
  void wake_receivers();

  // --- the rest ----------------------------------------------------------------------------------
  /// /api/v1/…, with every fault.
  Answer api(Request request);
  /// As somebody else does it: another client, an operator.
  bool set_message(std::string const& call, CmsMessage message);
  /// What people see on the screens of that call now; nullopt = nothing.
  std::optional<CmsMessage> screen(std::string const& call) const;
  std::vector<CmsLeg const*> legs_of(std::string const& call) const;  ///< in order of their coming
  CmsLeg* leg(std::string const& id);
  /// A new process: new session, nothing is running, numbers begin anew.
  void begin_session();

  std::uint64_t next_order() { return ++order_; }

 private:
  CmsSim& all_;
  Clock& clock_;
  Random& dice_;
  std::uint64_t next_index_ = 0, order_ = 0;
  std::vector<CmsRecord> held_;  // callStarts that come too late

  void keep(CmsRecord record);
};

}  // namespace wardroom::sim
