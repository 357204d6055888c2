/// One bridge's REST API as Conferences.
#pragma once
#include "base/secret.hpp"
#include "cisco/cms/request_gate.hpp"
#include "http/client.hpp"
#include "ports/conferences.hpp"
#include "runtime/random.hpp"

#include <memory>
#include <string>

namespace wardroom::cms {

struct CmsSettings {
  std::string name;      ///< of the bridge, for sentences
  std::string base_url;  ///< "https://cms1.acme.example:445/api/v1"
  std::string username;
  Secret password;
};

/// What no operator need set. Source: cms.md 6.1.
struct CmsLimits {
  RequestGate::Limits gate{};
  Milliseconds connect{3'000}, total{10'000};
  std::size_t answer = 4u << 20;  ///< bytes of one answer
  int attempts = 3;               ///< of a read
  Milliseconds first_wait{200}, longest_wait{5'000};
  std::size_t page = 100;  ///< asked for; a bridge sends fewer as it likes
  int rounds = 3;          ///< of a list that changes while it is read
};

/// Own places and pace for this bridge, so that a dead one delays no other; used on the loop. Reads
/// are tried again after 503, time-outs and broken answers; what changes something is not.
/// Tasks that wait here must have ended before it dies.
class CmsApi final : public Conferences {
 public:
  CmsApi(http::Client& http, Clock& clock, Random& dice, CmsSettings settings,
         CmsLimits limits = {});
  ~CmsApi() override;

  Task<Result<BridgeStatus>> status() override;
  Task<Result<std::vector<conference::CallFacts>>> calls() override;
  Task<Result<std::vector<conference::CallFacts>>> calls_of_space(std::string space) override;
  Task<Result<RunningCall>> call(conference::CallId id) override;
  Task<Result<std::vector<conference::LegFacts>>> legs(conference::CallId id) override;
  Task<Result<conference::LegFacts>> leg(conference::LegId id) override;
  Task<Result<std::vector<RunningParticipant>>> participants(conference::CallId id) override;
  Task<Result<void>> show(conference::CallId id, conference::Message message, bool urgent,
                          Wanted wanted = {}) override;
  Task<Result<std::vector<ClusterBridge>>> cluster() override;
  Task<Result<CdrReceivers>> receivers() override;
  Task<Result<void>> add_receiver(std::string uri) override;
  Task<Result<void>> change_receiver(std::string id, std::string uri) override;
  std::size_t waiting() const override;

 private:
  class Wire;
  std::unique_ptr<Wire> wire_;
};

}  // namespace wardroom::cms
