// What can be seen of the grants from outside: names, lists, counters. No secrets.
#include "sim/instant_text.hpp"
#include "sim/token_book.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::sim {

std::string_view name(GrantKind kind) {
  switch (kind) {
    case GrantKind::service_app:
      return "service_app";
    case GrantKind::bot:
      return "bot";
    case GrantKind::integration:
      break;
  }
  return "integration";
}

std::string_view name(Refusal refusal) {
  switch (refusal) {
    case Refusal::unknown:
      return "unknown";
    case Refusal::foreign:
      return "of another client";
    case Refusal::expired:
      return "expired";
    case Refusal::revoked:
      return "revoked";
    case Refusal::spent:
      return "spent";
    case Refusal::switched_off:
      return "switched off";
    case Refusal::token_limit:
      return "token limit";
  }
  return "";
}

std::string TokenBook::grant_name(std::size_t grant) { return fmt::format("g{}", grant + 1); }

std::optional<std::size_t> TokenBook::grant_named(std::string_view name) const {
  for (std::size_t n = 0; n < grants_.size(); ++n)
    if (grant_name(n) == name) return n;
  return std::nullopt;
}

std::vector<TokenBook::Authorization> TokenBook::authorizations() const {
  std::vector<Authorization> out;
  for (std::size_t n = 0; n < grants_.size(); ++n) {
    auto const& g = grants_[n];
    if (g.kind == GrantKind::bot || g.revoked || g.refresh_expires <= clock_.uptime()) continue;
    out.push_back({api_id("AUTHORIZATION", g.id), n, true, g.created, g.client_id, g.person});
  }
  for (auto const& [token, a] : access_) {
    auto const& g = grants_[a.grant];
    if (g.kind == GrantKind::bot || a.expires <= clock_.uptime()) continue;
    out.push_back(
        {api_id("AUTHORIZATION", a.id), a.grant, false, a.created, g.client_id, g.person});
  }
  return out;
}

std::size_t TokenBook::live_tokens(std::size_t number) const {
  return std::size_t(std::count_if(access_.begin(), access_.end(), [&](auto const& a) {
    return a.second.grant == number && a.second.expires > clock_.uptime();
  }));
}

nlohmann::json TokenBook::grants() const {
  auto out = nlohmann::json::array();
  for (std::size_t n = 0; n < grants_.size(); ++n) {
    auto const& g = grants_[n];
    auto const spent = std::count_if(refresh_.begin(), refresh_.end(), [&](auto const& r) {
      return r.second.grant == n && r.second.spent;
    });
    out.push_back({{"id", grant_name(n)},
                   {"client", g.client_id},
                   {"kind", name(g.kind)},
                   {"person", g.person->email},
                   {"scopes", g.scopes},
                   {"created", text_of(g.created)},
                   {"revoked", g.revoked},
                   {"refresh_left_s", left(g.refresh_expires).count()},
                   {"tokens_live", live_tokens(n)},
                   {"spent_refresh_tokens", spent}});
  }
  return out;
}

nlohmann::json TokenBook::counters() const {
  auto const live = std::count_if(access_.begin(), access_.end(), [&](auto const& a) {
    return a.second.expires > clock_.uptime() && grants_[a.second.grant].kind != GrantKind::bot;
  });
  return {{"refreshed", refreshed_},
          {"refreshed_unchanged", unchanged_},
          {"refresh_reuses", reuses_},
          {"access_tokens", live},
          {"grants", grants_.size()}};
}

}  // namespace wardroom::sim
