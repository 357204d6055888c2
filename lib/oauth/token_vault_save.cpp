// The landing of a renewal that succeeded, and a commit that did not.
#include "base/log.hpp"
#include "oauth/token_vault_entry.hpp"

namespace wardroom::oauth {

namespace {
constexpr Milliseconds save_again{1000};
}

Result<void> TokenVault::succeed(Entry& entry, Renewed renewed, Result<void> saved) {
  auto const generation = renewed.grant.generation;
  ++entry.counts.renewals;
  if (renewed.unchanged) ++entry.counts.unchanged;
  entry.trouble.reset();
  entry.in_doubt = false;
  entry.asked = true;
  // On receipt the server's clock says how long the token lives; ours, however wrong, has no say.
  take(entry, std::move(renewed.grant), renewed.received, renewed.unchanged);
  entry.not_before = ports_.clock.uptime() + least_pause(entry.lease.life);
  log::info("renewed", {{"identity", entry.settings.name},
                        {"generation", generation},
                        {"same_token", renewed.unchanged ? "yes" : "no"}});
  if (saved)
    committed(entry);
  else
    keep_uncommitted(entry, std::move(saved.error()));
  warn_of_end(entry);
  if (entry.lease.ends <= ports_.clock.uptime())
    return give_up_for_now(
        entry, {Refusal::transient,
                {ErrorKind::unavailable, "the server gave the token that has ended once more",
                 std::nullopt}});
  entry.pause.reset();
  return {};
}

/// What memory holds is in the store.
void TokenVault::committed(Entry& entry) {
  entry.unsaved.reset();
  entry.rowless = false;
  entry.rescued = false;
  drop_rescue(entry);
}

void TokenVault::keep_beside(Entry& entry) {
  if (!rescue_.on()) return;
  auto const kept = rescue_.keep(*entry.grant);
  entry.rescued = kept.has_value();
  if (kept)
    ++entry.counts.rescues;
  else
    log::error("a renewed token could not be kept beside the store either",
               {{"identity", entry.settings.name}, {"why", kept.error().what}});
}

void TokenVault::keep_uncommitted(Entry& entry, Error why) {
  auto const& name = entry.settings.name;
  entry.unsaved = std::move(why.what);
  keep_beside(entry);
  log::error("a renewed token cannot be stored; it is kept in memory and tried every second",
             {{"identity", name},
              {"why", *entry.unsaved},
              {"rescue_file", entry.rescued ? rescue_.path(name) : std::string("none")}});
  ports_.tasks.spawn("store the grant of " + name,
                     [this, &entry, epoch = entry.epoch] { return save_until_done(entry, epoch); });
}

Task<void> TokenVault::save_until_done(Entry& entry, std::uint64_t epoch) {
  auto const generation = entry.grant->generation;
  auto overtaken = [&] {
    return entry.epoch != epoch || entry.grant->generation != generation || !entry.unsaved;
  };
  for (;;) {
    co_await ports_.clock.sleep_for(save_again);
    if (overtaken()) co_return;
    auto const replaces = entry.rowless ? std::nullopt : std::optional(generation);
    auto saved = co_await store_.save(*entry.grant, replaces);
    if (overtaken()) co_return;
    if (saved) {
      log::info("the renewed token is stored at last", {{"identity", entry.settings.name}});
      committed(entry);
      changed(entry);
      co_return;
    }
    entry.unsaved = saved.error().what;
  }
}

}  // namespace wardroom::oauth
