/// What goes wrong with the daemon's disk, one thing at a time, for a while.
#pragma once
#include "chance.hpp"
#include "world.hpp"

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace wardroom::world {

class DiskTrouble {
 public:
  enum class Kind { failed_syncs, full, no_writes, no_reads, slow };

  /// `over` hears when a trouble has passed.
  DiskTrouble(World& world, std::function<void()> over);

  /// Whether this seed's disk can fail at all.
  bool possible() const { return !kinds_.empty(); }
  /// Nothing while another one lasts.
  void begin(Chance& chance);
  void end();

  std::optional<Kind> now() const { return kind_; }
  bool passed_within(Milliseconds time) const;

 private:
  World& world_;
  std::function<void()> over_;
  std::vector<Kind> kinds_;
  std::optional<Kind> kind_;
  std::optional<Uptime> ended_;
  TimerHandle end_;
};

std::string_view name(DiskTrouble::Kind kind);

}  // namespace wardroom::world
