#include "features/call_blocking/standings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace wardroom::call_blocking {
namespace {

constexpr std::size_t kVersionsKept = 8;

Uptime received_of(people::RosterRow const& row) {
  return Uptime(Milliseconds(row.received_boot_ms));
}

/// All that a reading depends on.
std::string key_of(Fence const& fence) {
  return fmt::format("{} {} {} {}", canonical(fence.shape), fence.deny, fence.margin.value,
                     fence.accuracy_limit.value);
}

std::vector<std::string_view> chosen(std::vector<std::string> const& keys, FenceMask mask) {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < std::min(keys.size(), kMostFences); ++i)
    if ((mask >> i & 1) != 0) out.emplace_back(keys[i]);
  std::ranges::sort(out);
  return out;
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
  begin_version();
  policy_ = std::move(policy);
  named_ = std::move(named);
  digest_ = digest_of(*policy_);
  awake_ = call_blocking::awake(policy_->fences, clock_.now());
  everybody_ = naming_ = 0;
  for (std::size_t i = 0; i < policy_->fences.size(); ++i)
    (policy_->fences[i].who.everybody ? everybody_ : naming_) |= FenceMask{1} << i;
  keys_.clear();
  for (auto const& fence : policy_->fences) keys_.push_back(key_of(fence));
}

bool Standings::look_at_hours() {
  auto const now = call_blocking::awake(policy_->fences, clock_.now());
  if (now == awake_) return false;
  begin_version();
  awake_ = now;
  return true;
}

/// What sides were worked out by until now is kept, for rows that nobody asked for since.
void Standings::begin_version() {
  if (version_ != 0)
    past_.push_back({version_, keys_, policy_->confirmations, everybody_, awake_, named_});
  if (past_.size() > kVersionsKept) past_.pop_front();
  version_ = static_cast<std::uint16_t>(version_ == 0xFFFF ? 1 : version_ + 1);
}

/// Whether the person's side would be the same by the policy of `version` and by the one in force.
bool Standings::same_fences(PersonNo person, std::uint16_t version) const {
  auto const before = std::ranges::find(past_, version, &Measures::version);
  if (before == past_.end() || before->confirmations != policy_->confirmations) return false;
  auto const mask_before = (before->everybody | before->named.of(person).fences) & before->awake;
  return chosen(before->keys, mask_before) == chosen(keys_, mask(person));
}

Standings::Naming Standings::Named::of(PersonNo person) const {
  Naming out;
  if (auto const it = by_mail.find(person); it != by_mail.end()) out = it->second;
  for (auto const& group : by_group) {
    if (!group.people->holds(person)) continue;
    out.fences |= group.naming.fences;
    out.enforced = out.enforced || group.naming.enforced;
  }
  return out;
}

bool Standings::assign(PersonNo person, std::vector<std::string> const& emails) {
  if (naming_ == 0 && policy_->enforce_for.everybody) return false;
  auto const before = named_.of(person);
  named_.by_mail.erase(person);
  if (auto const found = naming(*policy_, emails); found != Naming{})
    named_.by_mail[person] = found;
  auto const now = named_.of(person);
  if (before.fences != now.fences && roster_.has(person)) roster_.row(person).index_version = 0;
  return before != now;
}

void Standings::members_changed(people::DirtySet const& group,
                                std::vector<PersonNo> const& people) {
  auto const binds = [&](Named const& named) {
    return std::ranges::any_of(named.by_group, [&](Membership const& one) {
      return one.people.get() == &group && one.naming.fences != 0;
    });
  };
  bool const bound = std::ranges::any_of(past_, binds, &Measures::named);
  if (!bound && !binds(named_)) return;
  for (auto const person : people)
    if (roster_.has(person)) roster_.row(person).index_version = 0;
}

FenceMask Standings::bound(PersonNo person) const {
  if (naming_ == 0 || person == 0) return everybody_;
  return everybody_ | named_.of(person).fences;
}

Mode Standings::mode(PersonNo person) const {
  return policy_->mode == Mode::enforce && !enforced_for(person) ? Mode::observe : policy_->mode;
}

bool Standings::enforced_for(PersonNo person) const {
  return policy_->enforce_for.everybody || named_.of(person).enforced;
}

std::optional<std::size_t> Standings::enforced_people() const {
  if (policy_->enforce_for.everybody) return std::nullopt;
  people::DirtySet by_mail;
  for (auto const& [person, what] : named_.by_mail)
    if (what.enforced) by_mail.add(person);
  std::vector<people::DirtySet const*> sets{&by_mail};
  for (auto const& group : named_.by_group)
    if (group.naming.enforced) sets.push_back(group.people.get());
  return people::DirtySet::count_any(sets);
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
  bool const same = same_fences(person, row.index_version);
  row.index_version = version_;
  if (same) return;
  row.confirmations = 0;
  row.history = pack({.hints = unpack(row.history).hints});
  held_.erase(person);
  auto const before = static_cast<Side>(row.side);
  auto const fix = roster_.fix(person);
  auto const after = fix ? side_after(person, *fix, {}) : SideState{};
  row.side = static_cast<std::uint8_t>(after.side);
  row.confirmations = after.confirmations;
  if (fix) note_uncertain(person, before, after.side, fix->received);
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

/// Two fixes that fit each other against one; and once: while an impossible travel is remembered
/// the next one counts.
bool Standings::is_to_hold(PersonNo person, Hints hints, Standing before, Uptime now) const {
  if (!has(hints, Hint::impossible_travel)) return false;
  if ((roster_.row(person).flags & kSteadyBit) == 0) return false;
  if (before == Standing::stale || before == Standing::no_fix) return false;
  auto const* known = suspicion_of(person, now);
  return known == nullptr || !known->travelled || now - *known->travelled > kHintsRemembered;
}

void Standings::note_hints(PersonNo person, Hints hints, Uptime now) {
  if (hints == 0 && suspicions_.empty()) return;
  bool const goes_on = suspicion_of(person, now) != nullptr;
  if (hints == 0) {
    if (!goes_on) suspicions_.erase(person);
    return;
  }
  if (!goes_on && suspicions_.size() >= sweep_suspicions_at_) {
    std::erase_if(suspicions_,
                  [&](auto const& known) { return now - known.second.last > kHintsRemembered; });
    sweep_suspicions_at_ = std::max<std::size_t>(1024, 2 * suspicions_.size());
  }
  auto& known = suspicions_[person];
  if (!goes_on) known = {.since = now, .last = now};
  known.last = now;
  if (has(hints, Hint::impossible_travel)) known.travelled = now;
}

Standings::Suspicion const* Standings::suspicion_of(PersonNo person, Uptime now) const {
  auto const it = suspicions_.find(person);
  return it == suspicions_.end() || now - it->second.last > kHintsRemembered ? nullptr
                                                                             : &it->second;
}

void Standings::take(PersonNo person, Fix const& fix, std::optional<Instant> taken) {
  bring_up_to_date(person);
  auto& row = roster_.row(person);
  auto const now = fix.received;
  auto const before = standing_at(person, now);
  auto const last = roster_.fix(person);
  roster_.set_fix(person, fix);
  auto const kept = *roster_.fix(person);  // rounded: what is measured again for `why`
  bool const moved = !last || last->where != kept.where;
  constexpr auto most = std::numeric_limits<std::uint16_t>::max();
  row.same_place = moved ? 1 : static_cast<std::uint16_t>(std::min(row.same_place + 1, int{most}));
  FixHistory history{.hints = hints_of({last, kept, taken, row.same_place}),
                     .before = {static_cast<Side>(row.side), row.confirmations},
                     .after_stale = before == Standing::stale};
  history.held = is_to_hold(person, history.hints, before, now);
  auto const after = history.held ? held_side(history.before) : side_after(person, kept, history);
  if (history.held)
    held_[person] = last->received;
  else if (unpack(row.history).held)
    held_.erase(person);
  row.history = pack(history);
  row.side = static_cast<std::uint8_t>(after.side);
  row.confirmations = after.confirmations;
  bool const steady = last && !has(history.hints, Hint::impossible_travel);
  row.flags = static_cast<std::uint8_t>((row.flags & ~kBeforeBits & ~kSteadyBit) |
                                        (static_cast<int>(before) + 1) | (steady ? kSteadyBit : 0));
  note_uncertain(person, history.before.side, after.side, now);
  note_hints(person, history.hints, now);
}

void Standings::forget(PersonNo person) {
  roster_.clear_fix(person);
  auto& row = roster_.row(person);
  row.side = row.confirmations = 0;
  row.history = row.same_place = 0;
  row.flags &= static_cast<std::uint8_t>(~kBeforeBits & ~kSteadyBit);
  uncertain_since_.erase(person);
  suspicions_.erase(person);
  held_.erase(person);
}

/// The receipt of the fix whose side stands: the last one, unless that is held.
Uptime Standings::counts_from(PersonNo person) const {
  auto const& row = roster_.row(person);
  if (!unpack(row.history).held) return received_of(row);
  auto const before = held_.find(person);
  return before == held_.end() ? received_of(row) : before->second;
}

Standing Standings::standing_at(PersonNo person, Uptime now) const {
  auto const& row = roster_.row(person);
  std::optional<BootClock::duration> age;
  if (row.has_fix()) age = std::max(BootClock::duration(0), now - counts_from(person));
  return standing(static_cast<Side>(row.side), age, policy_->timeout);
}

Standing Standings::current(PersonNo person) {
  bring_up_to_date(person);
  return standing_at(person, clock_.uptime());
}

}  // namespace wardroom::call_blocking
