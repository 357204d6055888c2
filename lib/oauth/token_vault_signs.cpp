// What may be shown of the grants: their state, and the sentence and remedy for operators.
#include "oauth/token_vault_entry.hpp"

namespace wardroom::oauth {

GrantState TokenVault::state(Entry const& entry) const {
  if (entry.settings.kind == IdentityKind::guest_issuer) return GrantState::signs_by_itself;
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
    GrantView view;
    view.identity = sign.identity;
    view.state = sign.state;
    view.remedy = sign.remedy;
    view.kind = entry.settings.kind;
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
      case GrantState::signs_by_itself:
        say(SignLevel::good, name + ": signs its tokens by itself", "");
        break;
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

std::vector<GrantFigures> TokenVault::figures() const {
  std::vector<GrantFigures> out;
  for (auto const& [name, entry] : entries_) {
    GrantFigures figures;
    figures.identity = name;
    figures.state = state(*entry);
    out.push_back(std::move(figures));
  }
  return out;
}

}  // namespace wardroom::oauth
