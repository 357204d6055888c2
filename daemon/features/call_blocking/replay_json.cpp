#include "features/call_blocking/replay_json.hpp"

#include "base/time_text.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;

struct Fate {
  bool would = false, was = false, observed = false;
};
Fate fate_of(PastCall const& call, ReplayedCall const& outcome) {
  bool const enforced = outcome.cut && outcome.cut->enforced;
  return {enforced, call.word.release, outcome.cut && !enforced};
}

std::string_view change_of(Fate const& fate) {
  if (fate.would && fate.was) return "same";
  return fate.would ? "newly_cut" : "no_longer_cut";
}

Json word_json(PastCall::Word const& word) {
  return {{"verdict", word.release ? "release" : "let_through"},
          {"reason", name(word.reason)},
          {"applied", name(word.applied)}};
}

}  // namespace

ReplayReport report_of(ReplayResult const& result, std::string const& in_force) {
  ReplayReport out;
  auto& counts = out.counts;
  std::set<PersonNo> would_people, was_people;
  std::map<std::string, std::size_t> by_fence;
  for (std::size_t i = 0; i < result.calls.size(); ++i) {
    auto const& call = result.calls[i];
    auto const& outcome = result.outcomes[i];
    auto const fate = fate_of(call, outcome);
    counts.without_history += outcome.without_fix && call.had_fix;
    counts.only_observed += fate.observed;
    if (call.policy_digest == in_force) {
      ++counts.compared;
      counts.reproduced += result.in_force[i].recorded(call.mode) == call.word;
    } else {
      ++counts.other_rules;
    }
    if (fate.would) {
      ++counts.would;
      would_people.insert(call.person);
      ++by_fence[outcome.cut->fence];
      counts.really += call.decision == Decision::rejected;
    }
    if (fate.was) {
      ++counts.was;
      was_people.insert(call.person);
    }
    if (!fate.would && !fate.was) continue;
    counts.newly += !fate.was;
    counts.no_longer += !fate.would;
    counts.same += fate.would && fate.was;
    out.changed.push_back({i, change_of(fate)});
  }
  counts.would_people = would_people.size();
  counts.was_people = was_people.size();
  std::ranges::sort(out.changed, [&](ChangedCall const& a, ChangedCall const& b) {
    auto const one = result.calls[a.call].at, other = result.calls[b.call].at;
    return one != other ? one > other : a.call > b.call;
  });
  out.by_fence.assign(by_fence.begin(), by_fence.end());
  std::ranges::sort(out.by_fence, [](auto const& a, auto const& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  return out;
}

Json counts_json(ReplayReport const& report) {
  auto const& c = report.counts;
  Json out{{"would_cut", {{"calls", c.would}, {"people", c.would_people}}},
           {"was_cut", {{"calls", c.was}, {"people", c.was_people}}},
           {"really_cut", c.really},
           {"newly_cut", c.newly},
           {"no_longer_cut", c.no_longer},
           {"same", c.same},
           {"only_observed", c.only_observed}};
  auto fences = Json::array();
  for (auto const& [fence, calls] : report.by_fence)
    fences.push_back({{"fence", fence}, {"calls", calls}});
  out["by_fence"] = std::move(fences);
  out["check"] = {{"calls", c.compared}, {"same", c.reproduced}};
  out["without_history"] = c.without_history;
  return out;
}

Json row_json(ReplayResult const& result, ChangedCall const& changed) {
  auto const& call = result.calls[changed.call];
  auto const& outcome = result.outcomes[changed.call];
  Json out{{"call", call.id},          {"at", iso_text(call.at)},
           {"person_no", call.person}, {"direction", call.direction},
           {"remote", call.remote},    {"change", changed.change}};
  out["then"] = word_json(call.word);
  out["then"]["decision"] = name(call.decision);
  if (outcome.cut) {
    out["now"] = word_json(outcome.cut->word);
    out["now"]["at"] = iso_text(outcome.cut->at);
    out["now"]["standing"] = name(outcome.cut->standing);
    if (!outcome.cut->fence.empty()) out["now"]["fence"] = outcome.cut->fence;
    if (!outcome.cut->enforced) out["now"]["observed"] = true;
  } else {
    out["now"] = word_json(outcome.word);
  }
  if (outcome.without_fix && call.had_fix) out["without_history"] = true;
  return out;
}

}  // namespace wardroom::call_blocking
