#include "trace.hpp"

#include <fmt/format.h>

namespace wardroom::world {

void Trace::note(std::string_view who, std::string_view what) {
  if (muted_) return;
  auto const ms = moment_.count();
  auto line = fmt::format("{:02}:{:02}:{:02}.{:03} {:<8} {}", ms / 3'600'000, ms / 60'000 % 60,
                          ms / 1000 % 60, ms % 1000, who, what);
  for (char const c : line) digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 1099511628211u;
  digest_ = (digest_ ^ '\n') * 1099511628211u;
  ++count_;
  // Dropped in lumps: dropping one by one would move all the others each time.
  if (most_ != 0 && kept_.size() >= 2 * most_)
    kept_.erase(kept_.begin(), kept_.end() - static_cast<std::ptrdiff_t>(most_));
  kept_.push_back(std::move(line));
}

}  // namespace wardroom::world
