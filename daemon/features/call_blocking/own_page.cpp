#include "features/call_blocking/own_page.hpp"

#include "base/time_text.hpp"
#include "features/call_blocking/call_blocking.hpp"
#include "features/call_blocking/words.hpp"
#include "http/message.hpp"

#include <utility>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kNoticeVersion = 1;
constexpr std::pair<Hint, std::string_view> kHints[] = {
    {Hint::impossible_travel, "impossible_travel"},
    {Hint::frozen, "frozen"},
    {Hint::too_exact, "too_exact"},
    {Hint::future_time, "future_time"},
};

double seconds(auto duration) { return std::chrono::duration<double>(duration).count(); }

std::string words_of(Judgement const& now, Milliseconds timeout) {
  auto const words = words_for_person(now, timeout);
  if (now.mode == Mode::enforce || !now.verdict.release) return words;
  return "Your calls are allowed for now: the rules are only being tried out. " + words;
}

Json hints_json(Hints hints) {
  auto out = Json::array();
  for (auto const& [hint, word] : kHints)
    if ((hints & bit(hint)) != 0) out.push_back(word);
  return out;
}

/// The areas that bind this person: those that count now, and those that are out of their hours.
void add_fences(Json& out, PolicySettings const& policy, FenceMask bound, FenceMask in_force,
                Instant now) {
  auto fences = Json::array(), resting = Json::array();
  for (std::size_t i = 0; i < policy.fences.size(); ++i) {
    auto const& fence = policy.fences[i];
    if ((bound >> i & 1) == 0) continue;
    if ((in_force >> i & 1) != 0) {
      fences.push_back(fence.name);
      continue;
    }
    Json one{{"name", fence.name}, {"hours", text(fence.schedule)}};
    if (auto const next = fence.schedule.next_change(now)) one["from"] = iso_text(*next);
    resting.push_back(std::move(one));
  }
  out["fences"] = std::move(fences);
  if (!resting.empty()) out["resting"] = std::move(resting);
}

}  // namespace

Task<http::Response> own_page(CallBlocking& feature, PersonNo person) {
  auto const& ports = feature.ports();
  auto const who = co_await ports.people.display_name(person);
  if (!ports.roster.has(person))
    co_return http::problem(401, "unauthorized", "This session belongs to nobody known.",
                            "Sign in again at /user/login.");
  auto& standings = feature.standings();
  auto const& policy = standings.policy();
  auto const now = standings.judge_now(person);
  Json out{{"person", {{"name", who}}},
           {"standing", name(now.place.standing)},
           {"allowed", !now.verdict.release || now.mode != Mode::enforce},
           {"words", words_of(now, policy.timeout)},
           {"reason", name(now.verdict.reason)},
           {"mode", name(now.mode)},
           {"post_interval_s", seconds(policy.post_interval)},
           {"timeout_s", seconds(policy.timeout)},
           {"fix", nullptr}};
  if (now.place.age)
    out["fix"] = {
        {"age_s", std::chrono::duration_cast<std::chrono::seconds>(*now.place.age).count()},
        {"accuracy_m", now.place.accuracy->value}};
  if (now.facts.hints != 0) out["hints"] = hints_json(now.facts.hints);
  if (auto const* episode = feature.notices().running(person)) {
    out["blocked_call"] = {{"at", iso_text(episode->last)}, {"reason", name(episode->reason)}};
    if (episode->told == Told::sent) out["blocked_call"]["told_at"] = iso_text(episode->told_at);
  }
  add_fences(out, policy, standings.bound(person), standings.awake(), ports.clock.now());
  out["notice_version"] = kNoticeVersion;
  co_return http::json_text(200, out.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace wardroom::call_blocking
