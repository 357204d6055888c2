/// A bridge's API with an ear at it: tells of each answer, and of each time that none came.
#pragma once
#include "ports/conferences.hpp"

#include <functional>
#include <memory>

namespace wardroom::security_notices {

/// On the loop only. A refusal about one object (not_found, conflict, …) is an answer; a message
/// that could not be set says nothing about silence, for it is tried only once.
class WatchedBridge final : public Conferences {
 public:
  struct Ears {
    std::function<void()> answered;
    std::function<void(Error const& why)> silent;
  };
  WatchedBridge(std::unique_ptr<Conferences> bridge, Ears ears)
      : bridge_(std::move(bridge)), ears_(std::move(ears)) {}

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
  std::size_t waiting() const override { return bridge_->waiting(); }

 private:
  template <class T>
  Task<Result<T>> hear(Task<Result<T>> question);

  std::unique_ptr<Conferences> bridge_;
  Ears ears_;
};

}  // namespace wardroom::security_notices
