#include "features/security_notices/security_notices_health.hpp"

#include "base/time_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace wardroom::security_notices {
namespace {

std::string_view words(FeatureMode mode) {
  switch (mode) {
    case FeatureMode::off:
      return "off";
    case FeatureMode::observe:
      return "observe";
    case FeatureMode::enforce:
      return "enforce";
  }
  return "off";
}

std::string part_of(BridgeView const& view) {
  return fmt::format("{}.{}", SecurityNotices::feature, view.settings->name);
}

/// "06:30:12 UTC"
std::string time_words(Instant at) { return iso_text(at).substr(11, 8) + " UTC"; }

std::string counted(std::size_t n, std::string_view thing) {
  return fmt::format("{} {}{}", n, thing, n == 1 ? "" : "s");
}

HealthSign silent_sign(BridgeView const& view, Instant now) {
  auto const& bridge = view.settings->name;
  bool const is_red = now - *view.silent_since >= silence_is_red_after;
  return {part_of(view), is_red ? HealthColour::red : HealthColour::yellow,
          fmt::format("The API of the bridge {} does not answer since {}: {}. Its conferences keep "
                      "their levels or show level 3.",
                      bridge, time_words(*view.silent_since), view.trouble),
          "wardroomctl doctor security_notices", "silent"};
}

HealthSign doubt_sign(BridgeView const& view) {
  auto const& bridge = view.settings->name;
  auto const next = view.resyncing ? "It is being read anew." : "It waits to be read anew.";
  return {part_of(view), HealthColour::yellow,
          fmt::format("Conferences that the bridge {} may share show level 3: {}. {}", bridge,
                      view.doubt, next),
          fmt::format("wardroomctl cms resync {}", bridge), "doubt"};
}

HealthSign behind_sign(BridgeView const& view) {
  auto const& bridge = view.settings->name;
  return {part_of(view) + ".records", HealthColour::yellow,
          fmt::format("{} that the bridge {} made did not come.",
                      counted(*view.behind, "call detail record"), bridge),
          fmt::format("wardroomctl cms register {}   # then: wardroomctl cms status", bridge),
          "behind"};
}

HealthSign missing_sign(BridgeView const& view) {
  auto const& bridge = view.settings->name;
  return {part_of(view) + ".registration", HealthColour::yellow,
          fmt::format("The bridge {} does not send its call detail records here: our receiver is "
                      "not in its list.",
                      bridge),
          fmt::format("wardroomctl cms register {}", bridge), "missing"};
}

HealthSign full_sign(BridgeView const& view) {
  auto const& bridge = view.settings->name;
  return {
      part_of(view) + ".registration", HealthColour::yellow,
      fmt::format("The bridge {} does not send its call detail records here: all {} are taken "
                  "by others.",
                  bridge, counted(view.receivers.size(), "place")),
      fmt::format("Take one out at the bridge (Configuration > CDR settings); then: wardroomctl "
                  "cms register {}",
                  bridge),
      "full"};
}

}  // namespace

std::vector<HealthSign> signs_of_bridge(BridgeView const& view, Instant now) {
  std::vector<HealthSign> out;
  if (view.silent_since)
    out.push_back(silent_sign(view, now));
  else if (!view.doubt.empty())
    out.push_back(doubt_sign(view));
  if (view.behind.value_or(0) > 0) out.push_back(behind_sign(view));
  if (view.registration == Registration::missing) out.push_back(missing_sign(view));
  if (view.registration == Registration::full) out.push_back(full_sign(view));
  return out;
}

HealthSign sign_of_notices(std::size_t bridges, std::size_t conferences, std::size_t late,
                           FeatureMode mode) {
  HealthSign sign{std::string(SecurityNotices::feature), HealthColour::green, {}};
  if (late > 0) {
    sign.colour = HealthColour::red;
    sign.sentence = fmt::format(
        "{} {} a lower security level than should be shown, for more than {} seconds.",
        counted(late, "call"), late == 1 ? "shows" : "show", notice_is_late_after.count());
    sign.remedy = "wardroomctl cms calls   # names them, and what their bridges answer";
    sign.key = "late";
  } else if (bridges == 0) {
    sign.sentence = "No meeting server is watched.";
  } else {
    sign.sentence = fmt::format("{}, {}, mode {}.", counted(bridges, "bridge"),
                                counted(conferences, "conference"), words(mode));
  }
  return sign;
}

std::vector<HealthSign> SecurityNotices::health() const {
  auto const mode = settings_.policy.mode;
  if (mode == FeatureMode::off) return {};
  auto const views = bridges();
  std::vector<HealthSign> out{
      sign_of_notices(views.size(), ledger().size(), board().behind(notice_is_late_after), mode)};
  for (auto const& view : views)
    for (auto& sign : signs_of_bridge(view, ports_.clock.now())) out.push_back(std::move(sign));
  return out;
}

void SecurityNotices::add_status(nlohmann::ordered_json& status) const {
  auto const mode = settings_.policy.mode;
  status["features"].push_back(
      {{"name", std::string(feature)}, {"mode", std::string(words(mode))}});
  if (mode == FeatureMode::off || settings_.bridges.empty()) return;
  auto const views = bridges();
  auto const up = std::ranges::count_if(views, [](auto const& view) { return !view.silent_since; });
  auto const& levels = board().levels();
  status["cms"] = {{"bridges", views.size()},
                   {"up", up},
                   {"conferences", ledger().size()},
                   {"level_3", levels[3]},
                   {"late", board().behind(notice_is_late_after)}};
}

}  // namespace wardroom::security_notices
