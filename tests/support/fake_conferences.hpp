/// A bridge in memory: calls, legs, messages, and the ways in which its API goes wrong.
#pragma once
#include "ports/conferences.hpp"
#include "runtime/clock.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <set>

namespace wardroom::test {

class FakeConferences final : public Conferences {
 public:
  explicit FakeConferences(Clock& clock) : clock_(clock) {}

  struct FakeCall {
    conference::CallFacts facts;
    conference::Message message{"", "middle", "0"};
    std::vector<conference::LegId> legs{};
    std::uint64_t other_bridges = 0;
    std::vector<RunningParticipant> elsewhere{};  ///< participants on other bridges
  };
  /// One message that was put, in the order of arrival at the bridge.
  struct Put {
    conference::CallId call;
    conference::Message message;
    bool urgent = false;
    Uptime at{};  ///< when it arrived; it takes effect when it is answered
  };

  // What is true on the bridge.
  std::map<conference::CallId, FakeCall> running;
  std::map<conference::LegId, conference::LegFacts> parties;
  BridgeStatus state{.version = "3.5", .next_record = 0, .clustered = false};
  std::vector<ClusterBridge> cluster_bridges;
  CdrReceivers cdr_receivers;

  // What goes wrong.
  std::optional<Error> down;  ///< every request fails with it
  bool hangs = false;         ///< requests wait until it is false again
  BootClock::duration delay{};
  std::map<std::string, std::deque<Error>> faults;  ///< by operation ("show"): the next ones
  std::deque<BootClock::duration> show_delays;      ///< of the next ones, in place of `delay`
  std::set<conference::LegId> fails_leg, gone_when_asked;  ///< legs whose own question fails so
  int short_listings = 0;  ///< so many listings of legs leave the last one out
  std::function<void(std::string const& operation)> on_request;  ///< before it is answered

  // What was asked.
  std::vector<std::string> asked;  ///< "call CALL"
  std::vector<Put> puts;
  std::size_t at_once = 0, most_at_once = 0;

  /// Begins a call; begins it anew when it was there.
  FakeCall& add_call(std::string id, std::string correlator, std::string space = {}) {
    FakeCall call;
    call.facts.id = conference::CallId(id);
    if (!correlator.empty()) call.facts.correlator = conference::Correlator(correlator);
    call.facts.name = "Meeting " + id;
    call.facts.type = space.empty() ? "adHoc" : "coSpace";
    if (!space.empty()) call.facts.space = std::move(space);
    return running[conference::CallId(id)] = std::move(call);
  }
  conference::LegFacts& add_leg(std::string const& call, std::string id, std::string address,
                                std::string type = "sip") {
    conference::LegFacts leg;
    leg.id = conference::LegId(id);
    leg.call = conference::CallId(call);
    leg.remote_party = std::move(address);
    leg.type = std::move(type);
    leg.direction = "incoming";
    leg.group_id = "group-" + id;
    leg.connected = true;
    leg.deactivated = false;
    running.at(conference::CallId(call)).legs.emplace_back(id);
    return parties[leg.id] = leg;
  }
  void end_leg(std::string const& id) {
    auto const found = parties.find(conference::LegId(id));
    if (found == parties.end()) return;
    auto const call = running.find(found->second.call.value_or(conference::CallId{}));
    if (call != running.end()) std::erase(call->second.legs, found->first);
    parties.erase(found);
  }
  void end_call(std::string const& id) {
    auto const call = running.find(conference::CallId(id));
    if (call == running.end()) return;
    for (auto const& leg : call->second.legs) parties.erase(leg);
    running.erase(call);
  }
  conference::Message message(std::string const& call) const {
    return running.at(conference::CallId(call)).message;
  }
  std::size_t times(std::string_view operation) const {
    return std::size_t(std::ranges::count_if(asked, [&](auto const& one) {
      return one == operation || one.starts_with(std::string(operation) + ' ');
    }));
  }

  Task<Result<BridgeStatus>> status() override {
    auto const request = Request(*this, "status");
    if (auto error = co_await answered("status")) co_return std::unexpected(*error);
    auto answer = state;
    answer.time = clock_.now();
    co_return answer;
  }
  Task<Result<std::vector<conference::CallFacts>>> calls() override {
    auto const request = Request(*this, "calls");
    if (auto error = co_await answered("calls")) co_return std::unexpected(*error);
    co_return listed([](auto const&) { return true; });
  }
  Task<Result<std::vector<conference::CallFacts>>> calls_of_space(std::string space) override {
    auto const request = Request(*this, "calls_of_space " + space);
    if (auto error = co_await answered("calls_of_space")) co_return std::unexpected(*error);
    co_return listed([&](auto const& call) { return call.facts.space == space; });
  }
  Task<Result<RunningCall>> call(conference::CallId id) override {
    auto const request = Request(*this, "call " + id.text());
    if (auto error = co_await answered("call")) co_return std::unexpected(*error);
    auto const found = running.find(id);
    if (found == running.end()) co_return failure(ErrorKind::not_found, "callDoesNotExist");
    auto const& it = found->second;
    co_return RunningCall{it.facts, it.message, it.legs.size(), it.other_bridges};
  }
  Task<Result<std::vector<conference::LegFacts>>> legs(conference::CallId id) override {
    auto const request = Request(*this, "legs " + id.text());
    if (auto error = co_await answered("legs")) co_return std::unexpected(*error);
    auto const found = running.find(id);
    if (found == running.end()) co_return failure(ErrorKind::not_found, "callDoesNotExist");
    std::vector<conference::LegFacts> all;
    for (auto const& leg : found->second.legs) all.push_back(brief(parties.at(leg)));
    if (short_listings > 0 && !all.empty()) {
      --short_listings;
      all.pop_back();
    }
    co_return all;
  }
  Task<Result<conference::LegFacts>> leg(conference::LegId id) override {
    auto const request = Request(*this, "leg " + id.text());
    if (auto error = co_await answered("leg")) co_return std::unexpected(*error);
    if (fails_leg.contains(id)) co_return failure(ErrorKind::unavailable, "503 for a leg");
    auto const found = parties.find(id);
    if (found == parties.end() || gone_when_asked.contains(id))
      co_return failure(ErrorKind::not_found, "callLegDoesNotExist");
    co_return found->second;
  }
  /// Links between bridges are no participants.
  Task<Result<std::vector<RunningParticipant>>> participants(conference::CallId id) override {
    auto const request = Request(*this, "participants " + id.text());
    if (auto error = co_await answered("participants")) co_return std::unexpected(*error);
    auto const found = running.find(id);
    if (found == running.end()) co_return failure(ErrorKind::not_found, "callDoesNotExist");
    auto all = found->second.elsewhere;
    for (auto const& leg : found->second.legs)
      if (auto const& it = parties.at(leg); it.group_id && !hidden_links.contains(leg) &&
                                            it.sub_type != conference::Text("distributionLink"))
        all.push_back({.id = *it.group_id});
    co_return all;
  }
  Task<Result<void>> show(conference::CallId id, conference::Message message, bool urgent,
                          Wanted = {}) override {
    auto const request = Request(*this, "show " + id.text());
    puts.push_back({id, message, urgent, clock_.uptime()});
    auto const wait = show_delays.empty() ? delay : show_delays.front();
    if (!show_delays.empty()) show_delays.pop_front();
    if (auto error = co_await answered("show", wait)) co_return std::unexpected(*error);
    auto const found = running.find(id);
    if (found == running.end()) co_return failure(ErrorKind::not_found, "callDoesNotExist");
    found->second.message = std::move(message);
    co_return Result<void>{};
  }
  Task<Result<std::vector<ClusterBridge>>> cluster() override {
    auto const request = Request(*this, "cluster");
    if (auto error = co_await answered("cluster")) co_return std::unexpected(*error);
    co_return cluster_bridges;
  }
  Task<Result<CdrReceivers>> receivers() override {
    auto const request = Request(*this, "receivers");
    if (auto error = co_await answered("receivers")) co_return std::unexpected(*error);
    co_return cdr_receivers;
  }
  Task<Result<void>> add_receiver(std::string uri) override {
    auto const request = Request(*this, "add_receiver");
    if (auto error = co_await answered("add_receiver")) co_return std::unexpected(*error);
    if (cdr_receivers.all.size() >= cdr_receivers.most)
      co_return failure(ErrorKind::conflict, "tooManyCdrReceivers");
    cdr_receivers.all.push_back({"receiver-" + std::to_string(++receiver_no_), std::move(uri)});
    co_return Result<void>{};
  }
  Task<Result<void>> change_receiver(std::string id, std::string uri) override {
    auto const request = Request(*this, "change_receiver " + id);
    if (auto error = co_await answered("change_receiver")) co_return std::unexpected(*error);
    for (auto& receiver : cdr_receivers.all)
      if (receiver.id == id) {
        receiver.uri = std::move(uri);
        co_return Result<void>{};
      }
    co_return failure(ErrorKind::not_found, "cdrReceiverDoesNotExist");
  }
  std::size_t waiting() const override { return at_once; }

  /// Legs that are links although their subtype does not say so: only `participants` tells.
  std::set<conference::LegId> hidden_links;

 private:
  struct Request {
    Request(FakeConferences& bridge, std::string what) : owner(bridge) {
      owner.asked.push_back(std::move(what));
      owner.most_at_once = std::max(owner.most_at_once, ++owner.at_once);
    }
    ~Request() { --owner.at_once; }
    Request(Request const&) = delete;
    Request& operator=(Request const&) = delete;
    FakeConferences& owner;
  };
  Task<std::optional<Error>> answered(std::string operation,
                                      std::optional<BootClock::duration> wait = {}) {
    auto const pause = wait.value_or(delay);
    if (on_request) on_request(operation);
    if (pause > BootClock::duration{}) co_await clock_.sleep_for(pause);
    while (hangs) co_await clock_.sleep_for(std::chrono::milliseconds(50));
    if (down) co_return down;
    auto& next = faults[operation];
    if (next.empty()) co_return std::nullopt;
    auto error = std::move(next.front());
    next.pop_front();
    co_return error;
  }
  template <class Fits>
  std::vector<conference::CallFacts> listed(Fits fits) const {
    std::vector<conference::CallFacts> all;
    for (auto const& [id, call] : running) {
      if (!fits(call)) continue;
      auto facts = call.facts;
      facts.type.reset();  // as the real list, which leaves it out
      all.push_back(std::move(facts));
    }
    return all;
  }
  /// What a list tells of a leg.
  static conference::LegFacts brief(conference::LegFacts const& leg) {
    conference::LegFacts out;
    out.id = leg.id;
    out.call = leg.call;
    out.remote_party = leg.remote_party;
    out.original_remote_party = leg.original_remote_party;
    out.display_name = leg.display_name;
    return out;
  }

  Clock& clock_;
  int receiver_no_ = 0;
};

}  // namespace wardroom::test
