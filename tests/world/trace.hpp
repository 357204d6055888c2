/// What happened in a world, line by line with the virtual moment: the same seed gives the same
/// bytes.
#pragma once
#include "base/units.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::world {

/// "00:12:03.250 xsi      event CallOriginatedEvent call 7 of ann@acme.example"
class Trace {
 public:
  /// `who` = the part that speaks, one short word. Identities and moments of this machine (pids,
  /// addresses of memory, real time) have no place in it.
  void note(std::string_view who, std::string_view what);
  /// Set by the world as time passes.
  void set_moment(Milliseconds since_start) { moment_ = since_start; }
  /// While muted nothing is kept: a daemon that was killed says no more.
  void mute(bool muted) { muted_ = muted; }

  /// Of all lines so far.
  std::uint64_t digest() const { return digest_; }
  std::size_t lines() const { return count_; }
  /// The lines kept: the newest `most`, or all when `most` was 0.
  std::vector<std::string> const& kept() const { return kept_; }
  /// How many lines are kept at least; 0 = all.
  void keep(std::size_t most) { most_ = most; }

 private:
  Milliseconds moment_{0};
  bool muted_ = false;
  std::uint64_t digest_ = 1469598103934665603u;
  std::size_t count_ = 0, most_ = 400;
  std::vector<std::string> kept_;
};

}  // namespace wardroom::world
