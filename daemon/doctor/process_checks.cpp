#include "doctor/process_checks.hpp"

#include "base/secret_memory.hpp"
#include "doctor/space.hpp"
#include "process/systemd.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <sys/resource.h>

namespace wardroom::doctor {
namespace {

constexpr std::uint64_t few_files = 8'192;

std::uint64_t soft_limit(int which) {
  rlimit limit{};
  if (::getrlimit(static_cast<__rlimit_resource>(which), &limit) != 0) return 0;
  return limit.rlim_cur;
}

Findings look_at_watchdog() {
  if (std::getenv("INVOCATION_ID") == nullptr)
    return {
        skipped("The daemon was not started by systemd, which would start it again after a "
                "crash.")};
  auto const every = systemd::watchdog_interval();
  if (!every)
    return {warn("systemd does not watch the daemon: one that hangs is not started again.",
                 "systemctl edit wardroomd   # [Service] WatchdogSec=30; then restart")};
  return {fine(fmt::format("systemd watches the daemon and is told every {} s that it lives.",
                           every->count() / 1000))};
}

Task<Findings> look_at_journal(ProcessPorts ports) {
  auto const newest = co_await ports.journal.read_latest({}, 1);
  if (!newest)
    co_return Findings{bad("The journal of what happened cannot be read: " + newest.error().what,
                           "wardroomctl doctor store")};
  auto const oldest = co_await ports.journal.read_since(0, {}, 1);
  if (!oldest || oldest->empty()) co_return Findings{fine("The journal is empty so far.")};
  auto const days =
      std::chrono::floor<std::chrono::days>(ports.clock.now() - oldest->front().at).count();
  auto const keep = std::chrono::ceil<std::chrono::days>(ports.journal_keep()).count();
  if (days > keep + 1)
    co_return Findings{warn(fmt::format("The journal goes back {} days although it is kept for {}: "
                                        "what is too old is not removed.",
                                        days, keep),
                            "wardroomctl doctor store")};
  co_return Findings{
      fine(fmt::format("The journal holds what happened in the last {} day{}; it is "
                       "kept for {} days.",
                       days + 1, days == 0 ? "" : "s", keep))};
}

Findings look_at_admins(ProcessPorts const& ports) {
  auto const open = ports.admin_sessions();
  auto const listed = ports.admins().size();
  auto const sessions = fmt::format("{} session{} of administrators {} open.", open,
                                    open == 1 ? "" : "s", open == 1 ? "is" : "are");
  if (listed == 0)
    return {warn(
        "webex.admins names nobody: only the one-time code lets an administrator in. " + sessions,
        "wardroomctl config explain webex.admins   # then: wardroomctl reload", "admins")};
  return {fine(
      fmt::format("{} administrator{} named; {}", listed, listed == 1 ? " is" : "s are", sessions),
      "admins")};
}

}  // namespace

Limits limits_of_this_process() { return {soft_limit(RLIMIT_NOFILE), soft_limit(RLIMIT_MEMLOCK)}; }

Findings judge_limits(Limits const& limits, std::string const& secrets_trouble) {
  Findings out;
  if (limits.open_files < few_files)
    out.push_back(warn(
        fmt::format("The daemon may hold only {} files and connections open.", limits.open_files),
        "systemctl edit wardroomd   # [Service] LimitNOFILE=262144; then restart", "open_files"));
  else
    out.push_back(
        fine(fmt::format("Up to {} files and connections may be open.", limits.open_files),
             "open_files"));
  if (!secrets_trouble.empty())
    out.push_back(warn(secrets_trouble,
                       "systemctl edit wardroomd   # [Service] LimitMEMLOCK=16M; then restart",
                       "memory"));
  else
    out.push_back(fine("Secrets lie in memory that is never swapped out.", "memory"));
  return out;
}

Findings from_signs(std::vector<HealthSign> const& signs, std::string_view part) {
  Findings out;
  for (auto const& sign : signs) {
    if (!sign.part.starts_with(part)) continue;
    auto const result = sign.colour == HealthColour::green    ? CheckResult::ok
                        : sign.colour == HealthColour::yellow ? CheckResult::warning
                                                              : CheckResult::failed;
    out.push_back({result, sign.sentence, sign.remedy, sign.part.substr(part.size())});
  }
  return out;
}

void add_process_checks(Doctor& doctor, ProcessPorts ports) {
  doctor.add({"process", "process", [](CheckWish) -> Task<Findings> {
                co_return judge_limits(limits_of_this_process(), secret_memory().trouble);
              }});
  doctor.add({"process", "process.watchdog",
              [](CheckWish) -> Task<Findings> { co_return look_at_watchdog(); }});
  doctor.add({"process", "process.parts", [signs = ports.signs](CheckWish) -> Task<Findings> {
                auto dead = from_signs(signs(), "task.");
                if (dead.empty()) dead.push_back(fine("No part of the daemon has failed."));
                co_return dead;
              }});
  doctor.add({"process", "process.old_key", [signs = ports.signs](CheckWish) -> Task<Findings> {
                co_return from_signs(signs(), "secrets.old_key");
              }});
  doctor.add({"journal", "journal", [ports](CheckWish) { return look_at_journal(ports); }});
  doctor.add({"web", "web", [ports = std::move(ports)](CheckWish) -> Task<Findings> {
                co_return look_at_admins(ports);
              }});
}

}  // namespace wardroom::doctor
