#include "spaces_truth.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::world {
namespace {
using namespace std::chrono_literals;

/// From the look at somebody to their removal: the service's requests for patience, all together.
constexpr Milliseconds look_holds = 8min;
/// From the order of a run to its first question about the space; of one that goes on after a
/// start.
constexpr Milliseconds run_waits = 6min, resumed_waits = 30min;
/// An approval, or an undo, may be that of a run that goes on after a crash.
constexpr Milliseconds word_holds = 45min;
/// From a plan to its last removal, over crashes.
constexpr Milliseconds plan_holds = 35min;
/// Groups are read when a run begins, and before its first removal.
constexpr Milliseconds group_is_old = 25min;
constexpr std::size_t kept_looks = 6;

}  // namespace

// --- what happens --------------------------------------------------------------------------------

void SpacesTruth::put_into_group(std::string const& group, sim::Person const& person, bool in) {
  groups_[group][&person] = {in, world_.now()};
}

void SpacesTruth::by_hand(sim::Room& room, sim::Person const& person, bool added) {
  bool const done = added ? sim::RoomsSim::add(room, person) : sim::RoomsSim::remove(room, person);
  if (!done) return;
  changes_.push_back({world_.now(), room.uuid, &person, added, false});
  tracks_[room.uuid].moderator_since.erase(&person);
}

void SpacesTruth::make_moderator(sim::Room& room, sim::Person const& person, bool moderator) {
  auto* member = room.find(person);
  if (!member || member->moderator == moderator) return;
  member->moderator = moderator;
  moderators_.insert({room.uuid, &person});
  auto& since = tracks_[room.uuid].moderator_since;
  if (moderator)
    since[&person] = world_.now();
  else
    since.erase(&person);
}

void SpacesTruth::run_began(std::string const& room) {
  auto const* found = world_.platform().rooms.by_id(room);
  if (!found) return;
  auto& track = tracks_[found->uuid];
  std::erase_if(track.began, [this](Uptime at) { return world_.now() - at > 10min; });
  track.began.push_back(world_.now());
  track.members_then = found->members.size();
  track.removed = 0;
  track.members_open = people_open_ = false;
}

void SpacesTruth::page_came(std::string const& room, bool last) {
  if (room.empty())
    people_open_ = !last;
  else if (auto const* found = world_.platform().rooms.by_id(room))
    tracks_[found->uuid].members_open = !last;
}

void SpacesTruth::looked_at(sim::Person const& person) {
  auto& looks = looks_[&person];
  looks.push_back({world_.now(), as_now(person)});
  if (looks.size() > kept_looks) looks.erase(looks.begin());
}

void SpacesTruth::carried_out(sim::MembershipsSim::Change const& change) {
  world_.note("spaces",
              fmt::format("{} is {} {}", change.person->email,
                          change.added ? "added to" : "removed from", change.room->title));
  judge_lists(*change.room);
  if (!change.added) judge_removal(*change.room, *change.person);
  changes_.push_back({world_.now(), change.room->uuid, change.person, change.added, true});
  if (!change.added) tracks_[change.room->uuid].moderator_since.erase(change.person);
}

std::optional<SpacesTruth::Pair> SpacesTruth::subject(World::Sent const& sent) const {
  auto const& platform = world_.platform();
  sim::Room const* room = nullptr;
  sim::Person const* person = nullptr;
  if (sent.method == http::Method::post) {
    auto const body = nlohmann::json::parse(sent.body, nullptr, false);
    if (!body.is_object()) return std::nullopt;
    room = platform.rooms.by_id(body.value("roomId", ""));
    person = platform.org.by_api_id(body.value("personId", ""));
  } else if (auto const id = percent_decode(sent.path.substr(sent.path.rfind('/') + 1))) {
    auto const value = sim::value_of_api_id(*id);
    auto const colon = value.find(':');
    if (colon == value.npos) return std::nullopt;
    room = platform.rooms.by_id(value.substr(colon + 1));
    person = platform.org.by_uuid(value.substr(0, colon));
  }
  if (!room || !person) return std::nullopt;
  return Pair{room->uuid, person};
}

void SpacesTruth::change_left(World::Sent const& sent) {
  if (auto const what = subject(sent)) under_way_[sent.number] = *what;
}

/// Whom Webex refused to add is not asked for again within a day.
void SpacesTruth::change_answered(World::Sent const& sent) {
  auto const what = under_way_.extract(sent.number);
  if (what.empty()) return;
  bool const refused = sent.status == 403 || sent.status == 502;
  if (refused && sent.method == http::Method::post) refused_.insert(what.mapped());
  if (sent.status == 0 || sent.status >= 400) in_doubt_.insert(what.mapped());
}

void SpacesTruth::daemon_gone() {
  for (auto const& [number, what] : under_way_) in_doubt_.insert(what);
  under_way_.clear();
}

bool SpacesTruth::was_moderator(std::string const& room, sim::Person const& person) const {
  if (moderators_.contains({room, &person})) return true;
  auto const* found = world_.platform().rooms.by_id(room);
  auto const* member = found ? found->find(person) : nullptr;
  return member && member->moderator;
}

bool SpacesTruth::is_told(std::string const& room, sim::Person const& person) const {
  if (starts_ > 1 && world_.has("spaces stale lists")) return false;
  return !in_doubt_.contains({room, &person});
}

// --- what is -------------------------------------------------------------------------------------

SomebodyThen SpacesTruth::as_now(sim::Person const& person) const {
  SomebodyThen out{.addresses = {sim::lower_case(person.email)},
                   .department = person.department,
                   .exists = !person.gone,
                   .may_log_in = person.login_enabled,
                   .invited_only = person.invite_pending};
  for (auto const& one : person.more_emails) out.addresses.push_back(sim::lower_case(one));
  for (auto const& [name, people] : groups_) {
    auto const found = people.find(&person);
    if (found == people.end()) continue;
    auto const& [in, since] = found->second;
    if (in) out.groups.insert(name);
    if (is_recent(since, group_is_old)) out.perhaps.insert(name);
  }
  return out;
}

std::string SpacesTruth::difference(SpaceJob const& job) const {
  auto& platform = world_.platform();
  auto const& room = *platform.rooms.by_id(job.room);
  auto const in = [&](sim::Person const& person) {
    auto who = as_now(person);
    who.perhaps.clear();
    return could_belong(job, who);
  };
  for (auto const& person : platform.org.people())
    if (in(person) && !room.find(person) && person.addable &&
        !refused_.contains({room.uuid, &person}))
      return person.email + " is missing in " + room.title;
  for (auto const& [place, member] : room.members)
    if (!in(*member.person) && why_protected(room, *member.person, {&job}).empty() &&
        !member.moderator)
      return member.person->email + " is still in " + room.title;
  return {};
}

// --- whether somebody may be removed -------------------------------------------------------------

bool SpacesTruth::is_recent(std::optional<Uptime> at, Milliseconds within) const {
  return at && world_.now() - *at <= within;
}

Uptime SpacesTruth::rules_since(Track const& track) const {
  auto const began = track.began.empty() ? world_.now() : track.began.front();
  if (began < started_ + resumed_waits) return started_;
  return began - run_waits;
}

std::vector<SpaceJob const*> SpacesTruth::jobs_of(sim::Room const& room) const {
  std::vector<SpaceJob const*> out;
  auto const track = tracks_.find(room.uuid);
  if (track == tracks_.end()) return out;
  for (auto const* policy : policies_.since(rules_since(track->second)))
    if (auto const* job = policy->of_room(room.uuid)) out.push_back(job);
  return out;
}

/// Nothing is changed by a list that did not come to its end. Whose list of people it was can be
/// told when there is one job only.
void SpacesTruth::judge_lists(sim::Room const& room) {
  bool const one_job = std::ranges::all_of(
      policies_.since(started_), [](auto const* policy) { return policy->jobs.size() == 1; });
  bool const open = tracks_[room.uuid].members_open || (one_job && people_open_);
  if (open)
    world_.fail("S3", fmt::format("somebody of {} was changed although a list of {} has not come "
                                  "to its end",
                                  room.title, one_job && people_open_ ? "people" : "members"));
}

void SpacesTruth::judge_removal(sim::Room const& room, sim::Person const& person) {
  auto& track = tracks_[room.uuid];
  ++track.removed;
  auto const where = fmt::format("{} was removed from {}", person.email, room.title);
  auto const jobs = jobs_of(room);
  if (jobs.empty()) return world_.fail("S1", where + ", which is no job's space");
  if (auto const why = why_protected(room, person, jobs); !why.empty())
    return world_.fail("S1", fmt::format("{}, who is {}", where, why));
  if (auto const why = why_too_many(room); !why.empty())
    return world_.fail("S3", fmt::format("{}: {}", where, why));
  if (auto const why = why_half(room, jobs); !why.empty())
    return world_.fail("S3", fmt::format("{}: {}", where, why));
  auto const ours = std::ranges::find_if(changes_.rbegin(), changes_.rend(), [&](auto const& one) {
    return one.room == room.uuid && one.person == &person;
  });
  bool const put_in_by_daemon = ours != changes_.rend() && ours->added && ours->by_daemon;
  if (is_recent(track.undo, word_holds) && put_in_by_daemon) return;
  auto const& looks = looks_[&person];
  bool looked = false;
  for (auto const& look : looks) {
    if (!is_recent(look.at, look_holds)) continue;
    looked = true;
    if (std::ranges::any_of(jobs, [&](auto const* job) { return could_be_out(*job, look.who); }))
      return;
  }
  world_.fail("S1", where + (looked ? ", who belongs, and did when the daemon asked for them"
                                    : " without being asked for just before"));
}

std::string SpacesTruth::why_protected(sim::Room const& room, sim::Person const& person,
                                       std::vector<SpaceJob const*> const& jobs) const {
  if (&person == &world_.platform().org.people().front()) return "the one who acts";
  if (!person.org.empty()) return "of another organisation";
  if (person.type == "bot") return "a bot";
  auto const track = tracks_.find(room.uuid);
  auto const listed = [&](SpaceJob const* job) {
    return std::ranges::any_of(job->protect, [&](auto const& one) { return one == person.email; });
  };
  if (std::ranges::all_of(jobs, listed) && !jobs.empty()) return "protected by name";
  auto const* member = room.find(person);
  if (!member || !member->moderator || track == tracks_.end() || track->second.began.empty())
    return {};
  auto known = track->second.began.front();  // the members are read after that
  if (faults_.members().how == "stale") known = std::min(known, faults_.members().since);
  auto const since = track->second.moderator_since.find(&person);
  bool const before = since == track->second.moderator_since.end() || since->second < known;
  return before ? "a moderator" : "";
}

/// More than any of the limits that may have been in force when the plan was made, and nobody
/// approved: a run that goes on after a crash keeps the limits of its plan.
std::string SpacesTruth::why_too_many(sim::Room const& room) {
  auto const& track = tracks_[room.uuid];
  if (is_recent(track.approved, word_holds) || is_recent(track.undo, word_holds)) return {};
  double most = 0;
  for (auto const* policy : policies_.since(world_.now() - plan_holds))
    if (auto const* job = policy->of_room(room.uuid))
      most = std::max({most, double(job->hold_count),
                       double(job->hold_percent) * double(track.members_then + 12) / 100});
  if (double(track.removed) <= most) return {};
  return fmt::format("the {}th removal of a run that nobody approved; {} is the limit",
                     track.removed, most);
}

/// Lists that were half, or nothing, from before the run began until now, and a good run before.
std::string SpacesTruth::why_half(sim::Room const& room,
                                  std::vector<SpaceJob const*> const& jobs) const {
  auto const& track = tracks_.at(room.uuid);
  if (is_recent(track.approved, word_holds) || is_recent(track.undo, word_holds)) return {};
  if (track.began.empty() || track.began.front() < started_) return {};
  auto const whole_run = [&](SpaceFaults::Lie const& lie) {
    return (lie.how == "half" || lie.how == "none") && lie.since < track.began.front() &&
           world_.now() < lie.until && started_ < lie.since;
  };
  auto const too_small = [&](double shown, double good) {
    return std::ranges::all_of(
        jobs, [&](auto const* job) { return shown * 100 < (100 - job->shrink_percent) * good; });
  };
  auto const& everybody = world_.platform().org.people();
  if (whole_run(faults_.people()) && track.good_people) {
    auto const size = faults_.people().how == "none" ? 0 : (everybody.size() + 1) / 2;
    auto const shown = std::count_if(everybody.begin(), everybody.begin() + std::ptrdiff_t(size),
                                     [](auto const& person) { return !person.gone; });
    if (too_small(double(shown), double(*track.good_people)))
      return fmt::format("only {} of {} people were listed to that run", shown, *track.good_people);
  }
  return {};
}

}  // namespace wardroom::world
