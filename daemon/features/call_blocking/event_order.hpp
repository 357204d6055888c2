/// The order of facts within one event subscription, by sequence numbers that wrap. Pure.
#pragma once
#include <cstdint>
#include <string_view>

namespace wardroom::call_blocking {

/// Where a fact comes from in the order of one subscription; sequence 0 = in none.
struct EventPlace {
  std::string_view subscription;
  std::int64_t sequence = 0;
};
enum class Order : std::uint8_t { earlier, later, unknown };

/// Whether `a` is later than `b`. The same number is the same event, and thus "earlier".
Order order(EventPlace a, EventPlace b);

/// Whether sequence `a` is later than `b`; numbers run 1 … 2^31-1 and wrap to 1.
bool is_later(std::int64_t a, std::int64_t b);

}  // namespace wardroom::call_blocking
