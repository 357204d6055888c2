#include "features/call_blocking/group_report.hpp"

#include "base/time_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;

bool names(PeopleChoice const& who, std::string const& group) {
  return std::ranges::find(who.groups, group) != who.groups.end();
}

/// "the fences campus, plant bind nobody by it yet, and …".
std::string missing_words(PolicySettings const& policy, std::string const& group) {
  std::vector<std::string> fences;
  for (auto const& fence : policy.fences)
    if (names(fence.who, group)) fences.push_back(fence.name);
  std::string out;
  if (!fences.empty())
    out = fmt::format("the fence{} {} bind{} nobody by it", fences.size() == 1 ? "" : "s",
                      fmt::join(fences, ", "), fences.size() == 1 ? "s" : "");
  if (names(policy.enforce_for, group))
    out += fmt::format("{}nothing is enforced for its people", out.empty() ? "" : " and ");
  return out;
}

std::string people_words(std::size_t n) {
  return n == 1 ? "1 person" : fmt::format("{} people", n);
}

/// Something that is not as it should be.
struct Complaint {
  HealthColour colour = HealthColour::yellow;
  std::string sentence, remedy, key;
};

std::optional<Complaint> complaint_about(NamedGroup const& group, PolicySettings const& policy) {
  auto const why = group.trouble ? group.trouble->what : std::string();
  auto const key = group.trouble ? std::string(name(group.trouble->kind)) : std::string();
  if (!group.read)
    return Complaint{HealthColour::red,
                     fmt::format("The group '{}' was never read, so {} yet{}{}.", group.wanted,
                                 missing_words(policy, group.wanted), why.empty() ? "" : ": ", why),
                     {},
                     group.wanted + " never " + key};
  if (group.trouble)
    return Complaint{
        HealthColour::yellow,
        fmt::format("The group '{}' cannot be read: {}; its {} as of {} stay in it.", group.wanted,
                    why, people_words(group.people()), iso_text(*group.read)),
        {},
        group.wanted + " " + key};
  if (group.doubted)
    return Complaint{
        HealthColour::yellow,
        fmt::format("The group '{}' came back with {} instead of {}; that is believed when a "
                    "second reading, a few minutes later, says so too.",
                    group.wanted, people_words(*group.doubted), group.people()),
        {},
        group.wanted + " doubted"};
  return std::nullopt;
}

/// What to do, for a sentence and for a shell.
struct Remedy {
  std::string words, command;
};
Remedy remedy_for(NamedGroup const& group) {
  auto const kind = group.trouble ? group.trouble->kind : ErrorKind::unavailable;
  if (!group.trouble && group.doubted)
    return {"Look at the group in Control Hub.", "wardroomctl status   # then: see Control Hub"};
  // Renamed, most likely: the id stays.
  if (kind == ErrorKind::not_found && !group.id.empty() && group.id != group.wanted)
    return {
        fmt::format("Write its new name or its id, {}, then run `wardroomctl reload`.", group.id),
        fmt::format("wardroomctl reload   # after writing its new name, or its id {}", group.id)};
  if (kind == ErrorKind::not_found)
    return {"Create it in Control Hub or use its id, then run `wardroomctl reload`.",
            "wardroomctl reload   # after creating it in Control Hub, or naming it by its id"};
  if (kind == ErrorKind::conflict)
    return {"Rename the others in Control Hub or use its id, then run `wardroomctl reload`.",
            "wardroomctl reload   # after renaming the others in Control Hub, or using its id"};
  if (kind == ErrorKind::denied || kind == ErrorKind::unauthorized)
    return {"Run `wardroomctl token show`: the scope identity:groups_read must be granted.",
            "wardroomctl token show   # the scope identity:groups_read must be granted"};
  return {"It is tried again by itself; `wardroomctl reload` tries at once.",
          "wardroomctl reload   # tries again at once"};
}

}  // namespace

std::optional<HealthSign> sign_of_groups(GroupsByName const& groups, PolicySettings const& policy) {
  if (policy.mode == Mode::off) return std::nullopt;
  std::optional<HealthSign> out;
  std::size_t more = 0;
  for (auto const& [wanted, group] : groups) {
    auto complaint = complaint_about(*group, policy);
    if (!complaint) continue;
    if (out) ++more;
    if (out && out->colour >= complaint->colour) continue;
    out = HealthSign{"call_blocking.groups", complaint->colour, std::move(complaint->sentence),
                     remedy_for(*group).words, std::move(complaint->key)};
  }
  if (more > 0)
    out->sentence += fmt::format(" {} more group{} trouble: see `wardroomctl doctor`.", more,
                                 more == 1 ? " is in" : "s are in");
  return out;
}

Findings findings_about_groups(GroupsByName const& groups, PolicySettings const& policy) {
  Findings out;
  if (policy.mode == Mode::off) return out;
  for (auto const& [wanted, group] : groups) {
    auto const remedy = remedy_for(*group).command;
    if (auto complaint = complaint_about(*group, policy)) {
      auto const make = complaint->colour == HealthColour::red ? bad : warn;
      out.push_back(make(std::move(complaint->sentence), remedy, wanted));
      continue;
    }
    auto sentence = fmt::format("The group '{}' has {}.", wanted, people_words(group->people()));
    if (!group->strangers.empty())
      sentence +=
          fmt::format(" {} of them are in no directory that was read.", group->strangers.size());
    if (group->others == 0) {
      out.push_back(fine(std::move(sentence), wanted));
      continue;
    }
    out.push_back(warn(
        fmt::format("{} {} of its members are groups or machines: who is in those is not "
                    "counted as in it.",
                    sentence, group->others),
        "wardroomctl config explain call_blocking.fences   # name the inner groups, too", wanted));
  }
  return out;
}

Json groups_json(GroupsByName const& groups) {
  auto out = Json::array();
  for (auto const& [wanted, group] : groups) {
    Json row{{"group", wanted}};
    if (!group->name.empty() && group->name != wanted) row["name"] = group->name;
    if (!group->id.empty()) row["id"] = group->id;
    row["people"] = group->people();
    if (!group->strangers.empty()) row["not_known_yet"] = group->strangers.size();
    if (group->others > 0) row["no_people"] = group->others;
    if (group->read) row["read_at"] = iso_text(*group->read);
    if (group->doubted) row["doubted"] = *group->doubted;
    if (group->trouble) row["trouble"] = group->trouble->what;
    out.push_back(std::move(row));
  }
  return out;
}

Json fences_of_person_json(PolicySettings const& policy, FenceMask mask,
                           std::vector<std::string> const& emails,
                           std::vector<std::string> const& groups) {
  auto out = Json::array();
  for (std::size_t i = 0; i < policy.fences.size(); ++i) {
    if ((mask & (FenceMask{1} << i)) == 0) continue;
    auto const& who = policy.fences[i].who;
    auto because = Json::array();
    if (who.everybody) because.push_back("everybody");
    for (auto const& email : emails)
      if (std::ranges::binary_search(who.emails, email)) because.push_back("mail " + email);
    for (auto const& group : groups)
      if (names(who, group)) because.push_back("group " + group);
    out.push_back({{"name", policy.fences[i].name}, {"because", std::move(because)}});
  }
  return out;
}

}  // namespace wardroom::call_blocking
