#include "people/fix_sweep.hpp"

#include <algorithm>

namespace wardroom::people {

void FixSweep::restart(std::int64_t oldest, std::int64_t next) {
  oldest_ = droppable_ = oldest;
  turn_began_ = next;
}

FixSweep::Step FixSweep::take(double share, PersonNo people, std::int64_t next_seq, bool busy) {
  Step step{.turn = turn_, .oldest_before = oldest_};
  debt_ = std::min<double>(debt_ + share * people, people);
  if (dirty_.count() > 0)
    sweep(step, people, next_seq);
  else if (under_way_ == 0 && !busy)
    droppable_ = next_seq;  // all that was ever stored is folded, and its commits held
  choose_drops(step, busy);
  ++under_way_;
  return step;
}

void FixSweep::sweep(Step& step, PersonNo people, std::int64_t next_seq) {
  auto const end = std::uint64_t{people} + 1;
  while (debt_ >= 1 && step.people.size() < rows_a_commit && !step.ends_turn) {
    auto const stop = std::min(cursor_ + static_cast<std::uint64_t>(debt_), end);
    auto const found = dirty_.next(cursor_, stop);
    auto const reached = std::min(found + 1, stop);
    if (found < stop) {
      auto const person = static_cast<PersonNo>(found);
      step.people.push_back(person);
      dirty_.remove(person);
    }
    debt_ -= static_cast<double>(reached - cursor_);
    cursor_ = reached;
    if (cursor_ < end) continue;
    cursor_ = 1;
    step.ends_turn = true;
    step.folded_below = turn_began_;
    turn_began_ = next_seq;
    ++turn_;
  }
}

void FixSweep::choose_drops(Step& step, bool busy) {
  if (oldest_ >= droppable_) return;
  oldest_ = std::min(droppable_, oldest_ + (busy ? drops_busy : drops_idle));
  step.drop_below = oldest_;
}

void FixSweep::landed(Step const& step, bool committed) {
  --under_way_;
  if (committed) {
    if (step.ends_turn && step.turn > failed_turn_)
      droppable_ = std::max(droppable_, step.folded_below);
    return;
  }
  for (auto const person : step.people) dirty_.add(person);
  // The cursor may have passed those people already: the turn under way proves nothing either.
  failed_turn_ = turn_;
  if (step.drop_below != 0) oldest_ = std::min(oldest_, step.oldest_before);
}

}  // namespace wardroom::people
