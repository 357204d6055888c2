#include "features/call_blocking/people_groups.hpp"

#include "base/log.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace wardroom::call_blocking {
namespace {

constexpr Milliseconds kFirstRetry = std::chrono::minutes(1), kLastRetry = std::chrono::minutes(15);
constexpr Milliseconds kAgain = std::chrono::minutes(5);
constexpr Milliseconds kForPeople = std::chrono::minutes(10);
constexpr auto kSoon = std::chrono::seconds(1);  // several new people are one look
constexpr std::size_t kEnoughToDoubt = 10;
constexpr int kPeopleAtOnce = 1'000;  // in well below a millisecond

}  // namespace

bool doubtful(std::size_t known, std::size_t seen) {
  return known > kEnoughToDoubt && seen * 2 < known;
}

PeopleGroups::PeopleGroups(Ports ports, Milliseconds every, Hear hear)
    : ports_(ports),
      every_(every),
      hear_(std::move(hear)),
      store_(ports.database),
      wake_(ports.loop) {}

Uptime PeopleGroups::in(Milliseconds wait) {
  auto const jitter = double(wait.count()) * 0.1 * ports_.dice.fraction();
  return ports_.clock.uptime() + wait - Milliseconds(static_cast<std::int64_t>(jitter));
}

std::shared_ptr<NamedGroup const> PeopleGroups::find(std::string const& wanted) const {
  auto const it = groups_.find(wanted);
  return it == groups_.end() ? nullptr : it->second;
}

Task<void> PeopleGroups::want(std::vector<std::string> names, bool reading) {
  wanted_ = names;
  reading_ = reading;
  tidy_ = false;
  for (auto const& [unused, group] : groups_) group->due = ports_.clock.uptime();
  std::erase_if(names, [&](auto const& name) { return groups_.contains(name); });
  std::vector<people::KnownGroup> known;
  if (!names.empty()) {
    auto loaded = co_await store_.load(names);
    if (!loaded)
      log::error("who was in the groups is not known; they are read anew",
                 {{"why", loaded.error().what}});
    else
      known = std::move(*loaded);
  }
  // Meanwhile another configuration may have come.
  std::erase_if(groups_, [&](auto const& entry) {
    return std::ranges::find(wanted_, entry.first) == wanted_.end();
  });
  for (auto const& name : names) {
    if (std::ranges::find(wanted_, name) == wanted_.end() || groups_.contains(name)) continue;
    auto& group = groups_[name] = std::make_shared<NamedGroup>(NamedGroup{.wanted = name});
    // Before anybody is known, everybody would be a stranger.
    group->due = ports_.clock.uptime();
    if (ports_.roster.size() == 0 && !directory_read_) group->due += kForPeople;
    auto const it = std::ranges::find(known, name, &people::KnownGroup::wanted);
    if (it == known.end()) continue;
    group->id = it->id;
    group->name = it->name;
    group->read = it->read;
    group->others = it->others;
    *group->members = std::move(it->members);
    group->strangers = std::move(it->strangers);
  }
  look_at_ = ports_.clock.uptime();
  wake_.raise();
}

Task<void> PeopleGroups::run() {
  for (;;) {
    if (look_at_ && *look_at_ <= ports_.clock.uptime()) {
      look_at_.reset();
      co_await find_strangers();
    }
    if (reading_) co_await read_due();
    if (!tidy_) co_await forget_others();
    auto const next = next_due();
    if (next == Uptime::max())
      co_await wake_.wait();
    else if (next > ports_.clock.uptime())
      co_await wake_.wait_until(ports_.clock, next);
  }
}

Uptime PeopleGroups::next_due() const {
  auto out = look_at_.value_or(Uptime::max());
  if (!reading_) return out;
  for (auto const& [wanted, group] : groups_) out = std::min(out, group->due);
  return out;
}

void PeopleGroups::read_soon() {
  for (auto const& [wanted, group] : groups_) group->due = ports_.clock.uptime();
  wake_.raise();
}

void PeopleGroups::people_learned() {
  auto const strangers = [](auto const& entry) { return !entry.second->strangers.empty(); };
  if (look_at_ || std::ranges::none_of(groups_, strangers)) return;
  look_at_ = ports_.clock.uptime() + kSoon;
  wake_.raise();
}

void PeopleGroups::directory_read() {
  people_learned();
  if (std::exchange(directory_read_, true)) return;
  for (auto const& [wanted, group] : groups_)
    if (!group->read && group->failures == 0) group->due = ports_.clock.uptime();
  wake_.raise();
}

Task<void> PeopleGroups::read_due() {
  std::vector<std::shared_ptr<NamedGroup>> due;
  for (auto const& [wanted, group] : groups_)
    if (group->due <= ports_.clock.uptime()) due.push_back(group);
  for (auto const& group : due) co_await read(group);
}

Task<void> PeopleGroups::read(std::shared_ptr<NamedGroup> group) {
  group->due = Uptime::max();  // read_soon() may want it again meanwhile
  Reading reading;
  auto found =
      co_await ports_.directory.group(group->wanted, [&](GroupPage page) { take(reading, page); });
  if (found && reading.seen.size() != reading.people)
    found = failure(ErrorKind::unavailable,
                    "somebody came twice: the list moved while it was read, and is incomplete");
  if (!found) co_return failed(*group, std::move(found.error()));
  group->trouble.reset();
  group->failures = 0;
  if (!believed(*group, reading)) co_return;
  group->due = std::min(group->due, in(every_));
  group->id = found->id;
  group->name = found->name;
  group->others = reading.others;
  group->strangers = std::move(reading.strangers);
  people_learned();  // some of them, perhaps, while the pages came
  co_await apply(group, std::move(reading.members));
  group->read = ports_.clock.now();
  log::info("a group was read", {{"group", group->wanted},
                                 {"people", group->members->count()},
                                 {"not_known_yet", group->strangers.size()},
                                 {"no_people", group->others}});
  co_await keep(group);
}

void PeopleGroups::take(Reading& reading, GroupPage const& page) const {
  reading.people += page.people.size();
  reading.others += page.others;
  for (auto const& uuid : page.people) {
    auto const key = people::RosterKey::of_uuid(uuid);
    reading.seen.put(key.digest, 1);
    if (auto const person = ports_.roster.find(key); person != 0)
      reading.members.add(person);
    else
      reading.strangers.push_back(uuid);
  }
}

bool PeopleGroups::believed(NamedGroup& group, Reading const& reading) {
  bool const again = std::exchange(group.doubted, std::nullopt).has_value();
  if (again || !group.read || !doubtful(group.people(), reading.people)) return true;
  group.doubted = reading.people;
  group.due = std::min(group.due, in(kAgain));
  log::warning("a group lost more than half of its people; only a second reading is believed",
               {{"group", group.wanted}, {"known", group.people()}, {"read", reading.people}});
  return false;
}

void PeopleGroups::failed(NamedGroup& group, Error why) {
  auto const doublings = std::min(group.failures++, 4);
  group.due = std::min(group.due, in(std::min(kLastRetry, kFirstRetry * (1 << doublings))));
  log::warning("a group could not be read; who is known to be in it stays in it",
               {{"group", group.wanted}, {"why", why.what}});
  group.trouble = std::move(why);
}

/// Each person comes or goes in the handler that also tells of it.
Task<void> PeopleGroups::apply(std::shared_ptr<NamedGroup> group, people::DirtySet next) {
  auto constexpr end = people::DirtySet::no_more;
  auto& now = *group->members;
  std::vector<PersonNo> changed;
  for (std::uint64_t at = 0; at < end;) {
    changed.clear();
    for (int looks = 0; looks < kPeopleAtOnce && at < end; ++looks, ++at) {
      at = std::min(now.next(at, end), next.next(at, end));
      auto const person = static_cast<PersonNo>(at);
      if (at == end || now.holds(person) == next.holds(person)) continue;
      next.holds(person) ? now.add(person) : now.remove(person);
      changed.push_back(person);
    }
    if (!changed.empty()) hear_.changed(now, changed);
    if (at < end) co_await boost::asio::post(ports_.loop, use_task);
  }
}

Task<void> PeopleGroups::find_strangers() {
  auto const all = groups_;
  for (auto const& [wanted, group] : all) {
    std::vector<std::string> still;
    bool const any = !group->strangers.empty();
    for (std::size_t i = 0; i < group->strangers.size();) {
      std::vector<PersonNo> found;
      for (int looks = 0; looks < kPeopleAtOnce && i < group->strangers.size(); ++looks, ++i) {
        auto& uuid = group->strangers[i];
        auto const person = ports_.roster.find(people::RosterKey::of_uuid(uuid));
        if (person == 0) {
          still.push_back(uuid);
        } else if (!group->members->holds(person)) {
          group->members->add(person);
          found.push_back(person);
        }
      }
      if (!found.empty()) hear_.changed(*group->members, found);
      co_await boost::asio::post(ports_.loop, use_task);
    }
    bool const fewer = any && still.size() < group->strangers.size();
    group->strangers = std::move(still);
    if (fewer) co_await keep(group);
  }
}

Task<void> PeopleGroups::keep(std::shared_ptr<NamedGroup> group) {
  if (find(group->wanted) != group) co_return;  // nobody names it any more
  auto const kept = co_await store_.save({.wanted = group->wanted,
                                          .id = group->id,
                                          .name = group->name,
                                          .read = group->read.value_or(Instant{}),
                                          .others = group->others,
                                          .members = *group->members,
                                          .strangers = group->strangers});
  if (!kept)
    log::error("who is in a group could not be stored; the next reading tries again",
               {{"group", group->wanted}, {"why", kept.error().what}});
}

Task<void> PeopleGroups::forget_others() {
  auto const done = co_await store_.keep_only(wanted_);
  if (!done)
    log::warning("groups that nobody names any more stay in the store for now",
                 {{"why", done.error().what}});
  tidy_ = true;
}

}  // namespace wardroom::call_blocking
