/// Which people's fixes a commit moves into `last_fix`, and which stored batches nobody needs any
/// more. Pure bookkeeping: no I/O, no clock.
///
/// A cursor sweeps the numbers in order, a full turn a minute (pages of neighbours are written
/// together; chasing each batch's own, scattered people would dirty a page per row). A batch stored
/// before a turn began is folded when that turn has ended and every commit of it held.
#pragma once
#include "people/dirty_set.hpp"

#include <cstdint>
#include <vector>

namespace wardroom::people {

class FixSweep {
 public:
  static constexpr std::size_t rows_a_commit = 1'024;
  static constexpr std::int64_t drops_busy = 4;    ///< batches a commit beside new ones
  static constexpr std::int64_t drops_idle = 256;  ///< … and without

  /// One commit's share; give it back with landed() in the order of taking.
  struct Step {
    std::vector<PersonNo> people;  ///< in order
    std::int64_t drop_below = 0;   ///< batches with a smaller seq go; 0 = none
    std::int64_t turn = 0;
    bool ends_turn = false;
    std::int64_t folded_below = 0;  ///< what ends_turn proves, once it held
    std::int64_t oldest_before = 0;
    bool empty() const { return people.empty() && drop_below == 0 && !ends_turn; }
  };

  /// At start: batches in [oldest, next) are stored.
  void restart(std::int64_t oldest, std::int64_t next);
  void touched(PersonNo person) { dirty_.add(person); }

  /// `share` = the part of a full turn that is due now (elapsed / turn); `next_seq` = the number
  /// the next batch will get; `busy` = the commit carries a batch.
  Step take(double share, PersonNo people, std::int64_t next_seq, bool busy);
  void landed(Step const& step, bool committed);

  /// Something is left to fold or drop.
  bool pending(std::int64_t next_seq) const { return dirty_.count() > 0 || oldest_ < next_seq; }
  /// More is due than the last step could take.
  bool behind() const { return (dirty_.count() > 0 && debt_ >= 1) || oldest_ < droppable_; }
  std::size_t dirty() const { return dirty_.count(); }
  std::int64_t oldest() const { return oldest_; }

 private:
  void sweep(Step& step, PersonNo people, std::int64_t next_seq);
  void choose_drops(Step& step, bool busy);

  DirtySet dirty_;
  std::uint64_t cursor_ = 1;
  double debt_ = 0;  ///< positions due
  std::int64_t turn_ = 1;
  std::int64_t failed_turn_ = 0;  ///< a commit failed during this turn or before
  std::int64_t turn_began_ = 0;   ///< next_seq when the turn began
  std::int64_t droppable_ = 0;    ///< batches below are folded
  std::int64_t oldest_ = 0;       ///< batches below are gone, or going in a commit under way
  std::size_t under_way_ = 0;
};

}  // namespace wardroom::people
