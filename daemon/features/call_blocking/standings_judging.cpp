// What Standings says of somebody at this moment: the facts of a verdict, and what explains it.
#include "features/call_blocking/standings.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace wardroom::call_blocking {
namespace {

void name_fence(Place& place, Fence const& fence) {
  place.fence = fence.name;
  place.fence_digest = fence.digest;
  auto const* area = std::get_if<Area>(&fence.shape);
  place.border_data = area ? area->data_version : std::string();
}

}  // namespace

Assessment Standings::assess(PersonNo person) {
  Assessment out;
  auto const now = clock_.uptime();
  auto const mask = this->mask(person);
  auto const rules = governing(policy_->fences, mask);
  out.facts.fenced = rules.has_value();
  out.facts.degraded = degraded_;
  out.facts.internal_calls = policy_->internal_calls;
  out.facts.end_running = policy_->end_running;
  out.mode = mode(person);
  out.facts.unsure_for = now - started_;
  if (auto const decided = overrides_.find(person); decided != overrides_.end())
    out.facts.override_ = decided->second;
  if (rules) {
    out.facts.policies = rules->policies;
    name_fence(out.place, policy_->fences[rules->fence]);
  } else if (auto const asleep = bound(person); asleep != 0) {
    out.place.asleep = policy_->fences[static_cast<std::size_t>(std::countr_zero(asleep))].name;
  }
  if (!roster_.has(person)) return out;
  bring_up_to_date(person);
  auto const& row = roster_.row(person);
  auto const fix = roster_.fix(person);
  out.facts.standing = out.place.standing = standing_at(person, now);
  if (int const bits = row.flags & kBeforeBits; bits != 0)
    out.before = static_cast<Standing>(bits - 1);
  if (!fix) return out;
  out.place.age = std::max(BootClock::duration(0), now - fix->received);
  out.place.accuracy = fix->accuracy;
  out.place.received_at = fix->received_at;
  auto const history = unpack(row.history);
  out.facts.hints = history.hints;
  if (auto const* known = suspicion_of(person, now)) {
    if (known->travelled && now - *known->travelled <= kHintsRemembered)
      out.facts.hints |= bit(Hint::impossible_travel);
    if (out.facts.hints != 0) out.facts.suspicious_for = now - known->since;
  }
  auto const age = std::max(BootClock::duration(0), now - counts_from(person));
  if (auto const position = locate(policy_->fences, mask, fix->where)) {
    out.place.to_border = position->to_border;
    name_fence(out.place, policy_->fences[position->fence]);
    out.measured = Measured{.reading = reading_at(*position, fix->accuracy, history.after_stale),
                            .before = history.before,
                            .held = history.held,
                            .age = age,
                            .timeout = policy_->timeout};
  }
  if (out.facts.standing == Standing::stale) {
    out.facts.unsure_for = age - policy_->timeout;
  } else if (out.facts.standing == Standing::uncertain) {
    auto const since = uncertain_since_.find(person);
    out.facts.unsure_for = now - (since == uncertain_since_.end() ? fix->received : since->second);
  } else {
    out.facts.unsure_for = {};
  }
  return out;
}

Judgement Standings::judge_now(Assessment const& assessment) const {
  Judgement out;
  out.facts = assessment.facts;
  out.place = assessment.place;
  out.verdict = judge(out.facts);
  out.measured = assessment.measured;
  out.standing_before = assessment.before;
  out.policy_digest = digest_;
  out.mode = assessment.mode;
  out.at = clock_.now();
  return out;
}

Judgement Standings::judge_now(PersonNo person) {
  auto out = judge_now(assess(person));
  tell_distance(person, out);
  return out;
}

void Standings::tell_distance(PersonNo person, Judgement& judgement) const {
  if (!judgement.measured || !roster_.has(person)) return;
  auto const fix = roster_.fix(person);
  if (!fix) return;
  auto const position = locate_exactly(policy_->fences, mask(person), fix->where);
  if (!position) return;
  judgement.place.to_border = position->to_border;
  // Near the border the verdict's own distance stands; farther away it makes no difference.
  auto const far = clear_of_border(policy_->fences[position->fence]).value;
  auto& measured = judgement.measured->reading.to_border;
  if (std::abs(measured.value) >= far && std::abs(position->to_border.value) >= far)
    measured = position->to_border;
}

bool Standings::allowed(PersonNo person) {
  // Most posts are of people clearly on one side: no need to put a whole judgement together.
  if (roster_.has(person) && !overrides_.contains(person)) {
    if (mask(person) == 0) return true;
    auto const word = current(person);
    if (word == Standing::outside) return false;
    bool const plain = unpack(roster_.row(person).history).hints == 0 &&
                       (suspicions_.empty() || !suspicions_.contains(person));
    if (word == Standing::inside && plain) return true;
  }
  return !judge(assess(person).facts).release;
}

std::optional<Uptime> Standings::stale_at(PersonNo person) const {
  if (!roster_.has(person) || !roster_.row(person).has_fix()) return std::nullopt;
  return counts_from(person) + policy_->timeout;
}

}  // namespace wardroom::call_blocking
