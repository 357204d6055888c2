// How a bridge is read anew: in doubt before, one reading at a time, tried until it was answered.
#include "base/log.hpp"
#include "features/security_notices/notices_inside.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::security_notices {
namespace {

constexpr auto kLeastWait = std::chrono::milliseconds(1'000);  // between attempts

/// "https://10.1.0.1:8443/x" -> "10.1.0.1"; a bare host stays as it is.
std::string host_of(std::string_view url) {
  if (auto const scheme = url.find("://"); scheme != std::string_view::npos)
    url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (auto const at = url.rfind('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
  if (url.starts_with('[')) return std::string(url.substr(1, url.find(']') - 1));
  if (std::ranges::count(url, ':') == 1) url = url.substr(0, url.find(':'));
  return std::string(url);
}

}  // namespace

void SecurityNotices::Impl::want_resync(BridgeState& bridge, std::string why, bool at_once) {
  if (off()) return;
  heard(ledger.doubt(bridge.no, why));
  begin_resync(bridge, std::move(why), at_once);
}

void SecurityNotices::Impl::begin_resync(BridgeState& bridge, std::string why, bool at_once) {
  if (off()) return;
  bridge.resync_why = std::move(why);
  bridge.resync_wanted = true;
  if (at_once) bridge.resync_now.raise();
  if (bridge.resync_runs || tasks.stopping()) return;
  bridge.resync_runs = true;
  tasks.spawn("resync of " + bridge.name(), [this, &bridge] { return resync_until_done(bridge); });
}

Task<Result<void>> SecurityNotices::Impl::resync(BridgeState& bridge, std::string why) {
  if (off())
    co_return failure(ErrorKind::conflict,
                      "security_notices is off: set security_notices.mode to observe or enforce "
                      "and reload");
  if (tasks.stopping()) co_return failure(ErrorKind::unavailable, "the daemon is stopping");
  if (!loaded) co_return failure(ErrorKind::unavailable, "the daemon has just started");
  auto const waiter = std::make_shared<ResyncWaiter>(ports.loop);
  bridge.waiters.push_back(waiter);
  want_resync(bridge, std::move(why), true);
  co_await waiter->wake.wait();
  co_return *waiter->result;
}

/// Those who waited when an attempt began hear what became of it, also of one that was cut off.
Task<void> SecurityNotices::Impl::resync_until_done(BridgeState& bridge) {
  struct Leave {
    BridgeState& bridge;
    static void tell(std::vector<std::shared_ptr<ResyncWaiter>>& all, Result<void> const& done) {
      for (auto const& one : std::exchange(all, {})) {
        one->result = done;
        one->wake.raise();
      }
    }
    ~Leave() {
      bridge.resync_runs = bridge.reading = false;
      Result<void> const cut = failure(ErrorKind::cancelled, "the reading was broken off");
      tell(bridge.being_answered, cut);
      tell(bridge.waiters, cut);
    }
  } const leave{bridge};
  co_await finish_politely();
  while (bridge.resync_wanted && !off()) {
    bridge.resync_wanted = false;
    auto const why = std::exchange(bridge.resync_why, {});
    bridge.being_answered = std::exchange(bridge.waiters, {});
    bridge.reading = true;
    auto const done = co_await read_anew(bridge, why);
    bridge.reading = false;
    Leave::tell(bridge.being_answered, done);
    changed();
    if (done) {
      bridge.backoff.reset();
      continue;
    }
    expect_left_calls(bridge);
    ++bridge.counters.resyncs_failed;
    bridge.trouble = done.error().what;
    log::warning("a bridge could not be read; its conferences keep level 3 until it can",
                 {{"bridge", bridge.name()}, {"why", done.error().what}, {"reason", why}});
    bridge.resync_wanted = true;
    if (bridge.resync_why.empty()) bridge.resync_why = why;
    auto const pause = std::max(kLeastWait, bridge.backoff.next(ports.dice));
    co_await bridge.resync_now.wait_until(ports.clock, ports.clock.uptime() + pause);
  }
}

/// What the status tells comes first: all records below its number are in what is read after it.
Task<Result<void>> SecurityNotices::Impl::read_anew(BridgeState& bridge, std::string why) {
  ++bridge.counters.resyncs;
  auto const started = bridge.tried_at = ports.clock.uptime();
  auto const begun_at = ledger.tick();
  auto const status = co_await ask_status(bridge);
  if (!status) co_return std::unexpected(status.error());
  auto const cluster = co_await ask_cluster(bridge);
  if (!cluster) co_return std::unexpected(cluster.error());
  auto read = co_await read_bridge(*bridge.api, known_legs(bridge.no));
  if (!read) co_return std::unexpected(read.error());

  std::vector<std::pair<CallKey, conference::Message>> shown;
  std::size_t legs = 0;
  for (auto const& one : *read) {
    shown.emplace_back(CallKey{bridge.no, one.call.facts.id}, one.call.message);
    legs += one.legs.size();
  }
  bridge.left_calls.clear();
  auto changes = ledger.take_bridge(bridge.no, begun_at, std::move(*read));
  if (status->next_record) bridge.covered = status->next_record;
  if (!bridge.mute.empty()) changes.add(ledger.doubt(bridge.no, bridge.mute));
  // Before the board hears of calls it does not know: what is right on them is not put again.
  for (auto& [call, message] : shown) board.found(call, begun_at, std::move(message));
  heard(changes);
  rows.settle(bridge.no);
  back(bridge);
  store_soon();
  auto const took = std::chrono::duration_cast<Milliseconds>(ports.clock.uptime() - started);
  log::info("a bridge was read anew", {{"bridge", bridge.name()},
                                       {"why", why},
                                       {"calls", shown.size()},
                                       {"legs", legs},
                                       {"ms", took.count()}});
  co_return Result<void>{};
}

Task<Result<BridgeStatus>> SecurityNotices::Impl::ask_status(BridgeState& bridge) {
  auto const known = bridge.known_until();
  auto const session = bridge.order.session();
  auto status = co_await bridge.api->status();
  if (!status) co_return status;
  bridge.version = status->version;
  if (status->clustered) {
    bridge.clustered = status->clustered;
    ledger.set_cluster(bridge.no, *status->clustered);
  }
  // Fewer records than we had heard when we asked: it was restarted, and what it began since did
  // not come yet.
  if (status->next_record && *status->next_record < known && session == bridge.order.session()) {
    bridge.order_over = true;
    bridge.covered.reset();
    ledger.forget_machines(bridge.no);
  }
  co_return status;
}

Task<Result<void>> SecurityNotices::Impl::ask_cluster(BridgeState& bridge) {
  if (!bridge.clustered.value_or(true)) {
    bridge.hosts.clear();
    suspect_hosts();
    co_return Result<void>{};
  }
  auto const cluster = co_await bridge.api->cluster();
  // A bridge that knows of no cluster refuses the question.
  if (!cluster && cluster.error().kind != ErrorKind::not_found &&
      cluster.error().kind != ErrorKind::conflict)
    co_return std::unexpected(cluster.error());
  if (cluster) {
    bridge.hosts.clear();
    for (auto const& one : *cluster)
      for (auto host : {one.name, host_of(one.address), one.sip_domain})
        if (!host.empty()) bridge.hosts.push_back(std::move(host));
  }
  suspect_hosts();
  co_return Result<void>{};
}

void SecurityNotices::Impl::suspect_hosts() {
  std::vector<std::string> all;
  for (auto const& bridge : bridges) {
    all.push_back(host_of(bridge->settings.api));
    all.insert(all.end(), bridge->hosts.begin(), bridge->hosts.end());
  }
  std::ranges::sort(all);
  auto const [first, last] = std::ranges::unique(all);
  all.erase(first, last);
  if (all == hosts) return;
  hosts = all;
  heard(ledger.set_bridge_hosts(std::move(all)));
}

/// Its type never changes, and where it is the list tells.
KnownLeg SecurityNotices::Impl::known_legs(BridgeNo bridge) const {
  return [this, bridge](conference::LegId const& id) {
    auto const* leg = ledger.leg({bridge, id});
    return leg != nullptr && leg->facts.type.has_value();
  };
}

/// One answer after a silence is a reason to read the bridge; only a whole reading ends the
/// silence, or it would be told again and again of a bridge that answers by halves. The reading is
/// a task of its own: this is heard in the middle of whatever asked.
void SecurityNotices::Impl::answered(BridgeState& bridge) {
  bridge.last_answer = ports.clock.now();
  if (!bridge.silent_since || bridge.reading || std::exchange(bridge.coming_back, true)) return;
  tasks.spawn("a bridge answers again", [this, &bridge]() -> Task<void> {
    bridge.coming_back = false;
    if (!bridge.resync_runs)
      want_resync(bridge, "its API answers again");
    else if (ports.clock.uptime() - bridge.tried_at > kLeastWait)
      bridge.resync_now.raise();
    co_return;
  });
}

void SecurityNotices::Impl::back(BridgeState& bridge) {
  bridge.trouble.clear();
  if (!bridge.silent_since) return;
  bridge.silent_since.reset();
  store.tell_bridge(bridge.name(), "back", "The bridge's API answers again.");
  log::info("a bridge's API answers again", {{"bridge", bridge.name()}});
  board.retry(bridge.no);
  changed();
}

void SecurityNotices::Impl::silent(BridgeState& bridge, Error const& why) {
  bool const already = bridge.silent_since.has_value();
  bridge.trouble = why.what;
  changed();
  if (already) return;
  bridge.silent_since = ports.clock.now();
  store.tell_bridge(bridge.name(), "lost", "The bridge's API does not answer: " + why.what);
  log::warning("a bridge's API does not answer", {{"bridge", bridge.name()}, {"why", why.what}});
  store_soon();
}

}  // namespace wardroom::security_notices
