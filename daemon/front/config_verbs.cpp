#include "front/config_verbs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <unistd.h>

namespace wardroom::front {
namespace {

using control::VerbCall;
using nlohmann::ordered_json;
using Answer = Task<Result<ordered_json>>;
using Shared = std::shared_ptr<ConfigPorts>;

/// A secret that systemd hands over instead of the file the key names.
bool by_credential(config::Entry const& entry) {
  char const* const folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (entry.kind != config::Kind::secret_file || !folder) return false;
  auto const handed_over = [&](std::string const& name) {
    return !name.empty() && !name.contains('/') &&
           ::access(fmt::format("{}/{}", folder, name).c_str(), F_OK) == 0;
  };
  return handed_over(entry.credential) || handed_over(entry.value);
}

ordered_json row_json(config::Entry const& entry, ConfigPorts const& ports) {
  ordered_json out{{"key", entry.key}, {"value", entry.value}};
  out["source"] =
      by_credential(entry) ? "systemd credential" : config::source_of(entry, ports.file);
  if (!entry.required) out["default"] = entry.standard;
  out["changed"] = entry.changed();
  out["reload"] = ports.reload_takes(entry.key);
  return out;
}

/// Keys that came into force from a file of before may stand on another line now.
ordered_json show(ConfigPorts const& ports, bool only_changed) {
  auto rows = ordered_json::array();
  for (auto const& entry : ports.in_force().entries())
    if (entry.kind != config::Kind::section && (!only_changed || entry.changed()))
      rows.push_back(row_json(entry, ports));
  return {{"file", ports.file}, {"settings", std::move(rows)}};
}

ordered_json value_json(std::optional<std::string> const& value) {
  return value ? ordered_json(*value) : ordered_json();
}

ordered_json key_json(ChangedKey const& key) {
  return {{"key", key.key},
          {"before", value_json(key.before)},
          {"after", value_json(key.after)},
          {"takes", key.restart ? "restart" : "reload"}};
}

ordered_json keys_json(std::vector<ChangedKey> const& keys, bool restart) {
  auto out = ordered_json::array();
  for (auto const& key : keys)
    if (key.restart == restart) out.push_back(key_json(key));
  return out;
}

/// "3 mistakes:" and each in a line of its own.
std::string mistakes(std::vector<std::string> const& complaints) {
  return fmt::format("{} mistake{}:\n{}", complaints.size(), complaints.size() == 1 ? "" : "s",
                     fmt::join(complaints, "\n"));
}

std::string reload_message(ReloadReport const& report) {
  if (report.keys.empty()) return "The file says what is in force already.";
  if (report.needs_restart.empty()) return "The new policy is in force.";
  return report.changed.empty()
             ? "Nothing changed yet: these keys wait for a restart (it loses nothing)."
             : "The new policy is in force; some keys wait for a restart (it loses nothing).";
}

/// What the journal and the audit may keep for good.
ordered_json kept(ChangedKey const& key, std::optional<std::string> const& value) {
  if (!value) return {};
  if (!key.personal) return *value;
  auto const commas = std::ranges::count(*value, ',');
  auto const count = value->empty() ? 0 : commas + 1;
  return fmt::format("{} entr{}", count, count == 1 ? "y" : "ies");
}

}  // namespace

ordered_json reload_journal(ReloadReport const& report) {
  if (!report.ok)
    return {{"refused", true}, {"mistakes", report.mistakes.size()}, {"places", report.mistakes}};
  ordered_json out{{"changed", report.changed}, {"needs_restart", report.needs_restart}};
  auto keys = ordered_json::array();
  for (auto const& key : report.keys)
    keys.push_back({{"key", key.key},
                    {"before", kept(key, key.before)},
                    {"after", kept(key, key.after)},
                    {"takes", key.restart ? "restart" : "reload"}});
  out["keys"] = std::move(keys);
  return out;
}

control::Change reload_change(ReloadReport const& report) {
  control::Change out{.object = "configuration"};
  ordered_json before = ordered_json::object(), after = ordered_json::object();
  for (auto const& key : report.keys)
    if (!key.restart) {
      before[key.key] = kept(key, key.before);
      after[key.key] = kept(key, key.after);
    }
  if (!report.ok) after["mistakes"] = report.complaints.size();
  out.before = before.dump();
  out.after = after.dump();
  return out;
}

void add_config_verbs(control::Verbs& verbs, ConfigPorts given) {
  auto const ports = std::make_shared<ConfigPorts>(std::move(given));
  verbs.handle("config show",
               [ports](VerbCall call) -> Answer { co_return show(*ports, call.flag("changed")); });
  verbs.handle("config diff", [ports](VerbCall) -> Answer {
    config::Complaints complaints;
    auto const keys = co_await ports->differences(complaints);
    std::vector<std::string> told;
    for (auto const& complaint : complaints) told.push_back(complaint.text());
    if (!told.empty())
      co_return failure(ErrorKind::malformed,
                        "a reload or a restart would refuse the file; it has " + mistakes(told));
    auto rows = ordered_json::array();
    for (auto const& key : keys) rows.push_back(key_json(key));
    co_return ordered_json{
        {"file", ports->file}, {"equal", rows.empty()}, {"differences", std::move(rows)}};
  });
  verbs.handle("reload", [ports](VerbCall call) -> Answer {
    auto const report = co_await ports->reload();
    *call.change = reload_change(report);
    if (!report.ok)
      co_return failure(ErrorKind::malformed,
                        "nothing was changed; the file has " + mistakes(report.complaints));
    co_return ordered_json{{"changed", keys_json(report.keys, false)},
                           {"needs_restart", keys_json(report.keys, true)},
                           {"message", reload_message(report)}};
  });
}

}  // namespace wardroom::front
