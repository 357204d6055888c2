// What the OAuth server knows outlives it: a restarted platform still takes the tokens it gave out.
#include "sim/oauth_sim.hpp"

#include <fmt/format.h>

namespace wardroom::sim {
namespace {

using nlohmann::json;

// Uptime means nothing to the next process: ends are kept in wall-clock time.
std::int64_t to_wall(Clock& clock, Uptime end) {
  auto const left = std::chrono::duration_cast<Milliseconds>(end - clock.uptime());
  return unix_ms(clock.now()) + left.count();
}

Uptime from_wall(Clock& clock, std::int64_t end) {
  return clock.uptime() + Milliseconds(end - unix_ms(clock.now()));
}

}  // namespace

json OauthSim::memory() const {
  auto grants = json::array(), refresh = json::object(), access = json::object();
  for (auto const& g : grants_)
    grants.push_back({{"client", g.client_id},
                      {"person", g.person->email},
                      {"scopes", g.scopes},
                      {"ends", to_wall(clock_, g.refresh_expires)},
                      {"revoked", g.revoked}});
  for (auto const& [token, grant] : refresh_) refresh[token] = grant;
  for (auto const& [token, a] : access_)
    access[token] = {{"grant", a.grant}, {"ends", to_wall(clock_, a.expires)}};
  return {{"grants", std::move(grants)},
          {"refresh", std::move(refresh)},
          {"access", std::move(access)}};
}

Result<void> OauthSim::recall(json const& memory) {
  try {
    std::vector<Grant> grants;
    for (auto const& g : memory.at("grants")) {
      auto const* person = org_.by_email(g.at("person").get<std::string>());
      if (!person)
        return failure(ErrorKind::malformed,
                       fmt::format("{} is not among the people", g.at("person").dump()));
      grants.push_back({g.at("client"), person, g.at("scopes").get<Scopes>(),
                        from_wall(clock_, g.at("ends")), g.at("revoked")});
    }
    auto known = [&](json const& number) {
      auto const at = number.get<std::size_t>();
      if (at >= grants.size()) throw std::out_of_range("a token of no grant");
      return at;
    };
    std::map<std::string, std::size_t> refresh;
    for (auto const& [token, grant] : memory.at("refresh").items()) refresh[token] = known(grant);
    std::map<std::string, Access, std::less<>> access;
    for (auto const& [token, a] : memory.at("access").items())
      access[token] = {known(a.at("grant")), from_wall(clock_, a.at("ends"))};
    grants_ = std::move(grants);
    refresh_ = std::move(refresh);
    access_ = std::move(access);
    return {};
  } catch (std::exception const& e) {
    return failure(ErrorKind::malformed, e.what());
  }
}

}  // namespace wardroom::sim
