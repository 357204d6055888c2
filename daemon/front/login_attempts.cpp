#include "front/login_attempts.hpp"

#include "base/encoding.hpp"

namespace wardroom::front {
namespace {
constexpr std::size_t most_attempts = 10'000;
}

std::string LoginAttempts::open(LoginAttempt attempt) {
  forget_old();
  auto const state = random_.token();
  auto const key = sha256(state);
  attempt.ends = clock_.uptime() + life;
  order_.emplace_back(attempt.ends, key);
  attempts_[key] = std::move(attempt);
  return state;
}

void LoginAttempts::forget_old() {
  auto const now = clock_.uptime();
  while (!order_.empty() && (order_.front().first <= now || order_.size() >= most_attempts)) {
    attempts_.erase(order_.front().second);
    order_.pop_front();
  }
}

std::optional<LoginAttempt> LoginAttempts::take(std::string const& state) {
  auto const it = attempts_.find(sha256(state));
  if (it == attempts_.end()) return std::nullopt;
  auto attempt = std::move(it->second);
  attempts_.erase(it);
  if (clock_.uptime() >= attempt.ends) return std::nullopt;
  return attempt;
}

}  // namespace wardroom::front
