#include "oauth/token_vault.hpp"

#include "base/log.hpp"
#include "oauth/token_vault_entry.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/system/system_error.hpp>

namespace wardroom::oauth {
namespace asio = boost::asio;

namespace {
constexpr std::chrono::hours expiry_look{1};

std::string seconds_until(Uptime when, Uptime now) {
  auto const left = std::chrono::ceil<std::chrono::seconds>(when - now);
  return fmt::format("{} s", std::max<std::int64_t>(left.count(), 1));
}

Error unknown(std::string_view identity) {
  return {ErrorKind::not_found, fmt::format("no identity {} is configured", identity),
          std::nullopt};
}
}  // namespace

TokenVault::TokenVault(Executor loop, Ports ports, std::vector<IdentitySettings> identities)
    : loop_(loop),
      ports_(ports),
      store_(ports.database, ports.sealer),
      rescue_(ports.rescue_folder, ports.sealer) {
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

void TokenVault::take(Entry& entry, Grant grant, Instant now, bool unchanged) {
  auto const uptime = ports_.clock.uptime();
  auto const dice = ports_.random.fraction();
  entry.lease =
      unchanged ? lease_of_unchanged(grant, now, uptime, dice) : lease_of(grant, now, uptime, dice);
  // A wall clock behind the moment of issue is certainly wrong.
  entry.server_then = std::max(now, grant.issued_at);
  entry.server_at = uptime;
  entry.grant = std::move(grant);
  arm(entry);
}

/// Counted on by the boot-time clock, so that no jump of the wall clock makes or hides a warning.
Instant TokenVault::server_now(Entry const& entry) const {
  return entry.server_then +
         std::chrono::floor<Milliseconds>(ports_.clock.uptime() - entry.server_at);
}

void TokenVault::arm(Entry& entry) {
  entry.timer.cancel();
  if (!running_ || !entry.grant || !entry.grant->retired.empty()) return;
  // One that failed is tried again, due or not: it may have been asked for by a person or by a 401.
  auto const when =
      entry.trouble ? entry.not_before : std::max(entry.lease.renew_at, entry.not_before);
  entry.timer = ports_.clock.at(when, [this, &entry] {
    entry.timer.cancel();
    start(entry, false);
  });
}

Task<void> TokenVault::run() {
  co_await finish_politely();
  running_ = true;
  for (auto& [name, entry] : entries_) arm(*entry);
  warn_of_ends();
  WakeTimer never(loop_);
  never.expires_at(WakeTimer::time_point::max());
  auto const [cancelled] = co_await never.async_wait(asio::as_tuple(use_task));
  running_ = false;
  expiry_timer_.cancel();
  for (auto& [name, entry] : entries_) entry->timer.cancel();
  if (cancelled) throw boost::system::system_error(cancelled);
}

void TokenVault::warn_of_ends() {
  for (auto& [name, entry] : entries_) warn_of_end(*entry);
  if (running_) expiry_timer_ = ports_.clock.after(expiry_look, [this] { warn_of_ends(); });
}

void TokenVault::warn_of_end(Entry& entry) {
  if (!entry.grant || !entry.grant->retired.empty()) return;
  // What a start finds in the store is said to end soon only once a renewal had its chance.
  auto const uptime = ports_.clock.uptime();
  if (!entry.asked && need(*entry.grant, entry.lease, uptime) != Need::fresh) return;
  auto const now = server_now(entry);
  auto level = warning_level(*entry.grant, now);
  if (level) level = std::max(*level, 1);
  if (level && (!entry.warned || *level < *entry.warned)) {
    GrantWarning const warning{entry.settings.name,
                               refresh_days_left(*entry.grant, now).value_or(0),
                               *entry.grant->refresh_expires_at, remedy_of(entry.settings)};
    log::warning("the refresh token ends soon although it is renewed: log in again in time",
                 {{"identity", warning.identity},
                  {"days_left", warning.days_left},
                  {"remedy", warning.remedy}});
    entry.warned = level;
    if (on_warning_) on_warning_(warning);
  }
  entry.warned = level;
}

std::optional<TokenLife> TokenVault::life(std::string_view identity) const {
  auto const it = entries_.find(identity);
  if (it == entries_.end() || !it->second->grant) return std::nullopt;
  // A renewal may give the very same token again: only another token is another version.
  auto const& access = it->second->grant->access;
  return TokenLife{std::hash<std::string_view>{}(access.reveal()), it->second->lease.ends};
}

Task<Result<Secret>> TokenVault::bearer(std::string identity) {
  auto* const entry = find(identity);
  if (!entry) co_return std::unexpected(unknown(identity));
  if (!entry->grant) co_return std::unexpected(no_grant(*entry));
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
  if (!entry.grant->retired.empty())
    co_return std::unexpected(login_needed(entry.settings, entry.grant->retired));
  if (!entry.flight && ports_.clock.uptime() < entry.not_before)
    co_return std::unexpected(must_wait(entry));
  auto flight = start(entry, refused);
  auto result = co_await join(flight);
  if (!entry.grant)
    co_return std::unexpected(login_needed(entry.settings, "the login was removed"));
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

Error TokenVault::no_grant(Entry const& entry) const {
  auto const& settings = entry.settings;
  if (settings.kind == IdentityKind::guest_issuer)
    return {ErrorKind::denied,
            settings.name + " is a guest issuer: it signs its tokens by itself and has none to use",
            std::nullopt};
  if (settings.kind == IdentityKind::service_app)
    return login_needed(settings, "no refresh token has been given yet");
  return login_needed(settings, "nobody has logged in yet");
}

Task<Result<Instant>> TokenVault::renew_now(std::string identity) {
  auto* const entry = find(identity);
  if (!entry) co_return std::unexpected(unknown(identity));
  if (!entry->grant) co_return std::unexpected(no_grant(*entry));
  auto token = co_await renewed(*entry, false);
  if (!token) co_return std::unexpected(std::move(token.error()));
  co_return entry->grant->access_expires_at;
}

void TokenVault::changed(Entry const& entry) {
  if (on_change_) on_change_(entry.settings.name);
}

}  // namespace wardroom::oauth
