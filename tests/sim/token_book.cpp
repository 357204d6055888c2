#include "sim/token_book.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::sim {
namespace {
constexpr auto noop_window = std::chrono::hours(24);  // webex-rest.md 1.4, 3
constexpr std::size_t spent_kept = 16;                // of one grant
}  // namespace

TokenBook::TokenBook(Organisation const& org, Clock& clock, Random& dice, Faults& faults)
    : org_(org), clock_(clock), dice_(dice), faults_(faults) {
  seed();
}

TokenBook::Outcome TokenBook::open(std::string const& client_id, GrantKind kind,
                                   Person const& person, Scopes scopes) {
  if (at_limit(person)) return std::unexpected(Refusal::token_limit);
  grants_.push_back({dice_.uuid(), client_id, kind, &person, std::move(scopes), clock_.now(),
                     clock_.uptime() + std::chrono::seconds(faults_.refresh_life_s)});
  auto const number = grants_.size() - 1;
  auto token = new_token(false);
  refresh_[token] = {number};
  return issue(number, std::move(token), "issued");
}

TokenBook::Outcome TokenBook::refresh(std::string const& client_id, std::string const& token) {
  auto const found = refresh_.find(token);
  if (found == refresh_.end()) return std::unexpected(Refusal::unknown);
  auto const [number, spent] = found->second;
  auto& grant = grants_[number];
  if (grant.client_id != client_id) return std::unexpected(Refusal::foreign);
  bool const grace = spent && faults_.refresh_mode == "rotate_grace" &&
                     clock_.uptime() - *spent < std::chrono::seconds(faults_.refresh_grace_s);
  if (spent) {
    ++reuses_;
    if (!grace && faults_.family_revocation) revoke_grant(number);
    if (!grace) return std::unexpected(Refusal::spent);
  }
  if (faults_.refuse_refresh) return std::unexpected(Refusal::switched_off);
  if (grant.revoked) return std::unexpected(Refusal::revoked);
  if (grant.refresh_expires <= clock_.uptime()) return std::unexpected(Refusal::expired);
  if (faults_.refresh_mode == "noop")
    if (auto same = unchanged(number, token)) {
      ++refreshed_;
      ++unchanged_;
      return *same;
    }
  if (at_limit(*grant.person)) return std::unexpected(Refusal::token_limit);
  ++refreshed_;
  if (faults_.refresh_rolling)
    grant.refresh_expires = clock_.uptime() + std::chrono::seconds(faults_.refresh_life_s);
  if (faults_.refresh_kills_access) end_access(number);
  if (grace) return issue(number, current_refresh(number), "rotated_before");
  if (faults_.refresh_mode == "rotate" || faults_.refresh_mode == "rotate_grace")
    return issue(number, rotate(number, token), "rotated");
  return issue(number, token, "refreshed");
}

std::optional<std::size_t> TokenBook::grant_of_refresh(std::string_view token) const {
  auto const found = refresh_.find(token);
  if (found == refresh_.end()) return std::nullopt;
  return found->second.grant;
}

Issued TokenBook::issue(std::size_t number, std::string refresh_token, std::string how) {
  std::erase_if(access_, [&](auto const& a) { return a.second.expires <= clock_.uptime(); });
  auto const& grant = grants_[number];
  auto const life = std::chrono::seconds(faults_.token_life_s);
  auto access = new_token(true);
  access_[access] = {number, dice_.uuid(), clock_.now(), clock_.uptime(), clock_.uptime() + life};
  on_change();
  return {number,
          std::move(how),
          std::move(access),
          std::move(refresh_token),
          life,
          left(grant.refresh_expires),
          grant.scopes};
}

// A refresh soon after the last one hands out the same access token with its old end.
std::optional<Issued> TokenBook::unchanged(std::size_t number, std::string const& token) const {
  std::pair<std::string const, Access> const* newest = nullptr;
  for (auto const& a : access_)
    if (a.second.grant == number && a.second.expires > clock_.uptime() &&
        (!newest || newest->second.issued < a.second.issued))
      newest = &a;
  if (!newest || clock_.uptime() - newest->second.issued >= noop_window) return std::nullopt;
  auto const& grant = grants_[number];
  return Issued{number,
                "unchanged",
                newest->first,
                token,
                left(newest->second.expires),
                left(grant.refresh_expires),
                grant.scopes};
}

std::string TokenBook::rotate(std::size_t number, std::string const& old) {
  refresh_[old].spent = clock_.uptime();
  forget_old_spent(number);
  auto next = new_token(false);
  refresh_[next] = {number};
  return next;
}

void TokenBook::forget_old_spent(std::size_t number) {
  std::vector<std::pair<Uptime, std::string>> spent;
  for (auto const& [token, r] : refresh_)
    if (r.grant == number && r.spent) spent.emplace_back(*r.spent, token);
  if (spent.size() <= spent_kept) return;
  refresh_.erase(std::min_element(spent.begin(), spent.end())->second);
}

std::string TokenBook::current_refresh(std::size_t number) const {
  for (auto const& [token, r] : refresh_)
    if (r.grant == number && !r.spent) return token;
  return {};
}

bool TokenBook::at_limit(Person const& person) const {
  auto const live = std::count_if(access_.begin(), access_.end(), [&](auto const& a) {
    return grants_[a.second.grant].person == &person && a.second.expires > clock_.uptime();
  });
  return live >= faults_.token_limit;
}

std::chrono::seconds TokenBook::left(Uptime end) const {
  return std::max(std::chrono::seconds(0),
                  std::chrono::ceil<std::chrono::seconds>(end - clock_.uptime()));
}

std::optional<Bearer> TokenBook::check(std::string_view token) const {
  auto const found = access_.find(token);
  if (found == access_.end() || found->second.expires <= clock_.uptime()) return std::nullopt;
  auto const& grant = grants_[found->second.grant];
  return Bearer{grant.person, grant.scopes, grant.client_id};
}

std::optional<Instant> TokenBook::expiry(std::string_view token) const {
  auto const found = access_.find(token);
  if (found == access_.end() || found->second.expires <= clock_.uptime()) return std::nullopt;
  return clock_.now() +
         std::chrono::duration_cast<Milliseconds>(found->second.expires - clock_.uptime());
}

void TokenBook::revoke(Authorization const& what) {
  if (what.refresh) return revoke_grant(what.grant);
  auto const end = clock_.uptime() + Milliseconds(faults_.revoked_access_cache_ms);
  for (auto& [token, a] : access_)
    if (api_id("AUTHORIZATION", a.id) == what.id) a.expires = std::min(a.expires, end);
  on_change();
}

void TokenBook::revoke_grant(std::size_t number) {
  grants_[number].revoked = true;
  end_access(number);
  on_change();
}

void TokenBook::end_access(std::size_t number) {
  auto const end = clock_.uptime() + Milliseconds(faults_.revoked_access_cache_ms);
  for (auto& [token, a] : access_)
    if (a.grant == number) a.expires = std::min(a.expires, end);
}

void TokenBook::revoke_all() {
  for (std::size_t n = 0; n < grants_.size(); ++n) {
    if (grants_[n].kind == GrantKind::bot) continue;
    grants_[n].revoked = true;
    end_access(n);
  }
  on_change();
}

void TokenBook::expire_access_tokens() {
  std::erase_if(access_,
                [&](auto const& a) { return grants_[a.second.grant].kind != GrantKind::bot; });
  on_change();
}

void TokenBook::seed() {
  auto has = [&](GrantKind kind) {
    return std::any_of(grants_.begin(), grants_.end(),
                       [&](auto const& g) { return g.kind == kind; });
  };
  auto const century = clock_.uptime() + std::chrono::hours(24 * 36525);
  if (!has(GrantKind::service_app)) {
    auto const client = guests_client();
    grants_.push_back({dice_.uuid(), client.id, GrantKind::service_app, &org_.service_app(),
                       client.scopes, clock_.now(),
                       clock_.uptime() + std::chrono::seconds(faults_.refresh_life_s)});
    refresh_["sim-service-app-refresh"] = {grants_.size() - 1};
  }
  if (!has(GrantKind::bot)) {
    grants_.push_back({dice_.uuid(), "C-wardroom-bot", GrantKind::bot, &org_.bot(),
                       Scopes{"spark:people_read", "spark:messages_write", "spark:messages_read"},
                       clock_.now(), century});
    access_["sim-bot-token"] = {grants_.size() - 1, dice_.uuid(), clock_.now(), clock_.uptime(),
                                century};
  }
}

// The real ones end in the cluster and the organisation too, or are signed and very long.
std::string TokenBook::new_token(bool access) {
  auto token = fmt::format("{}_PF84_{}", dice_.token(), org_.uuid());
  while (access && token.size() < std::size_t(faults_.token_chars)) token += "." + dice_.token();
  return token;
}

}  // namespace wardroom::sim
