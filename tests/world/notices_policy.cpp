#include "notices_policy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace wardroom::world {
namespace {

using namespace std::chrono_literals;

/// Whoever asked for a reload that long ago hears nothing any more.
constexpr auto longest_answer = 60s;

std::array<sim::CmsDomains, 3> const& all_lists() {
  static std::array<sim::CmsDomains, 3> const out{
      sim::CmsDomains{{"secure.example"}, {"staff.example", "*.staff.example"}},
      sim::CmsDomains{{"secure.example"}, {"staff.example"}},
      sim::CmsDomains{{"secure.example", "staff.example"}, {"*.staff.example", "partner.example"}}};
  return out;
}

std::string quoted(std::vector<std::string> const& all) {
  std::vector<std::string> out;
  for (auto const& one : all) out.push_back(fmt::format("\"{}\"", one));
  return fmt::format("[{}]", fmt::join(out, ", "));
}

bool all_enforce(std::vector<NoticesPolicy> const& all) {
  return std::ranges::all_of(all, &NoticesPolicy::enforces);
}

}  // namespace

sim::CmsDomains const& NoticesPolicy::lists() const { return all_lists().at(domains); }

std::string NoticesPolicy::text(int level) const {
  return level == 0 ? std::string() : fmt::format("Level {} of set {}", level, texts);
}

int level_of_text(std::string_view text) {
  constexpr std::string_view begin = "Level ";
  return text.starts_with(begin) && text.size() > begin.size() ? text[begin.size()] - '0' : 0;
}

std::string NoticesPolicy::yaml() const {
  auto out = fmt::format("  mode: {}\n  secure_domains: {}\n  internal_domains: {}\n  texts:\n",
                         enforces ? "enforce" : "observe", quoted(lists().secure),
                         quoted(lists().internal));
  for (int level = 1; level <= 3; ++level)
    out += fmt::format("    {}: \"{}\"\n", level, text(level));
  return out;
}

NoticesPolicy NoticesPolicy::changed(Chance& dice) const {
  auto out = *this;
  while (out == *this) {
    if (dice.one_in(2)) out.domains = static_cast<unsigned>(dice.below(all_lists().size()));
    if (dice.one_in(3)) ++out.texts;
    // Mostly it enforces.
    if (dice.one_in(3)) out.enforces = !out.enforces || dice.one_in(4);
  }
  return out;
}

void NoticesPolicies::written(NoticesPolicy policy, Uptime now) {
  unanswered_.push_back(now);
  if (may_hold_.back() != policy) may_hold_.push_back(policy);
}

/// Nothing but the file counts: what an earlier life showed is of no matter.
void NoticesPolicies::started(Uptime now) {
  unanswered_.clear();
  may_hold_ = {may_hold_.back()};
  stepped_down_.reset();
  since_ = now;
}

void NoticesPolicies::answered(bool ok, Uptime now) {
  while (!unanswered_.empty() && now - unanswered_.front() > longest_answer)
    unanswered_.pop_front();
  if (!unanswered_.empty()) unanswered_.pop_front();
  if (!unanswered_.empty()) return;
  if (ok) return settle({may_hold_.back()}, now);
  // A file that was refused changes nothing.
  if (may_hold_.size() == 2) settle({may_hold_.front()}, now);
}

void NoticesPolicies::settle(std::vector<NoticesPolicy> now_holds, Uptime now) {
  if (now_holds == may_hold_) return;
  bool const may_have_shown =
      std::ranges::any_of(may_hold_, [](auto const& one) { return one.enforces; });
  may_hold_ = std::move(now_holds);
  since_ = now;
  if (all_enforce(may_hold_))
    stepped_down_.reset();
  else if (may_have_shown)
    stepped_down_ = now;
}

bool NoticesPolicies::surely_enforces() const { return all_enforce(may_hold_); }
bool NoticesPolicies::surely_observes() const {
  return std::ranges::none_of(may_hold_, &NoticesPolicy::enforces);
}

}  // namespace wardroom::world
