#include "setup_reading.hpp"

#include "http/client.hpp"
#include "store/open_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>

namespace wardroom::ctl {
namespace {

using namespace std::chrono_literals;

std::unexpected<Error> wrong(std::string sentence) {
  return failure(ErrorKind::malformed, std::move(sentence));
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace

Milliseconds posting_interval(Draft const& draft) {
  return config::parse_duration(draft.value("call_blocking.post_interval")).value_or(30s);
}

// --- the door -----------------------------------------------------------------------------------

Result<Settled> read_listen(std::string const& words, Draft const& draft) {
  auto const colon = words.rfind(':');
  unsigned port = 0;
  auto const digits = colon == words.npos ? "" : words.substr(colon + 1);
  auto const [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (colon == words.npos || colon == 0 || bad != std::errc{} ||
      end != digits.data() + digits.size() || port == 0 || port > 65535)
    return wrong("an address and a port are needed, such as 127.0.0.1:8480");
  if (!http::is_loopback_host(words.substr(0, colon)) &&
      draft.value("http.tls.certificate_file").empty() &&
      draft.value("http.allow_plain_http") != "true")
    return wrong(
        "beyond this machine positions would cross the network readable: listen on 127.0.0.1 and "
        "put a TLS proxy in front, or write http.tls (docs/tls.md) or http.allow_plain_http: true "
        "into the file yourself");
  return Settled{{"http.listen", yaml_text(words)}};
}

Result<Settled> read_public_url(std::string const& words, Draft const& draft) {
  auto const origin = http::origin_of(words);
  if (!origin) return wrong("a URL is needed, such as https://wardroom.acme.example");
  if (origin->scheme == "http" && !http::is_loopback_host(origin->host) &&
      draft.value("http.allow_plain_http") != "true")
    return wrong(
        "plain http is for this machine alone (127.0.0.1): browsers give positions to https "
        "only; write https://…");
  if (origin->scheme == "http" && !draft.value("http.tls.certificate_file").empty())
    return wrong("http.tls is set: write https://…");
  if (words.find_first_of("?# ") != words.npos)
    return wrong("only host and path are wanted, without ?, # or blanks");
  return Settled{{"http.public_url", yaml_text(without_slash(words))}};
}

// --- Webex --------------------------------------------------------------------------------------

Result<Settled> read_api(std::string const& words, Draft const&) {
  auto const origin = http::origin_of(words);
  if (!origin) return wrong("a URL is needed, such as https://webexapis.com/v1");
  if (origin->scheme == "http" && !http::is_loopback_host(origin->host))
    return wrong("plain http is accepted on loopback only (a simulator); write https://…");
  return Settled{{"webex.api", yaml_text(without_slash(words))}};
}

Result<Settled> read_client_id(std::string const& words, Draft const&) {
  if (words.find_first_of(" \t\"'") != words.npos)
    return wrong("a client id has no blanks or quotes; copy it from developer.webex.com");
  if (words.size() < 3 || words.size() > 256)
    return wrong("that is no client id: it begins with C and has 65 characters at Webex");
  return Settled{{"identities.admin.kind", "integration"},
                 {"identities.admin.client_id", yaml_text(words)}};
}

/// The file's name is put in by setup.
Result<Settled> read_secret_words(std::string const& words, Draft const&) {
  if (words.find_first_of(" \t") != words.npos)
    return wrong("a secret has no blanks in it; copy it again");
  return Settled{};
}

Result<Settled> read_password(std::string const& words, Draft const&) {
  for (unsigned char const c : words)
    if (c < 0x20) return wrong("a password has no control characters in it");
  return Settled{};
}

Result<Settled> read_admins(std::string const& words, Draft const&) {
  auto all = words_of(words);
  for (auto& one : all) {
    auto const at = one.find('@');
    if (at == one.npos && one.size() >= 20) continue;  // a person id
    if (at == one.npos || at == 0 || at + 1 == one.size() || one.find('@', at + 1) != one.npos)
      return wrong(fmt::format("'{}' is no e-mail address; write ada@acme.example", one));
    std::ranges::transform(one, one.begin(), [](unsigned char c) { return std::tolower(c); });
  }
  return Settled{{"webex.admins", yaml_list(all)}};
}

Result<Settled> read_org(std::string const& words, Draft const&) {
  if (words.find_first_of(" ,") != words.npos) return wrong("one organisation id, or nothing");
  return Settled{{"webex.org_id", yaml_text(words)}};
}

// --- the store ----------------------------------------------------------------------------------

Result<Settled> read_store(std::string const& words, Draft const&) {
  if (auto const engine = store::engine_of(words); !engine) return std::unexpected(engine.error());
  return Settled{{"store.url", yaml_text(words)}};
}

// --- calls --------------------------------------------------------------------------------------

Result<Settled> read_mode(std::string const& words, Draft const&) {
  for (auto const* mode : {"observe", "enforce", "off"})
    if (words == mode) return Settled{{"call_blocking.mode", mode}};
  return wrong("one of observe, enforce and off");
}

Result<Settled> read_interval(std::string const& words, Draft const&) {
  auto const interval = config::parse_duration(words);
  if (!interval) return wrong("a duration is needed, such as 30s or 1m");
  if (*interval < 1s) return wrong("at least 1s");
  return Settled{{"call_blocking.post_interval", yaml_text(words)}};
}

Result<Settled> read_timeout(std::string const& words, Draft const& draft) {
  auto const timeout = config::parse_duration(words);
  if (!timeout) return wrong("a duration is needed, such as 300s or 5m");
  auto const interval = posting_interval(draft);
  if (*timeout <= 2 * interval)
    return wrong(
        fmt::format("must be more than twice the posting interval ({}), so more than {}: "
                    "otherwise one lost post blocks a person's calls",
                    config::format_duration(interval), config::format_duration(2 * interval)));
  return Settled{{"call_blocking.timeout", yaml_text(words)}};
}

Result<Settled> read_fences(std::string const& words, Draft const&) {
  auto fences = fences_of(words);
  if (!fences) return std::unexpected(fences.error());
  return Settled{{"call_blocking.fences", *fences}};
}

Result<Settled> read_endpoints(std::string const& words, Draft const&) {
  auto const urls = words_of(words);
  if (urls.empty()) return wrong("at least one URL is needed, such as http://127.0.0.1:8482");
  for (auto const& url : urls) {
    auto const origin = http::origin_of(url);
    if (!origin) return wrong(fmt::format("'{}' is no URL such as http://127.0.0.1:8482", url));
    if (origin->scheme == "http" && !http::is_loopback_host(origin->host))
      return wrong("plain http is accepted on loopback only; write https://…");
  }
  return Settled{{"call_blocking.xsi.srv", "false"},
                 {"call_blocking.xsi.endpoints", yaml_list(urls)}};
}

}  // namespace wardroom::ctl
