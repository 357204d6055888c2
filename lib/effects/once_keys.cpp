#include "effects/once_keys.hpp"

namespace wardroom {

bool OnceKeys::take(std::string const& key, Uptime now) {
  forget_old(now);
  return taken_.emplace(key, Uptime::max()).second;
}

void OnceKeys::done(std::string const& key, Uptime now) {
  taken_[key] = now + memory;
  done_.push_back({now + memory, key});
  forget_old(now);
}

void OnceKeys::forget_old(Uptime now) {
  while (!done_.empty() && (done_.front().until <= now || done_.size() > capacity_)) {
    auto const found = taken_.find(done_.front().key);
    if (found != taken_.end() && found->second == done_.front().until) taken_.erase(found);
    done_.pop_front();
  }
}

}  // namespace wardroom
