#include "features/call_blocking/people_map.hpp"

#include "base/log.hpp"
#include "features/call_blocking/emergency_numbers.hpp"

namespace wardroom::call_blocking {
namespace {

constexpr std::size_t kAtOnce = 8;
constexpr std::size_t kMostRemembered = 20'000;
constexpr auto kNobodyFor = std::chrono::minutes(10);
constexpr auto kAskAgain = std::chrono::seconds(30);
constexpr auto kRefresh = std::chrono::hours(1);
constexpr auto kRefreshAfterTrouble = std::chrono::minutes(1);

}  // namespace

PeopleMap::Answer PeopleMap::answer(XsiUserId const& target) const {
  auto const it = asked_.find(target);
  if (it == asked_.end()) return Answer::none;
  if (it->second.answer != Answer::asking && it->second.until <= ports_.clock.uptime())
    return Answer::none;
  return it->second.answer;
}

void PeopleMap::ask(XsiUserId const& target) {
  if (answer(target) != Answer::none) return;
  forget_old();
  asked_[target] = {Answer::asking, {}};
  waiting_.push_back(target);
  start_lookups();
}

void PeopleMap::forget_old() {
  if (asked_.size() < kMostRemembered) return;
  auto const now = ports_.clock.uptime();
  std::erase_if(asked_, [&](auto const& entry) {
    return entry.second.answer != Answer::asking && entry.second.until <= now;
  });
}

void PeopleMap::start_lookups() {
  while (looking_up_ < kAtOnce && !waiting_.empty()) {
    ++looking_up_;
    // Taken out first: the task begins at once, and one that also ends at once comes back here.
    auto target = std::move(waiting_.front());
    waiting_.pop_front();
    ports_.tasks.spawn("look up a user", [this, target = std::move(target)]() -> Task<void> {
      struct Leave {
        PeopleMap& map;
        ~Leave() {
          --map.looking_up_;
          map.start_lookups();
        }
      } const leave{*this};
      co_await look_up(target);
    });
  }
}

Task<void> PeopleMap::look_up(XsiUserId target) {
  auto const now = [this] { return ports_.clock.uptime(); };
  auto const user = co_await ports_.calling.user(target.text());
  if (user) {
    auto page = std::vector<CallingUser>{*user};
    page.front().id = target;  // what events call this user is what we must find again
    co_await learn(std::move(page));
  }
  auto const person = ports_.roster.find(people::RosterKey::of_xsi(target.text()));
  if (person != 0)
    asked_.erase(target);
  else if (!user && user.error().kind == ErrorKind::not_found)
    asked_[target] = {Answer::nobody, now() + kNobodyFor};
  else
    asked_[target] = {Answer::no_answer, now() + kAskAgain};
  if (!user && user.error().kind != ErrorKind::not_found)
    log::warning("a user of the call platform could not be looked up",
                 {{"why", user.error().what}});
  hear_.found(target, person);
}

Task<void> PeopleMap::learn(std::vector<Person> page) {
  std::erase_if(page, [](Person const& p) { return !p.is_person; });
  std::vector<std::vector<std::string>> emails;
  emails.reserve(page.size());
  for (auto const& person : page) emails.push_back(person.emails);
  auto const numbers = co_await ports_.people.upsert(std::move(page));
  if (!numbers) {
    log::warning("people could not be stored", {{"why", numbers.error().what}});
    co_return;
  }
  for (std::size_t i = 0; i < numbers->size() && i < emails.size(); ++i)
    if ((*numbers)[i] != 0) hear_.changed((*numbers)[i], emails[i]);
}

Task<void> PeopleMap::learn(std::vector<CallingUser> page) {
  auto const users = page;
  auto const numbers = co_await ports_.people.upsert(std::move(page));
  if (!numbers) {
    log::warning("users of the call platform could not be stored", {{"why", numbers.error().what}});
    co_return;
  }
  for (auto const& user : users) fill_country(user);
  // The platform knows one address of a person who may have several: what counts is the merged row.
  auto const emails = co_await ports_.people.emails_of(*numbers);
  if (!emails) {
    log::warning("the addresses of calling users could not be read back",
                 {{"why", emails.error().what}});
    co_return;
  }
  for (auto const& [person, all] : *emails) hear_.changed(person, all);
}

/// Without a location the number tells the country, where its calling code has only one.
void PeopleMap::fill_country(CallingUser const& user) {
  auto const person = ports_.roster.find(people::RosterKey::of_xsi(user.id.text()));
  if (person == 0) return;
  auto& row = ports_.roster.row(person);
  if (row.country[0] != 0) return;
  auto countries = countries_of_number(user.number);
  if (countries.empty()) countries = countries_of_calling_code(user.country_code);
  if (countries.size() == 1) row.country = {countries[0][0], countries[0][1]};
}

Task<Result<void>> PeopleMap::refresh() {
  auto const people = co_await ports_.directory.people([this](std::vector<Person> page) {
    for (auto const& person : page)
      if (any_user_.empty() && person.is_person) any_user_ = person.uuid;
    ports_.tasks.spawn("learn people",
                       [this, page = std::move(page)]() -> Task<void> { return learn(page); });
  });
  if (!people) co_return std::unexpected(people.error());
  if (any_user_.empty()) co_return Result<void>{};  // nobody there: nothing to ask the platform for
  auto const users =
      co_await ports_.calling.users(any_user_, [this](std::vector<CallingUser> page) {
        ports_.tasks.spawn("learn users",
                           [this, page = std::move(page)]() -> Task<void> { return learn(page); });
      });
  if (!users) co_return std::unexpected(users.error());
  ++refreshes_;
  co_return Result<void>{};
}

Task<bool> PeopleMap::refresh_and_tell() {
  auto const done = co_await refresh();
  trouble_ = done ? std::string() : done.error().what;
  if (!done) log::warning("the people directory could not be read", {{"why", trouble_}});
  co_return done.has_value();
}

Task<void> PeopleMap::run() {
  for (;;) {
    bool const done = co_await refresh_and_tell();
    co_await ports_.clock.sleep_for(done ? BootClock::duration(kRefresh)
                                         : BootClock::duration(kRefreshAfterTrouble));
  }
}

void PeopleMap::refresh_soon() {
  ports_.tasks.spawn("read the directories",
                     [this]() -> Task<void> { co_await refresh_and_tell(); });
}

}  // namespace wardroom::call_blocking
