/// How often positions may be posted: ten a second on average from each session and fifty at once;
/// a person's sessions together 25 a second and 150 at once. 400 KB, however many people there are.
#pragma once
#include "base/rate_table.hpp"
#include "domain/person.hpp"

namespace wardroom::call_blocking {

class PostRate {
 public:
  explicit PostRate(std::uint64_t salt)
      : sessions_({Milliseconds(100), 50}, salt), people_({Milliseconds(40), 150}, salt) {}

  /// 0 = go on; else the wait after which one more is allowed.
  Milliseconds take(std::uint64_t session, PersonNo person, Uptime now) {
    // What is refused counts nowhere: neither for the session nor for the person.
    if (auto const wait = people_.wait(person, now); wait.count() > 0) return wait;
    if (auto const wait = sessions_.take(session, now); wait.count() > 0) return wait;
    return people_.take(person, now);
  }
  std::size_t memory() const { return sessions_.memory() + people_.memory(); }

 private:
  RateTable sessions_, people_;
};

}  // namespace wardroom::call_blocking
