#include "doctor/audit_checks.hpp"

#include <fmt/format.h>

namespace wardroom::doctor {
namespace {
using namespace std::chrono_literals;

constexpr std::int64_t newest = 1'000;

Task<Findings> look_at_chain(AuditPorts ports, bool deep) {
  auto* const log = ports.log();
  if (!log) co_return Findings{skipped("There is no audit in this run.")};
  auto const head = co_await ports.database.read<std::optional<audit::Head>>(
      [&key = log->key()](store::Sql& sql) { return audit::stored_head(sql, key); });
  if (!head)
    co_return Findings{
        bad("The audit cannot be read: " + head.error().what, "wardroomctl doctor store", "head")};
  Findings out{judge_head(*head, ports.clock.now())};
  auto const last = *head ? (*head)->seq : 0;
  auto const from = deep ? 1 : std::max<std::int64_t>(1, last - newest + 1);
  auto const verified = co_await log->verify(from, {});
  if (!verified)
    out.push_back(bad("The audit cannot be verified: " + verified.error().what,
                      "wardroomctl audit verify", "chain"));
  else if (!verified->ok())
    out.push_back(bad("The audit was tampered with: " + verified->sentence(),
                      "wardroomctl audit verify   # and keep the store's file as evidence",
                      "chain"));
  else
    out.push_back(
        fine(fmt::format("The newest {} record{} of the audit prove{} genuine.", verified->records,
                         verified->records == 1 ? "" : "s", verified->records == 1 ? "s" : ""),
             "chain"));
  if (auto const lost = log->spool().lost(); lost > 0)
    out.push_back(bad(fmt::format("{} audit records were lost while the store took none.", lost),
                      "wardroomctl doctor store", "spool"));
  else if (auto const waiting = log->spool().size(); waiting > 0)
    out.push_back(warn(fmt::format("{} audit records wait in memory for the store.", waiting),
                       "wardroomctl doctor store", "spool"));
  co_return out;
}

}  // namespace

Finding judge_head(std::optional<audit::Head> const& head, Instant now) {
  if (!head)
    return bad("The audit's own note of where it ends is missing or not genuine.",
               "wardroomctl audit verify", "head");
  if (head->seq == 0) return fine("The audit holds no record yet.", "head");
  auto const age = now - head->at;
  if (age < -1min)
    return warn(fmt::format("The audit's newest record lies {} s in the future: the clock went "
                            "back.",
                            -std::chrono::floor<std::chrono::seconds>(age).count()),
                "timedatectl set-ntp true && timedatectl timesync-status", "head");
  return fine(fmt::format("The audit has {} record{}, the last {} min old.", head->seq,
                          head->seq == 1 ? "" : "s",
                          std::chrono::floor<std::chrono::minutes>(std::max(age, 0ms)).count()),
              "head");
}

void add_audit_checks(Doctor& doctor, AuditPorts ports) {
  doctor.add(
      {"audit", "audit",
       [ports = std::move(ports)](CheckWish wish) { return look_at_chain(ports, wish.deep); },
       30s});
}

}  // namespace wardroom::doctor
