// Whom the rules of CallBlocking are for, and their change: a reload, other mail addresses, people
// who come into a group or go.
#include "base/log.hpp"
#include "features/call_blocking/call_blocking.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <bit>
#include <set>

namespace wardroom::call_blocking {
namespace {

constexpr std::size_t kNamesAtOnce = 200;  // in well below a millisecond
constexpr int kCallsAtOnce = 16;           // with the borders of a country, some 50 us each
constexpr auto kTurn = std::chrono::microseconds(700);

/// Every address that the policy names.
std::vector<std::string> named_emails(PolicySettings const& policy) {
  std::set<std::string> out(policy.enforce_for.emails.begin(), policy.enforce_for.emails.end());
  for (auto const& fence : policy.fences)
    out.insert(fence.who.emails.begin(), fence.who.emails.end());
  return {out.begin(), out.end()};
}

Standings::Naming naming_of_group(PolicySettings const& policy, std::string const& group) {
  auto const names = [&](PeopleChoice const& who) {
    return std::ranges::find(who.groups, group) != who.groups.end();
  };
  Standings::Naming out{.fences = 0, .enforced = names(policy.enforce_for)};
  for (std::size_t i = 0; i < policy.fences.size(); ++i)
    if (names(policy.fences[i].who)) out.fences |= FenceMask{1} << i;
  return out;
}

}  // namespace

/// Follows the groups that the policy names from now on.
Task<void> CallBlocking::follow_groups(std::shared_ptr<PolicySettings const> policy) {
  co_await groups_.want(named_groups(*policy), policy->mode != Mode::off);
}

/// The groups that the policy names and that are followed, with whoever is in them at each moment.
std::vector<Standings::Membership> CallBlocking::memberships(PolicySettings const& policy) const {
  std::vector<Standings::Membership> out;
  for (auto const& name : named_groups(policy))
    if (auto const group = groups_.find(name))
      out.push_back({group->members, naming_of_group(policy, name)});
  return out;
}

/// A copy for any thread: who is in a group is who was in it then.
Task<Standings::Named> CallBlocking::resolve_named(std::shared_ptr<PolicySettings const> policy) {
  Standings::Named named{.by_mail = {}, .by_group = memberships(*policy)};
  for (auto& group : named.by_group)
    group.people = std::make_shared<people::DirtySet const>(*group.people);
  auto emails = named_emails(*policy);
  if (emails.empty()) co_return named;
  auto const found = co_await ports_.people.by_emails(std::move(emails));
  if (!found) {
    log::error(
        "whom the fences name could not be looked up; the next reading of the directory tries "
        "again",
        {{"why", found.error().what}});
    co_return named;
  }
  if (!found->disputed.empty())
    log::warning("several people have an address that a fence names; it names none of them",
                 {{"addresses", found->disputed.size()}});
  for (std::size_t i = 0; i < found->people.size(); ++i) {
    auto const& [person, all] = found->people[i];
    named.by_mail[person] = naming(*policy, all);
    if (i % kNamesAtOnce == kNamesAtOnce - 1) co_await boost::asio::post(ports_.loop, use_task);
  }
  co_return named;
}

Task<void> CallBlocking::set_policy(PolicySettings policy) {
  auto const fresh = std::make_shared<PolicySettings const>(std::move(policy));
  auto const turn = ++policy_turns_;
  co_await follow_groups(fresh);
  if (turn != policy_turns_) co_return;
  auto named = co_await resolve_named(fresh);
  if (turn != policy_turns_) co_return;  // a later reload is under way or done
  named.by_group = memberships(*fresh);
  standings_.set_policy(fresh, std::move(named));
  tasks_.spawn("history", [this, hours = fresh->history] { return history_.keep_for(hours); });
  set_effect_mode();
  dashboard_.everything_changed();
  co_await judge_anew(live_calls(), "policy");
  if (turn == policy_turns_ && loaded_) co_await follow_wish();
}

/// Fences begin to apply by their hours, or end: asked for each second, as the wall clock may jump.
void CallBlocking::look_at_hours() {
  if (!standings_.look_at_hours()) return;
  log::info("other fences are within their hours", {{"now", std::popcount(standings_.awake())},
                                                    {"of", standings_.policy().fences.size()}});
  dashboard_.everything_changed();
  tasks_.spawn("judge calls by other hours", [this] { return judge_anew(live_calls(), "hours"); });
}

std::vector<LiveCallPtr> CallBlocking::live_calls() const {
  std::vector<LiveCallPtr> out;
  for (auto const& target : ledger_.targets())
    std::ranges::copy(ledger_.calls_of(target), std::back_inserter(out));
  return out;
}

/// A few at a time. First those who may not call; whoever may is found out faster than a verdict.
/// A later policy judges them all again, so this one gives up.
Task<void> CallBlocking::judge_anew(std::vector<LiveCallPtr> calls, std::string_view why) {
  auto const turn = policy_turns_;
  auto began = ports_.clock.uptime();
  int done = 0;
  std::vector<LiveCallPtr> others;
  for (bool const urgent : {true, false}) {
    for (auto const& call : urgent ? calls : others) {
      if (urgent && standings_.allowed(call->person))
        others.push_back(call);
      else
        judge_call(call, {why, ports_.clock.uptime()});
      if (++done < kCallsAtOnce && ports_.clock.uptime() - began < kTurn) continue;
      co_await boost::asio::post(ports_.loop, use_task);
      if (turn != policy_turns_) co_return;
      began = ports_.clock.uptime();
      done = 0;
    }
  }
}

void CallBlocking::person_changed(PersonNo person, std::vector<std::string> const& emails) {
  bool const changed = standings_.assign(person, emails);
  groups_.people_learned();
  dashboard_.person_changed(person);
  if (!changed) return;
  // Let through while we did not know that a fence names them: no verdict on their place.
  if (auto const it = live_by_person_.find(person); it != live_by_person_.end())
    for (auto const& call : it->second)
      if (call->record->judgement && call->record->judgement->verdict.reason == Reason::no_fence)
        call->passed = false;
  judge_calls_of(person, {"named", ports_.clock.uptime()});
}

void CallBlocking::members_changed(people::DirtySet const& group,
                                   std::vector<PersonNo> const& people) {
  standings_.members_changed(group, people);
  std::vector<LiveCallPtr> calls;
  for (auto const person : people) {
    dashboard_.person_changed(person);
    auto const it = live_by_person_.find(person);
    if (it != live_by_person_.end()) std::ranges::copy(it->second, std::back_inserter(calls));
  }
  if (calls.empty()) return;
  tasks_.spawn("judge the calls of a group's people",
               [this, calls = std::move(calls)] { return judge_anew(calls, "group"); });
}

/// What was refused before may be allowed now: somebody logged in.
void CallBlocking::read_directories_soon() {
  map_.refresh_soon();
  groups_.read_soon();
}

}  // namespace wardroom::call_blocking
