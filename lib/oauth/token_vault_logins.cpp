// Grants that come and go by a person's hand: login and logout, and people's own grants.
#include "base/log.hpp"
#include "oauth/token_vault_entry.hpp"

namespace wardroom::oauth {

/// The entry of a grant; a person's own gets one here when the identity of its client is there.
TokenVault::Entry* TokenVault::find_or_add(Grant const& grant) {
  if (!is_person(grant.identity)) return find(grant.identity);
  auto const* const client = find(grant.client);
  if (!client || is_person(grant.client)) return nullptr;
  auto& entry = entries_[grant.identity];
  if (!entry) {
    IdentitySettings settings;
    settings.name = grant.identity;
    settings.client = client->settings.client;
    entry = std::make_unique<Entry>(std::move(settings));
  }
  return entry.get();
}

Result<TokenVault::Entry*> TokenVault::find_for_login(Grant const& grant) {
  auto* const entry = find_or_add(grant);
  if (!entry) {
    auto const& name = is_person(grant.identity) ? grant.client : grant.identity;
    return failure(ErrorKind::not_found, fmt::format("no identity {} is configured", name));
  }
  auto const& settings = entry->settings;
  if (settings.kind == IdentityKind::integration) return entry;
  return failure(ErrorKind::denied,
                 settings.kind == IdentityKind::guest_issuer
                     ? settings.name + " is a guest issuer: it signs by itself, nobody logs in"
                     : fmt::format("{} is a service app, nobody logs in to it: {}", settings.name,
                                   remedy_of(settings)));
}

Task<Result<void>> TokenVault::put(Grant grant) {
  auto const found = find_for_login(grant);
  if (!found) co_return std::unexpected(found.error());
  auto& entry = **found;
  grant.generation = (entry.grant ? entry.grant->generation : 0) + 1;
  auto saved = co_await store_.save(grant, std::nullopt);
  if (!saved) co_return saved;
  ++entry.epoch;
  if (is_person(grant.identity)) entry.settings.client = find(grant.client)->settings.client;
  entry.trouble.reset();
  entry.warned.reset();
  entry.notice.reset();
  entry.in_doubt = false;
  entry.asked = true;
  entry.pause.reset();
  entry.refusals = 0;
  entry.refusal_pause.reset();
  entry.next_after_refusal = {};
  entry.not_before = ports_.clock.uptime();
  committed(entry);
  auto const received = grant.issued_at;
  take(entry, std::move(grant), received);
  warn_of_end(entry);
  changed(entry);
  co_return saved;
}

void TokenVault::set_needs(std::string_view identity, std::vector<std::string> scopes,
                           std::map<std::string, std::string> users) {
  auto* const entry = find(identity);
  if (!entry) return;
  auto& settings = entry->settings;
  if (settings.scopes == scopes && settings.scope_users == users) return;
  settings.scopes = std::move(scopes);
  settings.scope_users = std::move(users);
  changed(*entry);
}

Task<Result<void>> TokenVault::remove(std::string identity, std::optional<std::uint64_t> login) {
  auto* const entry = find(identity);
  if (!entry || !entry->grant)
    co_return failure(ErrorKind::not_found, fmt::format("nobody is logged in as {}", identity));
  if (login && *login != entry->epoch)
    co_return failure(
        ErrorKind::conflict,
        fmt::format("somebody logged in anew as {} meanwhile; that login is kept", identity));
  // First the copy beside the store: left behind, it would bring the login back.
  if (auto dropped = rescue_.drop(identity); !dropped) co_return dropped;
  auto removed = co_await store_.remove(identity);
  if (!removed) {
    // What only memory holds must still outlive this process.
    if (entry->unsaved) keep_beside(*entry);
    co_return removed;
  }
  ++entry->epoch;
  entry->grant.reset();
  entry->trouble.reset();
  entry->notice.reset();
  entry->timer.cancel();
  committed(*entry);
  changed(*entry);
  co_return removed;
}

}  // namespace wardroom::oauth
