#include "features/call_blocking/people_refresh.hpp"

#include "base/log.hpp"
#include "base/time_text.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;

constexpr Milliseconds kFirstRetry = std::chrono::minutes(1), kLastRetry = std::chrono::minutes(15);
constexpr auto kApart = std::chrono::minutes(10);
constexpr auto kSoon = std::chrono::seconds(2);  // several strangers are one reading
constexpr auto kTellEvery = std::chrono::seconds(30);
constexpr std::size_t kCallersTried = 3;
constexpr std::size_t kMostTold = 20;
/// A listing with less than half of those known here is not believed when it leaves people out.
constexpr std::size_t kEnoughToDoubt = 20;

constexpr std::array state_names{"idle", "reading people", "reading calling users", "joining"};

}  // namespace

std::string_view name(DirectoryProgress::State state) {
  return state_names[static_cast<std::size_t>(state)];
}

Task<void> PeopleRefresh::run() {
  if (auto const counts = co_await ports_.people.counts()) progress_.counts = *counts;
  for (;;) {
    asked_.reset();
    auto const done = co_await read();
    plan_next(done.has_value());
    while (ports_.clock.uptime() < progress_.next)
      co_await due_.wait_until(ports_.clock, progress_.next);
  }
}

void PeopleRefresh::plan_next(bool done) {
  failures_in_a_row_ = done ? 0 : failures_in_a_row_ + 1;
  auto wait = every_;
  if (!done) wait = std::min(kLastRetry, kFirstRetry * (1 << std::min(failures_in_a_row_ - 1, 4)));
  auto const jitter =
      Milliseconds(static_cast<std::int64_t>(double(wait.count()) * 0.1 * ports_.dice.fraction()));
  auto const next = ports_.clock.uptime() + wait + (done ? -jitter : jitter);
  progress_.next = asked_ ? std::min(*asked_, next) : next;  // asked for while it ran
}

void PeopleRefresh::now() { ask_at(ports_.clock.uptime()); }

void PeopleRefresh::soon() { ask_at(std::max(ports_.clock.uptime() + kSoon, began_ + kApart)); }

void PeopleRefresh::ask_at(Uptime when) {
  if (asked_ && *asked_ <= when) return;
  asked_ = when;
  if (reading_) return;  // looked at when the one under way has ended
  progress_.next = std::min(progress_.next, when);
  due_.raise();
}

Task<Result<void>> PeopleRefresh::read() {
  if (std::exchange(reading_, true))
    co_return failure(ErrorKind::conflict, "the directories are being read already");
  struct Leave {
    PeopleRefresh& me;
    ~Leave() {
      me.reading_ = false;
      me.progress_.state = DirectoryProgress::State::idle;
    }
  } const leave{*this};
  began_ = ports_.clock.uptime();
  progress_.since = told_at_ = ports_.clock.now();
  progress_.pages = progress_.people = progress_.users = 0;
  log::debug("the directories are being read");
  Reading reading(ports_.loop);
  auto done = co_await read_listings(reading);
  if (done && reading.trouble) done = std::unexpected(*reading.trouble);
  if (done) done = co_await join(reading);
  progress_.trouble = done ? std::string() : done.error().what;
  ++(done ? progress_.refreshes : progress_.failures);
  auto const took = std::chrono::duration_cast<Milliseconds>(ports_.clock.uptime() - began_);
  if (!done) {
    log::warning("the directories could not be read; who is known stays known",
                 {{"why", progress_.trouble}, {"pages", progress_.pages}});
    co_return done;
  }
  progress_.last = {ports_.clock.now(), took,           progress_.pages, progress_.people,
                    progress_.users,    reading.written};
  log::info("the directories were read", {{"people", progress_.people},
                                          {"calling_users", progress_.users},
                                          {"mapped", progress_.counts.mapped},
                                          {"conflicts", progress_.counts.conflicts},
                                          {"pages", progress_.pages},
                                          {"written", reading.written},
                                          {"took_ms", took.count()}});
  hear_.read(std::exchange(fresh_, {}));
  co_return done;
}

/// Pages are stored while the next ones are on their way.
Task<Result<void>> PeopleRefresh::read_listings(Reading& reading) {
  using namespace boost::asio::experimental::awaitable_operators;
  auto list = [](PeopleRefresh& me, Reading& r) -> Task<Result<void>> {
    me.progress_.state = DirectoryProgress::State::people;
    auto done = co_await me.ports_.directory.people(
        [&](std::vector<Person> page) { me.arrived(r, std::move(page)); });
    if (done && !r.anybody.empty()) done = co_await me.list_users(r);
    r.ended = true;
    r.arrived.raise();
    co_return done;
  };
  co_return co_await (list(*this, reading) && take_pages(reading));
}

/// The platform wants some user's id in the path: one known to call, else people who seem to.
Task<Result<void>> PeopleRefresh::list_users(Reading& reading) {
  progress_.state = DirectoryProgress::State::users;
  auto candidates = reading.callers;
  auto const known = co_await ports_.people.any_calling_user();
  if (known && !known->empty()) candidates.insert(candidates.begin(), *known);
  if (candidates.empty()) candidates.push_back(reading.anybody);
  for (std::size_t i = 0;; ++i) {
    auto done = co_await ports_.calling.users(
        candidates[i], [&](std::vector<CallingUser> page) { arrived(reading, std::move(page)); });
    bool const other = !done && done.error().kind == ErrorKind::not_found;
    if (!other || i + 1 == std::min(candidates.size(), kCallersTried + 1)) co_return done;
  }
}

void PeopleRefresh::arrived(Reading& reading, Page page) {
  ++progress_.pages;
  if (auto* people = std::get_if<std::vector<Person>>(&page)) {
    std::erase_if(*people, [](Person const& p) { return !p.is_person; });
    progress_.people += people->size();
    for (auto const& person : *people) {
      if (reading.anybody.empty()) reading.anybody = person.uuid;
      bool const calls = !person.number.empty() || !person.extension.empty();
      if (calls && reading.callers.size() < kCallersTried) reading.callers.push_back(person.uuid);
    }
  } else {
    progress_.users += std::get<std::vector<CallingUser>>(page).size();
  }
  reading.pages.push_back(std::move(page));
  reading.arrived.raise();
  if (ports_.clock.now() - told_at_ < kTellEvery) return;
  told_at_ = ports_.clock.now();
  log::info("the directories are being read", {{"people", progress_.people},
                                               {"calling_users", progress_.users},
                                               {"pages", progress_.pages}});
}

Task<void> PeopleRefresh::take_pages(Reading& reading) {
  for (;;) {
    while (!reading.pages.empty()) {
      auto page = std::move(reading.pages.front());
      reading.pages.pop_front();
      auto const learned =
          co_await std::visit([&](auto& items) { return take(reading, std::move(items)); }, page);
      if (!learned) {
        reading.trouble = learned.error();
        continue;
      }
      reading.written += learned->changed.size();
      hear_.learned(*learned);
    }
    if (reading.ended) co_return;
    co_await reading.arrived.wait();
  }
}

Task<Result<people::Learned>> PeopleRefresh::take(Reading& reading, std::vector<Person> page) {
  auto learned = co_await ports_.people.learn(page);
  if (learned)
    for (std::size_t i = 0; i < page.size(); ++i) {
      auto const no = learned->numbers[i];
      if (no == 0) continue;
      reading.people.add(no);  // the service may list somebody twice: no harm is done
      hear_.person(no, page[i]);
    }
  co_return learned;
}

Task<Result<people::Learned>> PeopleRefresh::take(Reading& reading, std::vector<CallingUser> page) {
  auto learned = co_await ports_.people.learn(page);
  if (!learned) co_return learned;
  people::DirtySet changed;
  for (auto const no : learned->changed) changed.add(no);
  for (std::size_t i = 0; i < page.size(); ++i) {
    auto const no = learned->numbers[i];
    if (no == 0) continue;
    reading.twice |= reading.users.holds(no);
    reading.users.add(no);
    if (changed.holds(no)) fresh_.push_back(page[i].id);
    hear_.user(no, page[i]);
  }
  co_return learned;
}

/// Runs on the store's thread: owns what it looks into.
people::Seen PeopleRefresh::seen_in(Reading const& reading) const {
  auto const people = std::make_shared<people::DirtySet const>(reading.people);
  auto const users = std::make_shared<people::DirtySet const>(reading.users);
  auto const doubtful = [](std::size_t known, std::size_t seen) {
    return known >= kEnoughToDoubt && seen * 2 < known;
  };
  bool const believed = !reading.twice && !doubtful(progress_.counts.people, people->count()) &&
                        !doubtful(progress_.counts.users, users->count());
  if (!believed)
    log::warning(
        "the directories moved while they were read, or lack half of those known; "
        "nobody counts as gone",
        {{"people", people->count()}, {"calling_users", users->count()}});
  return {.person = [people](PersonNo no) { return people->holds(no); },
          .user = [users](PersonNo no) { return users->holds(no); },
          .absence_counts = believed};
}

Task<Result<void>> PeopleRefresh::join(Reading& reading) {
  progress_.state = DirectoryProgress::State::joining;
  auto counts = co_await ports_.people.counts();
  if (counts) progress_.counts = *counts;
  // Nobody at all is no organisation: whoever logs in is somebody.
  if (reading.anybody.empty()) {
    if (progress_.counts.people == 0) co_return Result<void>{};
    co_return failure(ErrorKind::unavailable, "the directory of people came back empty");
  }
  auto const settled = co_await ports_.people.settle(seen_in(reading));
  if (!settled) co_return std::unexpected(settled.error());
  progress_.counts = settled->counts;
  reading.written += settled->changed.size();
  tell_of(*settled);
  hear_.learned({.numbers = {}, .changed = settled->changed, .moved = settled->moved});
  co_return Result<void>{};
}

void PeopleRefresh::tell_of(people::Settled const& settled) const {
  std::size_t told = 0;
  auto const conflict = [&](PersonNo no, std::string const& why) {
    if (!why.empty() && ++told <= kMostTold)
      log::warning("who is who is not clear", {{"person", no}, {"why", why}});
  };
  for (auto const& mark : settled.plan.marks) conflict(mark.no, mark.conflict);
  for (auto const& move : settled.plan.moves) {
    conflict(move.from, move.conflict);
    if (++told <= kMostTold)
      log::info("a calling user belongs to somebody else now",
                {{"before", move.from}, {"now", move.to}});
  }
  for (auto const no : settled.plan.gone_users)
    if (++told <= kMostTold) log::info("a calling user is gone", {{"person", no}});
  if (settled.plan.gone_people > 0)
    log::info("people are gone from the directory", {{"people", settled.plan.gone_people}});
  if (told > kMostTold) log::info("more of the same is not told", {{"lines", told - kMostTold}});
}

Json directory_json(DirectoryProgress const& progress, Clock const& clock) {
  Json out{{"state", name(progress.state)}};
  if (progress.state != DirectoryProgress::State::idle)
    out["reading"] = {{"since", iso_text(progress.since)},
                      {"pages", progress.pages},
                      {"people", progress.people},
                      {"calling_users", progress.users}};
  else if (progress.next > clock.uptime())
    out["next_in_s"] =
        std::chrono::duration_cast<std::chrono::seconds>(progress.next - clock.uptime()).count();
  if (progress.last)
    out["last"] = {
        {"at", iso_text(progress.last->at)},     {"took_ms", progress.last->took.count()},
        {"pages", progress.last->pages},         {"people", progress.last->people},
        {"calling_users", progress.last->users}, {"written", progress.last->written}};
  out["people"] = progress.counts.people;
  out["calling_users"] = progress.counts.users;
  out["mapped"] = progress.counts.mapped;
  out["conflicts"] = progress.counts.conflicts;
  if (!progress.trouble.empty()) out["trouble"] = progress.trouble;
  return out;
}

}  // namespace wardroom::call_blocking
