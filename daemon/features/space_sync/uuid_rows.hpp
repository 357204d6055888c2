/// Rows of plain values that are gathered, sorted by a UUID, and found by it. Growing needs no
/// second copy: glibc moves the pages of large blocks.
#pragma once
#include "base/uuid.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace wardroom::space_sync {

inline bool uuid_less(Uuid const& a, Uuid const& b) {
  auto const word = [](Uuid const& id, std::size_t at) {
    std::uint64_t out;
    std::memcpy(&out, id.bytes.data() + at, sizeof out);
    return __builtin_bswap64(out);
  };
  auto const x = word(a, 0), y = word(b, 0);
  return x != y ? x < y : word(a, 8) < word(b, 8);
}

template <class Row, Uuid Row::* key>
class UuidRows {
  static_assert(std::is_trivially_copyable_v<Row>);

 public:
  UuidRows() = default;
  UuidRows(UuidRows&& other) noexcept
      : rows_(std::exchange(other.rows_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        room_(std::exchange(other.room_, 0)),
        starts_(std::move(other.starts_)) {}
  UuidRows& operator=(UuidRows&& other) noexcept {
    std::swap(rows_, other.rows_);
    std::swap(size_, other.size_);
    std::swap(room_, other.room_);
    starts_ = std::move(other.starts_);
    return *this;
  }
  ~UuidRows() { std::free(rows_); }

  void add(Row const& row) {
    if (size_ == room_) grow();
    new (rows_ + size_) Row(row);
    ++size_;
  }
  std::span<Row const> all() const { return {rows_, size_}; }
  std::size_t memory() const {
    return room_ * sizeof(Row) + starts_.capacity() * sizeof(std::uint32_t);
  }

  /// By key, then by `before`; of several with one key `join(earlier, later)` makes the one that
  /// stays.
  template <class Before, class Join>
  void finish(Before before, Join join) {
    sort(rows_, rows_ + size_, 0, [&](Row const& a, Row const& b) {
      if (uuid_less(a.*key, b.*key)) return true;
      return a.*key == b.*key && before(a, b);
    });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i)
      if (kept > 0 && rows_[kept - 1].*key == rows_[i].*key)
        rows_[kept - 1] = join(rows_[kept - 1], rows_[i]);
      else
        rows_[kept++] = rows_[i];
    size_ = kept;
    note_starts();
  }

  /// Has memory brought near what find() is going to look at.
  void expect(Uuid const& id) const {
    if (starts_.empty()) return;
    auto const* row = rows_ + starts_[slot_of(id)];
    __builtin_prefetch(row);
    __builtin_prefetch(reinterpret_cast<char const*>(row) + 256);
  }

  /// After finish().
  Row const* find(Uuid const& id) const {
    auto const* first = rows_;
    auto const* last = rows_ + size_;
    if (!starts_.empty()) {
      auto const slot = slot_of(id);
      last = rows_ + starts_[slot + 1];
      first = rows_ + starts_[slot];
    }
    auto const* found = std::lower_bound(
        first, last, id, [](Row const& row, Uuid const& k) { return uuid_less(row.*key, k); });
    return found != last && found->*key == id ? found : nullptr;
  }

 private:
  static constexpr std::size_t few = 48, slots = 65'536;

  static std::size_t slot_of(Uuid const& id) { return std::size_t(id.bytes[0]) << 8 | id.bytes[1]; }

  void grow() {
    auto const room = std::max<std::size_t>(64, room_ + room_ / 2);
    void* const moved = std::realloc(static_cast<void*>(rows_), room * sizeof(Row));
    if (!moved) throw std::bad_alloc();
    rows_ = static_cast<Row*>(moved);
    room_ = room;
  }

  /// Byte for byte in place (American flag sort); UUIDs are mostly random, so two bytes do it.
  template <class Less>
  static void sort(Row* first, Row* last, std::size_t byte, Less const& less) {
    if (std::size_t(last - first) <= few || byte == 16) return std::sort(first, last, less);
    std::array<std::size_t, 256> next{}, ends;
    for (auto* row = first; row != last; ++row) ++next[(row->*key).bytes[byte]];
    std::size_t sum = 0;
    for (std::size_t i = 0; i < 256; ++i) ends[i] = sum += std::exchange(next[i], sum);
    for (std::size_t i = 0; i < 256; ++i)
      while (next[i] < ends[i]) {
        auto const home = (first[next[i]].*key).bytes[byte];
        if (home == i)
          ++next[i];
        else
          std::swap(first[next[i]], first[next[home]++]);
      }
    for (std::size_t i = 0, begin = 0; i < 256; begin = ends[i++])
      if (ends[i] - begin > 1) sort(first + begin, first + ends[i], byte + 1, less);
  }

  void note_starts() {
    starts_.clear();
    if (size_ < slots / 16) return;
    starts_.resize(slots + 1);
    for (std::size_t i = 0; i < size_; ++i) ++starts_[slot_of(rows_[i].*key) + 1];
    for (std::size_t i = 0; i < slots; ++i) starts_[i + 1] += starts_[i];
  }

  Row* rows_ = nullptr;
  std::size_t size_ = 0, room_ = 0;
  std::vector<std::uint32_t> starts_;  ///< of each first two bytes; none = there are few rows
};

}  // namespace wardroom::space_sync
