#include "alerts/alert_book.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace wardroom::alerts {
namespace {

constexpr std::array<std::pair<Notice, std::string_view>, 7> names{{
    {Notice::raised, "raised"},
    {Notice::escalated, "escalated"},
    {Notice::eased, "eased"},
    {Notice::changed, "changed"},
    {Notice::still_flapping, "still_flapping"},
    {Notice::reminder, "reminder"},
    {Notice::cleared, "cleared"},
}};

bool is_bad(HealthSign const& sign) { return sign.colour != HealthColour::green; }

bool same_fact(HealthSign const& a, HealthSign const& b) {
  return a.colour == b.colour && (!is_bad(a) || a.key == b.key);
}

}  // namespace

std::string_view name(Notice notice) {
  return std::ranges::find(names, notice, &std::pair<Notice, std::string_view>::first)->second;
}

std::optional<Notice> parse_notice(std::string_view text) {
  auto const found = std::ranges::find(names, text, &std::pair<Notice, std::string_view>::second);
  return found == names.end() ? std::nullopt : std::optional(found->first);
}

bool is_urgent(HealthSign const& sign) {
  return sign.colour == HealthColour::red &&
         (sign.part.starts_with("call_blocking") || sign.part.starts_with("login."));
}

AlertBook::AlertBook(AlertRules rules, std::span<OpenFact const> open, Instant now, Uptime up,
                     std::span<Begun const> begun)
    : rules_(rules), started_(up) {
  for (auto const& [part, since, seen] : begun) {
    // Longer away than `hold`, or by a clock that jumped: nobody knows whether it lasted.
    if (now < seen || now - seen > rules_.hold) continue;
    auto const waited = std::clamp<Milliseconds>(now - since, Milliseconds(0), rules_.hold);
    watches_[part] = Watch{.now = {.part = part, .colour = HealthColour::yellow},
                           .fact_since = up,
                           .bad_since = up - waited,
                           .since = since};
  }
  for (auto const& fact : open) {
    HealthSign const sign{fact.part, fact.colour, fact.sentence, fact.remedy, fact.key};
    // The wall clock may have jumped meanwhile: a reminder comes within one period all the same.
    auto const waited =
        std::clamp<Milliseconds>(now - fact.told_at, Milliseconds(0), rules_.remind_every);
    watches_[fact.part] = Watch{.now = sign,
                                .fact_since = up,
                                .bad_since = up,
                                .since = fact.since,
                                .last_bad = sign,
                                .told = Told{sign, up, up + rules_.remind_every - waited},
                                .flapping = fact.flapping};
  }
}

std::size_t AlertBook::open() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(watches_, [](auto const& one) { return one.second.told.has_value(); }));
}

/// Told by the boot-time clock, which no correction of the wall clock touches.
std::vector<Begun> AlertBook::begun(Instant now, Uptime up) const {
  std::vector<Begun> out;
  for (auto const& [part, watch] : watches_)
    if (!watch.told && is_bad(watch.now))
      out.push_back({part, now - std::chrono::floor<Milliseconds>(up - watch.bad_since), now});
  return out;
}

bool AlertBook::is_open(std::string_view part) const {
  auto const found = watches_.find(part);
  return found != watches_.end() && found->second.told;
}

std::vector<AlertEvent> AlertBook::fold(std::span<HealthSign const> signs, Instant now, Uptime up) {
  std::map<std::string_view, HealthSign const*> worst;  // a part may give several signs
  for (auto const& sign : signs) {
    auto& kept = worst[sign.part];
    if (!kept || sign.colour > kept->colour) kept = &sign;
  }
  for (auto& [part, watch] : watches_)
    if (!worst.contains(part))
      see(watch, HealthSign{part, HealthColour::green, "", "", ""}, now, up);
  for (auto const& [part, sign] : worst) {
    auto const found = watches_.find(part);
    if (found != watches_.end())
      see(found->second, *sign, now, up);
    else if (is_bad(*sign))
      see(watches_[std::string(part)], *sign, now, up);
  }
  std::vector<AlertEvent> out;
  for (auto& [part, watch] : watches_)
    if (auto event = judge(watch, up)) out.push_back(std::move(*event));
  std::erase_if(watches_, [&](auto const& one) { return forgotten(one.second, up); });
  return out;
}

/// Takes the sign in, and notes when it began to be as it is.
void AlertBook::see(Watch& watch, HealthSign sign, Instant now, Uptime up) {
  auto const before = watch.now.colour;
  if (!same_fact(watch.now, sign)) {
    watch.fact_since = up;
    if (before == HealthColour::green) {
      watch.bad_since = up;
      if (!watch.told) watch.since = now;
    }
    if (!is_bad(sign)) watch.green_since = up;
    if (sign.colour > before) watch.onsets.push_back({up, sign});
  }
  while (!watch.onsets.empty() && (watch.onsets.front().at + rules_.flap_memory < up ||
                                   watch.onsets.size() > 10 * rules_.flaps))
    watch.onsets.pop_front();
  if (is_bad(sign)) watch.last_bad = sign;
  watch.now = std::move(sign);
}

std::optional<AlertEvent> AlertBook::judge(Watch& watch, Uptime up) {
  return watch.told ? judge_told(watch, up) : judge_new(watch, up);
}

std::optional<AlertEvent> AlertBook::judge_new(Watch& watch, Uptime up) {
  auto const lately = std::ranges::count_if(
      watch.onsets, [&](Onset const& onset) { return onset.at + rules_.flap_window >= up; });
  bool const comes_and_goes = lately >= std::ptrdiff_t(rules_.flaps);
  bool const settled = watch.bad_since >= started_ || up - started_ >= rules_.settle;
  bool const lasts = is_bad(watch.now) && ((settled && up - watch.bad_since >= rules_.hold) ||
                                           up - watch.fact_since >= hold_of(watch.now, up));
  if (!comes_and_goes && !lasts) return std::nullopt;
  // What never stays long enough is told by the worst it showed.
  auto sign = watch.now;
  if (comes_and_goes)
    for (auto const& onset : watch.onsets)
      if (onset.sign.colour > sign.colour) sign = onset.sign;
  watch.flapping =
      comes_and_goes || (watch.cleared_at && up - *watch.cleared_at < rules_.flap_memory);
  return tell(watch, Notice::raised, std::move(sign), up);
}

std::optional<AlertEvent> AlertBook::judge_told(Watch& watch, Uptime up) {
  auto const& told = *watch.told;
  if (!is_bad(watch.now)) {
    auto const calm = watch.flapping ? rules_.flap_calm : rules_.hold;
    if (up - watch.green_since < calm) {
      if (!watch.flapping || up - told.at < rules_.still_flapping_every) return std::nullopt;
      return tell(watch, Notice::still_flapping, told.sign, up);
    }
    AlertEvent event{Notice::cleared, told.sign, watch.since, watch.flapping};
    watch.told.reset();
    watch.cleared_at = up;
    watch.flapping = false;
    watch.onsets.clear();
    return event;
  }
  auto const lately = std::ranges::count_if(
      watch.onsets, [&](Onset const& onset) { return onset.at + rules_.flap_window >= up; });
  if (lately >= std::ptrdiff_t(rules_.flaps)) watch.flapping = true;
  bool const steady = up - watch.fact_since >= hold_of(watch.now, up);
  if (watch.now.colour > told.sign.colour) {
    if (steady) return tell(watch, Notice::escalated, watch.now, up);
    if (watch.flapping && lately >= std::ptrdiff_t(rules_.flaps))
      return tell(watch, Notice::escalated, watch.now, up);
    return std::nullopt;
  }
  if (watch.flapping && up - watch.fact_since >= rules_.flap_calm) watch.flapping = false;
  if (watch.flapping) {
    if (up - told.at < rules_.still_flapping_every) return std::nullopt;
    return tell(watch, Notice::still_flapping, told.sign, up);
  }
  if (steady && !same_fact(watch.now, told.sign))
    return tell(watch, watch.now.colour < told.sign.colour ? Notice::eased : Notice::changed,
                watch.now, up);
  if (watch.now.colour == HealthColour::red && up >= told.remind_at)
    return tell(watch, Notice::reminder, watch.now, up);
  return std::nullopt;
}

AlertEvent AlertBook::tell(Watch& watch, Notice notice, HealthSign sign, Uptime up) {
  // Whatever the rhythm of colours and keys: nobody hears of one part more often for long.
  std::erase_if(watch.told_at, [&](Uptime at) { return at + rules_.flap_memory < up; });
  watch.told_at.push_back(up);
  if (watch.told_at.size() >= rules_.flaps) watch.flapping = true;
  watch.told = Told{sign, up, up + rules_.remind_every};
  return {notice, std::move(sign), watch.since, watch.flapping};
}

Milliseconds AlertBook::hold_of(HealthSign const& sign, Uptime up) const {
  bool const just_started = up - started_ < rules_.hold;
  return is_urgent(sign) && !just_started ? std::min(rules_.urgent_hold, rules_.hold) : rules_.hold;
}

bool AlertBook::forgotten(Watch const& watch, Uptime up) const {
  return !watch.told && !is_bad(watch.now) && watch.onsets.empty() &&
         !(watch.cleared_at && up - *watch.cleared_at < rules_.flap_memory);
}

}  // namespace wardroom::alerts
