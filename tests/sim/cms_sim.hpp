/// Simulated meeting servers and the people in their conferences, without sockets: whoever moves
/// people by hand sees the records, the API's answers and the screens change.
///
///   CmsSim cms(clock, dice, faults);
///   cms.add_bridge({}); cms.add_bridge({});
///   auto ann = cms.join({.conference = "Board", .address = "ann@secure.example"});
///   cms.bridge(0).next_post(receiver)   // what the bridge posts; answered(receiver, 200)
///   cms.api(0, request)                 // what its API answers
///   cms.level("Board", domains)         // the truth
#pragma once
#include "sim/cms_bridge.hpp"
#include "sim/cms_truth.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::sim {

struct CmsJoin {
  std::string conference{};  ///< by name: opened when nobody is in it; empty only for ivr
  std::size_t bridge = 0;
  std::string name{}, address{};
  CmsVia via = CmsVia::sip;
  CmsState state = CmsState::connected;
  std::string first_address{};   ///< what the bridge believes until the leg's first update
  bool outgoing = false;         ///< the bridge called them; always so when ringing
  bool early_call = false;       ///< a SIP leg's callLegStart names its call already
  std::string type = "coSpace";  ///< of a conference that is opened: adHoc, forwarding, …
  std::string leg{};             ///< its id; empty = a new one
};

enum class CmsMoveOrder { end_first, start_first };

class CmsSim {
 public:
  CmsSim(Clock& clock, Random& dice, Faults& faults);
  ~CmsSim();

  CmsBridge& add_bridge(CmsBridgeOptions options = {});
  std::size_t bridges() const { return bridges_.size(); }
  CmsBridge& bridge(std::size_t i) { return *bridges_.at(i); }
  CmsBridge const& bridge(std::size_t i) const { return *bridges_.at(i); }
  CmsBridge* bridge_named(std::string_view name);
  Answer api(std::size_t bridge, Request request) {
    return bridges_.at(bridge)->api(std::move(request));
  }

  // --- people, by their number. Errors: not_found, conflict (not now), malformed -----------------
  Result<std::uint64_t> join(CmsJoin wish);
  Result<void> answer(std::uint64_t person);  ///< stops ringing
  Result<void> admit(std::uint64_t person);   ///< out of the lobby
  /// From the IVR, or from another call of the same bridge, into a conference.
  Result<void> put_through(std::uint64_t person, std::string const& conference);
  Result<void> readdress(std::uint64_t person, std::string address);
  Result<void> rename(std::uint64_t person, std::string name);
  /// An update that changes nothing and may lack what it usually has.
  Result<void> mention(std::uint64_t person, CmsBridge::Telling with = {});
  Result<void> share(std::uint64_t person);  ///< Lync: a second leg with the same groupId
  Result<void> leave(std::uint64_t person, std::string const& reason = "clientInitiatedTeardown");
  /// To another bridge of the cluster, in the same conference.
  Result<void> move(std::uint64_t person, std::size_t bridge, CmsMoveOrder order);

  // --- conferences
  // --------------------------------------------------------------------------------
  /// One that is there although nobody is in it.
  Result<void> open(std::string const& conference, std::size_t bridge,
                    std::string const& type = "coSpace");
  /// Everybody leaves. `legs_open` = its calls end without a word about their legs.
  Result<void> end(std::string const& conference, bool legs_open = false);
  Result<std::string> start_machine(std::string const& conference, std::size_t bridge,
                                    bool streaming, bool sip);
  Result<void> stop_machine(std::string const& id);
  /// A SIP scanner: a leg that never comes into a call.
  void scan(std::size_t bridge);

  // --- bridges
  // ------------------------------------------------------------------------------------
  /// The process dies: its calls and people are gone, without a record. `start` begins a session.
  void crash(std::size_t bridge);
  void start(std::size_t bridge);
  void restart(std::size_t bridge) {
    crash(bridge);
    start(bridge);
  }

  // --- the truth
  // ----------------------------------------------------------------------------------
  /// 0 = nobody is in it, or there is no such conference.
  int level(std::string const& conference, CmsDomains const& domains) const;
  /// By correlator, of each that has a call.
  std::map<std::string, int> levels(CmsDomains const& domains) const;
  std::map<std::uint64_t, CmsPerson> const& people() const { return people_; }
  std::vector<CmsConference> const& conferences() const { return conferences_; }
  CmsConference const* conference(std::string const& name) const;
  CmsConference const* by_correlator(std::string const& correlator) const;
  std::map<std::string, CmsMachine> const& machines() const { return machines_; }
  nlohmann::json state() const;

  /// Told of each receiver that is new.
  std::function<void(CmsBridge&, std::shared_ptr<CmsReceiver>)> on_receiver;
  Faults& faults() { return faults_; }
  Clock& clock() { return clock_; }

 private:
  friend class CmsBridge;
  friend class CmsApi;
  CmsConference* find(std::string const& name, std::size_t bridge);
  CmsConference* find_correlator(std::string const& correlator);
  CmsConference& opened(std::string const& name, std::size_t bridge, std::string const& type);
  /// The conference's call on that bridge; made with its links when there is none.
  CmsCall& call_on(CmsConference& conference, std::size_t bridge);
  CmsLeg& new_leg(CmsBridge& bridge, std::string id = {});
  CmsLeg leg_for(CmsBridge& bridge, CmsPerson const& person, CmsJoin const& wish);
  void activate(CmsLeg& leg);
  void enter(CmsBridge& bridge, CmsLeg& leg, std::string const& call);
  void drop_leg(CmsBridge& bridge, std::string const& id, std::string_view reason, bool by_far_end);
  void link(CmsConference& conference, std::size_t from, std::size_t to);
  void unlink(CmsConference& conference, std::size_t bridge);
  /// Ends the call when nobody is left in it.
  void tidy(std::size_t bridge, std::string const& call);
  void end_call(std::size_t bridge, std::string const& call, bool legs_open);
  Result<CmsPerson*> person(std::uint64_t no);
  std::string space_of(std::string const& name);

  Clock& clock_;
  Random& dice_;
  Faults& faults_;
  std::vector<std::unique_ptr<CmsBridge>> bridges_;
  std::vector<CmsConference> conferences_;
  std::map<std::uint64_t, CmsPerson> people_;
  std::map<std::string, CmsMachine> machines_;
  std::map<std::string, std::string> spaces_;  // by name
  std::uint64_t last_person_ = 0;
};

}  // namespace wardroom::sim
