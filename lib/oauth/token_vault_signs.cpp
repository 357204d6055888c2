// What may be shown of the grants: their state, and the sentence and remedy for operators.
#include "oauth/token_vault_entry.hpp"

namespace wardroom::oauth {

std::string remedy_of(IdentitySettings const& settings) {
  if (is_person(settings.name))
    return "this person must sign in once more on Wardroom's page of their meetings";
  if (settings.kind == IdentityKind::service_app)
    return fmt::format("put a new refresh token of the service app into {}, then restart wardroomd",
                       settings.seed_file.empty() ? "its refresh_token_file" : settings.seed_file);
  if (settings.name == "admin") return "run `wardroomctl login` and open the URL it prints";
  return fmt::format("run `wardroomctl login --identity {}`", settings.name);
}

std::string scope_remedy_of(IdentitySettings const& settings) {
  if (settings.kind == IdentityKind::service_app)
    return "add the scopes to the service app, have it authorized again in Control Hub, and " +
           remedy_of(settings);
  return "register the scopes with the integration in the developer portal, then log in again: " +
         remedy_of(settings);
}

Error login_needed(IdentitySettings const& settings, std::string_view why) {
  return {ErrorKind::unauthorized,
          fmt::format("{}: {}: {}", settings.name, why, remedy_of(settings)), std::nullopt};
}

namespace {
/// "2026-11-22"
std::string day(Instant when) {
  std::chrono::year_month_day const date(std::chrono::floor<std::chrono::days>(when));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::string end_of_refresh(int days_left, Instant end) {
  if (days_left > 0)
    return fmt::format("the refresh token ends in {} d, on {}, although it is renewed", days_left,
                       day(end));
  return fmt::format("the refresh token ends within a day, on {}, although it is renewed",
                     day(end));
}

std::string names_of(std::vector<MissingScope> const& missing) {
  std::string out;
  for (auto const& [scope, users] : missing) {
    out += (out.empty() ? "" : ", ") + scope;
    if (!users.empty()) out += " (for " + users + ")";
  }
  return out;
}

std::string and_then(std::string first, std::string const& second) {
  if (first.empty()) return second;
  return second.empty() ? first : std::move(first) + "; " + second;
}
}  // namespace

GrantState TokenVault::state(Entry const& entry) const {
  if (entry.settings.kind == IdentityKind::guest_issuer) return GrantState::signs_by_itself;
  if (!entry.grant) return GrantState::missing;
  if (!entry.grant->retired.empty()) return GrantState::needs_login;
  if (ports_.clock.uptime() >= entry.lease.ends) return GrantState::expired;
  return entry.trouble ? GrantState::renewing_fails : GrantState::valid;
}

/// None while nothing is known of what was granted, as of a service app before its first answer.
std::vector<MissingScope> TokenVault::missing(Entry const& entry) const {
  std::vector<MissingScope> out;
  if (!entry.grant || entry.grant->scopes.empty()) return out;
  for (auto const& scope : missing_scopes(entry.settings.scopes, entry.grant->scopes)) {
    auto const users = entry.settings.scope_users.find(scope);
    out.push_back({scope, users == entry.settings.scope_users.end() ? "" : users->second});
  }
  return out;
}

std::vector<GrantView> TokenVault::grants() const {
  std::vector<GrantView> out;
  for (auto const& sign : signs()) {
    auto const& entry = *entries_.find(sign.identity)->second;
    GrantView view;
    view.identity = sign.identity;
    view.state = sign.state;
    view.remedy = sign.remedy;
    view.kind = entry.settings.kind;
    if (entry.grant) {
      auto const& grant = *entry.grant;
      view.who = grant.who;
      view.scopes = grant.scopes;
      view.generation = grant.generation;
      view.login = entry.epoch;
      view.access_expires_at = grant.access_expires_at;
      view.refresh_expires_at = grant.refresh_expires_at;
      view.client = grant.client;
      view.missing_scopes = missing(entry);
      view.refresh_days_left = refresh_days_left(grant, server_now(entry));
    }
    out.push_back(std::move(view));
  }
  return out;
}

std::vector<GrantSign> TokenVault::signs() const {
  std::vector<GrantSign> out;
  for (auto const& [name, entry] : entries_) {
    if (is_person(name) && !entry->grant) continue;
    out.push_back(sign(*entry));
    // One host's lapse is no outage of the daemon.
    if (is_person(name) && out.back().level == SignLevel::bad)
      out.back().level = SignLevel::warning;
  }
  return out;
}

GrantSign TokenVault::sign(Entry const& entry) const {
  auto const& name = entry.settings.name;
  auto const now = state(entry);
  auto say = [&](SignLevel level, std::string sentence, std::string remedy) {
    return GrantSign{name, now, level, std::move(sentence), std::move(remedy)};
  };
  auto const why = entry.trouble ? entry.trouble->what : std::string("a renewal is on its way");
  if (entry.unsaved && now != GrantState::needs_login)
    return say(SignLevel::bad,
               fmt::format("{}: a renewed token could not be stored ({}); it is kept in memory{}",
                           name, *entry.unsaved,
                           entry.rescued ? " and sealed in " + rescue_.path(name) : " only"),
               "make room on the disk of the state directory, or check the database; do not "
               "restart before this is over");
  switch (now) {
    case GrantState::signs_by_itself:
      return say(SignLevel::good, name + ": signs its tokens by itself", "");
    case GrantState::missing:
      return say(SignLevel::bad,
                 name + (entry.settings.kind == IdentityKind::service_app
                             ? ": no refresh token has been given yet"
                             : ": nobody has logged in yet"),
                 remedy_of(entry.settings));
    case GrantState::needs_login:
      return say(SignLevel::bad, name + ": " + entry.grant->retired, remedy_of(entry.settings));
    case GrantState::expired:
      return say(SignLevel::bad, name + ": the access token has ended (" + why + ")",
                 "it is renewed by itself once the token endpoint answers; check the way to it");
    case GrantState::renewing_fails:
      return say(SignLevel::warning, why,
                 "nothing is lost yet; check client id, secret and the network");
    case GrantState::valid:
      break;
  }
  return sign_of_valid(entry);
}

/// Good, but for a refresh token that ends soon and scopes that were not granted.
GrantSign TokenVault::sign_of_valid(Entry const& entry) const {
  auto const& name = entry.settings.name;
  auto const& grant = *entry.grant;
  std::string trouble, remedy;
  auto const now = server_now(entry);
  auto few_days = warning_level(grant, now);
  if (few_days) {
    few_days = std::max(*few_days, 1);  // past its end, the last warning goes on
    trouble = end_of_refresh(refresh_days_left(grant, now).value_or(0), *grant.refresh_expires_at);
    remedy = remedy_of(entry.settings);
  }
  if (auto const scopes = missing(entry); !scopes.empty()) {
    trouble = and_then(std::move(trouble), "not granted: " + names_of(scopes));
    remedy = scope_remedy_of(entry.settings);
  }
  if (entry.notice) {
    trouble = and_then(std::move(trouble), *entry.notice);
    if (remedy.empty()) remedy = remedy_of(entry.settings);
  }
  if (!trouble.empty())
    return {name, GrantState::valid, SignLevel::warning, name + ": " + trouble, remedy, few_days};
  return {name, GrantState::valid, SignLevel::good,
          entry.settings.kind == IdentityKind::service_app
              ? name + ": the service app's grant is good"
              : fmt::format("{}: logged in as {}", name, grant.who.name),
          ""};
}

std::vector<GrantFigures> TokenVault::figures() const {
  using std::chrono::seconds;
  std::vector<GrantFigures> out;
  for (auto const& [name, entry] : entries_) {
    if (is_person(name) && !entry->grant) continue;
    auto figures = entry->counts;
    figures.identity = name;
    figures.state = state(*entry);
    if (entry->grant) {
      auto const left = entry->lease.ends - ports_.clock.uptime();
      figures.access_left = std::max(std::chrono::floor<seconds>(left), seconds(0));
      if (auto const end = entry->grant->refresh_expires_at)
        figures.refresh_left =
            std::max(std::chrono::floor<seconds>(*end - server_now(*entry)), seconds(0));
    }
    out.push_back(std::move(figures));
  }
  return out;
}

}  // namespace wardroom::oauth
