/// Which events were seen already: the last few thousand event ids. Pure.
#pragma once
#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace wardroom::xsi {

class EventWindow {
 public:
  explicit EventWindow(std::size_t capacity = 16'384) : capacity_(capacity) {}

  /// True when this id was not among the last `capacity` different ones. Ids are kept as 64-bit
  /// hashes.
  bool first_time(std::string_view event_id) {
    auto const key = std::hash<std::string_view>{}(event_id);
    if (!known_.insert(key).second) return false;
    if (order_.size() < capacity_) {
      order_.push_back(key);
    } else {
      known_.erase(order_[oldest_]);
      order_[oldest_] = key;
      oldest_ = (oldest_ + 1) % capacity_;
    }
    return true;
  }

 private:
  std::size_t capacity_;
  std::unordered_set<std::uint64_t> known_;
  std::vector<std::uint64_t> order_;
  std::size_t oldest_ = 0;
};

}  // namespace wardroom::xsi
