// A renewal from its start to its landing: intent, request, commit, and what failure does.
#include "base/log.hpp"
#include "oauth/token_vault_entry.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/system/system_error.hpp>

namespace wardroom::oauth {
namespace asio = boost::asio;

namespace {
constexpr Milliseconds configuration_pause{60'000};
constexpr Milliseconds save_again{1000};
}  // namespace

std::shared_ptr<TokenVault::Flight> TokenVault::start(Entry& entry, bool refused) {
  if (entry.flight) return entry.flight;
  auto flight = std::make_shared<Flight>(loop_, refused);
  if (ports_.tasks.stopping()) {
    flight->finish(failure(ErrorKind::cancelled, "the daemon is stopping"));
    return flight;
  }
  entry.flight = flight;
  ports_.tasks.spawn("renew the grant of " + entry.settings.name,
                     [this, &entry, flight] { return fly(entry, flight); });
  return flight;
}

Task<Result<void>> TokenVault::join(std::shared_ptr<Flight> flight) {
  if (!flight->done) {
    auto const [woken] = co_await flight->wake.async_wait(asio::as_tuple(use_task));
    if (!flight->done) throw boost::system::system_error(woken);
  }
  co_return flight->result;
}

Task<void> TokenVault::fly(Entry& entry, std::shared_ptr<Flight> flight) {
  // Whatever ends this coroutine, those who wait hear of it.
  auto land = [&entry, &flight](Result<void> with) {
    entry.flight.reset();
    flight->finish(std::move(with));
  };
  try {
    auto result = co_await renew(entry);
    land(std::move(result));
  } catch (...) {
    land(failure(ErrorKind::cancelled, entry.settings.name + ": the renewal was broken off"));
    throw;
  }
  arm(entry);
  changed(entry);
}

Task<Result<void>> TokenVault::renew(Entry& entry) {
  auto const epoch = entry.epoch;
  if (!entry.grant || !entry.grant->retired.empty()) co_return Result<void>{};
  auto const begun = entry.grant->generation;
  if (entry.grant->refresh.empty())
    co_return co_await retire(
        entry, {ErrorKind::unauthorized, "the server gave no refresh token", std::nullopt});

  auto intended = co_await store_.intend(entry.settings.name, begun);
  if (entry.epoch != epoch) co_return Result<void>{};
  // Without a store to note it in, a rotated token could be lost in a crash: worth it only when the
  // access token has ended anyway.
  if (!intended && ports_.clock.uptime() < entry.lease.ends)
    co_return give_up_for_now(entry, {Refusal::transient, std::move(intended.error())});

  auto answer = co_await ask(entry);
  if (entry.epoch != epoch) co_return Result<void>{};
  if (!answer) {
    if (answer.error().refusal == Refusal::retired)
      co_return co_await retire(entry, std::move(answer.error().error));
    co_return give_up_for_now(entry, std::move(answer.error()));
  }

  Grant next = *entry.grant;
  next.generation = begun + 1;
  next.access = std::move(answer->access);
  if (answer->refresh && !same(*answer->refresh, next.refresh)) {
    next.previous_refresh = std::move(next.refresh);
    next.refresh = std::move(*answer->refresh);
  } else {
    next.previous_refresh = Secret();
  }
  if (answer->scopes) next.scopes = std::move(*answer->scopes);
  next.issued_at = answer->issued_at;
  next.access_expires_at = answer->access_expires_at;
  if (answer->refresh_expires_at) next.refresh_expires_at = answer->refresh_expires_at;
  auto saved = co_await store_.save(next, begun);
  if (entry.epoch != epoch) co_return Result<void>{};
  co_return succeed(entry, std::move(next), std::move(saved));
}

/// The request itself. When the newest refresh token is refused although it was never used with
/// success (its commit, or the answer before it, may have been lost), the one before it gets a last
/// try.
Task<TokenResult> TokenVault::ask(Entry& entry) {
  auto const epoch = entry.epoch;
  auto answer = co_await refresh_grant(ports_.http, ports_.clock, entry.settings.client,
                                       entry.grant->refresh);
  if (answer || answer.error().refusal != Refusal::retired || entry.epoch != epoch ||
      entry.grant->previous_refresh.empty())
    co_return answer;
  auto second = co_await refresh_grant(ports_.http, ports_.clock, entry.settings.client,
                                       entry.grant->previous_refresh);
  if (second && entry.epoch == epoch && !second->refresh)
    second->refresh = entry.grant->previous_refresh;
  // Only what is said about both counts as final; trouble on the way keeps the grant.
  co_return second || second.error().refusal != Refusal::retired ? std::move(second)
                                                                 : std::move(answer);
}

Result<void> TokenVault::succeed(Entry& entry, Grant grant, Result<void> saved) {
  entry.pause.reset();
  entry.trouble.reset();
  // On receipt the server's clock says how long the token lives; ours, however wrong, has no say.
  auto const received = grant.issued_at;
  auto const generation = grant.generation;
  take(entry, std::move(grant), received);
  entry.not_before = ports_.clock.uptime() + least_pause(entry.lease.life);
  entry.unsaved.reset();
  log::info("renewed", {{"identity", entry.settings.name}, {"generation", generation}});
  if (!saved) {
    entry.unsaved = saved.error().what;
    log::error("a renewed token cannot be stored; it is kept in memory and tried every second",
               {{"identity", entry.settings.name}, {"why", saved.error().what}});
    ports_.tasks.spawn(
        "store the grant of " + entry.settings.name,
        [this, &entry, epoch = entry.epoch] { return save_until_done(entry, epoch); });
  }
  look_at_expiries();
  return {};
}

Task<void> TokenVault::save_until_done(Entry& entry, std::uint64_t epoch) {
  auto const generation = entry.grant->generation;
  for (;;) {
    co_await ports_.clock.sleep_for(save_again);
    if (entry.epoch != epoch || entry.grant->generation != generation) co_return;
    auto saved = co_await store_.save(*entry.grant, std::nullopt);
    if (entry.epoch != epoch || entry.grant->generation != generation) {
      // A login or a later renewal came between: what it committed must be the last word.
      if (!saved) co_return;
      auto again = entry.grant ? co_await store_.save(*entry.grant, std::nullopt)
                               : co_await store_.remove(entry.settings.name);
      if (!again) entry.unsaved = again.error().what;
      co_return;
    }
    if (saved) {
      entry.unsaved.reset();
      changed(entry);
      co_return;
    }
    entry.unsaved = saved.error().what;
  }
}

Result<void> TokenVault::give_up_for_now(Entry& entry, TokenError why) {
  auto const& name = entry.settings.name;
  auto wait = std::max(entry.pause.next(ports_.random), first_pause / 4);
  if (why.refusal == Refusal::configuration) wait = std::max(wait, configuration_pause);
  if (why.error.retry_after) wait = std::max(wait, *why.error.retry_after);
  entry.not_before = ports_.clock.uptime() + wait;
  why.error.what = fmt::format("{}: the token could not be renewed: {}", name, why.error.what);
  log::warning("the token could not be renewed; it is tried again",
               {{"identity", name}, {"why", why.error.what}, {"wait_ms", wait.count()}});
  entry.trouble = why.error;
  return std::unexpected(std::move(why.error));
}

Task<Result<void>> TokenVault::retire(Entry& entry, Error why) {
  auto const& name = entry.settings.name;
  auto const epoch = entry.epoch;
  entry.grant->retired = "the login has ended (" + why.what + ")";
  log::error("a login has ended: somebody must log in again",
             {{"identity", name}, {"why", why.what}, {"remedy", how_to_log_in(name)}});
  auto noted = co_await store_.retire(name, entry.grant->generation, entry.grant->retired);
  if (entry.epoch != epoch) co_return Result<void>{};
  // Not noted: the next start asks the server once more and hears the same.
  if (!noted) log::warning("the end of a login could not be stored", {{"why", noted.error().what}});
  co_return std::unexpected(login_needed(name, entry.grant->retired));
}

}  // namespace wardroom::oauth
