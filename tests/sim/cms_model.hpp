/// What a simulated meeting server knows: people, their legs, calls and conferences. Values only.
/// Source: cms.md 3, 5, 6.2.
#pragma once
#include "base/units.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::sim {

/// How somebody is connected.
enum class CmsVia {
  sip,
  app,      ///< the app or web app with a login: `address` is its JID
  web_app,  ///< as app, with subType webApp in the records
  guest,    ///< a browser without a login
  lync,
  avaya
};
enum class CmsState {
  ringing,  ///< the bridge called them; nobody has answered yet
  ivr,      ///< in no call yet
  lobby,
  connected
};

/// Somebody at a screen, whatever the bridges' records say.
struct CmsPerson {
  std::uint64_t no = 0;
  std::string name{}, address{};  ///< the true one
  CmsVia via = CmsVia::sip;
  CmsState state = CmsState::connected;
  std::size_t bridge = 0;
  std::string call{};         ///< on that bridge; empty = in none
  std::string participant{};  ///< groupId of the legs
  std::vector<std::string> legs{};
};

struct CmsLeg {
  std::string id{};
  std::uint64_t order = 0;   ///< of its coming
  std::uint64_t person = 0;  ///< 0 = nobody: a link, a recorder, a streamer, a scanner
  std::string call{};        ///< empty = in none
  std::string remote_party{}, remote_address{}, local_address{}, name{}, jid{};
  std::string type = "sip", sub_type{}, lync_sub_type{}, direction = "incoming";
  std::string sip_call_id{}, participant{}, replaces{}, moved_leg{}, moved_bridge{}, confirmation{};
  bool ivr = false, connected = false, deactivated = false, guest = false, can_move = false;
  bool recording = false, streaming = false;
  bool link = false;  ///< to another bridge
  Instant began{};
  std::optional<Instant> activated{};
};

struct CmsMessage {
  std::string text{}, position = "middle", duration = "0";
  Uptime set{};
};

/// One conference on one bridge.
struct CmsCall {
  std::string id{}, correlator{}, name{}, type{}, space{};
  std::uint64_t order = 0;
  Instant began{};
  CmsMessage message{};
  bool stays_empty = false;  ///< does not end with its last participant
  std::uint64_t completed = 0, most = 0, puts = 0;
};

/// A recording or streaming and the leg of its machine.
struct CmsMachine {
  std::string id{}, leg{};
  std::size_t bridge = 0;
  bool streaming = false, sip = false;
};

/// A conference over its bridges. The same space again is another one.
struct CmsConference {
  std::string correlator{}, name{}, type{}, space{};
  std::map<std::size_t, std::string> calls{};  ///< by bridge
};

/// Somebody changed a call's message.
struct CmsPut {
  Uptime at{};
  std::string call{}, text{}, position{}, duration{};
};

}  // namespace wardroom::sim
