#include "front/refusal_limit.hpp"

#include <utility>

namespace wardroom::front {

bool RefusalLimit::admit(std::string const& caller) {
  if (callers_.size() >= most_callers && !callers_.contains(caller)) {
    ++others_;
    return false;
  }
  auto& seen = callers_[caller];
  if (seen.written >= of_one || written_ >= of_all) {
    ++seen.left_out;
    return false;
  }
  ++seen.written;
  ++written_;
  return true;
}

std::vector<RefusalLimit::LeftOut> RefusalLimit::begin_anew() {
  std::vector<LeftOut> out;
  for (auto const& [caller, seen] : std::exchange(callers_, {}))
    if (seen.left_out > 0) out.push_back({caller, seen.left_out});
  if (auto const others = std::exchange(others_, 0); others > 0) out.push_back({"", others});
  written_ = 0;
  return out;
}

}  // namespace wardroom::front
