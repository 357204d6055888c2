// The start: grants from the store, grants rescued beside it, and the beginnings of service apps.
#include "base/encoding.hpp"
#include "base/log.hpp"
#include "oauth/token_vault_entry.hpp"

namespace wardroom::oauth {

namespace {
/// Names a refresh token without telling it.
std::string digest_of(Secret const& seed) { return to_hex(sha256(seed.reveal())).substr(0, 32); }
}  // namespace

Task<Result<void>> TokenVault::load() {
  auto all = co_await store_.load();
  if (!all) {
    if (all.error().kind == ErrorKind::denied)
      all.error().what = "the stored logins cannot be read: " + all.error().what;
    co_return std::unexpected(std::move(all.error()));
  }
  for (auto& stored : *all) take_stored(std::move(stored));
  std::vector<Entry*> known;
  known.reserve(entries_.size());
  for (auto& [name, entry] : entries_) known.push_back(entry.get());
  for (auto* const entry : known) {
    co_await take_rescued(*entry);
    if (entry->settings.kind == IdentityKind::service_app) co_await plant_seed(*entry);
  }
  tell_of_strangers();
  co_return Result<void>{};
}

void TokenVault::take_stored(StoredGrant stored) {
  auto* const entry = find_or_add(stored.grant);
  if (!entry || entry->settings.kind == IdentityKind::guest_issuer) {
    log::warning("a login is stored for an identity that is not configured; it is left alone",
                 {{"identity", stored.grant.identity}, {"client", stored.grant.client}});
    return;
  }
  take(*entry, std::move(stored.grant), ports_.clock.now());
  entry->in_doubt = stored.interrupted;
  if (stored.interrupted && entry->grant->retired.empty()) {
    entry->lease.renew_at = ports_.clock.uptime();
    log::info("a renewal was interrupted; it is done again", {{"identity", entry->settings.name}});
  }
}

/// Takes what the last run could not commit, when it is newer than what is in the store.
Task<void> TokenVault::take_rescued(Entry& entry) {
  auto const& name = entry.settings.name;
  auto found = rescue_.read(name);
  if (!found) {
    if (found.error().kind == ErrorKind::not_found) co_return;
    bool const useless = found.error().kind == ErrorKind::malformed;
    log::error(useless ? "a rescued grant is damaged and removed; the stored one is used"
                       : "a rescued grant cannot be read and is left; the stored one is used",
               {{"identity", name}, {"why", found.error().what}});
    if (useless) drop_rescue(entry);
    co_return;
  }
  bool const begun = entry.grant || entry.settings.kind == IdentityKind::service_app;
  if (!begun || (entry.grant && found->generation <= entry.grant->generation)) {
    log::info(begun ? "a rescued grant is not newer than the stored one and is removed"
                    : "a rescued grant of a login that was removed is removed as well",
              {{"identity", name}, {"generation", found->generation}});
    drop_rescue(entry);
    co_return;
  }
  auto saved = co_await store_.save(*found, std::nullopt);
  log::warning("a renewed grant that could not be stored was taken from its rescue file",
               {{"identity", name}, {"generation", found->generation}});
  take(entry, std::move(*found), ports_.clock.now());
  entry.in_doubt = false;
  if (saved)
    drop_rescue(entry);
  else
    keep_uncommitted(entry, std::move(saved.error()));
}

void TokenVault::drop_rescue(Entry const& entry) {
  if (auto dropped = rescue_.drop(entry.settings.name); !dropped)
    log::warning("a rescue file that is not needed any more stays behind",
                 {{"identity", entry.settings.name}, {"why", dropped.error().what}});
}

void TokenVault::tell_of_strangers() const {
  std::vector<std::string> names;
  names.reserve(entries_.size());
  for (auto const& [name, entry] : entries_) names.push_back(name);
  for (auto const& file : rescue_.strangers(names))
    log::warning("a rescue file belongs to no identity that is configured; it is left alone",
                 {{"file", file}});
}

/// Lets a service app's grant begin with the refresh token of its file, unless it did already. A
/// grant that lives is kept beside it, to go on with should the file's token be refused.
Task<void> TokenVault::plant_seed(Entry& entry) {
  auto const& seed = entry.settings.seed_refresh;
  if (seed.empty()) co_return;
  auto const digest = digest_of(seed);
  if (entry.grant && entry.grant->seed == digest) co_return;
  bool const living = entry.grant && entry.grant->retired.empty();
  Grant grant;
  grant.access_expires_at = grant.issued_at = ports_.clock.now();
  if (living) {
    grant = *entry.grant;
    grant.previous_refresh = std::move(grant.refresh);
    grant.refresh_expires_at.reset();
  }
  grant.identity = entry.settings.name;
  grant.generation = (entry.grant ? entry.grant->generation : 0) + 1;
  grant.refresh = seed;
  grant.seed = digest;
  auto saved = co_await store_.save(grant, std::nullopt);
  entry.rowless = !saved && !entry.grant;
  log::info("a service app begins with the refresh token of its file",
            {{"identity", grant.identity}, {"file", entry.settings.seed_file}});
  take(entry, std::move(grant), ports_.clock.now());
  entry.lease.renew_at = ports_.clock.uptime();
  entry.in_doubt = false;
  if (!saved) keep_uncommitted(entry, std::move(saved.error()));
}

}  // namespace wardroom::oauth
