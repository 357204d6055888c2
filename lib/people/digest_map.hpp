/// An open-addressing hash from a 96-bit digest to a small value: 16 bytes an entry with a
/// PersonNo. Split into shards that grow one at a time by a fifth, so that no insertion ever
/// rehashes everything and little memory lies idle.
#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

namespace wardroom::people {

/// The first 96 bits of a cryptographic digest; spread evenly by its making.
struct Digest96 {
  std::array<std::uint32_t, 3> words{};
  bool operator==(Digest96 const&) const = default;

  /// From at least 12 bytes of digest.
  static Digest96 from(std::string_view bytes) {
    Digest96 out;
    std::memcpy(out.words.data(), bytes.data(), sizeof out.words);
    return out;
  }
};

/// `Value` is trivially copyable; a default-made one (`Value{}`) marks an empty slot and is never
/// stored.
template <class Value>
class DigestMap {
 public:
  DigestMap() : shards_(std::make_unique<std::array<Shard, shard_count>>()) {}

  std::optional<Value> find(Digest96 const& key) const {
    auto const& shard = shard_of(key);
    if (shard.used == 0) return std::nullopt;
    for (auto at = shard.home(key);; at = shard.next(at)) {
      if (shard.slots[at].empty()) return std::nullopt;
      if (shard.slots[at].key == key) return shard.slots[at].value;
    }
  }

  /// Adds or replaces.
  void put(Digest96 const& key, Value value) {
    auto& shard = shard_of(key);
    if (shard.full()) shard.grow();
    size_ += shard.put(key, value) ? 1 : 0;
  }

  bool erase(Digest96 const& key) {
    bool const erased = shard_of(key).erase(key);
    size_ -= erased ? 1 : 0;
    return erased;
  }

  /// Removes every entry `gone(key, value)` says; the whole table, so not on a hot path.
  template <class Predicate>
  void erase_if(Predicate gone) {
    for (auto& shard : *shards_)
      for (std::uint32_t at = 0; at < shard.capacity;) {
        auto const& slot = shard.slots[at];
        // Erasing moves a later entry here: look at this place again.
        if (!slot.empty() && gone(slot.key, slot.value)) {
          shard.erase(Digest96(slot.key));
          --size_;
        } else {
          ++at;
        }
      }
  }

  std::size_t size() const { return size_; }
  std::size_t memory() const {
    std::size_t total = sizeof(std::array<Shard, shard_count>);
    for (auto const& shard : *shards_)
      if (shard.capacity > 0) total += shard.capacity * sizeof(Slot) + allocation_overhead;
    return total;
  }

 private:
  static constexpr std::size_t shard_count = 1024;
  static constexpr std::size_t allocation_overhead = 16;

  struct Slot {
    Digest96 key;
    Value value{};
    bool empty() const { return value == Value{}; }
  };

  struct Shard {
    std::unique_ptr<Slot[]> slots;
    std::uint32_t capacity = 0;
    std::uint32_t used = 0;

    bool full() const { return (used + 1) * 8 > capacity * 7; }
    std::uint32_t home(Digest96 const& key) const {
      return static_cast<std::uint32_t>((std::uint64_t{key.words[1]} * capacity) >> 32);
    }
    std::uint32_t next(std::uint32_t at) const { return at + 1 == capacity ? 0 : at + 1; }

    bool put(Digest96 const& key, Value value) {
      auto at = home(key);
      while (!slots[at].empty() && slots[at].key != key) at = next(at);
      bool const fresh = slots[at].empty();
      slots[at] = {key, value};
      used += fresh ? 1 : 0;
      return fresh;
    }

    void grow() {
      Shard bigger;
      bigger.capacity = capacity + capacity / 5 + 4;
      bigger.slots = std::make_unique<Slot[]>(bigger.capacity);
      for (std::uint32_t at = 0; at < capacity; ++at)
        if (!slots[at].empty()) bigger.put(slots[at].key, slots[at].value);
      *this = std::move(bigger);
    }

    bool erase(Digest96 const& key) {
      if (used == 0) return false;
      auto hole = home(key);
      while (slots[hole].key != key || slots[hole].empty()) {
        if (slots[hole].empty()) return false;
        hole = next(hole);
      }
      // Later entries of the same run move back, so that no search stops at the hole.
      for (auto at = next(hole); !slots[at].empty(); at = next(at)) {
        auto const wanted = home(slots[at].key);
        bool const stays =
            hole <= at ? (hole < wanted && wanted <= at) : (hole < wanted || wanted <= at);
        if (stays) continue;
        slots[hole] = slots[at];
        hole = at;
      }
      slots[hole] = Slot{};
      --used;
      return true;
    }
  };

  Shard const& shard_of(Digest96 const& key) const {
    return (*shards_)[key.words[0] % shard_count];
  }
  Shard& shard_of(Digest96 const& key) { return (*shards_)[key.words[0] % shard_count]; }

  std::unique_ptr<std::array<Shard, shard_count>> shards_;
  std::size_t size_ = 0;
};

}  // namespace wardroom::people
