#include "doctor/webex_checks.hpp"

#include "base/time_text.hpp"
#include "front/identity_report.hpp"

#include <fmt/format.h>

namespace wardroom::doctor {
namespace {
using namespace std::chrono_literals;

constexpr auto clock_warning = 10s, clock_failure = 120s;

std::string host_of(std::string const& url) {
  auto const origin = http::origin_of(url);
  return origin ? origin->host : url;
}

/// Anybody may ask who they are: without a login the answer is a refusal, which is answer enough.
Task<Findings> look_at_api(WebexPorts ports) {
  auto const url = ports.api + "/people/me";
  auto const asked = ports.clock.now();
  auto const begun = ports.clock.uptime();
  auto const answer = co_await ports.http.send({.url = url, .timeout = 7s});
  auto const took = std::chrono::ceil<Milliseconds>(ports.clock.uptime() - begun);
  auto const host = host_of(ports.api);
  if (!answer)
    co_return Findings{bad(fmt::format("Webex cannot be reached: {}.", answer.error().what),
                           outside_remedy(answer.error(), url), "api")};
  Findings out;
  if (answer->status >= 500)
    out.push_back(
        warn(fmt::format("{} answers {}: Webex itself has trouble.", host, answer->status),
             "curl -s https://status.webex.com/ | head   # and wait", "api"));
  else if (answer->status == 401 || answer->status == 403 || answer->status == 429)
    out.push_back(fine(fmt::format("{} answers within {} ms.", host, took.count()), "api"));
  else  // a proxy's page, or a wrong path
    out.push_back(
        bad(fmt::format("{} answers {}{}, where Webex asks for a login (401).", host,
                        answer->status, http::redirect_words(answer->status, answer->headers)),
            fmt::format("curl -sSi {} | head -20   # a proxy in between, or is webex.api "
                        "wrong? It ends with /v1",
                        url),
            "api"));
  if (auto const theirs = parse_http_date(answer->headers.get("Date")))
    out.push_back(judge_clock(host, asked, ports.clock.now(), *theirs));
  else
    out.push_back(skipped(host + " does not tell the time.", "clock"));
  co_return out;
}

/// A remedy in words that names a command: the command, with the words behind it.
std::string pasteable(std::string const& words) {
  auto const begin = words.find('`');
  auto const end = begin == words.npos ? begin : words.find('`', begin + 1);
  if (end == words.npos) return words;
  auto const command = words.substr(begin + 1, end - begin - 1);
  auto rest = words.starts_with("run `") ? words.substr(end + 1) : words;
  std::erase(rest, '`');
  while (rest.starts_with(' ') || rest.starts_with(',')) rest.erase(0, 1);
  return rest.empty() ? command : command + "   # " + rest;
}

CheckResult result_of(oauth::SignLevel level) {
  return level == oauth::SignLevel::good      ? CheckResult::ok
         : level == oauth::SignLevel::warning ? CheckResult::warning
                                              : CheckResult::failed;
}

/// What the vault knows of every login.
Task<Findings> look_at_logins(WebexPorts ports) {
  Findings out;
  for (auto const& sign : ports.vault.signs())
    out.push_back({result_of(sign.level), sign.sentence, pasteable(sign.remedy), sign.identity});
  if (out.empty()) out.push_back(skipped("No identity is configured."));
  co_return out;
}

/// And whether Webex takes the administrators' one right now.
Task<Findings> try_login(WebexPorts ports) {
  std::string const identity = "admin";
  for (auto const& sign : ports.vault.signs())
    if (sign.identity == identity && sign.level == oauth::SignLevel::bad)
      co_return Findings{skipped("Not tried at Webex: there is no working login.")};
  auto const report = co_await front::report_identity(ports.vault, ports.webex, identity);
  if (report) co_return Findings{fine("Webex accepts the login 'admin'.")};
  auto const& why = report.error();
  if (why.kind == ErrorKind::unauthorized || why.kind == ErrorKind::denied)
    co_return Findings{bad("Webex refuses the login 'admin': " + why.what, "wardroomctl login")};
  co_return Findings{warn("Whether Webex takes the login 'admin' could not be tried: " + why.what,
                          "wardroomctl token check")};
}

}  // namespace

Finding judge_clock(std::string const& host, Instant asked, Instant answered, Instant theirs) {
  // They tell whole seconds, and meant some moment between the question and the answer.
  auto const skew = theirs > answered     ? theirs - answered
                    : asked > theirs + 1s ? asked - (theirs + 1s)
                                          : Milliseconds(0);
  auto const seconds = std::chrono::round<std::chrono::seconds>(skew);
  if (skew < clock_warning)
    return fine(fmt::format("The clock of this machine agrees with that of {}.", host), "clock");
  auto const sentence =
      fmt::format("The clock of this machine is {} s {} that of {}.", seconds.count(),
                  theirs > answered ? "behind" : "ahead of", host);
  std::string const remedy =
      "timedatectl set-ntp true && timedatectl timesync-status   # then look again";
  return skew < clock_failure ? warn(sentence, remedy, "clock") : bad(sentence, remedy, "clock");
}

std::string outside_remedy(Error const& why, std::string const& url) {
  auto const origin = http::origin_of(url);
  auto const host = origin ? origin->host : url;
  auto const port = origin ? origin->port : 443;
  auto const says = [&](std::string_view word) { return why.what.contains(word); };
  if (says("certificate") || says("TLS") || says("SSL"))
    return fmt::format(
        "openssl s_client -connect {}:{} -showcerts </dev/null   # who signed? a private CA goes "
        "into webex.ca_file",
        host, port);
  if (says("resolve"))
    return fmt::format("getent ahosts {}   # DNS of this machine: /etc/resolv.conf", host);
  if (says("proxy"))
    return fmt::format("wardroomctl config show | grep proxy   # then: curl -v -x PROXY {}", url);
  return fmt::format(
      "curl -v -o /dev/null {}   # from this machine: a firewall, or webex.proxy is missing?", url);
}

void add_webex_checks(Doctor& doctor, WebexPorts ports) {
  doctor.add({"webex", "webex", [ports](CheckWish) { return look_at_api(ports); }, 10s});
  doctor.add({"logins", "login", [ports](CheckWish) { return look_at_logins(ports); }});
  doctor.add({"logins", "login.tried", [ports](CheckWish) { return try_login(ports); }, 20s});
}

}  // namespace wardroom::doctor
