#include "render.hpp"

#include "render_fences.hpp"

#include <algorithm>
#include <array>

namespace wardroom::ctl {
namespace {

std::string render_wait(Json const&, Look const& look) {
  return paint(look, Tone::good, "reached") + "\n";
}

std::string render_metrics(Json const& answer, Look const&) {
  // Our own exposition text: the only answer whose line breaks are meant.
  return has(answer, "text") && answer["text"].is_string() ? answer["text"].get<std::string>()
                                                           : std::string();
}

std::string render_log_level(Json const& answer, Look const&) {
  return "The log level is " + text(answer, "level") + ".\n";
}

std::string render_any(Json const& answer, Look const& look) {
  std::vector<std::pair<std::string, Cell>> facts;
  if (answer.is_object())
    for (auto const& [key, value] : answer.items())
      if (key != "schema") facts.emplace_back(clean(key), joined(value));
  return render_facts(facts, look);
}

struct Row {
  std::string_view schema;
  std::string (*render)(Json const&, Look const&);
};
constexpr std::array renderers = {
    Row{"wardroom.status/1", render_status},
    Row{"wardroom.store_show/1", render_store_show},
    Row{"wardroom.backup/1", render_backup},
    Row{"wardroom.store_migrate/1", render_store_migrate},
    Row{"wardroom.health/1", render_health},
    Row{"wardroom.wait/1", render_wait},
    Row{"wardroom.metrics/1", render_metrics},
    Row{"wardroom.auth/1", render_logged_in},
    Row{"wardroom.logout/1", render_logout},
    Row{"wardroom.whoami/1", render_whoami},
    Row{"wardroom.token_show/1", render_token_show},
    Row{"wardroom.token_check/1", render_token_check},
    Row{"wardroom.token_refresh/1", render_token_refresh},
    Row{"wardroom.alerts_list/1", render_alerts_list},
    Row{"wardroom.alerts_test/1", render_alerts_test},
    Row{"wardroom.audit_list/1", render_audit_list},
    Row{"wardroom.audit_verify/1", render_audit_verify},
    Row{"wardroom.reload/1", render_reload},
    Row{"wardroom.log_level/1", render_log_level},
    Row{"wardroom.config_show/1", render_config_show},
    Row{"wardroom.config_check/1", render_config_check},
    Row{"wardroom.config_diff/1", render_config_diff},
    Row{"wardroom.config_explain/1", render_config_explain},
    Row{"wardroom.config_set/1", render_config_set},
    Row{"wardroom.monitor/1", render_monitor},
    Row{"wardroom.calls_list/1", render_calls_list},
    Row{"wardroom.calls_show/1", render_calls_show},
    Row{"wardroom.calls_why/1", render_calls_why},
    Row{"wardroom.people_list/1", render_people_list},
    Row{"wardroom.people_show/1", render_people_show},
    Row{"wardroom.people_why/1", render_people_why},
    Row{"wardroom.override/1", render_override},
    Row{"wardroom.override_list/1", render_override_list},
    Row{"wardroom.override_remove/1", render_override_remove},
    Row{"wardroom.people_sessions/1", render_people_sessions},
    Row{"wardroom.people_revoke/1", render_sessions_revoke},
    Row{"wardroom.sessions_list/1", render_sessions_list},
    Row{"wardroom.sessions_revoke/1", render_sessions_revoke},
    Row{"wardroom.fence_list/1", render_fence_list},
    Row{"wardroom.fence_show/1", render_fence_show},
    Row{"wardroom.fence_test/1", render_fence_test},
    Row{"wardroom.fence_import/1", render_fence_import},
    Row{"wardroom.fence_simulate/1", render_fence_simulate},
    Row{"wardroom.sync_list/1", render_sync_list},
    Row{"wardroom.sync_plan/1", render_sync_plan},
    Row{"wardroom.sync_run/1", render_sync_run},
    Row{"wardroom.sync_explain/1", render_sync_explain},
    Row{"wardroom.sync_history/1", render_sync_history},
    Row{"wardroom.sync_show/1", render_sync_show},
    Row{"wardroom.sync_job/1", render_sync_job},
    Row{"wardroom.cms_status/1", render_cms_status},
    Row{"wardroom.cms_calls/1", render_cms_calls},
    Row{"wardroom.cms_show/1", render_cms_show},
    Row{"wardroom.cms_resync/1", render_cms_resync},
    Row{"wardroom.cms_register/1", render_cms_register},
};

}  // namespace

std::string render(std::string_view schema, Json const& answer, Look const& look) {
  auto const row = std::ranges::find(renderers, schema, &Row::schema);
  return row == renderers.end() ? render_any(answer, look) : row->render(answer, look);
}

Tone tone_of(std::string_view word) {
  static std::array<std::string_view, 6> constexpr good{"green", "inside", "allowed",
                                                        "valid", "up",     "passed"};
  static std::array<std::string_view, 8> constexpr warning{
      "yellow", "uncertain", "stale", "observed", "rejected", "no_fix", "pending", "expiring"};
  if (std::ranges::find(good, word) != good.end()) return Tone::good;
  if (std::ranges::find(warning, word) != warning.end()) return Tone::warning;
  static std::array<std::string_view, 5> constexpr bad{"red", "outside", "blocked", "reject_failed",
                                                       "down"};
  return std::ranges::find(bad, word) != bad.end() ? Tone::bad : Tone::plain;
}

std::string render_facts(std::vector<std::pair<std::string, Cell>> const& facts, Look const& look) {
  std::size_t widest = 0;
  for (auto const& [name, value] : facts)
    if (!value.text.empty()) widest = std::max(widest, columns(name));
  std::string out;
  for (auto const& [name, value] : facts)
    if (!value.text.empty())
      out += "  " + paint(look, Tone::faint, pad(name, widest)) + "  " +
             paint(look, value.tone, wrap(value.text, look.width, widest + 4)) + "\n";
  return out;
}

}  // namespace wardroom::ctl
