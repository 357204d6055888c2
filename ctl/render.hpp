/// Answers of the daemon as text for people. Pure: JSON as in docs/api.md in, text out; a member
/// that is absent is left out of the text.
#pragma once
#include "json_view.hpp"
#include "table.hpp"

#include <string>
#include <string_view>

namespace wardroom::ctl {

/// By the answer's schema, "wardroom.calls_list/1"; an unknown one is shown member by member.
std::string render(std::string_view schema, Json const& answer, Look const& look);
/// One line of `events`, without the line's end.
std::string render_event(Json const& event, Look const& look);

// The parts, one a topic.
std::string render_status(Json const& answer, Look const& look);
std::string render_health(Json const& answer, Look const& look);
std::string render_monitor(Json const& answer, Look const& look);
std::string render_logged_in(Json const& answer, Look const& look);
std::string render_browser_login(Json const& answer, Look const& look);
std::string render_logout(Json const& answer, Look const& look);
std::string render_whoami(Json const& answer, Look const& look);
std::string render_token_show(Json const& answer, Look const& look);
std::string render_token_check(Json const& answer, Look const& look);
std::string render_token_refresh(Json const& answer, Look const& look);
std::string render_alerts_list(Json const& answer, Look const& look);
std::string render_alerts_test(Json const& answer, Look const& look);
std::string render_audit_list(Json const& answer, Look const& look);
std::string render_audit_verify(Json const& answer, Look const& look);
std::string render_config_show(Json const& answer, Look const& look);
std::string render_config_check(Json const& answer, Look const& look);
std::string render_config_diff(Json const& answer, Look const& look);
std::string render_config_explain(Json const& answer, Look const& look);
std::string render_config_set(Json const& answer, Look const& look);
std::string render_reload(Json const& answer, Look const& look);
std::string render_store_show(Json const& answer, Look const& look);
std::string render_backup(Json const& answer, Look const& look);
std::string render_store_migrate(Json const& answer, Look const& look);
std::string render_calls_list(Json const& answer, Look const& look);
std::string render_calls_show(Json const& answer, Look const& look);
std::string render_calls_why(Json const& answer, Look const& look);
/// "read 3 min ago in 4 s; 9,998 of 10,000 people known as callers"; empty when absent.
std::string directory_words(Json const& directory, Look const& look);
std::string render_people_list(Json const& answer, Look const& look);
std::string render_people_show(Json const& answer, Look const& look);
std::string render_people_why(Json const& answer, Look const& look);
std::string render_override(Json const& answer, Look const& look);
std::string render_override_list(Json const& answer, Look const& look);
std::string render_override_remove(Json const& answer, Look const& look);
std::string render_people_sessions(Json const& answer, Look const& look);
std::string render_sessions_list(Json const& answer, Look const& look);
std::string render_sessions_revoke(Json const& answer, Look const& look);
std::string render_doctor(Json const& answer, Look const& look);
std::string render_sync_list(Json const& answer, Look const& look);
std::string render_sync_plan(Json const& answer, Look const& look);
std::string render_sync_run(Json const& answer, Look const& look);
std::string render_sync_explain(Json const& answer, Look const& look);
std::string render_sync_history(Json const& answer, Look const& look);
std::string render_sync_show(Json const& answer, Look const& look);
std::string render_sync_job(Json const& answer, Look const& look);
std::string render_cms_status(Json const& answer, Look const& look);
std::string render_cms_calls(Json const& answer, Look const& look);
std::string render_cms_show(Json const& answer, Look const& look);
std::string render_cms_resync(Json const& answer, Look const& look);
std::string render_cms_register(Json const& answer, Look const& look);

// What several of them share.
Tone tone_of(std::string_view word);  ///< of a colour, standing, decision or state
std::string render_signs(Json const& signs, Look const& look);
std::string render_grants(Json const& grants, Look const& look);
/// A paragraph for each grant that waits for a login, with what to do; empty when none does.
std::string render_needs_login(Json const& grants, Look const& look);
Cell alerts_cell(Json const& alerts);             ///< "2 open, told to …"; empty when absent
std::string state_words(std::string_view state);  ///< "needs login" for "needs_login"
Tone tone_of_state(std::string_view state);       ///< of a grant
std::string render_channels(Json const& monitoring, Look const& look);
/// "on, 2 of 2 channels up, subscribed; blind for 0 s in all"
std::string monitoring_words(Json const& monitoring);
Tone monitoring_tone(Json const& monitoring);
/// "  Name       value" lines; rows with an empty value are left out.
std::string render_facts(std::vector<std::pair<std::string, Cell>> const& facts, Look const& look);

}  // namespace wardroom::ctl
