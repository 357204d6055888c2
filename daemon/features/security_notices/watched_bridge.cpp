#include "features/security_notices/watched_bridge.hpp"

namespace wardroom::security_notices {

template <class T>
Task<Result<T>> WatchedBridge::hear(Task<Result<T>> question) {
  auto answer = co_await std::move(question);
  if (answer ||
      !(is_transient(answer.error().kind) || answer.error().kind == ErrorKind::unauthorized))
    ears_.answered();
  else
    ears_.silent(answer.error());
  co_return answer;
}

Task<Result<BridgeStatus>> WatchedBridge::status() { return hear(bridge_->status()); }
Task<Result<std::vector<conference::CallFacts>>> WatchedBridge::calls() {
  return hear(bridge_->calls());
}
Task<Result<std::vector<conference::CallFacts>>> WatchedBridge::calls_of_space(std::string space) {
  return hear(bridge_->calls_of_space(std::move(space)));
}
Task<Result<RunningCall>> WatchedBridge::call(conference::CallId id) {
  return hear(bridge_->call(std::move(id)));
}
Task<Result<std::vector<conference::LegFacts>>> WatchedBridge::legs(conference::CallId id) {
  return hear(bridge_->legs(std::move(id)));
}
Task<Result<conference::LegFacts>> WatchedBridge::leg(conference::LegId id) {
  return hear(bridge_->leg(std::move(id)));
}
Task<Result<std::vector<RunningParticipant>>> WatchedBridge::participants(conference::CallId id) {
  return hear(bridge_->participants(std::move(id)));
}
Task<Result<void>> WatchedBridge::show(conference::CallId id, conference::Message message,
                                       bool urgent, Wanted wanted) {
  auto done = co_await bridge_->show(std::move(id), std::move(message), urgent, std::move(wanted));
  if (done) ears_.answered();
  co_return done;
}
Task<Result<std::vector<ClusterBridge>>> WatchedBridge::cluster() {
  return hear(bridge_->cluster());
}
Task<Result<CdrReceivers>> WatchedBridge::receivers() { return hear(bridge_->receivers()); }
Task<Result<void>> WatchedBridge::add_receiver(std::string uri) {
  return hear(bridge_->add_receiver(std::move(uri)));
}
Task<Result<void>> WatchedBridge::change_receiver(std::string id, std::string uri) {
  return hear(bridge_->change_receiver(std::move(id), std::move(uri)));
}

}  // namespace wardroom::security_notices
