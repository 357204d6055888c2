#include "calls_sight.hpp"

#include "store_part.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::world {
namespace {

using std::chrono::seconds;

constexpr auto kBlindIsRed = std::chrono::milliseconds(32'000);
constexpr auto kSilenceNoticed = std::chrono::milliseconds(66'000);
constexpr auto kHeardBefore = seconds(32);  // so that a heartbeat of the platform was seen
constexpr auto kBackAfterStart = seconds(60);

Milliseconds ms(BootClock::duration d) { return std::chrono::duration_cast<Milliseconds>(d); }

}  // namespace

void CallsSight::daemon_started() {
  ++life_;
  blind_since_.reset();
  last_tick_.reset();
  seen_by_.reset();
  saw_ = asked_ = false;
  known_blind_ = 0;
  periods_ = 0;
  silent_.clear();
}

void CallsSight::daemon_gone() {
  silent_.clear();
  blind_since_.reset();
  last_tick_.reset();
}

void CallsSight::tick(bool may_ask) {
  if (!world_.up()) return;
  auto const now = world_.now();
  auto const streams = world_.net().streams();
  look_at_streams(streams);
  bool const sees = std::ranges::any_of(streams, [](auto const& stream) { return stream->open(); });
  if (last_tick_ && blind_since_ && saw_)
    known_blind_ += std::chrono::duration<double>(now - *last_tick_).count();
  last_tick_ = now;
  look_whether_channels_are_back(sees && world_.platform().xsi.delivers(), may_ask);
  if (sees) {
    saw_ = true;
    if (asked_) ask_for_seconds();
    asked_ = false;
    blind_since_.reset();
  } else {
    // Also one that was open between two looks only.
    bool const saw =
        std::ranges::any_of(streams, [](auto const& s) { return s->begun.has_value(); });
    if (!blind_since_ || saw) {
      ++periods_;
      blind_since_ = now;
    }
    if (!asked_ && now - *blind_since_ > kBlindIsRed) ask_for_health();
  }
  world_.net().forget_streams();
}

/// Half-open is known to the network alone.
void CallsSight::look_at_streams(std::vector<Stream> const& streams) {
  auto const now = world_.now();
  for (auto const& stream : streams) {
    if (!stream->half_open || stream->ended) continue;
    bool const known = std::ranges::any_of(
        silent_, [&](Silent const& one) { return one.stream.lock() == stream; });
    if (!known) silent_.push_back({stream, now});
  }
  std::erase_if(silent_, [](Silent const& one) {
    auto const stream = one.stream.lock();
    return !stream || stream->ended;
  });
  if (!neighbours_.server_beats()) return;
  for (auto& [silent, since] : silent_) {
    auto const stream = silent.lock();
    if (!stream->begun || since - *stream->begun < kHeardBefore || now - since < kSilenceNoticed)
      continue;
    world_.fail("X4", fmt::format("a channel to {} is silent for {} ms and not given up",
                                  stream->origin, ms(now - since).count()));
  }
}

void CallsSight::ask_for_health() {
  asked_ = true;
  world_.control(http::Method::get, "/v1/health", "",
                 [this, life = life_, since = blind_since_](Answered const& answer) {
                   if (answer.status != 200 || life != life_ || since != blind_since_) return;
                   bool red = false;
                   auto const told = answer.json();
                   for (auto const& sign : told.value("signs", nlohmann::json::array()))
                     red = red || (sign.value("part", "") == "call_blocking.channels" &&
                                   sign.value("colour", "") == "red");
                   if (red) return;
                   world_.fail("X4", fmt::format("blind for {} ms and the health is not red: {}",
                                                 ms(world_.now() - *since).count(), answer.body));
                 });
}

void CallsSight::ask_for_seconds() {
  auto const least = known_blind_ - 1.5 - 0.6 * periods_;
  world_.control(http::Method::get, "/v1/monitor/status", "",
                 [this, life = life_, least](Answered const& answer) {
                   if (answer.status != 200 || life != life_) return;
                   auto const told = answer.json();
                   if (!told.is_object() || !told.contains("monitoring")) return;
                   auto const seconds = told["monitoring"].value("blind_s", -1.0);
                   if (seconds < least)
                     world_.fail("X4", fmt::format("blind for {:.1f} s at least, and {:.1f} s are "
                                                   "counted",
                                                   least, seconds));
                 });
}

void CallsSight::look_whether_channels_are_back(bool sees, bool may_ask) {
  auto const now = world_.now();
  // A token that cannot be stored is not used.
  bool const disk = world_.part<StorePart>().troubled();
  if (sees || !may_ask || disk || neighbours_.broken()) {
    seen_by_ = std::max<Uptime>(now + kBackAfterStart, neighbours_.channels_by());
    return;
  }
  if (!seen_by_) seen_by_ = std::max<Uptime>(now + kBackAfterStart, neighbours_.channels_by());
  seen_by_ = std::max(*seen_by_, neighbours_.channels_by());
  if (now <= *seen_by_) return;
  world_.fail("X4", fmt::format("no event can reach the daemon, {} ms after it should again",
                                ms(now - *seen_by_).count()));
}

}  // namespace wardroom::world
