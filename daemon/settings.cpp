#include "settings.hpp"

#include "config/config_file.hpp"
#include "http/client.hpp"
#include "http/proxy.hpp"
#include "store/open_store.hpp"

#include <fmt/format.h>

namespace wardroom {
namespace {

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

/// https anywhere; http only on loopback.
void check_url(config::Section& section, std::string_view key, std::string const& url,
               bool http_anywhere = false) {
  auto const origin = http::origin_of(url);
  if (!origin)
    section.complain(key, fmt::format("'{}' is not a URL; write https://host/path", url));
  else if (origin->scheme == "http" && !http_anywhere && !http::is_loopback_host(origin->host))
    section.complain(key, "plain http is accepted on loopback only; use https");
}

void read_http(config::Section section, DaemonSettings& out) {
  out.listen = section.text("listen", "127.0.0.1:8480");
  out.public_url = without_slash(section.text("public_url", "http://" + out.listen));
  out.trusted_proxies = section.texts("trusted_proxies");
  bool const plain = section.flag("allow_plain_http", false);
  auto const colon = out.listen.rfind(':');
  auto const host = colon == std::string::npos ? out.listen : out.listen.substr(0, colon);
  if (colon == std::string::npos)
    section.complain("listen", "needs a port, such as 127.0.0.1:8480");
  else if (!http::is_loopback_host(host) && !plain)
    section.complain(
        "listen",
        "listens beyond loopback without TLS; put a TLS proxy in front on this machine, or set "
        "http.allow_plain_http: true if you accept that positions cross the network readable");
  check_url(section, "public_url", out.public_url, plain);
  section.finish();
}

void read_webex(config::Section section, DaemonSettings& out) {
  out.api = without_slash(section.text("api", "https://webexapis.com/v1"));
  out.authorize_url = section.text("authorize_url", out.api + "/authorize");
  out.token_url = section.text("token_url", out.api + "/access_token");
  out.device_url = section.text("device_url", out.api + "/device/authorize");
  out.ca_file = section.text("ca_file");
  out.proxy = section.text("proxy");
  out.proxy_login_file = section.text("proxy_login_file");
  out.org_id = section.text("org_id");
  out.admins = section.texts("admins");
  for (auto& admin : out.admins)
    if (admin.find('@') != std::string::npos)
      std::ranges::transform(admin, admin.begin(), [](unsigned char c) { return std::tolower(c); });
  check_url(section, "api", out.api);
  check_url(section, "authorize_url", out.authorize_url);
  check_url(section, "token_url", out.token_url);
  check_url(section, "device_url", out.device_url);
  if (!out.proxy.empty()) {
    auto const proxy = http::parse_proxy(out.proxy);
    if (!proxy)
      section.complain("proxy", proxy.error().what);
    else if (!proxy->user.empty())
      section.complain("proxy",
                       "must not hold a login: put user:password into a file and name it in "
                       "proxy_login_file");
  }
  if (out.proxy.empty() && !out.proxy_login_file.empty())
    section.complain("proxy_login_file", "is used only together with proxy");
  section.finish();
}

IdentitySettings read_identity(config::Section section) {
  IdentitySettings out;
  auto const kind =
      section.word("kind", "integration", {"integration", "service_app", "guest_issuer"});
  if (kind == "guest_issuer") {
    out.kind = oauth::IdentityKind::guest_issuer;
    out.issuer_id = section.required_text("issuer_id");
    out.secret_file = section.required_text("secret_file");
  } else {
    out.client_id = section.required_text("client_id");
    out.client_secret_file = section.required_text("client_secret_file");
    if (kind == "service_app") {
      out.kind = oauth::IdentityKind::service_app;
      out.refresh_token_file = section.required_text("refresh_token_file");
    } else {
      out.extra_scopes = section.texts("extra_scopes");
      for (auto const& scope : out.extra_scopes)
        if (scope.find_first_of(" ,") != std::string::npos)
          section.complain("extra_scopes",
                           fmt::format("'{}' is not one scope; write a list: [a, b]", scope));
    }
  }
  section.finish();
  return out;
}

void read_identities(config::Section section, DaemonSettings& out) {
  for (auto const& name : section.keys()) {
    auto one = section.section(name);
    // "person:…" names the grants of single people in the vault.
    if (name.find(':') != std::string::npos)
      section.complain(name, "the name of an identity must not hold a colon");
    out.identities[name] = read_identity(one);
  }
  auto const admin = out.identities.find("admin");
  if (admin == out.identities.end())
    section.complain("",
                     "the identity 'admin' is needed: { kind: integration, client_id: …, "
                     "client_secret_file: … }");
  else if (admin->second.kind != oauth::IdentityKind::integration)
    section.complain("admin", "must be an integration: administrators log in through it");
  section.finish();
}

/// The identity a feature names must be there and of a kind the feature can use.
void check_identity_of(config::Section feature, std::string const& identity,
                       oauth::IdentityKind kind, std::string_view needs,
                       DaemonSettings const& settings) {
  auto const found = settings.identities.find(identity);
  if (found == settings.identities.end())
    feature.complain("identity",
                     fmt::format("there is no identity '{}' under identities", identity));
  else if (found->second.kind != kind)
    feature.complain("identity", fmt::format("'{}' is of another kind; {}", identity, needs));
}

void read_store(config::Section section, DaemonSettings& out) {
  auto const url = section.text("url", "sqlite:/var/lib/wardroom/wardroom.db");
  out.store_url = url;
  out.store_password_file = section.text("password_file");
  auto const engine = store::engine_of(url);
  if (!engine)
    section.complain("url", engine.error().what);
  else if (*engine == store::Engine::sqlite && !out.store_password_file.empty())
    section.complain("password_file", "is used only by PostgreSQL; a sqlite store has none");
  section.finish();
}

}  // namespace

DaemonSettings load_settings(std::string const& file, config::Complaints& complaints) {
  DaemonSettings out;
  out.file = file;
  auto const before = complaints.size();
  auto node = config::load_yaml(file, complaints);
  if (complaints.size() != before) return out;
  config::Section root(node, file, "", complaints);
  auto log = root.section("log");
  log::parse_level(log.word("level", "info", {"trace", "debug", "info", "warning", "error"}),
                   out.level);
  log.finish();
  read_http(root.section("http"), out);
  auto control = root.section("control");
  out.control_socket = control.text("socket", "/run/wardroom/control.sock");
  control.finish();
  read_store(root.section("store"), out);
  auto secrets = root.section("secrets");
  out.master_key_file = secrets.text("master_key_file", "/etc/wardroom/master.key");
  out.old_master_key_file = secrets.text("old_master_key_file");
  secrets.finish();
  read_webex(root.section("webex"), out);
  read_identities(root.section("identities"), out);
  out.alerts = alerts::AlertSettings::parse(root.section("alerts"));
  out.call_blocking = call_blocking::CallBlockingSettings::parse(root.section("call_blocking"));
  check_identity_of(
      root.section("call_blocking"), out.call_blocking.identity, oauth::IdentityKind::integration,
      "the call interfaces take the login of an administrator: name an integration", out);
  auto xsi = root.section("call_blocking").section("xsi");
  for (auto const& url : out.call_blocking.xsi.endpoints)
    if (http::origin_of(url)) check_url(xsi, "endpoints", url);  // anything else is told already
  root.finish();
  return out;
}

std::vector<std::pair<std::string, std::string>> describe(DaemonSettings const& s) {
  std::vector<std::pair<std::string, std::string>> out{
      {"log.level", std::string(log::name(s.level))},
      {"http.listen", s.listen},
      {"http.public_url", s.public_url},
      {"http.trusted_proxies", fmt::format("{}", fmt::join(s.trusted_proxies, ", "))},
      {"control.socket", s.control_socket},
      {"store.url", store::shown_url(s.store_url)},
      {"store.password_file", s.store_password_file},
      {"secrets.master_key_file", s.master_key_file},
      {"secrets.old_master_key_file", s.old_master_key_file},
      {"webex.api", s.api},
      {"webex.authorize_url", s.authorize_url},
      {"webex.token_url", s.token_url},
      {"webex.device_url", s.device_url},
      {"webex.ca_file", s.ca_file},
      {"webex.proxy", s.proxy},
      {"webex.proxy_login_file", s.proxy_login_file},
      {"webex.org_id", s.org_id},
      {"webex.admins", fmt::format("{}", fmt::join(s.admins, ", "))}};
  for (auto const& [name, identity] : s.identities) {
    auto const row = [&](char const* key, std::string value) {
      if (!value.empty()) out.emplace_back(fmt::format("identities.{}.{}", name, key), value);
    };
    row("kind", std::string(oauth::name(identity.kind)));
    row("client_id", identity.client_id);
    row("client_secret_file", identity.client_secret_file);
    row("refresh_token_file", identity.refresh_token_file);
    row("issuer_id", identity.issuer_id);
    row("secret_file", identity.secret_file);
    row("extra_scopes", fmt::format("{}", fmt::join(identity.extra_scopes, ", ")));
  }
  for (auto const& [key, value] : s.alerts.describe()) out.emplace_back("alerts." + key, value);
  auto const& policy = s.call_blocking.policy;
  out.emplace_back("call_blocking.mode", std::string(call_blocking::name(policy.mode)));
  out.emplace_back("call_blocking.identity", s.call_blocking.identity);
  out.emplace_back("call_blocking.post_interval", config::format_duration(policy.post_interval));
  out.emplace_back("call_blocking.timeout", config::format_duration(policy.timeout));
  for (auto const& fence : policy.fences)
    out.emplace_back(fmt::format("call_blocking.fences.{}", fence.name), "digest " + fence.digest);
  auto const& xsi = s.call_blocking.xsi;
  out.emplace_back("call_blocking.xsi.srv", xsi.srv ? "true" : "false");
  out.emplace_back("call_blocking.xsi.endpoints",
                   fmt::format("{}", fmt::join(xsi.endpoints, ", ")));
  out.emplace_back("call_blocking.xsi.application_id", xsi.application_id);
  return out;
}

std::vector<std::string> needs_restart(DaemonSettings const& a, DaemonSettings const& b) {
  std::vector<std::string> out;
  auto differs = [&](bool different, char const* key) {
    if (different) out.emplace_back(key);
  };
  differs(a.listen != b.listen, "http.listen");
  differs(a.public_url != b.public_url, "http.public_url");
  differs(a.trusted_proxies != b.trusted_proxies, "http.trusted_proxies");
  differs(a.control_socket != b.control_socket, "control.socket");
  differs(a.store_url != b.store_url, "store.url");
  differs(a.store_password_file != b.store_password_file, "store.password_file");
  differs(a.master_key_file != b.master_key_file, "secrets.master_key_file");
  differs(a.old_master_key_file != b.old_master_key_file, "secrets.old_master_key_file");
  differs(a.api != b.api, "webex.api");
  differs(a.authorize_url != b.authorize_url, "webex.authorize_url");
  differs(a.token_url != b.token_url, "webex.token_url");
  differs(a.device_url != b.device_url, "webex.device_url");
  differs(a.ca_file != b.ca_file, "webex.ca_file");
  differs(a.proxy != b.proxy, "webex.proxy");
  differs(a.proxy_login_file != b.proxy_login_file, "webex.proxy_login_file");
  differs(a.org_id != b.org_id, "webex.org_id");
  differs(a.identities != b.identities, "identities");
  differs(!(a.alerts == b.alerts), "alerts");
  differs(a.call_blocking.identity != b.call_blocking.identity, "call_blocking.identity");
  differs(!(a.call_blocking.xsi == b.call_blocking.xsi), "call_blocking.xsi");
  return out;
}

}  // namespace wardroom
