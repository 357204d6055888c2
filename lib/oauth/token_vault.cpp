#include "oauth/token_vault.hpp"

#include "base/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace wardroom::oauth {
namespace asio = boost::asio;

namespace {
using WakeTimer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, Executor>;

constexpr Milliseconds first_pause{1000}, longest_pause{300'000};
constexpr Milliseconds configuration_pause{60'000};
constexpr Milliseconds first_refusal_pause{60'000}, longest_refusal_pause{900'000};
constexpr Milliseconds save_again{1000};
constexpr std::chrono::hours expiry_look{6};

std::string seconds_until(Uptime when, Uptime now) {
  auto const left = std::chrono::ceil<std::chrono::seconds>(when - now);
  return fmt::format("{} s", std::max<std::int64_t>(left.count(), 1));
}

std::string how_to_log_in(std::string_view identity) {
  return identity == "admin" ? std::string("run `wardroomctl login` and open the URL it prints")
                             : fmt::format("run `wardroomctl login --identity {}`", identity);
}

Error login_needed(std::string_view identity, std::string_view why) {
  return {ErrorKind::unauthorized,
          fmt::format("{}: {}: {}", identity, why, how_to_log_in(identity)), std::nullopt};
}

}  // namespace

/// One renewal on its way, and everybody who waits for it.
struct TokenVault::Flight {
  Flight(Executor loop, bool refused_) : wake(loop), refused(refused_) {
    wake.expires_at(WakeTimer::time_point::max());
  }
  void finish(Result<void> with) {
    result = std::move(with);
    done = true;
    wake.cancel();
  }
  WakeTimer wake;
  bool refused;  ///< the current access token was answered 401: better wait than use it
  bool done = false;
  Result<void> result{};
};

struct TokenVault::Entry {
  explicit Entry(IdentitySettings s) : settings(std::move(s)) {}
  IdentitySettings settings;
  std::optional<Grant> grant;
  std::uint64_t epoch = 0;  ///< counts logins and logouts, which overrule a renewal on its way
  Lease lease;
  bool interrupted = false;
  std::shared_ptr<Flight> flight;
  TimerHandle timer;
  Uptime
      not_before{};  ///< no renewal starts earlier: the least pause, or the pause after a failure
  Backoff pause{first_pause, longest_pause};
  std::optional<Error> trouble;  ///< why the last renewal failed
  int refusals = 0;              ///< of the newest token, lately
  Uptime last_refusal{}, next_after_refusal{};
  Backoff refusal_pause{first_refusal_pause, longest_refusal_pause};
  std::optional<std::string> unsaved;  ///< the grant is in memory only, and why
  std::optional<int> warned;
};

TokenVault::TokenVault(Executor loop, Ports ports, std::vector<IdentitySettings> identities)
    : loop_(loop), ports_(ports), store_(ports.database, ports.sealer) {
  for (auto& identity : identities) {
    auto const name = identity.name;
    entries_.emplace(name, std::make_unique<Entry>(std::move(identity)));
  }
}

TokenVault::~TokenVault() = default;

TokenVault::Entry* TokenVault::find(std::string_view identity) {
  auto const it = entries_.find(identity);
  return it == entries_.end() ? nullptr : it->second.get();
}

IdentitySettings const* TokenVault::identity(std::string_view name) const {
  auto const it = entries_.find(name);
  return it == entries_.end() ? nullptr : &it->second->settings;
}

Task<Result<void>> TokenVault::load() {
  auto all = co_await store_.load();
  if (!all) {
    if (all.error().kind == ErrorKind::denied)
      all.error().what = "the stored logins cannot be read: " + all.error().what;
    co_return std::unexpected(std::move(all.error()));
  }
  for (auto& stored : *all) {
    auto* const entry = find(stored.grant.identity);
    if (!entry) {
      log::warning("a login is stored for an identity that is not configured; it is left alone",
                   {{"identity", stored.grant.identity}});
      continue;
    }
    take(*entry, std::move(stored.grant), ports_.clock.now());
    if (stored.interrupted && entry->grant->retired.empty()) {
      entry->lease.renew_at = ports_.clock.uptime();
      log::info("a renewal was interrupted; it is done again",
                {{"identity", entry->settings.name}});
    }
  }
  co_return Result<void>{};
}

void TokenVault::take(Entry& entry, Grant grant, Instant now) {
  entry.lease = lease_of(grant, now, ports_.clock.uptime(), ports_.random.fraction());
  entry.grant = std::move(grant);
  arm(entry);
}

void TokenVault::arm(Entry& entry) {
  entry.timer.cancel();
  if (!running_ || !entry.grant || !entry.grant->retired.empty()) return;
  auto const when = std::max(entry.lease.renew_at, entry.not_before);
  entry.timer = ports_.clock.at(when, [this, &entry] {
    entry.timer.cancel();
    start(entry, false);
  });
}

Task<void> TokenVault::run() {
  co_await finish_politely();
  running_ = true;
  for (auto& [name, entry] : entries_) arm(*entry);
  look_at_expiries();
  WakeTimer never(loop_);
  never.expires_at(WakeTimer::time_point::max());
  auto const [cancelled] = co_await never.async_wait(asio::as_tuple(use_task));
  running_ = false;
  expiry_timer_.cancel();
  for (auto& [name, entry] : entries_) entry->timer.cancel();
  if (cancelled) throw boost::system::system_error(cancelled);
}

void TokenVault::look_at_expiries() {
  for (auto& [name, entry] : entries_) {
    if (!entry->grant || !entry->grant->retired.empty()) continue;
    auto const level = warning_level(*entry->grant, ports_.clock.now());
    if (level && (!entry->warned || *level < *entry->warned))
      log::warning("the refresh token ends soon although it is renewed: log in again in time",
                   {{"identity", name}, {"days_left", *level}, {"remedy", how_to_log_in(name)}});
    entry->warned = level;
  }
  if (running_) expiry_timer_ = ports_.clock.after(expiry_look, [this] { look_at_expiries(); });
}

Task<Result<Secret>> TokenVault::bearer(std::string identity) {
  auto* const entry = find(identity);
  if (!entry)
    co_return failure(ErrorKind::not_found, fmt::format("no identity {} is configured", identity));
  if (!entry->grant) co_return std::unexpected(login_needed(identity, "nobody has logged in yet"));
  auto const now = ports_.clock.uptime();
  bool const usable = now < entry->lease.ends && !(entry->flight && entry->flight->refused);
  if (usable) {
    if (need(*entry->grant, entry->lease, now) == Need::due && now >= entry->not_before)
      start(*entry, false);
    co_return entry->grant->access;
  }
  co_return co_await renewed(*entry, false);
}

Task<Result<Secret>> TokenVault::replace(std::string identity, Secret used) {
  auto* const entry = find(identity);
  if (!entry || !entry->grant || !same(entry->grant->access, used))
    co_return co_await bearer(identity);
  if (entry->flight) {
    entry->flight->refused = true;
    co_return co_await renewed(*entry, true);
  }
  if (auto refused = count_refusal(*entry)) co_return std::unexpected(std::move(*refused));
  co_return co_await renewed(*entry, true);
}

/// The newest token was answered 401. Allows a renewal, one more beyond the least pause, and then
/// further and further apart; or says when the next one is.
std::optional<Error> TokenVault::count_refusal(Entry& entry) {
  auto const now = ports_.clock.uptime();
  if (!entry.grant->retired.empty()) return std::nullopt;
  if (entry.trouble && now < entry.not_before) return must_wait(entry);
  if (now < entry.next_after_refusal)
    return Error{ErrorKind::unauthorized,
                 fmt::format("{}: a token renewed just now is refused; the next renewal is in {}",
                             entry.settings.name, seconds_until(entry.next_after_refusal, now)),
                 std::chrono::ceil<Milliseconds>(entry.next_after_refusal - now)};
  if (now > entry.last_refusal + longest_refusal_pause) {
    entry.refusals = 0;
    entry.refusal_pause.reset();
  }
  if (entry.refusals++ > 0 || now < entry.not_before)
    entry.next_after_refusal =
        now + std::max(entry.refusal_pause.next(ports_.random), least_pause(entry.lease.life));
  entry.last_refusal = now;
  entry.not_before = std::min(entry.not_before, now);
  return std::nullopt;
}

/// Waits for the renewal on its way or starts one, and answers what the grant then holds.
Task<Result<Secret>> TokenVault::renewed(Entry& entry, bool refused) {
  auto const& name = entry.settings.name;
  if (!entry.grant->retired.empty())
    co_return std::unexpected(login_needed(name, entry.grant->retired));
  if (!entry.flight && ports_.clock.uptime() < entry.not_before)
    co_return std::unexpected(must_wait(entry));
  auto flight = start(entry, refused);
  auto result = co_await join(flight);
  if (!entry.grant) co_return std::unexpected(login_needed(name, "the login was removed"));
  if (!result) co_return std::unexpected(std::move(result.error()));
  co_return entry.grant->access;
}

Error TokenVault::must_wait(Entry const& entry) const {
  auto const now = ports_.clock.uptime();
  auto error = entry.trouble.value_or(
      Error{ErrorKind::throttled, fmt::format("{}: renewed just now", entry.settings.name),
            std::nullopt});
  error.what += fmt::format("; the next try is in {}", seconds_until(entry.not_before, now));
  error.retry_after = std::chrono::ceil<Milliseconds>(entry.not_before - now);
  return error;
}

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
      if (saved && entry.grant) {
        auto again = co_await store_.save(*entry.grant, std::nullopt);
        if (!again) entry.unsaved = again.error().what;
      }
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

Task<Result<void>> TokenVault::put(Grant grant) {
  auto* const entry = find(grant.identity);
  if (!entry)
    co_return failure(ErrorKind::not_found,
                      fmt::format("no identity {} is configured", grant.identity));
  grant.generation = (entry->grant ? entry->grant->generation : 0) + 1;
  auto saved = co_await store_.save(grant, std::nullopt);
  if (!saved) co_return saved;
  ++entry->epoch;
  entry->trouble.reset();
  entry->unsaved.reset();
  entry->warned.reset();
  entry->pause.reset();
  entry->refusals = 0;
  entry->refusal_pause.reset();
  entry->next_after_refusal = {};
  entry->not_before = ports_.clock.uptime();
  auto const received = grant.issued_at;
  take(*entry, std::move(grant), received);
  changed(*entry);
  co_return saved;
}

Task<Result<void>> TokenVault::remove(std::string identity) {
  auto* const entry = find(identity);
  if (!entry || !entry->grant)
    co_return failure(ErrorKind::not_found, fmt::format("nobody is logged in as {}", identity));
  auto removed = co_await store_.remove(identity);
  if (!removed) co_return removed;
  ++entry->epoch;
  entry->grant.reset();
  entry->trouble.reset();
  entry->unsaved.reset();
  entry->timer.cancel();
  changed(*entry);
  co_return removed;
}

Task<Result<Instant>> TokenVault::renew_now(std::string identity) {
  auto* const entry = find(identity);
  if (!entry)
    co_return failure(ErrorKind::not_found, fmt::format("no identity {} is configured", identity));
  if (!entry->grant) co_return std::unexpected(login_needed(identity, "nobody has logged in yet"));
  auto token = co_await renewed(*entry, false);
  if (!token) co_return std::unexpected(std::move(token.error()));
  co_return entry->grant->access_expires_at;
}

void TokenVault::changed(Entry const& entry) {
  if (on_change_) on_change_(entry.settings.name);
}

GrantState TokenVault::state(Entry const& entry) const {
  if (!entry.grant) return GrantState::missing;
  if (!entry.grant->retired.empty()) return GrantState::needs_login;
  if (ports_.clock.uptime() >= entry.lease.ends) return GrantState::expired;
  return entry.trouble ? GrantState::renewing_fails : GrantState::valid;
}

std::vector<GrantView> TokenVault::grants() const {
  std::vector<GrantView> out;
  auto const all = signs();
  for (auto const& sign : all) {
    auto const& entry = *entries_.find(sign.identity)->second;
    GrantView view{.identity = sign.identity, .state = sign.state, .remedy = sign.remedy};
    if (entry.grant) {
      view.who = entry.grant->who;
      view.scopes = entry.grant->scopes;
      view.generation = entry.grant->generation;
      view.access_expires_at = entry.grant->access_expires_at;
      view.refresh_expires_at = entry.grant->refresh_expires_at;
    }
    out.push_back(std::move(view));
  }
  return out;
}

std::vector<GrantSign> TokenVault::signs() const {
  std::vector<GrantSign> out;
  for (auto const& [name, entry] : entries_) {
    GrantSign sign{name, state(*entry), SignLevel::good, "", ""};
    auto say = [&sign](SignLevel level, std::string sentence, std::string remedy) {
      sign.level = level;
      sign.sentence = std::move(sentence);
      sign.remedy = std::move(remedy);
    };
    auto const why = entry->trouble ? entry->trouble->what : std::string("a renewal is on its way");
    auto const few_days =
        entry->grant ? warning_level(*entry->grant, ports_.clock.now()) : std::nullopt;
    switch (sign.state) {
      case GrantState::missing:
        say(SignLevel::bad, name + ": nobody has logged in yet", how_to_log_in(name));
        break;
      case GrantState::needs_login:
        say(SignLevel::bad, name + ": " + entry->grant->retired, how_to_log_in(name));
        break;
      case GrantState::expired:
        say(SignLevel::bad, name + ": the access token has ended (" + why + ")",
            "it is renewed by itself once the token endpoint answers; check the way to it");
        break;
      case GrantState::renewing_fails:
        say(SignLevel::warning, why,
            "nothing is lost yet; check client id, secret and the network");
        break;
      case GrantState::valid:
        say(SignLevel::good, fmt::format("{}: logged in as {}", name, entry->grant->who.name), "");
        if (entry->unsaved)
          say(SignLevel::bad, name + ": a renewed token is in memory only: " + *entry->unsaved,
              "make room on the disk of the state directory, or check the database");
        else if (few_days)
          say(SignLevel::warning,
              fmt::format("{}: the refresh token ends within {} d", name, std::max(*few_days, 1)),
              how_to_log_in(name));
    }
    out.push_back(std::move(sign));
  }
  return out;
}

}  // namespace wardroom::oauth
