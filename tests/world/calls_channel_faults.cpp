// What breaks about channels and subscriptions.
#include "calls_neighbours.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace wardroom::world {
namespace {

using std::chrono::seconds;

/// A channel that hangs while it opens, or is silent, is given up only after a while.
constexpr Milliseconds kHangs{25'000}, kSilence{80'000};
constexpr Milliseconds kAudit{330'000}, kDenied{320'000};
constexpr auto kFirstBeat = seconds(32);  // the platform's, on a new channel

Milliseconds lasts(Chance& chance, std::int64_t least, std::int64_t most) {
  return Milliseconds(chance.between(least, most));
}

std::string names(std::vector<std::size_t> const& which) {
  std::vector<std::size_t> out;
  for (auto const xsp : which) out.push_back(xsp + 1);
  return fmt::format("xsp {}", fmt::join(out, " and "));
}

std::set<std::string> hosts(std::vector<std::size_t> const& which) {
  std::set<std::string> out;
  for (auto const xsp : which) out.insert(CallsNeighbours::origin(xsp).substr(8));
  return out;
}

}  // namespace

void CallsNeighbours::refuse(Chance& chance) {
  auto const which = some_xsps(chance);
  each_way(which, [](test::Way& way) { way.refused = true; });
  reset_connections(which);
  hold("xsp refused", names(which) + " is down", lasts(chance, 500, 70'000), {},
       [this, which] { each_way(which, [](test::Way& way) { way.refused = false; }); });
}

void CallsNeighbours::lose(Chance& chance) {
  auto const which = some_xsps(chance);
  if (world_.running())
    for (auto const xsp : which) world_.net().lose(origin(xsp));
  each_way(which, [](test::Way& way) { way.lost = true; });
  hold("network lost", "the network to " + names(which) + " is lost", lasts(chance, 500, 90'000),
       {kSilence, kSilence},
       [this, which] { each_way(which, [](test::Way& way) { way.lost = false; }); });
}

void CallsNeighbours::slow_down(Chance& chance) {
  auto const which = some_xsps(chance);
  std::vector<test::Way> before;
  each_way(which, [&](test::Way const& way) { before.push_back(way); });
  Milliseconds const latency(chance.between(200, 2'000));
  each_way(which, [&](test::Way& way) { way.latency = latency; });
  hold("network slow", fmt::format("{} is {} ms away", names(which), latency.count()),
       lasts(chance, 1'000, 60'000), {kHangs, kHangs + Milliseconds(20'000)},
       [this, which, before] {
         std::size_t i = 0;
         each_way(which, [&](test::Way& way) { way.latency = before[i++].latency; });
       });
}

void CallsNeighbours::cut(Chance& chance) {
  static constexpr std::pair<sim::Ending, char const*> ways[] = {
      {sim::Ending::fin, "by FIN"},
      {sim::Ending::reset, "by RST"},
      {sim::Ending::clean, "cleanly"},
      {sim::Ending::silence, "by silence"}};
  auto const& [how, name] = chance.pick(ways);
  bool const truncated = how != sim::Ending::clean && chance.one_in(3);
  bool const all = chance.one_in(2);
  auto const xsp = chance.pick(named_);
  world_.platform().xsi.cut_streams(how, all ? std::nullopt : std::optional(xsp), truncated);
  bool const silent = how == sim::Ending::silence;
  // Without heartbeats of the platform only unacknowledged events show it, or the roll to the next
  // token, which may be later than what is left out of account here.
  auto const seen = server_beats() && beats_were_heard() ? kSilence : kAudit + Milliseconds(40'000);
  struck(fmt::format("streams of {} end {}{}", all ? "all" : names({xsp}), name,
                     truncated ? " inside a document" : ""),
         silent ? Leaves{seen, seen} : Leaves{});
}

/// Only then silence means anything to the daemon: a process that began just now, or whose channels
/// never lived for long, does not know yet that heartbeats are to come.
bool CallsNeighbours::beats_were_heard() const {
  if (!world_.running()) return false;
  return std::ranges::all_of(world_.net().streams(), [this](auto const& stream) {
    if (!stream->open()) return true;
    auto const until =
        stream->half_open ? stream->last_bytes.value_or(*stream->begun) : world_.now();
    return until - *stream->begun >= kFirstBeat;
  });
}

void CallsNeighbours::cut_inside(Chance& chance) {
  std::int64_t bytes = 0;
  for (auto const& channel : world_.platform().xsi.channels())
    bytes = std::max(bytes, channel["bytes"].get<std::int64_t>());
  auto& faults = world_.platform().faults;
  faults.stream_cut_at = int(bytes) + int(chance.below(1'500));
  faults.stream_cut_count = 1 + int(chance.below(2));
  faults.stream_cut_how = chance.one_in(2) ? "fin" : "reset";
  hold("cut inside an event", fmt::format("streams end at byte {}", faults.stream_cut_at),
       lasts(chance, 20'000, 120'000), {}, [this] { world_.platform().faults.stream_cut_at = -1; });
}

void CallsNeighbours::terminate(Chance& chance) {
  static constexpr char const* reasons[] = {"ExplicitDelete", "Expired", "NonResponsiveChannel",
                                            "UnknownChannel", "SomethingNew"};
  std::string const reason = chance.pick(reasons);
  world_.platform().xsi.terminate_channels(reason);
  struck("channels are terminated: " + reason, {});
}

void CallsNeighbours::refuse_heartbeats(Chance& chance) {
  static constexpr int statuses[] = {401, 404, 410, 500, 503, 403};
  auto const which = some_xsps(chance);
  auto const status = chance.pick(statuses);
  hold("heartbeat refused", fmt::format("{} answers {} to heartbeats", names(which), status),
       lasts(chance, 500, 20'000), {Milliseconds(40'000), Milliseconds(60'000)}, {},
       [concerned = hosts(which), status](sim::Request const& r) -> std::optional<sim::Answer> {
         if (!r.path.ends_with("/heartbeat") || !concerned.contains(std::string(r.header("Host"))))
           return std::nullopt;
         return sim::xsi_error(status, status == 403 ? 110842 : 4500, "No.");
       });
}

void CallsNeighbours::refuse_channels(Chance& chance) {
  static constexpr int statuses[] = {500, 503, 404, 401, 403, 429};
  auto const status = chance.pick(statuses);
  world_.platform().faults.refuse_channel = status;
  if (chance.one_in(2)) world_.platform().xsi.cut_streams(sim::Ending::reset, std::nullopt);
  auto const after = status == 403 || status == 401 ? kDenied : Milliseconds(45'000);
  hold("channel refused", fmt::format("new channels are answered {}", status),
       lasts(chance, 500, 60'000), {after, after},
       [this] { world_.platform().faults.refuse_channel = 0; });
}

void CallsNeighbours::delay_documents(Chance& chance) {
  int const delay = chance.one_in(3) ? -1 : int(chance.between(500, 15'000));
  world_.platform().faults.channel_document_delay_ms = delay;
  if (chance.one_in(2)) world_.platform().xsi.cut_streams(sim::Ending::fin, std::nullopt);
  hold("channel document late",
       delay < 0 ? "channels open without a document"
                 : fmt::format("channels open with their document {} ms later", delay),
       lasts(chance, 1'000, 60'000), {kHangs, Milliseconds(45'000)},
       [this] { world_.platform().faults.channel_document_delay_ms = 0; });
}

void CallsNeighbours::drop_subscription(Chance& chance) {
  bool const tell = chance.one_in(2);
  auto const& faults = world_.platform().faults;
  // What is told is an event like others: one that is lost or late finds nobody it is for.
  bool const told = tell && faults.lose_events == 0 && faults.reorder_events == 0;
  world_.platform().xsi.drop_subscriptions(tell);
  struck(fmt::format("the subscription is gone, {}", tell ? "as is told" : "which nobody tells"),
         told ? Leaves{} : Leaves{kAudit, kAudit});
}

void CallsNeighbours::refuse_subscription(Chance& chance) {
  std::string words;
  auto const answer = odd_answer(chance, words);
  if (chance.one_in(2)) world_.platform().xsi.drop_subscriptions(true);
  hold("subscription refused", "subscriptions are answered " + words, lasts(chance, 500, 30'000),
       {kDenied, kDenied}, {}, [answer](sim::Request const& r) -> std::optional<sim::Answer> {
         bool const makes = r.path.contains("/serviceprovider/") && r.method != http::Method::get;
         if (!makes && !r.path.contains("/v2.0/subscription/")) return std::nullopt;
         return answer;
       });
}

void CallsNeighbours::displace(Chance&) {
  if (std::exchange(displaced_, true)) return;  // each time it gives way for twice as long
  world_.platform().xsi.displace("");
  struck("another instance takes the organisation over",
         {Milliseconds(400'000), Milliseconds(400'000)});
}

void CallsNeighbours::inject(Chance& chance) {
  static constexpr char const* kinds[] = {"text",        "half_tag",     "nul",         "doctype",
                                          "unknown",     "foreign",      "error_event", "comment",
                                          "no_event_id", "broken_event", "bom"};
  std::string const kind = chance.pick(kinds);
  auto const all = chance.one_in(2) ? std::nullopt : std::optional(chance.pick(named_));
  world_.platform().xsi.inject(kind, all);
  struck("streams hold garbage: " + kind, {kSilence, kSilence});
}

void CallsNeighbours::swallow_acks(Chance& chance) {
  world_.platform().faults.ack_black_hole = true;
  hold("acknowledgements swallowed", "acknowledgements are never answered",
       lasts(chance, 1'000, 40'000), {Milliseconds(30'000), Milliseconds(45'000)},
       [this] { world_.platform().faults.ack_black_hole = false; });
}

/// DNS names others from now on; those that left it are down, or serve on for a while.
void CallsNeighbours::change_names(Chance& chance) {
  if (!by_srv_) return;
  auto const before = named_;
  named_.clear();
  for (std::size_t i = 0; i < xsps; ++i)
    if (std::ranges::find(before, i) == before.end()) named_.push_back(i);
  if (named_.size() > 2) named_.pop_back();
  if (chance.one_in(2)) named_.front() = before.front();
  publish_names();
  std::vector<std::size_t> gone;
  for (auto const xsp : before)
    if (std::ranges::find(named_, xsp) == named_.end()) gone.push_back(xsp);
  bool const down = chance.one_in(2);
  if (down) {
    each_way(gone, [](test::Way& way) { way.refused = true; });
    reset_connections(gone);
  }
  hold("names change",
       fmt::format("DNS names {}; {} {}", names(named_), names(gone),
                   down ? "is down" : "serves on"),
       lasts(chance, 1'000, 300'000), {Milliseconds(45'000), Milliseconds(340'000)},
       [this, gone] { each_way(gone, [](test::Way& way) { way.refused = false; }); });
}

}  // namespace wardroom::world
