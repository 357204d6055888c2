#include "calls_why.hpp"

#include "operator_part.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace wardroom::world {
namespace {

using nlohmann::json;
using std::chrono::seconds;

constexpr auto kSettled = seconds(30);  // after its end: written, and looked for at the platform
constexpr auto kKept = std::chrono::hours(29 * 24);  // records are, by the wall clock
constexpr auto kEndsAreFound = std::chrono::minutes(13);
constexpr auto kLooksAgain = seconds(20);
constexpr auto kCheckedBy = seconds(1);  // the daemon looks 2 s after a release whether it worked
constexpr auto kListed = std::chrono::hours(20);
constexpr std::size_t kAskedAtTheEnd = 25;

std::string text(json const& from, char const* key) {
  auto const it = from.find(key);
  return it != from.end() && it->is_string() ? it->get<std::string>() : std::string();
}

/// The daemon knows of its end. Until it does it judges the call by what is new.
bool is_over(Answered const& shown) {
  auto const state = shown.status == 200 ? text(shown.json(), "state") : "";
  return state == "released" || state == "detached";
}

}  // namespace

void CallsWhy::ask(Chance& chance) {
  std::vector<CallsWatch::Half const*> ended;
  for (auto const& [id, half] : watch_.halves())
    if (half.ended && world_.now() - *half.ended > kSettled) ended.push_back(&half);
  if (ended.empty()) return;
  auto const& half = *chance.pick(ended);
  world_.control(http::Method::get, "/v1/calls/show?call=" + half.id, "",
                 [this, half, life = life_](Answered const& shown) {
                   if (life == life_) ask_why(half, is_over(shown));
                 });
}

void CallsWhy::ask_why(CallsWatch::Half const& half, bool over) {
  world_.control(http::Method::get, "/v1/calls/why?call=" + half.id, "",
                 [this, half, over, life = life_](Answered const& answer) {
                   if (life == life_) judge(half, answer, over);
                 });
}

void CallsWhy::judge(CallsWatch::Half const& half, Answered const& answer, bool over) {
  auto const told = answer.json();
  auto const fail = [&](std::string const& what) {
    world_.fail("why", fmt::format("of {} ({}): {}: {}", half.id, half.owner->email, what,
                                   answer.body.substr(0, 1'500)));
  };
  bool const released = half.taken && !half.disturbed;
  // A release that the platform took may have ended nothing; such a call may be let through later.
  bool const went_on =
      half.ended && half.last_delete && *half.ended - *half.last_delete > kCheckedBy;
  bool const kept = world_.part<OperatorPart>().widest_skew() < kKept;
  if (answer.status == 404 && released && kept)
    return fail("a call that was released is not known");
  if (answer.status != 200) return;
  if (!told.is_object()) return fail("no JSON");
  auto const again = told.value("reevaluated", json::object());
  if (again.contains("same") && again["same"] != true) return fail("not the same verdict again");
  if (again.contains("error")) return fail("it cannot be worked out again");
  if (released && !went_on && text(told, "verdict") != "release")
    return fail("released without a verdict");
  if (over) compare_with_before(half.id, told);
}

void CallsWhy::compare_with_before(std::string const& half, json const& told) {
  auto const now = fmt::format("{} {} {} {}", text(told, "decision"), text(told, "verdict"),
                               text(told, "reason"), text(told, "judged_at"));
  auto const [before, first] = told_.try_emplace(half, now);
  if (!first && before->second != now)
    world_.fail("why", fmt::format("of {}: told {} before and {} now", half, before->second, now));
}

bool CallsWhy::agrees() {
  auto const now = world_.now();
  if (!first_look_) first_look_ = now;
  if (agreed_ || now - *first_look_ > kEndsAreFound) return true;
  if (last_look_ && now - *last_look_ < kLooksAgain) return false;
  last_look_ = now;
  world_.control(http::Method::get, "/v1/status", "", [this](Answered const& answer) {
    if (answer.status != 200) return;
    auto const live = answer.json()["calls"].value("live", std::size_t{0});
    agreed_ = std::ranges::count_if(watch_.halves(), [](auto const& entry) {
                return !entry.second.ended;
              }) == std::ptrdiff_t(live);
  });
  return false;
}

void CallsWhy::finish() {
  std::size_t asked = 0;
  for (auto const& [id, half] : watch_.halves()) {
    if (!half.ended || world_.now() - *half.ended < kSettled) continue;
    if (!half.taken && asked >= kAskedAtTheEnd) continue;
    bool const over = is_over(world_.ask(http::Method::get, "/v1/calls/show?call=" + id));
    judge(half, world_.ask(http::Method::get, "/v1/calls/why?call=" + id), over);
    if (++asked > 2 * kAskedAtTheEnd || world_.violation()) return;
  }
  compare_lists();
}

/// At rest the daemon's open calls are those of the platform. Where the wall clock jumped by a day
/// the list is not compared: what ended while the daemon was away is closed within a day of it.
void CallsWhy::compare_lists() {
  auto const status = world_.ask(http::Method::get, "/v1/status");
  if (status.status != 200) return;
  std::set<std::string> here, there;
  for (auto const& [id, half] : watch_.halves()) {
    if (half.ended) continue;
    // Of one that ends at this very moment the daemon may have heard before the watch, or after.
    if (!world_.platform().calls.half(*half.owner, id)) return;
    there.insert(id);
  }
  auto const live = status.json()["calls"].value("live", std::size_t{0});
  if (live != there.size())
    return world_.fail("X1", fmt::format("{} calls are open to the daemon; to the platform: {}",
                                         live, fmt::join(there, ", ")));
  if (world_.part<OperatorPart>().widest_skew() > kListed) return;
  auto const answer = world_.ask(http::Method::get, "/v1/calls/list?limit=1000");
  if (answer.status != 200) return;
  for (auto const& row : answer.json().value("calls", json::array()))
    if (text(row, "state") != "released" && text(row, "state") != "detached")
      here.insert(text(row, "call"));
  if (here != there)
    world_.fail("X1", fmt::format("open calls of the daemon: {}; of the platform: {}",
                                  fmt::join(here, ", "), fmt::join(there, ", ")));
}

}  // namespace wardroom::world
