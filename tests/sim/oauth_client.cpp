#include "sim/oauth_client.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <array>

namespace wardroom::sim {
namespace {

// OIDC scopes need no registration. Source: webex-rest.md 1.2.
constexpr std::array<std::string_view, 5> oidc_scopes{"openid", "email", "profile", "phone",
                                                      "address"};

std::string path_of(std::string_view url) {
  auto const start = url.find("://");
  if (start == std::string_view::npos) return {};
  auto const slash = url.find('/', start + 3);
  return slash == std::string_view::npos ? "/" : std::string(url.substr(slash));
}

bool on_loopback(std::string_view url) {
  for (std::string_view host : {"http://127.0.0.1", "http://localhost", "http://[::1]"}) {
    if (!url.starts_with(host)) continue;
    auto const rest = url.substr(host.size());
    if (rest.empty() || rest[0] == ':' || rest[0] == '/') return true;
  }
  return false;
}

}  // namespace

Scopes split_scopes(std::string_view text) {
  Scopes out;
  while (!text.empty()) {
    auto const end = std::min(text.find(' '), text.size());
    if (end > 0) out.emplace(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string join_scopes(Scopes const& scopes) {
  std::string out;
  for (auto const& s : scopes) out += (out.empty() ? "" : " ") + s;
  return out;
}

bool OauthClient::takes_redirect(std::string const& uri) const {
  return std::any_of(redirects.begin(), redirects.end(), [&](auto const& known) {
    return known == uri || (any_loopback && on_loopback(uri) && path_of(uri) == path_of(known));
  });
}

std::optional<std::string> OauthClient::unregistered(Scopes const& wanted, bool with_oidc) const {
  for (auto const& s : wanted) {
    bool const oidc = std::find(oidc_scopes.begin(), oidc_scopes.end(), s) != oidc_scopes.end();
    if (!scopes.contains(s) && !(with_oidc && oidc)) return s;
  }
  return std::nullopt;
}

OauthClient demo_client() {
  OauthClient c;
  c.id = "C-wardroom-demo";
  c.secret = "demo-secret-not-for-production";
  c.name = "Wardroom";
  c.redirects = {"http://127.0.0.1:8480/oauth/callback"};
  c.any_loopback = true;
  // Everything the features may ask for. Source: webex-rest.md 11, xsi.md 1.3.
  c.scopes = {"spark:people_read",
              "spark-admin:people_read",
              "spark-admin:roles_read",
              "spark-admin:organizations_read",
              "spark-admin:locations_read",
              "spark-admin:licenses_read",
              "spark-admin:telephony_config_read",
              "spark-admin:xsi",
              "spark:xsi",
              "spark:all",
              "spark:kms",
              "spark:memberships_read",
              "spark:memberships_write",
              "spark:rooms_read",
              "spark:messages_read",
              "spark:messages_write",
              "spark:applications_token",
              "meeting:schedules_read",
              "meeting:schedules_write",
              "meeting:controls_read",
              "meeting:controls_write",
              "meeting:participants_read",
              "meeting:participants_write",
              "meeting:admin_schedule_read",
              "meeting:admin_schedule_write",
              "meeting:admin_participants_read",
              "spark:calls_read",
              "spark:calls_write",
              "identity:people_read",
              "identity:groups_read",
              "identity:tokens_read",
              "identity:tokens_write"};
  return c;
}

OauthClient guests_client() {
  OauthClient c;
  c.id = "C-wardroom-guests";
  c.secret = "demo-guests-secret";
  c.name = "Wardroom guests";
  c.service_app = true;
  c.scopes = {"guest-issuer:read", "guest-issuer:write", "spark:people_read",
              "spark:memberships_write"};
  return c;
}

std::optional<ClientCredentials> basic_credentials(Request const& request) {
  auto const header = request.header("Authorization");
  if (!header.starts_with("Basic ")) return std::nullopt;
  auto const plain = from_base64(header.substr(6)).value_or("");
  auto const colon = std::min(plain.find(':'), plain.size());
  auto decode = [](std::string_view s) { return percent_decode(s).value_or(std::string(s)); };
  return ClientCredentials{
      decode(std::string_view(plain).substr(0, colon)),
      decode(std::string_view(plain).substr(std::min(colon + 1, plain.size())))};
}

}  // namespace wardroom::sim
