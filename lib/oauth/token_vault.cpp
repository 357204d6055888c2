#include "oauth/token_vault.hpp"

#include "base/log.hpp"
#include "oauth/token_vault_entry.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/system/system_error.hpp>

namespace wardroom::oauth {
namespace asio = boost::asio;

namespace {
constexpr std::chrono::hours expiry_look{6};

std::string seconds_until(Uptime when, Uptime now) {
  auto const left = std::chrono::ceil<std::chrono::seconds>(when - now);
  return fmt::format("{} s", std::max<std::int64_t>(left.count(), 1));
}
}  // namespace

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

}  // namespace wardroom::oauth
