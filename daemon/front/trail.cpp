#include "front/trail.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace wardroom::front {
using namespace std::chrono_literals;

namespace {

/// A store that is back is noticed this soon; one that stays away is asked no more often than this.
constexpr auto first_retry = 1s;
constexpr auto next_retry = 5s;

Error cannot_write(std::string_view action, std::string_view why) {
  return Error{
      ErrorKind::unavailable,
      fmt::format("\"{}\" was not carried out: the audit cannot be written ({})", action, why)};
}

Error not_open() { return {ErrorKind::unavailable, "it is not open yet"}; }

}  // namespace

audit::Record record_of(audit::Actor actor, std::string action, control::Change change) {
  return {.action = std::move(action),
          .object = std::move(change.object),
          .actor = std::move(actor),
          .before = std::move(change.before),
          .after = std::move(change.after),
          .correlation = std::move(change.correlation),
          .text = std::move(change.text),
          .text_about = change.text_about};
}

audit::Actor Trail::web_actor(http::Caller const& caller) const {
  return {.kind = audit::ActorKind::web,
          .login = caller.name,
          .person_no = caller.person,
          .web = caller.name.empty() ? "" : digest(caller.name)};
}

std::string Trail::digest(std::string_view text) const {
  return log_ == nullptr ? std::string() : log_->key().digest(text);
}

std::string Trail::correlation(Random& random) { return to_hex(random.bytes(8)); }

void Trail::daemon(std::string action, control::Change change) {
  write(record_of({}, std::move(action), std::move(change)));
}
void Trail::web(http::Caller const& caller, std::string action, control::Change change) {
  write(record_of(web_actor(caller), std::move(action), std::move(change)));
}
Task<Result<void>> Trail::daemon_first(std::string action, control::Change change) {
  return write_first(record_of({}, std::move(action), std::move(change)));
}
Task<Result<void>> Trail::web_first(http::Caller caller, std::string action,
                                    control::Change change) {
  return write_first(record_of(web_actor(caller), std::move(action), std::move(change)));
}

Task<Result<void>> Trail::write_first(audit::Record record) {
  auto const happened = clock_.now();
  auto const action = record.action;
  if (log_ == nullptr) co_return std::unexpected(cannot_write(action, "it is not open yet"));
  auto const written = co_await log_->commit(record);
  if (written) co_return Result<void>{};
  if (!audit::may_go_on(action))
    co_return std::unexpected(cannot_write(action, written.error().what));
  keep(std::move(record), happened, written.error());
  co_return Result<void>{};
}

Task<void> Trail::written(audit::Record record) {
  auto const happened = clock_.now();
  if (log_ == nullptr) co_return keep(std::move(record), happened, not_open());
  auto const done = co_await log_->commit(record);
  if (!done) keep(std::move(record), happened, done.error());
}

void Trail::write(audit::Record record) {
  auto const happened = clock_.now();
  if (log_ == nullptr) return keep(std::move(record), happened, not_open());
  auto copy = record;
  log_->append(std::move(copy),
               [this, happened, record = std::move(record)](Result<std::int64_t> const& done) {
                 if (!done) keep(record, happened, done.error());
               });
}

bool Trail::refusal(std::string const& caller, audit::Record record) {
  if (!refusals_end_.armed()) refusals_end_ = clock_.after(1min, [this] { tell_left_out(); });
  if (!refusals_.admit(caller)) return false;
  write(std::move(record));
  return true;
}

void Trail::tell_left_out() {
  refusals_end_.cancel();
  for (auto const& [caller, count] : refusals_.begin_anew())
    write({.action = "refusal",
           .object = caller.empty() ? "many callers" : caller,
           .after = nlohmann::json{{"more_refusals", count}}.dump()});
}

void Trail::keep(audit::Record record, Instant happened, Error const& why) {
  auto const action = record.action;
  trouble_ = why.what;
  // What is no record never becomes one.
  if (log_ != nullptr && why.kind != ErrorKind::malformed) {
    auto const kept = log_->spool().keep_happened(std::move(record), happened);
    flush_after(first_retry);
    if (kept) return;
  }
  ++unwritten_;
  log::error("an audit record could not be written", {{"action", action}, {"why", why.what}});
}

void Trail::flush_after(BootClock::duration wait) {
  if (next_flush_.armed()) return;
  next_flush_ =
      clock_.after(wait, [this] { tasks_.spawn("audit spool", [this] { return flush(); }); });
}

Task<void> Trail::flush() {
  auto const written = co_await log_->flush_spool();
  next_flush_.cancel();
  if (!written) {
    trouble_ = written.error().what;
    if (!log_->spool().empty()) flush_after(next_retry);
    co_return;
  }
  if (*written > 0)
    log::info("audit records that had to wait are written", {{"records", *written}});
}

Task<void> Trail::finish() {
  next_flush_.cancel();
  tell_left_out();
  if (log_ == nullptr || log_->spool().empty()) co_return;
  if (auto const written = co_await log_->flush_spool(); !written)
    log::error("audit records that waited for the store are lost with this process",
               {{"records", log_->spool().size()}, {"why", written.error().what}});
}

HealthSign Trail::sign() const {
  if (log_ != nullptr && !log_->spool().empty())
    return {"audit", HealthColour::red,
            fmt::format("{} audit records wait for the store ({}).",
                        log_->spool().size() + log_->spool().lost(), trouble_),
            "Mend the store; they are written then. They are lost when the daemon ends before.",
            "waiting"};
  if (unwritten_ > 0)
    return {"audit", HealthColour::yellow,
            fmt::format("{} audit records could not be written since the start; the last time "
                        "because: {}",
                        unwritten_, trouble_),
            "The log names their actions (journalctl -u wardroomd | grep 'audit record'); a "
            "restart clears this sign.",
            "unwritten"};
  return {"audit", HealthColour::green, "The audit is written."};
}

}  // namespace wardroom::front
