#include "features/call_blocking/event_order.hpp"

namespace wardroom::call_blocking {
namespace {

constexpr std::int64_t kSequences = 2'147'483'647;  // 2^31 - 1 numbers
/// Further behind than this is no late event but another counting: the server began anew.
constexpr std::int64_t kNearby = 4096;

}  // namespace

bool is_later(std::int64_t a, std::int64_t b) {
  auto const ahead = ((a - b) % kSequences + kSequences) % kSequences;
  return ahead != 0 && ahead < kSequences / 2;
}

Order order(EventPlace a, EventPlace b) {
  if (a.sequence == 0 || b.sequence == 0 || a.subscription != b.subscription) return Order::unknown;
  if (is_later(a.sequence, b.sequence)) return Order::later;
  auto const behind = ((b.sequence - a.sequence) % kSequences + kSequences) % kSequences;
  return behind <= kNearby ? Order::earlier : Order::unknown;
}

}  // namespace wardroom::call_blocking
