#include "features/security_notices/conference_choice.hpp"

#include "base/encoding.hpp"
#include "features/security_notices/security_notices_json.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace wardroom::security_notices {
namespace {

constexpr std::size_t kLeastOfAnId = 4;
constexpr std::size_t kMostNamed = 8;

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

struct Found {
  std::vector<ConferenceId> exactly, beginning;
};

/// ASCII letters in any case; ids of bridges are lower case.
Found search(SecurityNotices const& feature, std::string const& typed) {
  Found out;
  bool const may_begin = typed.size() >= kLeastOfAnId;
  for (auto const& id : feature.ledger().conferences()) {
    auto const shown = lower(shown_id(feature, id));
    bool exact = shown == typed, begins = may_begin && shown.starts_with(typed);
    for (auto const& key : feature.ledger().calls(id)) {
      auto const call = lower(key.id.text());
      exact = exact || call == typed;
      begins = begins || (may_begin && call.starts_with(typed));
      auto const* facts = feature.ledger().call(key);
      exact = exact || (facts && facts->facts.name && lower(*facts->facts.name) == typed);
    }
    if (exact) out.exactly.push_back(id);
    if (begins) out.beginning.push_back(id);
  }
  return out;
}

std::string ids_of(SecurityNotices const& feature, std::vector<ConferenceId> const& found) {
  std::vector<std::string> ids;
  for (auto const& id : found)
    if (ids.size() < kMostNamed) ids.push_back(shown_id(feature, id));
  auto out = fmt::format("{}", fmt::join(ids, ", "));
  if (found.size() > ids.size()) out += fmt::format(" and {} more", found.size() - ids.size());
  return out;
}

}  // namespace

Result<ConferenceId> choose_conference(SecurityNotices const& feature, std::string_view typed) {
  auto const found = search(feature, lower(typed));
  auto const& best = found.exactly.empty() ? found.beginning : found.exactly;
  if (best.size() == 1) return best.front();
  if (best.empty())
    return failure(ErrorKind::not_found,
                   fmt::format("no conference \"{}\" runs now: no id, call or name is like that; "
                               "`cms calls` shows those that run, `cms report` those that did",
                               typed));
  return failure(ErrorKind::conflict,
                 fmt::format("{} conferences fit \"{}\"; name one by its id: {}", best.size(),
                             typed, ids_of(feature, best)));
}

std::vector<ConferenceId> listed_conferences(SecurityNotices const& feature, int least_level,
                                             std::optional<BridgeNo> bridge) {
  std::array<std::vector<ConferenceId>, 4> of_level;
  for (auto& id : feature.ledger().conferences()) {
    auto const view = feature.board().view(id);
    auto const level = view ? number(view->wanted) : number(SecurityLevel::external);
    if (level < least_level) continue;
    auto const on_it = [&](CallKey const& key) { return key.bridge == *bridge; };
    if (bridge && std::ranges::none_of(feature.ledger().calls(id), on_it)) continue;
    of_level.at(static_cast<std::size_t>(level)).push_back(std::move(id));
  }
  std::vector<ConferenceId> out;
  for (std::size_t level = of_level.size(); level-- > 0;)
    std::ranges::move(of_level[level], std::back_inserter(out));
  return out;
}

Result<BridgeNo> bridge_of(SecurityNotices const& feature, std::string_view name) {
  if (auto const no = feature.bridge_named(name)) return *no;
  std::vector<std::string> known;
  for (auto const& bridge : feature.settings().bridges) known.push_back(bridge.name);
  if (known.empty())
    return failure(ErrorKind::not_found,
                   fmt::format("there is no bridge \"{}\"; none is configured: write one under "
                               "security_notices.bridges and restart",
                               name));
  auto const near = nearest(name, known);
  return failure(ErrorKind::not_found,
                 fmt::format("there is no bridge \"{}\"; {}", name,
                             near ? fmt::format("did you mean \"{}\"? There are {}", *near,
                                                fmt::join(known, ", "))
                                  : fmt::format("there are {}", fmt::join(known, ", "))));
}

}  // namespace wardroom::security_notices
