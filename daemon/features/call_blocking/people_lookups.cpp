#include "features/call_blocking/people_lookups.hpp"

#include "base/log.hpp"

#include <algorithm>

namespace wardroom::call_blocking {
namespace {

constexpr std::size_t kAtOnce = 8;
constexpr std::size_t kMostRunning = 64;  // slow ones included
constexpr std::size_t kMostWaiting = 2'000;
constexpr std::size_t kMostRemembered = 20'000;
constexpr auto kSlow = std::chrono::milliseconds(700);
constexpr Milliseconds kLongest{10'000};
constexpr auto kNobodyFor = std::chrono::minutes(10);
constexpr auto kAskAgain = std::chrono::seconds(30);

people::RosterKey key_of(XsiUserId const& user) { return people::RosterKey::of_xsi(user.text()); }

}  // namespace

LookupAnswer PeopleLookups::answer(XsiUserId const& target) const {
  auto const it = asked_.find(target);
  if (it == asked_.end()) return LookupAnswer::none;
  if (it->second.answer != LookupAnswer::asking && it->second.until <= ports_.clock.uptime())
    return LookupAnswer::none;
  return it->second.answer;
}

void PeopleLookups::ask(XsiUserId const& target) {
  if (answer(target) != LookupAnswer::none) return;
  forget_some();
  if (waiting_.size() >= kMostWaiting) {
    // The oldest rang the longest: judged already; its next event asks again.
    asked_.erase(waiting_.front());
    waiting_.pop_front();
    ++counters_.dropped;
  }
  ++counters_.asked;
  asked_[target] = {LookupAnswer::asking, {}};
  waiting_.push_back(target);
  start();
}

/// Keeps the memory of answers bounded: first what has run out, then any.
void PeopleLookups::forget_some() {
  if (asked_.size() < kMostRemembered) return;
  auto const now = ports_.clock.uptime();
  std::erase_if(asked_, [&](auto const& entry) {
    return entry.second.answer != LookupAnswer::asking && entry.second.until <= now;
  });
  for (auto it = asked_.begin(); asked_.size() >= kMostRemembered && it != asked_.end();)
    it = it->second.answer == LookupAnswer::asking ? std::next(it) : asked_.erase(it);
}

void PeopleLookups::Place::leave() {
  if (std::exchange(held, false)) --lookups.places_taken_;
}

void PeopleLookups::start() {
  while (places_taken_ < kAtOnce && running_ < kMostRunning && !waiting_.empty()) {
    ++places_taken_;
    ++running_;
    // Taken out first: the task begins at once, and one that also ends at once comes back here.
    auto target = std::move(waiting_.front());
    waiting_.pop_front();
    ports_.tasks.spawn("look up a user", [this, target = std::move(target)]() -> Task<void> {
      struct Leave {
        Place place;
        ~Leave() {
          place.leave();
          --place.lookups.running_;
          place.lookups.start();
        }
      } leave{{*this}};
      leave.place.patience = ports_.clock.after(kSlow, [&place = leave.place] {
        place.leave();
        place.lookups.start();
      });
      co_await look_up(target);
    });
  }
}

Task<void> PeopleLookups::look_up(XsiUserId target) {
  auto const user =
      co_await within(ports_.clock, kLongest, "the look-up of a user", learn_user(target));
  auto const person = ports_.roster.find(key_of(target));
  auto const now = ports_.clock.uptime();
  bool const nobody = !user && user.error().kind == ErrorKind::not_found;
  ++(person != 0 ? counters_.found : nobody ? counters_.nobody : counters_.failed);
  if (person != 0)
    asked_.erase(target);
  else if (nobody)
    asked_[target] = {LookupAnswer::nobody, now + kNobodyFor};
  else
    asked_[target] = {LookupAnswer::no_answer, now + kAskAgain};
  if (!user && !nobody)
    log::warning("a user of the call platform could not be looked up",
                 {{"why", user.error().what}});
  hear_.found(target, person);
  if (person != 0) co_await ask_for_strangers(person);
}

/// Puts what profile and directory say of the target into the store.
Task<Result<CallingUser>> PeopleLookups::learn_user(XsiUserId target) {
  auto user = co_await ports_.calling.user(target.text());
  if (!user) co_return user;
  co_await learn_person_of(*user);
  std::vector<CallingUser> page(1, *user);
  auto const learned = co_await ports_.people.learn(std::move(page));
  if (!learned) co_return std::unexpected(learned.error());
  bind_alias(target, user->id);
  hear_.learned(*learned);
  co_return user;
}

/// A new hire's person may be unknown here still; without it the user stays a stranger.
Task<void> PeopleLookups::learn_person_of(CallingUser user) {
  if (user.email.empty()) co_return;
  auto const known = co_await ports_.people.by_email(user.email);
  bool const here = known ? known->is_person() : known.error().kind != ErrorKind::not_found;
  if (here) co_return;
  auto person = co_await ports_.directory.person_by_email(user.email);
  if (!person) {
    if (person.error().kind != ErrorKind::not_found)
      log::warning("a calling user's address could not be asked after in Webex",
                   {{"why", person.error().what}});
    co_return;
  }
  std::vector<Person> page(1, std::move(*person));
  auto const learned = co_await ports_.people.learn(std::move(page));
  if (!learned)
    log::warning("a person could not be stored", {{"why", learned.error().what}});
  else
    hear_.learned(*learned);
}

Task<void> PeopleLookups::ask_for_strangers(PersonNo person) {
  auto const record = co_await ports_.people.person(person);
  if (record && !record->is_person()) hear_.stranger();
}

/// Only in memory: after a restart the alias is looked up again.
void PeopleLookups::bind_alias(XsiUserId const& target, XsiUserId const& user) {
  auto const person = ports_.roster.find(key_of(user));
  if (person == 0 || ports_.roster.find(key_of(target)) == person) return;
  if (alias_count_ >= kMostRemembered) return;
  ports_.roster.bind(key_of(target), person);
  auto& all = aliases_[user];
  if (std::ranges::find(all, target) != all.end()) return;
  all.push_back(target);
  ++alias_count_;
}

void PeopleLookups::follow(std::vector<people::MovedUser> const& moved) {
  for (auto const& [user, to] : moved) {
    auto const it = aliases_.find(user);
    if (it == aliases_.end()) continue;
    for (auto const& alias : it->second) {
      if (to == 0)
        ports_.roster.unbind(key_of(alias));
      else
        ports_.roster.bind(key_of(alias), to);
      hear_.found(alias, to);
    }
  }
}

}  // namespace wardroom::call_blocking
