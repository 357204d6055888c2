/// What everybody in the daemon tells the audit through: who acts (the daemon, a web session, a
/// local user), and what becomes of records while the store takes none.
///
/// Owner of the audit's health. On the loop.
#pragma once
#include "audit/audit_log.hpp"
#include "audit_port.hpp"
#include "control/verbs.hpp"
#include "front/refusal_limit.hpp"
#include "http/server_request.hpp"
#include "process/health.hpp"
#include "runtime/task_group.hpp"

#include <optional>
#include <string>

namespace wardroom::front {

class Trail final : public AuditPort {
 public:
  Trail(Clock& clock, TaskGroup& tasks) : clock_(clock), tasks_(tasks) {}

  /// From now on records are written; before that every one is refused. `log` outlives the store.
  void open(audit::AuditLog& log) { log_ = &log; }

  // What already happened: while the store takes nothing it is kept, and written later with the
  // moment it happened.
  void daemon(std::string action, control::Change change) override;
  void web(http::Caller const& caller, std::string action, control::Change change) override;
  void web(http::ServerRequest const& request, std::string action, control::Change change) {
    web(request.caller, std::move(action), std::move(change));
  }
  void write(audit::Record record);
  Task<void> written(audit::Record record);  ///< the same, until it is written or kept
  /// Somebody was turned away: whether that is written down. Only some of each caller in a minute
  /// are; how many more there were is said in one record.
  bool refusal(std::string const& caller, audit::Record record);

  // What has to stand in the audit before it is done: resolves after the commit, or when the action
  // is one that may go on meanwhile (audit::may_go_on). Error: unavailable; then do not do it.
  Task<Result<void>> daemon_first(std::string action, control::Change change) override;
  Task<Result<void>> web_first(http::Caller caller, std::string action,
                               control::Change change) override;
  Task<Result<void>> write_first(audit::Record record);

  audit::Actor web_actor(http::Caller const& caller) const;
  /// How something that must not stand in a record is named there; empty before open().
  std::string digest(std::string_view text) const;
  /// 16 hex digits to bind the records of one request.
  static std::string correlation(Random& random);

  HealthSign sign() const;
  std::uint64_t unwritten() const { return unwritten_; }
  /// At stop: what waits is tried once more.
  Task<void> finish();

 private:
  void keep(audit::Record record, Instant happened, Error const& why);
  void tell_left_out();
  void flush_after(BootClock::duration wait);
  Task<void> flush();

  Clock& clock_;
  TaskGroup& tasks_;
  audit::AuditLog* log_ = nullptr;
  TimerHandle next_flush_, refusals_end_;
  RefusalLimit refusals_;
  std::string trouble_;          ///< the last error while records wait or were refused
  std::uint64_t unwritten_ = 0;  ///< neither written nor kept, since the start
};

/// `change` as the record of `actor`.
audit::Record record_of(audit::Actor actor, std::string action, control::Change change);

}  // namespace wardroom::front
