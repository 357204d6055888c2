#include "features/call_blocking/standings.hpp"

#include <algorithm>

namespace wardroom::call_blocking {
namespace {

GeoPoint point_of(people::RosterRow const& row) {
  return {row.latitude_e7 / 1e7, row.longitude_e7 / 1e7};
}
Meters accuracy_of(people::RosterRow const& row) { return {row.accuracy_dm / 10.0}; }
Uptime received_of(people::RosterRow const& row) {
  return Uptime(Milliseconds(row.received_boot_ms));
}

void name_fence(Place& place, Fence const& fence) {
  place.fence = fence.name;
  place.fence_digest = fence.digest;
  auto const* area = std::get_if<Area>(&fence.shape);
  place.border_data = area ? area->data_version : std::string();
}

}  // namespace

Standings::Standings(people::Roster& roster, Clock& clock,
                     std::shared_ptr<PolicySettings const> policy)
    : roster_(roster), clock_(clock), started_(clock.uptime()) {
  set_policy(std::move(policy));
}

Standings::Naming naming(PolicySettings const& policy, std::vector<std::string> const& emails) {
  Standings::Naming out;
  for (auto email : emails) {
    std::ranges::transform(email, email.begin(), [](unsigned char c) { return std::tolower(c); });
    for (std::size_t i = 0; i < policy.fences.size(); ++i)
      if (std::ranges::binary_search(policy.fences[i].who.emails, email))
        out.fences |= FenceMask{1} << i;
    out.enforced = out.enforced || std::ranges::binary_search(policy.enforce_for.emails, email);
  }
  return out;
}

void Standings::set_policy(std::shared_ptr<PolicySettings const> policy, Named named) {
  policy_ = std::move(policy);
  named_ = std::move(named);
  digest_ = digest_of(*policy_);
  version_ = static_cast<std::uint16_t>(version_ == 0xFFFF ? 1 : version_ + 1);
  everybody_ = naming_ = 0;
  for (std::size_t i = 0; i < policy_->fences.size(); ++i)
    (policy_->fences[i].who.everybody ? everybody_ : naming_) |= FenceMask{1} << i;
}

void Standings::assign(PersonNo person, std::vector<std::string> const& emails) {
  if (naming_ == 0 && policy_->enforce_for.everybody) return;
  auto const before = mask(person);
  named_.erase(person);
  if (auto const found = naming(*policy_, emails); found != Naming{}) named_[person] = found;
  if (before != mask(person) && roster_.has(person)) roster_.row(person).index_version = 0;
}

FenceMask Standings::mask(PersonNo person) const {
  if (naming_ == 0 || person == 0) return everybody_;
  auto const it = named_.find(person);
  return it == named_.end() ? everybody_ : everybody_ | it->second.fences;
}

Mode Standings::mode(PersonNo person) const {
  if (policy_->mode != Mode::enforce || policy_->enforce_for.everybody) return policy_->mode;
  auto const it = named_.find(person);
  return it != named_.end() && it->second.enforced ? Mode::enforce : Mode::observe;
}

Reading Standings::reading_at(Position const& position, Meters accuracy, bool after_stale) const {
  auto const& fence = policy_->fences[position.fence];
  return {.inside = position.inside,
          .to_border = position.to_border,
          .accuracy = accuracy,
          .margin = fence.margin,
          .accuracy_limit = fence.accuracy_limit,
          .border_error = border_error(fence.shape),
          .confirmations = policy_->confirmations,
          .after_stale = after_stale};
}

std::optional<Reading> Standings::reading_of(PersonNo person, Fix const& fix,
                                             bool after_stale) const {
  auto const position = locate(policy_->fences, mask(person), fix.where);
  if (!position) return std::nullopt;
  return reading_at(*position, fix.accuracy, after_stale);
}

SideState Standings::side_after(PersonNo person, Fix const& fix, FixHistory const& history) const {
  auto const reading = reading_of(person, fix, history.after_stale);
  return reading ? next_side(history.before, *reading) : SideState{Side::inside, 0};
}

void Standings::bring_up_to_date(PersonNo person) {
  auto& row = roster_.row(person);
  if (row.index_version == version_) return;
  row.index_version = version_;
  row.confirmations = 0;
  row.history = pack({.hints = unpack(row.history).hints});
  auto const before = static_cast<Side>(row.side);
  auto const fix = roster_.fix(person);
  row.side = static_cast<std::uint8_t>(fix ? side_after(person, *fix, {}).side : Side::none);
  if (fix) note_uncertain(person, before, static_cast<Side>(row.side), fix->received);
}

void Standings::note_uncertain(PersonNo person, Side before, Side after, Uptime since) {
  if (after != Side::uncertain)
    uncertain_since_.erase(person);
  else if (before != Side::uncertain || !uncertain_since_.contains(person))
    uncertain_since_[person] = since;
}

void Standings::set_override(PersonNo person, Override what) {
  if (what == Override::none)
    overrides_.erase(person);
  else
    overrides_[person] = what;
}

void Standings::take(PersonNo person, Fix const& fix) {
  bring_up_to_date(person);
  auto& row = roster_.row(person);
  auto const now = fix.received;
  auto const before = standing_of(row, now);
  FixHistory const history{.before = {static_cast<Side>(row.side), row.confirmations},
                           .after_stale = before == Standing::stale};
  auto const after = side_after(person, fix, history);
  roster_.set_fix(person, fix);
  row.history = pack(history);
  row.side = static_cast<std::uint8_t>(after.side);
  row.confirmations = after.confirmations;
  row.flags =
      static_cast<std::uint8_t>((row.flags & ~kBeforeBits) | (static_cast<int>(before) + 1));
  note_uncertain(person, history.before.side, after.side, now);
}

void Standings::forget(PersonNo person) {
  roster_.clear_fix(person);
  auto& row = roster_.row(person);
  row.side = row.confirmations = 0;
  row.history = row.same_place = 0;
  row.flags &= static_cast<std::uint8_t>(~kBeforeBits);
  uncertain_since_.erase(person);
  suspicious_since_.erase(person);
}

Standing Standings::standing_of(people::RosterRow const& row, Uptime now) const {
  std::optional<BootClock::duration> age;
  if (row.has_fix()) age = std::max(BootClock::duration(0), now - received_of(row));
  return standing(static_cast<Side>(row.side), age, policy_->timeout);
}

Standing Standings::current(PersonNo person) {
  bring_up_to_date(person);
  return standing_of(roster_.row(person), clock_.uptime());
}

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
  }
  if (!roster_.has(person)) return out;
  bring_up_to_date(person);
  auto const& row = roster_.row(person);
  out.facts.standing = out.place.standing = standing_of(row, now);
  if (int const bits = row.flags & kBeforeBits; bits != 0)
    out.before = static_cast<Standing>(bits - 1);
  if (!row.has_fix()) return out;
  out.place.age = std::max(BootClock::duration(0), now - received_of(row));
  out.place.accuracy = accuracy_of(row);
  out.place.received_at = from_unix_ms(row.received_wall_ms);
  auto const history = unpack(row.history);
  out.facts.hints = history.hints;
  if (auto const since = suspicious_since_.find(person); since != suspicious_since_.end())
    out.facts.suspicious_for = now - since->second;
  if (auto const position = locate_exactly(policy_->fences, mask, point_of(row))) {
    out.place.to_border = position->to_border;
    name_fence(out.place, policy_->fences[position->fence]);
    out.measured = Measured{.reading = reading_at(*position, accuracy_of(row), history.after_stale),
                            .before = history.before,
                            .held = history.held,
                            .age = *out.place.age,
                            .timeout = policy_->timeout};
  }
  if (out.facts.standing == Standing::stale) {
    out.facts.unsure_for = *out.place.age - policy_->timeout;
  } else if (out.facts.standing == Standing::uncertain) {
    auto const since = uncertain_since_.find(person);
    out.facts.unsure_for =
        now - (since == uncertain_since_.end() ? received_of(row) : since->second);
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

Judgement Standings::judge_now(PersonNo person) { return judge_now(assess(person)); }

bool Standings::allowed(PersonNo person) {
  // Most posts are of people clearly on one side: no need to put a whole judgement together.
  if (roster_.has(person) && !overrides_.contains(person)) {
    if (mask(person) == 0) return true;
    auto const word = current(person);
    if (word == Standing::inside || word == Standing::outside) return word == Standing::inside;
  }
  return !judge_now(person).verdict.release;
}

std::optional<Uptime> Standings::stale_at(PersonNo person) const {
  if (!roster_.has(person) || !roster_.row(person).has_fix()) return std::nullopt;
  return received_of(roster_.row(person)) + policy_->timeout;
}

}  // namespace wardroom::call_blocking
