#include "base/rate_table.hpp"

#include <algorithm>
#include <new>

namespace wardroom {
namespace {

/// Of MurmurHash3, by Austin Appleby, who gave it to the public domain.
std::uint64_t mixed(std::uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdULL;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53ULL;
  return x ^ x >> 33;
}

std::uint32_t to_ms(Uptime now) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<Milliseconds>(now.time_since_epoch()).count());
}

}  // namespace

RateTable::RateTable(Limit limit, std::uint64_t salt, std::size_t sets)
    : every_(static_cast<std::int32_t>(limit.every.count())),
      most_(every_ * static_cast<std::int32_t>(limit.at_once)),
      salt_(salt),
      sets_count_(sets),
      sets_(static_cast<Set*>(std::calloc(sets, sizeof(Set)))) {
  if (!sets_) throw std::bad_alloc();
}

/// How far `ready` lies ahead, 0 when all was fair long ago. Moments are milliseconds since boot,
/// wrapping every 49 days; differences stay right for 24 of them.
std::int32_t RateTable::ahead(std::uint32_t ready, std::uint32_t now) const {
  auto const by = static_cast<std::int32_t>(ready - now);
  return by < 0 || by > most_ ? 0 : by;
}

RateTable::Place RateTable::find(std::uint64_t key, std::uint32_t now) const {
  auto const hash = mixed(key + salt_);
  auto& set = sets_[mixed(hash ^ salt_) & (sets_count_ - 1)];
  std::size_t least = 0;
  for (std::size_t i = 0; i < places_a_set; ++i) {
    if (set.keys[i] == hash) return {&set, i, hash, ahead(set.ready[i], now)};
    if (ahead(set.ready[i], now) < ahead(set.ready[least], now)) least = i;
  }
  return {&set, least, hash, 0};
}

Milliseconds RateTable::wait(std::uint64_t key, Uptime now) const {
  return Milliseconds(std::max(0, find(key, to_ms(now)).ahead + every_ - most_));
}

Milliseconds RateTable::take(std::uint64_t key, Uptime now) {
  auto const ms = to_ms(now);
  auto const [set, at, hash, before] = find(key, ms);
  if (before + every_ > most_) return Milliseconds(before + every_ - most_);
  set->keys[at] = hash;
  set->ready[at] = ms + static_cast<std::uint32_t>(before + every_);
  return Milliseconds(0);
}

}  // namespace wardroom
