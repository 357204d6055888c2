#include "calls_model.hpp"

#include <algorithm>
#include <cmath>

namespace wardroom::world {
namespace {

using std::chrono::seconds;

constexpr auto kSlack = seconds(1);
constexpr auto kSoonStale = seconds(90);
constexpr auto kCallbackTime = std::chrono::minutes(60);
constexpr int kSureAtHome = 3;

/// Beyond it a way may be impossible, and its post not count.
bool is_far(GeoPoint a, GeoPoint b) {
  return std::abs(a.latitude - b.latitude) > 0.15 || std::abs(a.longitude - b.longitude) > 0.2;
}

}  // namespace

CallsModel::Place CallsModel::place_of(PositionPost const& post) {
  if (post.accuracy > 300) return Place::unclear;
  auto const& [latitude, longitude] = post.where;
  constexpr double clear = 0.02;  // degrees, 1.4 km at least
  bool const inside = latitude > kHomeSouth + clear && latitude < kHomeNorth - clear &&
                      longitude > kHomeWest + clear && longitude < kHomeEast - clear;
  bool const outside = latitude < kHomeSouth - clear || latitude > kHomeNorth + clear ||
                       longitude < kHomeWest - clear || longitude > kHomeEast + clear;
  return inside ? Place::home : outside ? Place::abroad : Place::unclear;
}

void CallsModel::heard(PositionPost const& post) {
  auto& person = people_[post.email];
  auto const now = clock_.uptime();
  person.heard = now;
  if (post.status < 0) {
    left_[post.number] = now;
    return leaves(person, post);
  }
  auto const left = left_.extract(post.number);
  --person.under_way;
  if (post.status == 204 && !left.empty()) acknowledged(person, post, left.mapped());
}

/// It may arrive or not: from now on only what both say is certain.
void CallsModel::leaves(Person& person, PositionPost const& post) {
  ++person.under_way;
  auto const place = place_of(post);
  if (person.last && is_far(*person.last, post.where)) person.doubtful = kSureAtHome;
  person.last = post.where;
  if (place != Place::home || person.doubtful > 0) person.at_home_in_row = 0;
  if (place == person.place && person.doubtful == 0) return;
  person.place = Place::unclear;
  person.place_since = clock_.uptime();
}

void CallsModel::acknowledged(Person& person, PositionPost const& post, Uptime left) {
  person.accepted = true;
  if (person.doubtful > 0) {
    --person.doubtful;
    return;
  }
  auto const place = place_of(post);
  if (place == Place::unclear) return;
  if (place == Place::home && ++person.at_home_in_row < kSureAtHome && person.place != place)
    return;
  if (person.under_way > 0 && person.place != place) return;
  if (person.place != place) person.place_since = clock_.uptime();
  person.place = place;
  person.fresh_from = left;
}

std::vector<std::string> CallsModel::known_places(bool quiet) const {
  std::vector<std::string> out;
  auto const since = clock_.uptime() - rules_.timeout + kSoonStale;
  for (auto const& [name, person] : people_)
    if (person.accepted && (!quiet || person.heard < since)) out.push_back(name);
  return out;
}

void CallsModel::override_answered(std::string const& name, Operators what,
                                   std::optional<Milliseconds> lasts) {
  auto& person = people_[name];
  person.operators = what;
  person.operators_sure = true;
  person.operators_since = clock_.uptime();
  person.operators_until.reset();
  if (lasts) person.operators_until = clock_.uptime() + *lasts - seconds(10);
}

void CallsModel::daemon_started() {
  for (auto& [name, person] : people_)
    if (person.operators_until) person.operators_sure = false;
}

void CallsModel::mode_is(bool enforce) {
  enforces_ = enforce;
  mode_sure_ = true;
  mode_since_ = clock_.uptime();
}

void CallsModel::emergency(std::string const& name, std::optional<Uptime> answered) {
  auto& person = people_[name];
  person.called_emergency = clock_.uptime();
  if (!answered || *answered <= person.answered_emergency) return;
  person.answered_emergency = *answered;
  person.hour_stored = false;
}

void CallsModel::disk_is_well() {
  for (auto& [name, person] : people_) person.hour_stored = true;
}

void CallsModel::daemon_gone() {
  for (auto& [name, person] : people_)
    if (!person.hour_stored) person.answered_emergency = Uptime::min();
}

bool CallsModel::calls_back(std::string const& name) const {
  auto const found = people_.find(name);
  return found != people_.end() && found->second.answered_emergency != Uptime::min() &&
         clock_.uptime() - found->second.answered_emergency < kCallbackTime - kSlack;
}

bool CallsModel::may_call_back(std::string const& name) const {
  auto const found = people_.find(name);
  return found != people_.end() && found->second.called_emergency != Uptime::min() &&
         clock_.uptime() - found->second.called_emergency < kCallbackTime + seconds(60);
}

CallsModel::Certain CallsModel::by_place(Person const& person) const {
  Certain out;
  auto const now = clock_.uptime();
  bool const as_without = rules_.no_fix_grace == rules_.stale_grace;
  if (person.place == Place::never) {
    // A grace runs from the start of the daemon: not reckoned with here.
    if (!as_without || (rules_.no_fix_grace && rules_.no_fix_grace->count() > 0)) return out;
    (rules_.no_fix_grace ? out.must_end : out.may_go_on) = Uptime{};
    out.fresh_calls_only = true;
    return out;
  }
  auto const stale = person.heard + rules_.timeout + kSlack;
  if (person.under_way == 0 && now >= stale) {
    if (!person.accepted && !as_without) return out;
    out.fresh_calls_only = !rules_.running_too;
    if (!rules_.stale_grace)
      out.may_go_on = stale;
    else if (now >= stale + *rules_.stale_grace && person.accepted)
      out.must_end = stale + *rules_.stale_grace;
    return out;
  }
  if (now >= person.fresh_from + rules_.timeout - kSlack) return out;
  if (person.place == Place::abroad) out.must_end = person.place_since;
  if (person.place == Place::home) out.may_go_on = person.place_since;
  return out;
}

CallsModel::Certain CallsModel::of(std::string const& name) const {
  auto const found = people_.find(name);
  if (found == people_.end()) return by_place({});
  auto const& person = found->second;
  bool const over = person.operators_until && clock_.uptime() >= *person.operators_until;
  if (!person.operators_sure || over) return {};
  auto const since = person.operators_since;
  if (person.operators == Operators::block) return {.must_end = since};
  if (person.operators != Operators::nothing) return {.may_go_on = since};
  auto out = by_place(person);
  if (out.must_end) out.must_end = std::max(*out.must_end, since);
  if (out.may_go_on) out.may_go_on = std::max(*out.may_go_on, since);
  return out;
}

}  // namespace wardroom::world
