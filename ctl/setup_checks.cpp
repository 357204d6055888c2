#include "setup_checks.hpp"

#include "config/config_file.hpp"
#include "crypto/master_key.hpp"
#include "http/curl_client.hpp"
#include "http/listening_socket.hpp"
#include "http/trust.hpp"
#include "oauth/answer_reading.hpp"
#include "oauth/device_flow.hpp"
#include "runtime/system_clock.hpp"
#include "scope_needs.hpp"
#include "setup_start.hpp"
#include "words.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <curl/curl.h>
#include <fmt/format.h>

#include <filesystem>

namespace wardroom::ctl {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds patience{10'000};
constexpr std::chrono::seconds clocks_may_differ{60};

std::string host_of(std::string const& url) {
  auto const origin = http::origin_of(url);
  return origin ? origin->host : url;
}

std::string remedy_of_way(DaemonSettings const& settings) {
  return settings.proxy.empty()
             ? "is the name right, and does this machine reach it? Behind a proxy set webex.proxy, "
               "with a TLS-inspecting one webex.ca_file, too"
             : "is webex.proxy (" + settings.proxy + ") the right one?";
}

/// The server's clock against ours, once it told.
std::optional<Check> check_clock(http::Headers const& headers, Instant now) {
  auto const date = headers.get("Date");
  if (date.empty()) return std::nullopt;
  auto const theirs = ::curl_getdate(std::string(date).c_str(), nullptr);
  if (theirs < 0) return std::nullopt;
  auto const ours = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  auto const apart = ours - static_cast<std::int64_t>(theirs);
  if (std::abs(apart) <= clocks_may_differ.count())
    return Check{"clock", true, fmt::format("agrees with Webex's ({} s apart)", std::abs(apart))};
  return Check{"clock", false,
               fmt::format("this machine's clock is {} {} Webex's",
                           duration_words(static_cast<double>(std::abs(apart))),
                           apart < 0 ? "behind" : "ahead of"),
               "timedatectl set-ntp true   (lives of logins and certificates depend on it)"};
}

oauth::OAuthClient client_of(DaemonSettings const& settings, Secret secret) {
  auto const admin = settings.identities.find("admin");
  oauth::OAuthClient out;
  out.client_id = admin == settings.identities.end() ? "" : admin->second.client_id;
  out.client_secret = std::move(secret);
  out.device_url = settings.device_url;
  out.device_token_url = oauth::device_token_url(settings.device_url);
  return out;
}

/// One question about the code: only who has the secret is told that nobody decided yet.
Task<Check> check_secret(http::Client& http, Clock& clock, oauth::OAuthClient client,
                         oauth::DeviceCode code) {
  http::ClientRequest request;
  request.method = http::Method::post;
  request.url = client.device_token_url;
  request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  request.headers.add("Accept", "application/json");
  request.body = http::to_query({{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                                 {"device_code", std::string(code.device_code.reveal())},
                                 {"client_id", client.client_id}});
  request.basic = {client.client_id, client.client_secret};
  request.timeout = patience;
  request.once = true;
  auto answer = co_await http.send(std::move(request));
  if (!answer)
    co_return Check{"client secret", false, "could not be tried: " + answer.error().what,
                    "try again"};
  auto const verdict = oauth::judge_device_answer(*answer, clock.now());
  if (auto const* refusal = std::get_if<oauth::DeviceRefusal>(&verdict))
    co_return Check{"client secret", false, refusal->error.what,
                    "copy the secret of this client id again from developer.webex.com"};
  auto const* pending = std::get_if<oauth::DevicePending>(&verdict);
  if (pending && pending->why == oauth::DevicePending::Why::trouble)
    co_return Check{"client secret", false, "could not be tried: " + pending->words, "try again"};
  co_return Check{"client secret", true, "Webex takes it"};
}

Task<Checks> check_outside(http::Client& http, Clock& clock, DaemonSettings settings,
                           std::optional<Secret> secret, std::function<void(Check const&)> tell) {
  Checks out;
  auto take = [&](Check check) {
    tell(check);
    out.push_back(std::move(check));
  };
  auto webex = co_await check_webex(http, clock, settings.api);
  bool const reached = webex.front().ok;
  if (!reached) webex.front().remedy = remedy_of_way(settings);
  for (auto& check : webex) take(std::move(check));
  if (reached) {
    auto client = co_await check_client(http, clock, settings, std::move(secret));
    for (auto& check : client) take(std::move(check));
  }
  auto port = co_await check_port(http, settings, daemon_answers(settings.control_socket));
  take(std::move(port));
  co_return out;
}

http::CurlClient::Options client_options(DaemonSettings const& settings) {
  http::CurlClient::Options options;
  options.ca_file = settings.ca_file;
  options.proxy = settings.proxy;
  if (!settings.proxy_login_file.empty())
    if (auto login = config::read_secret(settings.proxy_login_file)) options.proxy_login = *login;
  return options;
}

}  // namespace

Task<Checks> check_webex(http::Client& http, Clock& clock, std::string api) {
  http::ClientRequest request;
  request.url = api + "/people/me";
  request.headers.add("Accept", "application/json");
  request.timeout = patience;
  request.response_limit = 256u << 10;
  auto const begun = clock.uptime();
  auto answer = co_await http.send(std::move(request));
  if (!answer) {
    Checks out{{"Webex", false, answer.error().what, "is the name right?"}};
    co_return out;
  }
  auto const took = std::chrono::duration_cast<Milliseconds>(clock.uptime() - begun).count();
  // Without a login the interface says 401 in JSON; anything else is not the interface.
  bool const right = answer->status == 401 || answer->status == 403 || answer->status == 429;
  Checks out;
  if (right)
    out.push_back({"Webex", true, fmt::format("{} answers (in {} ms)", host_of(api), took)});
  else
    out.push_back(
        {"Webex", false,
         fmt::format("{}/people/me answers {}{}, where Webex asks for a login (401)", api,
                     answer->status, http::redirect_words(answer->status, answer->headers)),
         "check webex.api, it ends with /v1; or a proxy stands in between"});
  if (auto clocks = check_clock(answer->headers, clock.now())) out.push_back(std::move(*clocks));
  co_return out;
}

Task<Checks> check_client(http::Client& http, Clock& clock, DaemonSettings settings,
                          std::optional<Secret> secret) {
  Checks out;
  auto const client = client_of(settings, secret.value_or(Secret()));
  auto const scopes = scope_needs(settings, "admin").scopes;
  auto code = co_await oauth::start_device(http, clock, client, scopes);
  if (!code) {
    auto const& refusal = code.error();
    bool const unknown =
        refusal.end == oauth::DeviceEnd::configuration || refusal.end == oauth::DeviceEnd::unknown;
    out.push_back(
        {"client id", false, (unknown ? "Webex does not take it: " : "") + refusal.error.what,
         unknown ? "copy it from developer.webex.com; the integration needs these scopes: " +
                       fmt::format("{}", fmt::join(scopes, " ")) +
                       ", and the four device redirect addresses (docs/logins.md)"
                 : refusal.remedy});
    co_return out;
  }
  out.push_back({"client id", true, "Webex knows it with the scopes that are needed"});
  if (secret) {
    auto checked = co_await check_secret(http, clock, client, std::move(*code));
    out.push_back(std::move(checked));
  }
  co_return out;
}

Task<Check> check_port(http::Client& http, DaemonSettings settings, bool ours_runs) {
  {
    auto const held = http::open_tcp(settings.listen);
    if (held) co_return Check{"port", true, settings.listen + " is free"};
    if (held.error().kind != ErrorKind::conflict)
      co_return Check{"port", false, held.error().what, "choose another http.listen"};
  }
  http::ClientRequest request;
  request.url = "http://" + settings.listen + "/healthz";
  request.timeout = Milliseconds(3'000);
  request.response_limit = 4096;
  auto answer = co_await http.send(std::move(request));
  // With http.tls it tells that it wants TLS.
  bool const alive =
      answer &&
      ((answer->status == 200 && answer->body == "alive\n") ||
       (!settings.tls.certificate_file.empty() && answer->body.contains("This port speaks TLS")));
  if (alive) {
    if (ours_runs)
      co_return Check{"port", true,
                      settings.listen + " is held by this site's wardroomd, which runs"};
    co_return Check{"port", false,
                    fmt::format("a wardroomd listens on {}, and it is not the one of {}",
                                settings.listen, settings.control_socket),
                    "stop it, or choose another http.listen"};
  }
  std::error_code none;
  if (!answer &&
      std::filesystem::exists("/run/systemd/units/invocation:wardroomd-http.socket", none))
    co_return Check{"port", true, settings.listen + " is held by systemd for the daemon"};
  co_return Check{"port", false, "another program listens on " + settings.listen,
                  "stop it (ss -ltnp shows it), or choose another http.listen"};
}

Check check_public_url(DaemonSettings const& settings) {
  auto const origin = http::origin_of(settings.public_url);
  if (!origin) return {"public URL", false, settings.public_url + " is no URL", "https://host"};
  bool const here = http::is_loopback_host(origin->host);
  if (origin->scheme == "https")
    return {"public URL", true, "is https; register " + settings.public_url + "/oauth/callback"};
  if (here) return {"public URL", true, "is for browsers on this machine alone; fine for a trial"};
  return {"public URL", false, "is plain http: browsers give no positions to it",
          "put a TLS proxy in front and write https://…"};
}

Check check_master_key(DaemonSettings const& settings) {
  auto const key = crypto::load_master_key(settings.master_key_file, "");
  if (key) return {"master key", true, "is there (id " + key->id() + ")"};
  if (key.error().kind == ErrorKind::not_found)
    return {"master key", true, "will be made: " + settings.master_key_file};
  std::error_code trouble;
  if (::geteuid() != 0 && std::filesystem::exists(settings.master_key_file, trouble))
    return {"master key", true, "is there, and not ours to read"};
  return {"master key", false, key.error().what,
          "it is never overwritten; put the right one there"};
}

Checks check_site(DaemonSettings const& settings, SiteSecrets const& secrets,
                  std::optional<DaemonUser> const& user, std::function<void(Check const&)> tell,
                  std::function<bool()> stopped) {
  Checks out;
  auto take = [&](Check check) {
    tell(check);
    out.push_back(std::move(check));
  };
  take(check_public_url(settings));
  take(check_master_key(settings));
  take(check_store(settings, secrets.database_password, user));
  if (stopped()) return out;
  if (auto const ca = http::check_ca_file(settings.ca_file); !ca) {
    take({"Webex", false, ca.error().what, "see webex.ca_file"});
    return out;
  }
  boost::asio::io_context io(1);
  SystemClock clock(io.get_executor());
  http::CurlClient client(io.get_executor(), clock, client_options(settings));
  bool done = false;
  boost::asio::cancellation_signal give_up;
  boost::asio::co_spawn(io.get_executor(),
                        check_outside(client, clock, settings, secrets.client_secret, tell),
                        boost::asio::bind_cancellation_slot(
                            give_up.slot(), [&](std::exception_ptr why, Checks outside) {
                              done = true;
                              if (why && !stopped()) std::rethrow_exception(why);
                              for (auto& check : outside) out.push_back(std::move(check));
                            }));
  while (!done && !stopped()) io.run_for(100ms);
  // What is under way must end before its client does.
  if (!done) give_up.emit(boost::asio::cancellation_type::terminal);
  while (!done) io.run_for(100ms);
  return out;
}

}  // namespace wardroom::ctl
