#include "settings_reload.hpp"

#include <algorithm>
#include <array>

namespace wardroom {
namespace {

struct Row {
  std::string_view prefix;
  bool reload;
};
/// The longest prefix that fits decides; without one a restart is needed.
constexpr std::array table{
    Row{"log.level", true},
    Row{"webex.admins", true},
    Row{"journal.keep", true},
    Row{"call_blocking", true},
    Row{"call_blocking.identity", false},
    Row{"call_blocking.xsi", false},
    Row{"call_blocking.caller_notice.identity", false},
    Row{"call_blocking.caller_notice.bot_token_file", false},
    Row{"space_sync", true},
    Row{"space_sync.identity", false},
    Row{"security_notices.mode", true},
    Row{"security_notices.secure_domains", true},
    Row{"security_notices.internal_domains", true},
    Row{"security_notices.texts", true},
    Row{"security_notices.position", true},
    Row{"security_notices.duration", true},
    Row{"security_notices.keep", true},
};

bool below(std::string_view key, std::string_view prefix) {
  return key.starts_with(prefix) && (key.size() == prefix.size() || key[prefix.size()] == '.');
}

}  // namespace

bool reload_takes(std::string_view key) {
  Row best{"", false};
  for (auto const& row : table)
    if (below(key, row.prefix) && row.prefix.size() >= best.prefix.size()) best = row;
  return best.reload;
}

std::vector<ChangedKey> changed_keys(config::Record const& in_force, config::Record const& file) {
  std::vector<ChangedKey> out;
  for (auto& one : config::differences(in_force, file)) {
    bool const restart = !reload_takes(one.key);
    out.push_back(
        {std::move(one.key), std::move(one.before), std::move(one.after), restart, one.personal});
  }
  return out;
}

void take_reload(DaemonSettings& settings, DaemonSettings const& fresh) {
  settings.level = fresh.level;
  settings.admins = fresh.admins;
  settings.journal_keep = fresh.journal_keep;
  settings.call_blocking.policy = fresh.call_blocking.policy;
  auto identity = std::move(settings.space_sync.identity);
  settings.space_sync = fresh.space_sync;
  settings.space_sync.identity = std::move(identity);
  settings.security_notices.policy = fresh.security_notices.policy;
  settings.record = config::after_reload(settings.record, fresh.record, reload_takes);
}

ReloadReport reload_report(DaemonSettings const& in_force, DaemonSettings const& fresh,
                           config::Complaints const& complaints) {
  ReloadReport out;
  out.ok = complaints.empty();
  for (auto const& complaint : complaints) {
    out.complaints.push_back(complaint.text());
    out.mistakes.push_back(complaint.place() + (complaint.key.empty() ? "" : ": " + complaint.key));
  }
  if (!out.ok) return out;
  out.keys = changed_keys(in_force.record, fresh.record);
  for (auto const& key : out.keys)
    (key.restart ? out.needs_restart : out.changed).push_back(key.key);
  return out;
}

}  // namespace wardroom
