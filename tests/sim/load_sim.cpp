#include "sim/load_sim.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace wardroom::sim {
namespace {
constexpr Milliseconds step_every(20);
}

LoadSim::LoadSim(Organisation const& org, CallSim& calls, Clock& clock)
    : org_(org), calls_(calls), clock_(clock) {}

Result<void> LoadSim::start(LoadWish wish) {
  if (!(wish.calls_per_s > 0 && wish.calls_per_s <= 5000) || !(wish.for_s > 0) ||
      !(wish.share_blocked >= 0 && wish.share_blocked <= 1))
    return failure(ErrorKind::malformed,
                   "calls_per_s is 0 to 5000, for_s above 0, and share_blocked 0 to 1");
  std::vector<Person const*> blocked, allowed;
  std::set<Person const*> taken;
  auto const add = [&](std::vector<std::string> const& emails,
                       std::vector<Person const*>& into) -> Result<void> {
    for (auto const& email : emails) {
      auto const* p = org_.by_email(email);
      if (!p || !p->calling)
        return failure(ErrorKind::malformed, "nobody here has the address " + email);
      into.push_back(p);
      taken.insert(p);
    }
    return {};
  };
  for (auto const& done : {add(wish.blocked, blocked), add(wish.allowed, allowed)})
    if (!done) return done;
  if (allowed.empty())
    for (auto const& p : org_.people())
      if (p.calling && !taken.contains(&p)) allowed.push_back(&p);
  if (wish.share_blocked > 0 && blocked.empty())
    return failure(ErrorKind::malformed,
                   "\"blocked\", who may not call, is needed: no open browser says so");
  if (wish.share_blocked < 1 && allowed.empty())
    return failure(ErrorKind::malformed, "nobody is left who may call");
  open_.clear();
  released_ms_.clear();
  placed_ = blocked_placed_ = released_ = answered_first_ = missed_ = wrongly_released_ = 0;
  blocked_ = std::move(blocked);
  allowed_ = std::move(allowed);
  wish_ = std::move(wish);
  began_ = clock_.uptime();
  running_ = true;
  step();
  return {};
}

void LoadSim::stop() {
  timer_.cancel();
  running_ = false;
}

void LoadSim::step() {
  auto const for_s = std::chrono::duration<double>(clock_.uptime() - began_).count();
  bool const over = for_s >= wish_.for_s;
  auto const due = std::uint64_t(std::min(for_s, wish_.for_s) * wish_.calls_per_s);
  while (placed_ < due) {
    // Spread evenly: the n-th call is a blocked one when the share steps over a whole number.
    auto const share = [&](std::uint64_t n) { return std::floor(double(n) * wish_.share_blocked); };
    bool const blocked = share(placed_ + 1) > share(placed_);
    auto const& pool = blocked ? blocked_ : allowed_;
    auto const turn = blocked ? blocked_placed_ : placed_ - blocked_placed_;
    place(*pool[turn % pool.size()], blocked);
  }
  harvest(false);
  if (over && open_.empty()) return stop();
  timer_ = clock_.after(step_every, [this] { step(); });
}

void LoadSim::place(Person const& from, bool blocked) {
  ++placed_;
  blocked_placed_ += blocked;
  PlaceCall wish{from.email, "+4420794" + std::to_string(60000 + placed_ % 40000)};
  wish.answer_after_s = wish_.answer_after_s;
  wish.hang_up_after_s = wish_.hang_up_after_s;
  if (auto const placed = calls_.place(wish)) open_.push_back({(*placed)->id, blocked});
}

// Calls of one load last equally long, so the oldest end first, but for those released before.
void LoadSim::harvest(bool all) {
  std::size_t looked = 0;
  for (auto it = open_.begin(); it != open_.end() && (all || looked < 2000); ++looked) {
    auto const* call = calls_.find(it->call);
    if (call && !call->ended) {
      ++it;
      continue;
    }
    if (call) {
      bool const by_api = call->released_by == "api";
      if (!it->blocked) wrongly_released_ += by_api;
      if (it->blocked && by_api) {
        ++released_;
        answered_first_ += call->answered.has_value();
        released_ms_.push_back(double(*call->released_after_ms));
      }
      if (it->blocked && !by_api) ++missed_;
    }
    it = open_.erase(it);
  }
}

nlohmann::json LoadSim::state() const {
  auto sorted = released_ms_;
  std::sort(sorted.begin(), sorted.end());
  auto const at = [&](double q) {
    return sorted.empty() ? 0.0 : sorted[std::size_t(q * double(sorted.size() - 1))];
  };
  return {{"running", running_},
          {"placed", placed_},
          {"open", open_.size()},
          {"blocked",
           {{"placed", blocked_placed_},
            {"released", released_},
            {"answered_first", answered_first_},
            {"missed", missed_},
            {"p50_ms", at(0.5)},
            {"p99_ms", at(0.99)},
            {"max_ms", at(1)}}},
          {"allowed", {{"placed", placed_ - blocked_placed_}, {"released", wrongly_released_}}}};
}

}  // namespace wardroom::sim
