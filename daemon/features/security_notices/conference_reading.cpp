// How one conference is read: all its calls on all bridges, and those that nobody told us of.
#include "base/log.hpp"
#include "base/planted.hpp"
#include "features/security_notices/gather.hpp"
#include "features/security_notices/notices_inside.hpp"

#include <fmt/format.h>

#include <set>

namespace wardroom::security_notices {
namespace {

constexpr int kRounds = 4;  // of reading the calls that appeared while the others were read

Error named(std::string const& bridge, Error error) {
  error.what = bridge + ": " + error.what;
  return error;
}

/// What became of several tasks. One that was cut off says nothing, and that is no success.
struct Verdicts {
  std::size_t missing = 0;
  std::optional<Error> first;
  void add(Result<void> const& done) {
    --missing;
    if (!done && !first) first = done.error();
  }
  Result<void> result() const {
    if (first) return std::unexpected(*first);
    if (missing > 0) return failure(ErrorKind::cancelled, "the reading was broken off");
    return {};
  }
};

}  // namespace

Task<Result<Tick>> SecurityNotices::Impl::read_conference(ConferenceId id) {
  auto const since = ledger.tick();
  std::set<CallKey> read;
  bool searched = false;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<CallKey> rest;
    for (auto& call : ledger.calls(id))
      if (!read.contains(call)) rest.push_back(std::move(call));
    if (!rest.empty()) {
      read.insert(rest.begin(), rest.end());
      auto const done = co_await read_calls(std::move(rest), since);
      if (!done) co_return std::unexpected(done.error());
      continue;
    }
    if (!ledger.knows(id)) co_return since;  // over, or known by another name now
    if (searched || ledger.unseen_instances(id) == 0) {
      heard(ledger.take_complete(id, since));
      co_return since;
    }
    searched = true;
    auto const found = co_await find_instances(id, since);
    if (!found) co_return std::unexpected(found.error());
  }
  co_return failure(ErrorKind::unavailable,
                    "calls joined the conference while its other calls were read");
}

Task<Result<void>> SecurityNotices::Impl::read_calls(std::vector<CallKey> calls, Tick since) {
  auto const verdicts = std::make_shared<Verdicts>(Verdicts{calls.size(), {}});
  std::vector<std::function<Task<void>()>> work;
  for (auto& call : calls)
    work.push_back([this, call = std::move(call), since, verdicts]() -> Task<void> {
      auto const done = co_await read_one(call, since);
      verdicts->add(done);
    });
  co_await gather(tasks, ports.loop, "a call is read", std::move(work));
  co_return verdicts->result();
}

/// Into ledger and board; one that is over is no error.
Task<Result<void>> SecurityNotices::Impl::read_one(CallKey call, Tick since) {
  auto& bridge = *bridges.at(call.bridge);
  auto read = co_await read_call(*bridge.api, call.id, known_legs(call.bridge));
  if (!read && read.error().kind != ErrorKind::not_found)
    co_return std::unexpected(named(bridge.name(), read.error()));
  if (!read) {
    heard(ledger.take_ended(call, since));
    co_return Result<void>{};
  }
  if (WARDROOM_PLANTED("newest-asked-after-reading")) since = ledger.tick();
  board.found(call, since, read->call.message);
  heard(ledger.take_call(call, since, std::move(*read)));
  co_return Result<void>{};
}

Task<Result<void>> SecurityNotices::Impl::find_instances(ConferenceId id, Tick since) {
  std::set<BridgeNo> in_it;
  std::string space;
  for (auto const& key : ledger.calls(id)) {
    in_it.insert(key.bridge);
    auto const* call = ledger.call(key);
    if (call != nullptr && call->facts.space) space = *call->facts.space;
  }
  auto const verdicts = std::make_shared<Verdicts>();
  std::vector<std::function<Task<void>()>> work;
  for (auto const& bridge : bridges) {
    if (in_it.contains(bridge->no) || !bridge->clustered.value_or(true)) continue;
    work.push_back([this, &state = *bridge, id, space, since, verdicts]() -> Task<void> {
      auto const done = co_await find_instances_on(state, id, space, since);
      verdicts->add(done);
    });
  }
  verdicts->missing = work.size();
  co_await gather(tasks, ports.loop, "instances of a conference", std::move(work));
  co_return verdicts->result();
}

Task<Result<void>> SecurityNotices::Impl::find_instances_on(BridgeState& bridge, ConferenceId id,
                                                            std::string space, Tick since) {
  // By a name: `co_await` in a conditional expression is what compilers trip over.
  Result<std::vector<conference::CallFacts>> listed;
  if (space.empty())
    listed = co_await bridge.api->calls();
  else
    listed = co_await bridge.api->calls_of_space(space);
  if (!listed) co_return std::unexpected(named(bridge.name(), listed.error()));
  for (auto const& facts : *listed) {
    if (facts.correlator && facts.correlator->text() != id.text()) continue;
    CallKey const key{bridge.no, facts.id};
    if (ledger.conference_of(key) == id) continue;
    auto const done = co_await read_one(key, since);
    if (!done) co_return done;
  }
  co_return Result<void>{};
}

/// What it shows; one that cannot be asked now is compared later.
void SecurityNotices::Impl::look_at(CallKey call) {
  tasks.spawn("a notice is looked at", [this, call = std::move(call)]() -> Task<void> {
    co_await finish_politely();
    auto const done = co_await check_call(call);
    if (!done)
      log::info("a notice could not be looked at",
                {{"bridge", bridges.at(call.bridge)->name()}, {"why", done.error().what}});
  });
}

/// A bridge refused a message for it.
void SecurityNotices::Impl::look_for(CallKey call) {
  auto& bridge = *bridges.at(call.bridge);
  auto name = "look for " + call.id.text();
  if (!bridge.asked.emplace(name, Uptime::max()).second) return;  // under way
  tasks.spawn("a call is looked for", [this, &bridge, call, name]() -> Task<void> {
    struct Done {
      BridgeState& bridge;
      std::string const& name;
      ~Done() { bridge.asked.erase(name); }
    } const over{bridge, name};
    co_await finish_politely();
    auto const done = co_await read_one(call, ledger.tick());
    if (!done) want_resync(bridge, "a call was not there, and could not be looked for");
  });
}

}  // namespace wardroom::security_notices
