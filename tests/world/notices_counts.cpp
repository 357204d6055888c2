// B2 while the world goes on: when all was told and nothing moves, as many count as are there.
#include "notices_part.hpp"

#include <fmt/format.h>

namespace wardroom::world {

using namespace std::chrono_literals;

namespace {

/// Questions about new legs are answered by then, also the one that looks twice for a link.
constexpr auto quiet = 8s;
constexpr auto count_again = 15s;

}  // namespace

/// What was lost leaves no trace but a jump in the numbers; after the last one only a reading
/// tells.
void NoticesPart::note_losses() {
  for (std::size_t i = 0; i < bridges_.size(); ++i) {
    auto& bridge = bridges_[i];
    auto const& made = cms().bridge(i);
    bool const losing = made.faults.lose_records > 0;
    bool const lost = losing || bridge.losing || made.session != bridge.session_made ||
                      bridge.receiver->overflowed != bridge.overflowed;
    if (losing || bridge.losing) bridge.dropped_at = world_.now();
    bridge.losing = losing;
    bridge.session_made = made.session;
    bridge.overflowed = bridge.receiver->overflowed;
    if (lost) bridge.lost_at = world_.now();
  }
}

bool NoticesPart::counts_are_due() const {
  auto const now = world_.now();
  if (now < moved_at_ + quiet || now < counted_at_ + count_again) return false;
  if (!up_since_ || now < start_excused_until_ + quiet || world_.healed()) return false;
  for (std::size_t i = 0; i < bridges_.size(); ++i) {
    auto const& bridge = bridges_[i];
    auto const known_from = std::max(bridge.lost_at, *up_since_);
    bool const well = cms().bridge(i).up && bridge.receiver->waiting() == 0 && !bridge.due &&
                      std::max(bridge.spoiled_until, bridge.reads_spoiled_until) <= now;
    if (!well || !bridge.read_at || *bridge.read_at < known_from || now < *bridge.read_at + quiet)
      return false;
  }
  return true;
}

void NoticesPart::watch_counts() {
  counted_at_ = world_.now();
  world_.control(
      http::Method::get, "/v1/cms/calls", "", [this, moves = moves_](Answered const& answer) {
        if (answer.status != 200 || moves != moves_ || world_.healed()) return;
        if (auto const wrong = wrong_counts(answer.json()); !wrong.empty())
          world_.fail("B2", fmt::format("nothing moved for {} s: {}", quiet / 1s, wrong));
      });
}

}  // namespace wardroom::world
