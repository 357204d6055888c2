#include "progress.hpp"

#include <fmt/format.h>

#include <unistd.h>

namespace wardroom::world {

void Progress::take(Told const& told) {
  ++done_;
  virtual_ms_ += told.virtual_ms;
  crashes_ += told.crashes;
  faults_ += told.faults;
  acts_ += told.acts;
  auto const now = RealClock::now();
  if (now - said_ < std::chrono::seconds(::isatty(2) ? 1 : 15)) return;
  said_ = now;
  auto const seconds = std::chrono::duration<double>(now - began_).count();
  fmt::print(stderr, "{}  {} of {} seeds, {:.0f} virtual hours a minute, {:.0f} s left{}",
             ::isatty(2) ? "\r" : "", done_, options_.seeds, hours() / seconds * 60,
             double(options_.seeds - done_) / double(done_) * seconds, ::isatty(2) ? "   " : "\n");
}

void Progress::sum_up() const {
  auto const seconds = std::chrono::duration<double>(RealClock::now() - began_).count();
  if (::isatty(2)) fmt::print(stderr, "\n");
  fmt::print(
      "{} seeds, {:.1f} virtual hours in {:.1f} s ({:.0f} virtual hours a minute); {} acts, {} "
      "faults, {} crashes\n",
      done_, hours(), seconds, hours() / seconds * 60, acts_ - faults_, faults_, crashes_);
}

}  // namespace wardroom::world
