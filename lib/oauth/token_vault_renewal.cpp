// A renewal from its start to its landing: intent, request, commit, and what failure does.
#include "base/log.hpp"
#include "base/planted.hpp"
#include "oauth/token_vault_entry.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/system/system_error.hpp>

namespace wardroom::oauth {
namespace asio = boost::asio;

namespace {
constexpr Milliseconds configuration_pause{60'000};
}  // namespace

std::shared_ptr<TokenVault::Flight> TokenVault::start(Entry& entry, bool refused) {
  if (entry.flight && !WARDROOM_PLANTED("renewals-overlap")) return entry.flight;
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
  auto const epoch = entry.epoch;
  Result<void> result;
  std::exception_ptr broken;
  try {
    result = co_await renew(entry);
  } catch (...) {
    broken = std::current_exception();
  }
  if (broken) result = break_off(entry, epoch, broken);
  // Whatever ended it, those who wait hear of it, and the next one is set.
  entry.flight.reset();
  flight->finish(std::move(result));
  arm(entry);
  changed(entry);
  if (broken) std::rethrow_exception(broken);
}

/// By a stop, or by an exception, after which it is tried again like after any other failure.
Result<void> TokenVault::break_off(Entry& entry, std::uint64_t epoch,
                                   std::exception_ptr const& why) {
  if (is_cancellation(why) || entry.epoch != epoch)
    return failure(ErrorKind::cancelled, entry.settings.name + ": the renewal was broken off");
  entry.in_doubt = true;
  return give_up_for_now(entry, {Refusal::transient, {ErrorKind::internal, words_of(why)}});
}

Task<Result<void>> TokenVault::renew(Entry& entry) {
  auto const epoch = entry.epoch;
  if (!entry.grant || !entry.grant->retired.empty()) co_return Result<void>{};
  auto const begun = entry.grant->generation;
  if (entry.grant->refresh.empty())
    co_return co_await retire(
        entry, {ErrorKind::unauthorized, "the server gave no refresh token", std::nullopt});

  if (WARDROOM_PLANTED("grant-dropped-by-the-clock") &&
      ports_.clock.now() > entry.grant->access_expires_at + std::chrono::minutes(5))
    co_return co_await retire(entry, {ErrorKind::unauthorized, "the token has expired", {}});
  auto intended = co_await note_intent(entry);
  if (entry.epoch != epoch) co_return Result<void>{};
  // Without a store to note it in, a rotated token could be lost in a crash: worth it only when the
  // access token has ended anyway, and not later than that.
  if (!intended && ports_.clock.uptime() < entry.lease.ends) {
    auto given_up = give_up_for_now(entry, {Refusal::transient, std::move(intended.error())});
    entry.not_before = std::min(entry.not_before, entry.lease.ends);
    co_return given_up;
  }

  auto answer = co_await ask(entry);
  if (entry.epoch != epoch) co_return Result<void>{};
  if (!answer) {
    if (answer.error().refusal == Refusal::retired || WARDROOM_PLANTED("server-error-ends-login"))
      co_return co_await retire(entry, std::move(answer.error().error));
    auto const& why = answer.error();
    entry.in_doubt |= why.refusal == Refusal::transient && !why.error.not_done;
    co_return give_up_for_now(entry, std::move(answer.error()));
  }

  auto next = renewed_grant(*entry.grant, std::move(*answer));
  auto const replaces = entry.rowless ? std::nullopt : std::optional(begun);
  Result<void> saved;
  if (!WARDROOM_PLANTED("renewed-grant-not-stored"))
    saved = co_await store_.save(next.grant, replaces);
  if (entry.epoch != epoch) co_return Result<void>{};
  co_return succeed(entry, std::move(next), std::move(saved));
}

/// A grant that is in memory only goes to the store first.
Task<Result<void>> TokenVault::note_intent(Entry& entry) {
  auto const epoch = entry.epoch;
  auto const generation = entry.grant->generation;
  if (entry.unsaved) {
    auto const replaces = entry.rowless ? std::nullopt : std::optional(generation);
    auto saved = co_await store_.save(*entry.grant, replaces);
    if (!saved || entry.epoch != epoch) co_return saved;
    committed(entry);
  }
  co_return co_await store_.intend(entry.settings.name, generation);
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
  // Only what is said about both counts as final; trouble on the way keeps the grant.
  if (!second && second.error().refusal == Refusal::retired) co_return answer;
  if (!second || entry.epoch != epoch) co_return second;
  if (!second->refresh) second->refresh = entry.grant->previous_refresh;
  log::warning("the newest refresh token was refused; the one before it was taken",
               {{"identity", entry.settings.name}});
  if (!entry.grant->seed.empty() && same(entry.grant->refresh, entry.settings.seed_refresh))
    entry.notice = fmt::format(
        "the refresh token in {} was refused; the service app goes on with the one before it",
        entry.settings.seed_file);
  co_return second;
}

Result<void> TokenVault::give_up_for_now(Entry& entry, TokenError why) {
  auto const& name = entry.settings.name;
  ++entry.counts.failures;
  entry.asked = true;
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
  ++entry.counts.failures;
  ++entry.counts.retired;
  entry.trouble.reset();
  entry.grant->retired = "the login has ended (" + why.what + ")";
  if (entry.in_doubt)
    entry.grant->retired +=
        "; an earlier renewal got no good answer or was broken off, so the server may have handed "
        "out a new refresh token that never arrived";
  log::error(
      "a login has ended: somebody must log in again",
      {{"identity", name}, {"why", entry.grant->retired}, {"remedy", remedy_of(entry.settings)}});
  auto noted = co_await store_.retire(name, entry.grant->generation, entry.grant->retired);
  if (entry.epoch != epoch) co_return Result<void>{};
  // Not noted: the next start asks the server once more and hears the same.
  if (!noted) log::warning("the end of a login could not be stored", {{"why", noted.error().what}});
  co_return std::unexpected(login_needed(entry.settings, entry.grant->retired));
}

}  // namespace wardroom::oauth
