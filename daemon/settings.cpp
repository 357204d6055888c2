#include "settings.hpp"

#include "config/config_file.hpp"
#include "http/client.hpp"
#include "http/proxy.hpp"
#include "settings_doors.hpp"
#include "store/journal_keeper.hpp"
#include "store/open_store.hpp"

#include <fmt/format.h>

namespace wardroom {
namespace {

void read_webex(config::Section section, DaemonSettings& out) {
  out.api = without_slash(section.text("api", "https://webexapis.com/v1"));
  section.use("api", out.api);
  auto const derived = [&](std::string_view key, std::string const& rest) {
    return section.derived_text(key, out.api + rest, "webex.api");
  };
  out.authorize_url = derived("authorize_url", "/authorize");
  out.token_url = derived("token_url", "/access_token");
  out.device_url = derived("device_url", "/device/authorize");
  out.ca_file = section.ca_file("ca_file");
  out.proxy = section.text("proxy");
  out.proxy_login_file = section.secret_file("proxy_login_file");
  out.org_id = section.text("org_id");
  out.admins = section.texts("admins");
  for (auto& admin : out.admins)
    if (admin.find('@') != std::string::npos)
      std::ranges::transform(admin, admin.begin(), [](unsigned char c) { return std::tolower(c); });
  section.use("admins", fmt::format("{}", fmt::join(out.admins, ", ")));
  section.personal("admins");
  check_url(section, "api", out.api);
  // Those that are not given are wrong only where `api` is, which is told.
  if (section.has("authorize_url")) check_url(section, "authorize_url", out.authorize_url);
  if (section.has("token_url")) check_url(section, "token_url", out.token_url);
  if (section.has("device_url")) check_url(section, "device_url", out.device_url);
  if (!out.proxy.empty()) {
    auto const proxy = http::parse_proxy(out.proxy);
    if (!proxy)
      section.complain("proxy",
                       proxy.error().what.substr(0, proxy.error().what.find("; expected")) +
                           "; write http://proxy.acme.example:3128");
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
    out.secret_file = section.required_secret_file("secret_file");
  } else {
    out.client_id = section.required_text("client_id");
    out.client_secret_file = section.required_secret_file("client_secret_file");
    if (kind == "service_app") {
      out.kind = oauth::IdentityKind::service_app;
      out.refresh_token_file = section.required_secret_file("refresh_token_file");
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
  for (auto& one : section.named()) {
    // "person:…" names the grants of single people in the vault.
    if (one.name().find(':') != std::string::npos)
      section.complain(one.name(), "the name of an identity must not hold a colon");
    out.identities[one.name()] = read_identity(one);
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
  std::vector<std::string> names;
  for (auto const& [name, unused] : settings.identities) names.push_back(name);
  auto const found = settings.identities.find(identity);
  if (found == settings.identities.end())
    feature.complain(
        "identity", fmt::format("there is no identity '{}'; under identities there {} {}", identity,
                                names.size() == 1 ? "is" : "are", fmt::join(names, ", ")));
  else if (found->second.kind != kind)
    feature.complain("identity", fmt::format("'{}' is of another kind; {}", identity, needs));
}

void read_store(config::Section section, DaemonSettings& out) {
  auto const url = section.text("url", "sqlite:/var/lib/wardroom/wardroom.db");
  out.store_url = url;
  out.store_password_file = section.secret_file("password_file");
  auto const engine = store::engine_of(url);
  if (!engine)
    section.complain("url", engine.error().what);
  else if (*engine == store::Engine::sqlite && !out.store_password_file.empty())
    section.complain("password_file", "is used only by PostgreSQL; a sqlite store has none");
  section.finish();
}

void read_journal(config::Section section, DaemonSettings& out) {
  out.journal_keep = section.duration("keep", store::JournalKeeper::usual);
  if (out.journal_keep < store::JournalKeeper::least)
    section.complain("keep",
                     "is too short: the journal is kept for at least a day; write 1d or more");
  section.finish();
}

}  // namespace

DaemonSettings load_settings(std::string const& file, config::Complaints& complaints) {
  auto const text = config::read_text(file);
  if (text) return read_settings(*text, file, complaints);
  complaints.push_back({file, 0, 0, "", text.error().what});
  DaemonSettings out;
  out.file = file;
  return out;
}

DaemonSettings read_settings(std::string_view text, std::string const& file,
                             config::Complaints& complaints) {
  DaemonSettings out;
  out.file = file;
  auto const before = complaints.size();
  auto const node = config::parse_yaml(text, file, complaints);
  if (complaints.size() != before) return out;
  config::Section root(node, file, "", complaints, &out.record);
  auto log = root.section("log");
  log::parse_level(log.word("level", "info", {"trace", "debug", "info", "warning", "error"}),
                   out.level);
  out.log_file = {.path = log.text("file"),
                  .megabytes = static_cast<std::size_t>(log.integer("megabytes", 10, 1, 1'000)),
                  .kept = static_cast<std::size_t>(log.integer("kept", 5, 1, 100))};
  if (!out.log_file.path.empty() && !out.log_file.path.starts_with('/'))
    log.complain("file", "must be an absolute path, such as /var/log/wardroom/wardroomd.log");
  log.finish();
  read_http(root.section("http"), out);
  auto control = root.section("control");
  out.control_socket = control.text("socket", "/run/wardroom/control.sock");
  control.finish();
  read_store(root.section("store"), out);
  read_journal(root.section("journal"), out);
  auto secrets = root.section("secrets");
  out.master_key_file =
      secrets.secret_file("master_key_file", "/etc/wardroom/master.key", "master.key");
  out.old_master_key_file = secrets.secret_file("old_master_key_file", "", "old_master.key");
  secrets.finish();
  read_webex(root.section("webex"), out);
  read_identities(root.section("identities"), out);
  out.alerts = alerts::AlertSettings::parse(root.section("alerts"));
  out.call_blocking = call_blocking::CallBlockingSettings::parse(root.section("call_blocking"));
  check_identity_of(
      root.section("call_blocking"), out.call_blocking.identity, oauth::IdentityKind::integration,
      "the call interfaces take the login of an administrator: name an integration", out);
  auto const& notice = out.call_blocking.policy.notice;
  if (notice.enabled && notice.bot_token_file.empty())
    check_identity_of(root.section("call_blocking").section("caller_notice"), notice.identity,
                      oauth::IdentityKind::integration,
                      "name an integration, or a bot's bot_token_file", out);
  auto xsi = root.section("call_blocking").section("xsi");
  for (auto const& url : out.call_blocking.xsi.endpoints)
    if (http::origin_of(url)) check_url(xsi, "endpoints", url);  // anything else is told already
  out.space_sync = space_sync::SpaceSyncSettings::parse(root.section("space_sync"));
  check_identity_of(root.section("space_sync"), out.space_sync.identity,
                    oauth::IdentityKind::integration,
                    "spaces are changed by a person who is in them: name an integration", out);
  out.security_notices = security_notices::SecurityNoticesSettings::parse(
      root.section("security_notices"), out.public_url);
  config::Section again(node, file, "", complaints);
  check_notice_addresses(again, out);
  root.finish();
  config::sort(complaints);
  return out;
}

}  // namespace wardroom
