#include "people/person_join.hpp"

#include "people/people_sql.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>

namespace wardroom::people {
namespace {

constexpr std::size_t kShortestNumber = 6;  // fewer digits at the end of a number prove nothing
constexpr std::size_t nobody = static_cast<std::size_t>(-1);

std::string words_of(std::vector<JoinRow> const& rows, std::vector<std::size_t> const& which) {
  constexpr std::size_t shown = 5;
  std::string out;
  for (std::size_t i = 0; i < std::min(shown, which.size()); ++i)
    out += fmt::format("{}{}",
                       i == 0                  ? ""
                       : i + 1 == which.size() ? " and "
                                               : ", ",
                       rows[which[i]].no);
  return which.size() > shown ? out + " and others" : out;
}

/// The work of one plan; indexes are positions in `rows`.
class Planner {
 public:
  Planner(std::vector<JoinRow> const& rows, Seen const& seen) : rows_(rows), seen_(seen) {
    states_.resize(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) look_at(i);
  }

  JoinPlan plan() {
    for (std::size_t i = 0; i < rows_.size(); ++i)
      if (states_[i].user) choose(i);
    for (auto& [target, users] : by_target_)
      if (users.size() > 1) settle_rivals(target, users);
    for (std::size_t i = 0; i < rows_.size(); ++i) write_down(i);
    return std::move(plan_);
  }

 private:
  struct State {
    bool person = false, user = false;  ///< that half is there, and not gone
    bool by_id = false;                 ///< the user named its person by external id
    bool kept = false;                  ///< nobody has its address; it stays with whom it was
    std::int64_t missed_person = 0, missed_user = 0;
    std::size_t target = nobody;
    std::string user_conflict, person_conflict;
  };

  std::int64_t missed(bool there, std::int64_t before) const {
    return there ? 0 : seen_.absence_counts ? std::min(before + 1, kMissedIsGone) : before;
  }

  void look_at(std::size_t i) {
    auto const& row = rows_[i];
    auto& state = states_[i];
    if (!row.uuid.empty()) {
      state.missed_person = missed(seen_.person(row.no), row.missed_person);
      state.person = state.missed_person < kMissedIsGone;
      if (!state.person && row.missed_person < kMissedIsGone) ++plan_.gone_people;
    }
    if (!row.xsi.empty()) {
      state.missed_user = missed(seen_.user(row.no), row.missed_user);
      state.user = state.missed_user < kMissedIsGone;
    }
    if (!state.person) return;
    by_uuid_.emplace(row.uuid, i);
    for (auto const& email : row.emails) by_email_[email].push_back(i);
  }

  bool confirmed(std::size_t person, std::size_t user) const {
    auto const &p = rows_[person], &u = rows_[user];
    return confirms({p.phone, p.work_extension}, {u.country_code, u.number, u.extension});
  }

  /// Those who were just seen count more than those who may be gone.
  template <class Fresh>
  static void prefer(std::vector<std::size_t>& among, Fresh fresh) {
    if (std::ranges::any_of(among, fresh))
      std::erase_if(among, [&](std::size_t i) { return !fresh(i); });
  }

  void choose(std::size_t user) {
    auto const& row = rows_[user];
    auto& state = states_[user];
    if (auto const named = by_uuid_.find(row.external_id);
        !row.external_id.empty() && named != by_uuid_.end()) {
      state.by_id = true;
      return take(user, named->second);
    }
    auto const claim = by_email_.find(row.calling_email);
    if (row.calling_email.empty() || claim == by_email_.end())
      return state.person ? keep(user) : void();
    auto people = claim->second;
    std::ranges::sort(people);
    people.erase(std::ranges::unique(people).begin(), people.end());
    prefer(people, [&](std::size_t i) { return states_[i].missed_person == 0; });
    auto const all = people;
    if (people.size() > 1)
      std::erase_if(people, [&](std::size_t i) { return !confirmed(i, user); });
    if (people.size() == 1) return take(user, people.front());
    state.user_conflict =
        fmt::format("its mail address belongs to people {}; it is taken for none of them",
                    words_of(rows_, all));
    auto const why = fmt::format("the mail address of a calling user belongs to people {}",
                                 words_of(rows_, all));
    for (auto const i : all) {
      // Of several, always the same one: else each plan would write another.
      auto& conflict = states_[i].person_conflict;
      if (conflict.empty() || why < conflict) conflict = why;
    }
  }

  void keep(std::size_t user) {
    states_[user].kept = true;
    take(user, user);
  }

  void take(std::size_t user, std::size_t person) {
    states_[user].target = person;
    by_target_[person].push_back(user);
  }

  void settle_rivals(std::size_t person, std::vector<std::size_t> users) {
    prefer(users, [&](std::size_t i) { return states_[i].missed_user == 0; });
    prefer(users, [&](std::size_t i) { return !states_[i].kept; });
    auto const rivals = users;
    auto const only = [&](auto fits) -> std::optional<std::size_t> {
      if (std::ranges::count_if(rivals, fits) != 1) return std::nullopt;
      return *std::ranges::find_if(rivals, fits);
    };
    auto winner = only([](std::size_t) { return true; });
    if (!winner) winner = only([&](std::size_t i) { return states_[i].by_id; });
    bool const two_ids =
        std::ranges::count_if(rivals, [&](std::size_t i) { return states_[i].by_id; }) > 1;
    if (!winner && !two_ids) winner = only([&](std::size_t i) { return confirmed(person, i); });
    if (!winner && !two_ids) winner = only([&](std::size_t i) { return i == person; });
    for (auto const user : by_target_[person]) {
      if (winner == user) continue;
      states_[user].target = nobody;
      // Replaced, without a claim of its own: absent from the listing, or only kept.
      if (rivals.size() == 1 || states_[user].kept) continue;
      states_[user].user_conflict = fmt::format(
          "its mail address is that of person {}, like another calling user's", rows_[person].no);
    }
    if (!winner)
      states_[person].person_conflict =
          fmt::format("{} calling users have the address of this person; none is taken for them",
                      rivals.size());
  }

  void write_down(std::size_t i) {
    auto const& row = rows_[i];
    auto const& state = states_[i];
    bool moved = false;
    if (!row.xsi.empty() && !state.user) {
      plan_.gone_users.push_back(row.no);
      moved = true;
    } else if (state.user && state.target != i && (state.target != nobody || !row.uuid.empty())) {
      plan_.moves.push_back({row.no, row.xsi, state.target == nobody ? 0 : rows_[state.target].no,
                             state.user_conflict, state.missed_user});
      moved = true;
    }
    if (state.user && state.target != nobody) ++plan_.mapped;
    if (!state.user_conflict.empty()) ++plan_.conflicts;
    // A user that leaves takes its own sentence along.
    auto const& conflict = !state.person_conflict.empty() || moved || !row.uuid.empty()
                               ? state.person_conflict
                               : state.user_conflict;
    std::optional<std::int64_t> missed_user;
    if (!moved && state.missed_user != row.missed_user) missed_user = state.missed_user;
    if (conflict != row.conflict || state.missed_person != row.missed_person || missed_user)
      plan_.marks.push_back({row.no, conflict, state.missed_person, missed_user});
  }

  std::vector<JoinRow> const& rows_;
  Seen const& seen_;
  std::vector<State> states_;
  std::unordered_map<std::string, std::size_t> by_uuid_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_email_;
  std::unordered_map<std::size_t, std::vector<std::size_t>> by_target_;
  JoinPlan plan_;
};

}  // namespace

bool confirms(DeskNumber const& desk, CallingNumber const& calling) {
  if (!desk.phone.empty() && !calling.number.empty()) {
    auto const whole = e164_of(calling.country_code, calling.number);
    if (!whole.empty()) return whole == desk.phone;
    return calling.number.size() >= kShortestNumber && desk.phone.ends_with(calling.number);
  }
  return !desk.extension.empty() && desk.extension == calling.extension;
}

JoinPlan plan_join(std::vector<JoinRow> const& rows, Seen const& seen) {
  return Planner(rows, seen).plan();
}

}  // namespace wardroom::people
