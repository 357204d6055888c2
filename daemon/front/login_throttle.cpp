#include "front/login_throttle.hpp"

#include "http/forwarded.hpp"

#include <algorithm>

namespace wardroom::front {
namespace {
/// A flood from more addresses than this forgets the oldest starts; the cap on attempts still
/// holds.
constexpr std::size_t most_remembered = 50'000;
}  // namespace

std::string LoginThrottle::bucket_of(std::string_view address) {
  boost::system::error_code error;
  auto parsed = boost::asio::ip::make_address(std::string(address), error);
  if (error) return "";
  parsed = http::unmapped(parsed);
  if (parsed.is_loopback()) return "";
  if (parsed.is_v4()) return parsed.to_string();
  auto bytes = parsed.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return boost::asio::ip::address_v6(bytes).to_string() + "/64";
}

std::optional<std::chrono::seconds> LoginThrottle::refuse(std::string_view address, Uptime now) {
  auto const bucket = bucket_of(address);
  if (bucket.empty()) return std::nullopt;
  forget_old(now);
  auto& starts = starts_[bucket];
  if (starts.size() >= most_starts)
    return std::max(std::chrono::ceil<std::chrono::seconds>(starts.front() + window - now),
                    std::chrono::seconds(1));
  starts.push_back(now);
  order_.emplace_back(now, bucket);
  return std::nullopt;
}

void LoginThrottle::forgive(std::string_view address) {
  auto const it = starts_.find(bucket_of(address));
  if (it == starts_.end()) return;
  it->second.pop_back();
  if (it->second.empty()) starts_.erase(it);
}

void LoginThrottle::forget_old(Uptime now) {
  while (!order_.empty() &&
         (order_.front().first + window <= now || order_.size() >= most_remembered)) {
    auto const [when, bucket] = std::move(order_.front());
    order_.pop_front();
    auto const it = starts_.find(bucket);
    if (it == starts_.end()) continue;  // forgiven
    while (!it->second.empty() && it->second.front() <= when) it->second.pop_front();
    if (it->second.empty()) starts_.erase(it);
  }
}

}  // namespace wardroom::front
