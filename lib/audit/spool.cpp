#include "audit/spool.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::audit {
namespace {
constexpr Allowance allowances[] = {
    {"reject", "a call that must not go through is not let through for want of a disk"},
    {"reject_failed", "the alarm about it follows"},
    {"banner raise", "people in the room are warned"},
    {"token refresh", "a login that is not renewed ends, and with it all protection"},
    {"alert", "people must hear that the store takes nothing"},
    {"refusal", "turning somebody away changes nothing"},
};
}  // namespace

std::span<Allowance const> may_go_on() { return allowances; }
bool may_go_on(std::string_view action) {
  return std::ranges::find(allowances, action, &Allowance::action) != std::end(allowances);
}

Result<void> AuditSpool::keep(Record record, Instant happened) {
  if (!may_go_on(record.action))
    return failure(ErrorKind::denied,
                   fmt::format("\"{}\" was not carried out: the store takes no audit records now; "
                               "see wardroomctl health, mend the store and try again",
                               record.action));
  return keep_happened(std::move(record), happened);
}

Result<void> AuditSpool::keep_happened(Record record, Instant happened) {
  if (waiting_.size() >= most_) {
    ++lost_;
    return failure(ErrorKind::unavailable,
                   fmt::format("the audit's spool is full ({} records): that \"{}\" happened is "
                               "counted, and no more",
                               most_, record.action));
  }
  record.happened = happened;
  record.spool = random_.token();
  waiting_.push_back(std::move(record));
  return {};
}

std::vector<Record> AuditSpool::oldest(std::size_t count) const {
  auto const end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(count, waiting_.size()));
  return {waiting_.begin(), end};
}

void AuditSpool::written(std::size_t count) {
  auto const end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(count, waiting_.size()));
  waiting_.erase(waiting_.begin(), end);
}

Record AuditSpool::lost_record() const {
  return {.action = "audit spool overflow", .after = fmt::format(R"({{"lost":{}}})", lost_)};
}

}  // namespace wardroom::audit
