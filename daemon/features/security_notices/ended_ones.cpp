#include "features/security_notices/ended_ones.hpp"

#include <functional>

namespace wardroom::security_notices {
namespace {

/// FNV-1a: beside std::hash, so that both would have to collide at once.
std::uint64_t fnv(std::uint16_t bridge, std::string const& id) {
  std::uint64_t hash = 0xcbf29ce484222325 ^ bridge;
  for (char const c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

EndedOnes::Key EndedOnes::key(std::uint16_t bridge, std::string const& id) {
  return {std::hash<std::string>{}(id) ^ (std::uint64_t{bridge} << 48), fnv(bridge, id)};
}

Ended const* EndedOnes::find(std::uint16_t bridge, std::string const& id) const {
  auto const at = known_.find(key(bridge, id));
  return at == known_.end() ? nullptr : &at->second.how;
}

void EndedOnes::add(std::uint16_t bridge, std::string const& id, Ended how) {
  auto const [at, is_new] = known_.try_emplace(key(bridge, id));
  if (!is_new) {
    if (!at->second.how.for_good) at->second.how = how;
    return;
  }
  at->second = {how, ++turns_};
  in_order_.emplace_back(at->first, turns_);
  while (in_order_.size() > most_) {
    auto const& [oldest, turn] = in_order_.front();
    auto const kept = known_.find(oldest);
    if (kept != known_.end() && kept->second.turn == turn) known_.erase(kept);
    in_order_.pop_front();
  }
}

void EndedOnes::forget(std::uint16_t bridge, std::string const& id) {
  known_.erase(key(bridge, id));
}

}  // namespace wardroom::security_notices
