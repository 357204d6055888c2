#include "features/security_notices/security_notices_settings.hpp"

#include "base/encoding.hpp"
#include "base/planted.hpp"
#include "config/amounts.hpp"
#include "features/security_notices/notice_texts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <map>
#include <set>

namespace wardroom::security_notices {
namespace {

using config::Section;
using namespace std::chrono_literals;

constexpr std::size_t most_bridges = 64, longest_name = 64;
constexpr std::size_t shortest_secret = 20, longest_secret = 200;

std::string lower(std::string text) {
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

bool is_word_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

/// Entries of one list, each mistake told by itself; what is good is returned.
DomainList parse_domains(Section& section, std::string_view key) {
  std::vector<std::string> good;
  for (auto const& entry : section.texts(key)) {
    if (entry.empty()) continue;  // told already
    if (auto const one = DomainList::make({entry}))
      good.push_back(entry);
    else
      section.complain(key, one.error().what);
  }
  auto list = DomainList::make(good);
  return list ? std::move(*list) : DomainList{};
}

/// The entry of `secure` that makes an entry of internal_domains say nothing; empty = none does.
/// Who wrote it there believes that its people are no more than internal.
std::string covered_by(DomainList const& secure, std::string const& internal) {
  bool const star = internal.starts_with("*.");
  auto const domain = host_part("x@" + (star ? internal.substr(2) : internal)).domain;
  // Any name below it shows whether all of them are covered.
  auto const found = secure.match(star ? "wardroom-probe." + domain : domain);
  return std::string(star && !found.starts_with("*.") ? "" : found);
}

ClassRules parse_rules(Section& section) {
  ClassRules out{parse_domains(section, "secure_domains"),
                 parse_domains(section, "internal_domains")};
  for (auto const& entry : out.internal.entries())
    if (auto const by = covered_by(out.secure, entry); !by.empty())
      section.complain(
          "internal_domains",
          fmt::format("'{}' is covered by '{}' of secure_domains, so its people would count as "
                      "secure: keep it in the list it belongs to",
                      entry, by));
  return out;
}

std::string parse_duration(Section& section) {
  auto const text = section.text("duration", "permanent");
  if (text == "permanent") return text;
  auto const amount = config::parse_duration(text);
  if (amount && *amount >= 1s && *amount <= 24h && amount->count() % 1000 == 0)
    return std::to_string(amount->count() / 1000);
  section.complain("duration",
                   fmt::format("'{}' is neither permanent nor whole seconds from 1s to 24h; write "
                               "permanent, so that who comes later sees it too",
                               text));
  return "permanent";
}

NoticeTexts parse_texts(Section& section) {
  NoticeTexts out;
  auto texts = section.section("texts");
  std::map<std::string, int> seen;
  for (int level = 1; level <= 3; ++level) {
    auto const key = std::to_string(level);
    auto& text = out.of_level[static_cast<std::size_t>(level)];
    text = texts.text(key, std::string(standard_text(level)));
    if (auto const wrong = wrong_with_text(text)) texts.complain(key, *wrong);
    auto const [first, fresh] = seen.try_emplace(text, level);
    if (fresh || text.empty()) continue;
    // At the one that somebody wrote.
    bool const here = texts.has(key);
    texts.complain(here ? key : std::to_string(first->second),
                   fmt::format("is the text of level {} as well: nobody could tell the two apart; "
                               "write another",
                               here ? first->second : level));
  }
  texts.finish();
  out.position = section.word("position", "bottom", {"top", "middle", "bottom"});
  out.duration = parse_duration(section);
  return out;
}

std::string parse_name(Section& bridge) {
  auto out = bridge.required_text("name");
  bool const fits = out.size() <= longest_name && !out.starts_with('-') &&
                    std::ranges::all_of(out, is_word_letter);
  if (!fits)
    bridge.complain("name",
                    fmt::format("'{}': a bridge's name is typed in commands: up to {} letters, "
                                "digits, '-', '_' and '.', such as cms1",
                                out, longest_name));
  return out;
}

std::string parse_api(Section& bridge) {
  auto out = bridge.required_text("api");
  while (out.ends_with('/')) out.pop_back();
  bridge.use("api", out);
  if (!out.empty() && !out.ends_with("/api/v1"))
    bridge.complain("api", fmt::format("'{}' is not the address of a bridge's API; write "
                                       "https://cms1.acme.example:445/api/v1 (the port is that of "
                                       "the web administration)",
                                       out));
  return out;
}

/// "sha256//" and 32 bytes in base64, as curl writes pins.
bool is_pin(std::string_view text) {
  constexpr std::string_view kind = "sha256//";
  if (!text.starts_with(kind)) return false;
  auto const bytes = from_base64(text.substr(kind.size()));
  return bytes && bytes->size() == 32 && to_base64(*bytes) == text.substr(kind.size());
}

bool is_network(std::string const& text) {
  auto const slash = std::min(text.find('/'), text.size());
  auto const address = text.substr(0, slash);
  unsigned char bytes[16];
  bool const v4 = ::inet_pton(AF_INET, address.c_str(), bytes) == 1;
  if (!v4 && ::inet_pton(AF_INET6, address.c_str(), bytes) != 1) return false;
  if (slash == text.size()) return true;
  unsigned bits = 0;
  auto const* const end = text.data() + text.size();
  auto const [stop, error] = std::from_chars(text.data() + slash + 1, end, bits);
  return error == std::errc() && stop == end && bits <= (v4 ? 32u : 128u);
}

BridgeSettings parse_bridge(Section bridge) {
  BridgeSettings out;
  out.name = parse_name(bridge);
  out.api = parse_api(bridge);
  out.username = bridge.required_text("username");
  if (out.username.contains(':')) bridge.complain("username", "must not hold a colon");
  out.password_file = bridge.required_secret_file("password_file");
  out.ca_file = bridge.ca_file("ca_file");
  out.pin = bridge.text("pin");
  if (!out.pin.empty() && !is_pin(out.pin))
    bridge.complain("pin",
                    "is no pin of a public key: write sha256// and its SHA-256 in base64, "
                    "44 letters that end in '='");
  out.cdr_secret_file = bridge.required_secret_file("cdr_secret_file");
  out.from = bridge.texts("from");
  for (auto const& one : out.from)
    if (!one.empty() && !is_network(one))
      bridge.complain("from", fmt::format("'{}' is neither an address nor a network; write "
                                          "10.0.0.7 or 10.0.0.0/24",
                                          one));
  bridge.finish();
  return out;
}

/// Two bridges that share what tells them apart.
void complain_of_twins(Section& entry, std::string_view key, std::string const& value,
                       std::string const& name, std::map<std::string, std::string>& seen,
                       std::string_view why) {
  if (value.empty()) return;
  auto const [first, fresh] = seen.try_emplace(value, name);
  if (!fresh)
    entry.complain(key, fmt::format("is that of the bridge '{}' already: {}", first->second, why));
}

std::vector<BridgeSettings> parse_bridges(Section& section) {
  std::vector<BridgeSettings> out;
  std::map<std::string, std::string> names, apis, secrets;
  for (auto& entry : section.list("bridges")) {
    auto bridge = parse_bridge(entry);
    complain_of_twins(entry, "name", lower(bridge.name), bridge.name, names, "names must differ");
    complain_of_twins(entry, "api", lower(bridge.api), bridge.name, apis,
                      "each bridge stands here once");
    complain_of_twins(entry, "cdr_secret_file", bridge.cdr_secret_file, bridge.name, secrets,
                      "by its secret alone is known who sends; give each bridge its own");
    out.push_back(std::move(bridge));
  }
  if (out.size() > most_bridges)
    section.complain("bridges", fmt::format("at most {} bridges are possible", most_bridges));
  return out;
}

CdrListener parse_listener(Section listener) {
  CdrListener out;
  out.listen = listener.text("listen");
  out.certificate_file = listener.ca_file("certificate_file");
  out.key_file = listener.secret_file("key_file");
  out.client_ca_file = listener.ca_file("client_ca_file");
  if (out.certificate_file.empty() != out.key_file.empty())
    listener.complain(out.key_file.empty() ? "certificate_file" : "key_file",
                      out.key_file.empty() ? "needs its key: name the file in key_file"
                                           : "needs its certificate: name the file in "
                                             "certificate_file");
  if (!out.client_ca_file.empty() && out.certificate_file.empty())
    listener.complain("client_ca_file",
                      "is used only with TLS: name certificate_file and key_file too");
  listener.finish();
  return out;
}

/// "https://wardroom.acme.example:8445" out of where the pages are and what the listener says.
std::string receiver_base(CdrListener const& listener, std::string const& public_url) {
  auto const colon = listener.listen.rfind(':');
  if (colon == std::string::npos) return public_url;
  auto const begin = public_url.find("://");
  auto host = begin == std::string::npos ? public_url : public_url.substr(begin + 3);
  host = host.substr(0, host.find('/'));
  auto const port = host.rfind(':');
  if (port != std::string::npos && host.find(']', port) == std::string::npos) host.resize(port);
  return (listener.certificate_file.empty() ? "http://" : "https://") + host +
         listener.listen.substr(colon);
}

std::string parse_receiver_url(Section& section, SecurityNoticesSettings const& so_far,
                               std::string const& public_url) {
  auto out = section.derived_text(
      "receiver_url", receiver_base(so_far.listener, public_url) + "/cdr",
      so_far.listener.listen.empty() ? "http.public_url" : "security_notices.listener");
  while (out.ends_with('/')) out.pop_back();
  section.use("receiver_url", out);
  return out;
}

}  // namespace

conference::Message NoticeTexts::message(SecurityLevel level) const {
  auto const& text = of_level[static_cast<std::size_t>(level)];
  if (text.empty()) return {"", position, "0"};
  return {text, position, duration};
}

SecurityNoticesSettings SecurityNoticesSettings::parse(Section section,
                                                       std::string const& public_url) {
  SecurityNoticesSettings out;
  auto const mode = section.word("mode", "observe", {"observe", "enforce", "off"});
  out.policy.mode = mode == "enforce" ? FeatureMode::enforce
                    : mode == "off"   ? FeatureMode::off
                                      : FeatureMode::observe;
  if (WARDROOM_PLANTED("notices-observe-enforces")) out.policy.mode = FeatureMode::enforce;
  out.policy.rules = parse_rules(section);
  out.policy.texts = parse_texts(section);
  out.policy.keep = section.duration("keep", out.policy.keep);
  if (out.policy.keep < 24h || out.policy.keep > 24h * 365)
    section.complain("keep", "must be from 1d to 365d");
  out.check_every = section.duration("check_every", out.check_every);
  if (out.check_every < 10s || out.check_every > 1h)
    section.complain("check_every", "must be from 10s to 1h");
  out.listener = parse_listener(section.section("listener"));
  out.receiver_url = parse_receiver_url(section, out, public_url);
  out.bridges = parse_bridges(section);
  section.finish();
  return out;
}

std::vector<std::string> SecurityNoticesSettings::cautions() const {
  std::vector<std::string> out;
  if (bridges.empty()) return out;
  auto const stays_here = [this](std::string_view host) {
    return receiver_url.starts_with(fmt::format("http://{}", host));
  };
  if (receiver_url.starts_with("http://") && !stays_here("127.") && !stays_here("[::1]") &&
      !stays_here("localhost:") && !stays_here("localhost/"))
    out.push_back(fmt::format(
        "Records of calls would come readable over the network ({}): serve it with TLS, by "
        "security_notices.listener, http.tls or a proxy, and let receiver_url begin with https.",
        receiver_url));
  if (policy.texts.duration != "permanent")
    out.push_back(
        "security_notices.duration is not permanent: who looks later than that sees no notice, "
        "although the level stands.");
  if (policy.rules.secure.entries().empty() && policy.rules.internal.entries().empty())
    out.push_back(
        "secure_domains and internal_domains are empty: everybody counts as external, so every "
        "conference shows level 3.");
  return out;
}

Result<void> check_cdr_secrets(std::span<BridgeSettings const> bridges,
                               std::span<Secret const> secrets) {
  for (std::size_t i = 0; i < secrets.size() && i < bridges.size(); ++i) {
    auto const& bridge = bridges[i];
    auto const text = secrets[i].reveal();
    auto const refuse = [&](std::string_view why) {
      return failure(ErrorKind::malformed,
                     fmt::format("the secret in {} (bridge {}) {}; make one with: openssl rand "
                                 "-hex 24",
                                 bridge.cdr_secret_file, bridge.name, why));
    };
    if (text.size() < shortest_secret)
      return refuse(
          fmt::format("is shorter than {} characters, so it could be guessed", shortest_secret));
    if (text.size() > longest_secret || !std::ranges::all_of(text, is_word_letter))
      return refuse(
          fmt::format("does not fit into an address: up to {} letters, digits, '-', '_' "
                      "and '.' do",
                      longest_secret));
    for (std::size_t j = 0; j < i; ++j)
      if (same(secrets[i], secrets[j]))
        return refuse(
            fmt::format("is that of the bridge {} as well: by it alone is known who "
                        "sends",
                        bridges[j].name));
  }
  return {};
}

}  // namespace wardroom::security_notices
