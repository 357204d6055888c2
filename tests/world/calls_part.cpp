#include "calls_part.hpp"

#include "people_part.hpp"
#include "tokens_part.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::world {
namespace {

constexpr Milliseconds kTick{500};

std::string policy(std::optional<Milliseconds> grace) {
  if (!grace) return "open";
  return grace->count() == 0 ? "closed" : fmt::format("grace({}s)", grace->count() / 1000);
}

}  // namespace

CallsPart::CallsPart(World& world)
    : world_(world),
      model_(world.clock(), rules(world)),
      neighbours_(world, "xsi"),
      watch_(world, neighbours_, model_),
      sight_(world, neighbours_),
      why_(world, watch_),
      decline_(world.has("calls are declined", 300)),
      switches_(world.has("calls mode switches", 350)),
      long_calls_(world.has("calls are long", 300)),
      relents_(world.has("calls operators relent", 400)),
      relenting_(world.chance("calls relenting")),
      rules_(rules(world)) {
  enforce_ = !world.has("calls observed at first", 150);
}

CallsModel::Rules CallsPart::rules(World const& world) {
  auto chance = world.chance("calls rules");
  auto const some = [&]() -> std::optional<Milliseconds> {
    auto const which = chance.below(5);
    if (which == 0) return std::nullopt;
    return which == 1 ? Milliseconds(60'000) : Milliseconds(0);
  };
  CallsModel::Rules out;
  out.stale_grace = some();
  out.no_fix_grace = chance.one_in(2) ? out.stale_grace : some();
  out.running_too = world.has("calls end whenever they may not go on", 300);
  return out;
}

void CallsPart::prepare() {
  neighbours_.prepare();
  watch_.prepare();
  if (relents_) watch_.hear_releases([this](auto const& person) { relent(person.email); });
  world_.part<PeoplePart>().posts().hear([this](PositionPost const& post) { model_.heard(post); });
  next_tick_ = world_.clock().after(kTick, [this] { tick(); });
}

/// Asked for a start, or for a reload: then nobody knows which mode is in force until the answer.
std::string CallsPart::configuration() {
  if (world_.running()) model_.mode_asked();
  std::string out = fmt::format("call_blocking:\n  mode: {}\n", enforce_ ? "enforce" : "observe");
  out += fmt::format("  post_interval: 60s\n  timeout: {}s\n", rules_.timeout.count() / 1000);
  if (rules_.running_too) out += "  end_running_calls: always\n";
  out += fmt::format(
      "  fences:\n    - {{ name: home, box: {{ south: {}, north: {}, west: {}, east: {} }}, "
      "stale: {}, no_fix: {}, degraded: {}, uncertain: grace(2m), suspicious: open }}\n",
      kHomeSouth, kHomeNorth, kHomeWest, kHomeEast, policy(rules_.stale_grace),
      policy(rules_.no_fix_grace), policy(rules_.stale_grace));
  return out + neighbours_.configuration(decline_);
}

void CallsPart::daemon_started() {
  in_force_ = enforce_;
  model_.mode_is(enforce_);
  watch_.daemon_started();
  sight_.daemon_started();
  why_.daemon_started();
}

void CallsPart::daemon_gone(bool) {
  model_.mode_asked();
  watch_.daemon_gone();
  sight_.daemon_gone();
}

/// A refused file leaves in force what was; without an answer nobody knows.
void CallsPart::reloaded(bool ok) {
  if (!ok && world_.reload_answer().status == 0) return;
  if (ok) in_force_ = enforce_;
  model_.mode_is(in_force_);
}

bool CallsPart::may_ask() { return world_.part<TokensPart>().usable("admin"); }

void CallsPart::tick() {
  bool const usable = may_ask();
  watch_.tick(usable);
  sight_.tick(usable && watch_.grant_ok());
  next_tick_ = world_.clock().after(kTick, [this] { tick(); });
}

/// Trouble with releases or events is met by a call that must end and lasts beyond it.
void CallsPart::fault(Chance& chance) {
  if (neighbours_.strike(chance) && neighbours_.concerns_calls()) place_refused(chance);
}

/// Whoever waits in the queue loses patience: what the daemon knows of a half that is nobody's, and
/// that no list shows, it may forget after ten quiet minutes.
void CallsPart::heal() {
  relented_.cancel();
  neighbours_.heal();
  auto const* queue = &world_.platform().org.queue();
  for (auto const& id : std::vector(watch_.live()))
    if (auto const* call = world_.platform().calls.find(id);
        call && std::ranges::any_of(call->legs, [queue](auto const& leg) {
          return leg.owner == queue && !leg.gone;
        }))
      (void)world_.platform().calls.hang_up(id, "caller");
}

bool CallsPart::settled() { return !watch_.unsettled() && why_.agrees(); }

void CallsPart::finish() {
  sight_.ask_for_seconds();
  why_.finish();
  auto const& xsi = world_.platform().xsi;
  if (xsi.live_subscriptions() > 1 || xsi.live_channels() > CallsNeighbours::xsps)
    world_.fail("leaks", fmt::format("{} subscriptions and {} channels are left over",
                                     xsi.live_subscriptions(), xsi.live_channels()));
}

}  // namespace wardroom::world
