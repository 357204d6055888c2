// What the OAuth server knows outlives it: a restarted platform still takes the tokens it gave out.
#include "sim/token_book.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace wardroom::sim {
namespace {

using nlohmann::json;

// Uptime means nothing to the next process: moments are kept in wall-clock time.
std::int64_t to_wall(Clock& clock, Uptime moment) {
  auto const left = std::chrono::duration_cast<Milliseconds>(moment - clock.uptime());
  return unix_ms(clock.now()) + left.count();
}

Uptime from_wall(Clock& clock, std::int64_t moment) {
  return clock.uptime() + Milliseconds(moment - unix_ms(clock.now()));
}

GrantKind kind_of(std::string const& word) {
  for (auto kind : {GrantKind::integration, GrantKind::service_app, GrantKind::bot})
    if (name(kind) == word) return kind;
  throw std::out_of_range("no kind of grant is called " + word);
}

}  // namespace

json TokenBook::memory() const {
  auto grants = json::array(), refresh = json::object(), access = json::object();
  for (auto const& g : grants_)
    grants.push_back({{"id", g.id},
                      {"client", g.client_id},
                      {"kind", name(g.kind)},
                      {"person", g.person->email},
                      {"scopes", g.scopes},
                      {"created", unix_ms(g.created)},
                      {"ends", to_wall(clock_, g.refresh_expires)},
                      {"revoked", g.revoked}});
  for (auto const& [token, r] : refresh_) {
    refresh[token] = {{"grant", r.grant}};
    if (r.spent) refresh[token]["spent"] = to_wall(clock_, *r.spent);
  }
  for (auto const& [token, a] : access_)
    access[token] = {{"grant", a.grant},
                     {"id", a.id},
                     {"created", unix_ms(a.created)},
                     {"issued", to_wall(clock_, a.issued)},
                     {"ends", to_wall(clock_, a.expires)}};
  return {{"grants", std::move(grants)},
          {"refresh", std::move(refresh)},
          {"access", std::move(access)}};
}

// Files of the first simulator know neither ids nor kinds, and name just the grant of a refresh
// token.
Result<void> TokenBook::recall(json const& memory) {
  try {
    auto const now = unix_ms(clock_.now());
    std::vector<Grant> grants;
    for (auto const& g : memory.at("grants")) {
      auto const* person = org_.by_email(g.at("person").get<std::string>());
      if (!person)
        return failure(ErrorKind::malformed,
                       fmt::format("{} is not among the people", g.at("person").dump()));
      grants.push_back({g.contains("id") ? g.at("id").get<std::string>() : dice_.uuid(),
                        g.at("client"), kind_of(g.value("kind", "integration")), person,
                        g.at("scopes").get<Scopes>(), from_unix_ms(g.value("created", now)),
                        from_wall(clock_, g.at("ends")), g.at("revoked")});
    }
    auto known = [&](json const& number) {
      auto const at = number.get<std::size_t>();
      if (at >= grants.size()) throw std::out_of_range("a token of no grant");
      return at;
    };
    decltype(refresh_) refresh;
    for (auto const& [token, r] : memory.at("refresh").items()) {
      auto& one = refresh[token];
      one.grant = known(r.is_object() ? r.at("grant") : r);
      if (r.is_object() && r.contains("spent")) one.spent = from_wall(clock_, r.at("spent"));
    }
    decltype(access_) access;
    for (auto const& [token, a] : memory.at("access").items())
      access[token] = {known(a.at("grant")),
                       a.contains("id") ? a.at("id").get<std::string>() : dice_.uuid(),
                       from_unix_ms(a.value("created", now)),
                       from_wall(clock_, a.value("issued", now)), from_wall(clock_, a.at("ends"))};
    grants_ = std::move(grants);
    refresh_ = std::move(refresh);
    access_ = std::move(access);
    seed();
    return {};
  } catch (std::exception const& e) {
    return failure(ErrorKind::malformed, e.what());
  }
}

}  // namespace wardroom::sim
