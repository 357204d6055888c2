/// Moves the store of a running site: copies while work goes on, holds the writers for a moment at
/// the end, and puts the new engine in place of the old one.
#pragma once
#include "runtime/helpers.hpp"
#include "store/movable_database.hpp"
#include "store/store_move.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace wardroom::store {

/// On the loop, except for what it does on `helper`. One attempt.
class LiveMove {
 public:
  struct Ports {
    Executor loop;
    MovableDatabase& database;
    Clock& clock;
    Helpers& helper;                   ///< one thread of it is busy for as long as this lasts
    std::function<bool()> stopping{};  ///< whether the daemon ends: only then doubts may stay
  };
  /// So long writers may wait at the end; then the move is given up and they go on as before.
  static constexpr Milliseconds longest_pause{5'000};

  LiveMove(Ports ports, StoreSettings from, StoreSettings to, std::vector<Migration> steps,
           std::function<void(MoveProgress const&)> tell);

  /// With an error the old store is in use as before, and the target holds an unfinished copy.
  Task<Result<MoveReport>> run();
  /// Soon, unless it is past the turning point; run() then gives `cancelled`.
  void give_up();

 private:
  Task<Result<void>> blocking(std::function<void()> work);
  Task<Result<void>> prepare();
  Task<Result<void>> last_part();
  Task<Result<void>> turn(std::unique_ptr<Database> engine);
  Task<bool> take_back();
  Task<void> leave(std::unique_ptr<Database> old);
  Task<void> clean_up();

  Ports ports_;
  StoreSettings from_, to_;
  std::vector<Migration> steps_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  StoreMove move_;
  bool late_ = false;      ///< the last part was interrupted because it took too long
  bool in_doubt_ = false;  ///< whether the old store says that it was moved; writes stay held
  Uptime held_since_{};
  Milliseconds pause_{};
};

}  // namespace wardroom::store
