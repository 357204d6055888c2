#include "calls_neighbours.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace wardroom::world {
namespace {

constexpr std::string_view kApi = "https://api.acme.example";
constexpr std::string_view kService = "_xsi-client._tcp.acme.example";

}  // namespace

std::string CallsNeighbours::origin(std::size_t xsp) {
  return fmt::format("https://xsp{}.acme.example", xsp + 1);
}

std::vector<CallsNeighbours::Kind> const& CallsNeighbours::kinds() {
  using N = CallsNeighbours;
  static std::vector<Kind> const all{
      {"xsp refused", 500, &N::refuse},
      {"network lost", 350, &N::lose},
      {"network slow", 350, &N::slow_down},
      {"stream cut", 600, &N::cut},
      {"cut inside an event", 500, &N::cut_inside},
      {"channel terminated", 500, &N::terminate},
      {"heartbeat refused", 400, &N::refuse_heartbeats},
      {"channel refused", 400, &N::refuse_channels},
      {"channel document late", 250, &N::delay_documents},
      {"subscription gone", 400, &N::drop_subscription},
      {"subscription refused", 300, &N::refuse_subscription},
      {"displaced", 80, &N::displace},
      {"garbage", 300, &N::inject},
      {"acknowledgements swallowed", 250, &N::swallow_acks},
      {"names change", 500, &N::change_names},
      {"events repeated", 500, &N::repeat_events},
      {"events reordered", 400, &N::reorder_events},
      {"events lost", 400, &N::lose_events},
      {"events late", 300, &N::delay_events},
      {"sequence jumps", 300, &N::jump_sequence},
      {"resync told", 300, &N::tell_all_again},
      {"deletes slow", 400, &N::slow_deletes},
      {"deletes idle", 300, &N::idle_deletes},
      {"deletes answered oddly", 500, &N::odd_deletes},
      {"lists answered oddly", 400, &N::odd_lists},
  };
  return all;
}

void CallsNeighbours::prepare() {
  for (std::size_t i = 0; i < xsps; ++i)
    world_.serve(origin(i), [this, i](sim::Request request) {
      return world_.platform().xsi_door.handle(i, std::move(request));
    });
  world_.serve(std::string(kApi), [this](sim::Request r) { return from_api(std::move(r)); });
  world_.platform().publish_xsi(std::string(kApi), "acme.example");
  world_.meddle([this](sim::Request const& request) { return meddle(request); });

  auto chance = world_.chance("calls neighbours");
  by_srv_ = world_.has("calls by srv", 350);
  named_ = {0};
  if (!chance.one_in(4)) named_.push_back(1);
  if (chance.one_in(5)) named_.push_back(2);
  publish_names();
  for (auto const& kind : kinds())
    if (world_.has(fmt::format("calls fault {}", kind.name), kind.per_mille))
      enabled_.push_back(&kind);

  static constexpr char const* styles[] = {"plain", "no_declaration", "prefixes", "latin1",
                                           "spaced"};
  static constexpr char const* beats[] = {"plain",    "declared",   "pair",
                                          "prefixed", "attributes", "spaced"};
  auto& faults = world_.platform().faults;
  faults.server_heartbeats = chance.one_in(5) ? chance.one_in(2) ? "echo" : "none" : "timer";
  faults.heartbeat_style = chance.pick(beats);
  faults.document_style = chance.pick(styles);
  faults.affinity = world_.has("calls affinity", 300);
  faults.redelivery_new_id = world_.has("calls redelivered under new ids", 300);
  faults.gone_subscription = world_.has("calls gone subscription is 404", 300) ? "404" : "403";
  faults.call_extra_elements = world_.has("calls with unknown elements", 300);
  if (world_.has("calls without names", 200)) faults.call_omit = "name";
  if (world_.has("calls in batches", 150)) faults.stream_batch = 3;
  if (world_.has("calls emergency by digits only", 300)) faults.emergency_label = "none";
  for (std::size_t i = 0; i < xsps; ++i) {
    Milliseconds const latency(chance.between(1, 80));
    Milliseconds const jitter(world_.has("calls jitter", 400) ? chance.between(1, 400) : 0);
    std::size_t const piece = world_.has("calls in pieces", 300) ? 1 + chance.below(400) : 0;
    slowest_ = std::max(slowest_, latency + jitter);
    each_way({i}, [&](test::Way& way) {
      way.latency = latency;
      way.jitter = jitter;
      way.piece = piece;
    });
  }
}

std::string CallsNeighbours::configuration(bool decline) const {
  auto const rest = fmt::format("application_id: {}, decline_ringing: {}", application, decline);
  if (by_srv_) return fmt::format("  xsi: {{ {} }}\n", rest);
  std::vector<std::string> endpoints;
  for (auto const xsp : named_) endpoints.push_back('"' + origin(xsp) + '"');
  return fmt::format("  xsi: {{ srv: false, endpoints: [{}], {} }}\n", fmt::join(endpoints, ", "),
                     rest);
}

/// The name for everything but channels: a balancer in front of the XSPs in service.
sim::Answer CallsNeighbours::from_api(sim::Request request) {
  for (auto const xsp : named_) {
    bool well = true;
    world_.change_way(origin(xsp), [&](test::Way const& way) { well = !way.refused && !way.lost; });
    if (well) return world_.platform().xsi_door.handle(xsp, std::move(request));
  }
  sim::Answer none;
  none.response.status = 503;
  return none;
}

void CallsNeighbours::publish_names() {
  xsi::SrvAnswer answer{{}, std::chrono::seconds(60)};
  for (auto const xsp : named_)
    answer.records.push_back({fmt::format("xsp{}.acme.example", xsp + 1), 443, 1, 50});
  world_.srv_records()[std::string(kService)] = std::move(answer);
}

bool CallsNeighbours::strike(Chance& chance) {
  if (enabled_.empty()) return false;
  auto const* kind = chance.pick(enabled_);
  if (!world_.running() || holds(kind->name)) return false;
  (this->*kind->begin)(chance);
  return true;
}

bool CallsNeighbours::holds(std::string_view name) const {
  return std::ranges::any_of(held_, [&](Held const& one) { return one.name == name; });
}

bool CallsNeighbours::broken() const {
  return std::ranges::any_of(held_, [](Held const& one) { return one.disturbs; });
}

bool CallsNeighbours::server_beats() const {
  return world_.platform().faults.server_heartbeats == "timer";
}

Milliseconds CallsNeighbours::quick() const {
  Milliseconds const batch(world_.platform().faults.stream_batch > 1 ? 350 : 0);
  return slowest_ + batch + Milliseconds(400);
}

void CallsNeighbours::struck(std::string const& words, Leaves leaves) {
  note(words);
  releases_by_ = std::max<Uptime>(releases_by_, world_.now() + leaves.releases);
  channels_by_ = std::max<Uptime>(channels_by_, world_.now() + leaves.channels);
}

void CallsNeighbours::hold(std::string name, std::string const& words, Milliseconds lasts,
                           Leaves leaves, std::function<void()> undo, Meddler meddler,
                           bool disturbs) {
  note(fmt::format("{}, for {} ms", words, lasts.count()));
  auto& one = held_.emplace_back();
  one.name = name;
  one.disturbs = disturbs;
  one.leaves = leaves;
  one.undo = std::move(undo);
  one.meddler = std::move(meddler);
  one.end = world_.clock().after(lasts, [this, name = std::move(name)] { end(name); });
}

void CallsNeighbours::end(std::string const& name) {
  auto const found = std::ranges::find(held_, name, &Held::name);
  if (found == held_.end()) return;
  auto const one = std::move(*found);
  held_.erase(found);
  if (one.undo) one.undo();
  struck(fmt::format("{}: over", one.name), one.leaves);
}

void CallsNeighbours::heal() {
  while (!held_.empty()) end(std::string(held_.front().name));
  auto& faults = world_.platform().faults;
  faults.duplicate_events = faults.duplicate_new_id = faults.reorder_events = 0;
  faults.lose_events = faults.skip_sequence = 0;
  faults.stream_cut_at = -1;
  // Where the platform sends no heartbeats, or none was heard yet, and nobody calls, a half-open
  // stream would show only when the next token comes: later than the world is patient. On a way
  // that is well TCP finds it.
  if (world_.life() && !(server_beats() && beats_were_heard()))  // else nothing is open
    for (auto const xsp : named_) world_.net().probe_half_open(origin(xsp));
}

std::optional<sim::Answer> CallsNeighbours::meddle(sim::Request const& request) {
  for (auto const& one : held_)
    if (one.meddler)
      if (auto answer = one.meddler(request)) return answer;
  return std::nullopt;
}

std::vector<std::size_t> CallsNeighbours::some_xsps(Chance& chance) const {
  if (chance.one_in(2)) return named_;
  return {chance.pick(named_)};
}

void CallsNeighbours::each_way(std::vector<std::size_t> const& which,
                               std::function<void(test::Way&)> const& change) {
  for (auto const xsp : which) world_.change_way(origin(xsp), change);
}

void CallsNeighbours::reset_connections(std::vector<std::size_t> const& which) {
  if (!world_.running()) return;
  for (auto const xsp : which) world_.net().reset_connections(origin(xsp));
}

/// Anything a gateway in front of a platform says when it does not feel well.
sim::Answer CallsNeighbours::odd_answer(Chance& chance, std::string& words) const {
  static constexpr int statuses[] = {400, 401, 403, 409, 429, 429, 500, 502, 503, 503, 504};
  static constexpr char const* waits[] = {"0",  "1",    "3",   "30",
                                          "-5", "soon", "1e9", "Mon, 23 Nov 2026 10:00:00 GMT"};
  using Wire = sim::Answer::Wire;
  static constexpr std::pair<Wire, char const*> wires[] = {
      {Wire::hang, "nothing"}, {Wire::reset, "a reset"}, {Wire::cut, "half an answer"}};
  if (chance.one_in(3)) {
    auto const& [wire, name] = chance.pick(wires);
    sim::Answer out = sim::xsi_ok("");
    out.wire = wire;
    words = name;
    return out;
  }
  auto const status = chance.pick(statuses);
  auto out = chance.one_in(3) ? sim::Answer{} : sim::xsi_error(status, 4500, "No.");
  out.response.status = status;
  words = std::to_string(status);
  if (status == 429 || status == 503 || chance.one_in(5)) {
    auto const* wait = chance.pick(waits);
    out.response.headers.set("Retry-After", wait);
    words += fmt::format(" (Retry-After {})", wait);
  }
  return out;
}

}  // namespace wardroom::world
