#include "sim/browser_sim.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::sim {
namespace {

std::string origin_text(std::string_view url) {
  auto const scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return std::string(url.substr(0, url.find('/', scheme + 3)));
}

std::string path_text(std::string_view url) {
  auto const start = origin_text(url).size();
  auto const path = url.substr(start, url.find_first_of("?#", start) - start);
  return path.empty() ? "/" : std::string(path);
}

std::string absolute(std::string const& location, std::string const& base) {
  if (location.find("://") != std::string::npos) return location;
  if (location.starts_with('/')) return origin_text(base) + location;
  auto const path = path_text(base);
  return origin_text(base) + path.substr(0, path.rfind('/') + 1) + location;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace

Browser::Browser(Person const& person, http::Client& client, Clock& clock, TaskGroup& tasks)
    : person_(person), client_(client), clock_(clock), tasks_(tasks) {}

void Browser::keep_cookies(std::string const& url, http::Headers const& headers) {
  auto const origin = http::origin_of(url);
  if (!origin) return;
  auto& here = jar_[origin->host];
  for (auto line : headers.get_all("Set-Cookie")) {
    auto const end = std::min(line.find(';'), line.size());
    auto const pair = line.substr(0, end);
    auto const equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    std::string const name(trimmed(pair.substr(0, equals)));
    Cookie cookie{std::string(trimmed(pair.substr(equals + 1))), "/"};
    bool gone = false;
    for (auto rest = line.substr(std::min(end + 1, line.size())); !rest.empty();) {
      auto const stop = std::min(rest.find(';'), rest.size());
      auto const part = trimmed(rest.substr(0, stop));
      rest.remove_prefix(std::min(stop + 1, rest.size()));
      if (part.size() > 5 && http::equal_ignoring_case(part.substr(0, 5), "path="))
        cookie.path = part.substr(5);
      if (part.size() > 8 && http::equal_ignoring_case(part.substr(0, 8), "max-age="))
        gone = part[8] == '0' || part[8] == '-';
    }
    if (gone || cookie.value.empty())
      here.erase(name);
    else
      here[name] = std::move(cookie);
  }
}

std::string Browser::cookies_for(std::string const& url) const {
  auto const origin = http::origin_of(url);
  auto const found = origin ? jar_.find(origin->host) : jar_.end();
  std::string out;
  if (found == jar_.end()) return out;
  auto const path = path_text(url);
  for (auto const& [name, cookie] : found->second) {
    bool const fits = path.starts_with(cookie.path) &&
                      (cookie.path.ends_with('/') || path.size() == cookie.path.size() ||
                       path[cookie.path.size()] == '/');
    if (fits) out += fmt::format("{}{}={}", out.empty() ? "" : "; ", name, cookie.value);
  }
  return out;
}

Task<Result<http::ClientResponse>> Browser::send(http::Method method, std::string url,
                                                 std::string body) {
  http::ClientRequest request;
  request.method = method;
  request.url = url;
  request.timeout = Milliseconds(15000);
  request.headers.add("User-Agent", "wardroom-sim browser");
  request.headers.add("Accept", "text/html, application/json");
  if (method != http::Method::get) {
    request.headers.add("Content-Type", "application/json");
    request.headers.add("Origin", origin_text(url));
    request.headers.add("Sec-Fetch-Site", "same-origin");
    request.body = std::move(body);
  }
  if (auto cookies = cookies_for(url); !cookies.empty())
    request.headers.add("Cookie", std::move(cookies));
  auto answer = co_await client_.send(std::move(request));
  if (answer) keep_cookies(url, answer->headers);
  co_return answer;
}

// Follows redirects as a browser does. Who we are is told to the authorize page by a cookie of the
// simulator's, which it takes instead of a click.
Task<Result<http::ClientResponse>> Browser::follow(std::string url, std::string page_origin) {
  for (int hop = 0; hop < 10; ++hop) {
    auto const origin = http::origin_of(url);
    if (!origin)
      co_return failure(ErrorKind::malformed, "the login led to something that is no http(s) URL");
    bool const foreign = origin_text(url) != page_origin;
    if (foreign)
      jar_[origin->host]["sim_person"] = {percent_encode(person_.email), "/v1/authorize"};
    auto answer = co_await send(http::Method::get, url, "");
    if (!answer || !is_redirect(answer->status)) co_return answer;
    auto const location = std::string(answer->headers.get("Location"));
    if (location.empty())
      co_return failure(ErrorKind::malformed, "a redirect without Location at " + path_text(url));
    url = absolute(location, url);
  }
  co_return failure(ErrorKind::malformed, "the login went through more than 10 redirects");
}

Task<Result<void>> Browser::log_in(std::string daemon, bool admin, std::string code) {
  daemon_ = without_slash(std::move(daemon));
  auto url = daemon_ + (admin ? "/admin/login" : "/user/login");
  if (admin && !code.empty()) url += "?code=" + percent_encode(code);
  auto answer = co_await follow(url, origin_text(daemon_));
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status != 200)
    co_return failure(ErrorKind::denied,
                      fmt::format("the {} login of {} ended with status {}",
                                  admin ? "admin" : "user", person_.email, answer->status));
  auto session = co_await ask(http::Method::get, "/api/v1/session", "");
  if (!session) co_return std::unexpected(session.error());
  auto const told = nlohmann::json::parse(session->body, nullptr, false);
  if (!told.is_object() || !told.contains(admin ? "admin" : "person") ||
      told[admin ? "admin" : "person"].is_null())
    co_return failure(ErrorKind::denied,
                      fmt::format("{} went through the {} login, but the daemon knows no session",
                                  person_.email, admin ? "admin" : "user"));
  (admin ? admin_session_ : person_session_) = true;
  if (admin) co_return Result<void>{};
  auto me = co_await ask(http::Method::get, "/api/v1/me", "");
  if (me && me->status == 200) {
    auto const told_me = nlohmann::json::parse(me->body, nullptr, false);
    if (told_me.is_object() && told_me.value("post_interval_s", nlohmann::json()).is_number())
      interval_ = Milliseconds(
          std::int64_t(1000 * std::max(0.2, told_me["post_interval_s"].get<double>())));
  }
  co_return Result<void>{};
}

Task<Result<http::ClientResponse>> Browser::ask(http::Method method, std::string path,
                                                std::string body) {
  co_return co_await send(method, daemon_ + path, std::move(body));
}

Task<Posted> Browser::move_to(Position position) {
  bool const moved = position_ && position_->where != position.where;
  position_ = position;
  if (!person_session_) co_return Posted{0, "", "", "this person's browser is not logged in"};
  auto const posted = co_await post(true);
  // A device that moves tells more than once: a single jump might be no true one.
  if (moved && posted.status == 204) again_in(std::min(interval_, Milliseconds(1000)));
  co_return posted;
}

Task<Posted> Browser::begin_posting() {
  if (!position_) co_return Posted{0, "", "", "no position to post"};
  co_return co_await post(true);
}

Task<Posted> Browser::post(bool log_in_again) {
  next_.cancel();
  ++posts_;
  nlohmann::json const body{{"latitude", position_->where.latitude},
                            {"longitude", position_->where.longitude},
                            {"accuracy", position_->accuracy_m},
                            {"timestamp", unix_ms(clock_.now())}};
  auto answer = co_await ask(http::Method::post, "/api/v1/location", body.dump());
  Posted posted;
  if (!answer) {
    posted.trouble = answer.error().what;
    again_in(Milliseconds(2000));  // the daemon may be restarting
  } else if (answer->status == 401 && log_in_again) {
    // What the page does: back to the login, then post again.
    auto const entered = co_await log_in(daemon_, false, "");
    if (entered) co_return co_await post(false);
    posted.status = 401;
    posted.trouble = entered.error().what;
    again_in(interval_);
  } else {
    posted.status = answer->status;
    posted.standing = answer->headers.get("Wardroom-Standing");
    posted.calls = answer->headers.get("Wardroom-Calls");
    if (answer->status == 204)
      ++accepted_;
    else
      posted.trouble = fmt::format("the post was answered {}", answer->status);
    bool const wait = answer->status == 429 || answer->status == 503;
    again_in(wait ? http::parse_retry_after(answer->headers.get("Retry-After"), clock_.now())
                  : interval_);
  }
  last_ = posted;
  co_return posted;
}

void Browser::again_in(Milliseconds d) {
  next_ = clock_.after(d, [this] {
    if (!person_session_ || !position_) return;
    tasks_.spawn("post of " + person_.email, [this]() -> Task<void> { co_await post(true); });
  });
}

void Browser::close() {
  next_.cancel();
  person_session_ = admin_session_ = false;
  jar_.clear();
  daemon_.clear();
}

nlohmann::json Browser::state() const {
  nlohmann::json out{{"daemon", daemon_},
                     {"person", person_session_},
                     {"admin", admin_session_},
                     {"posts", posts_},
                     {"accepted", accepted_},
                     {"last_status", last_.status},
                     {"standing", last_.standing},
                     {"calls", last_.calls},
                     {"interval_s", double(interval_.count()) / 1000}};
  if (!last_.trouble.empty()) out["trouble"] = last_.trouble;
  return out;
}

Browser* Browsers::of(std::string const& email) {
  auto const* person = org_.by_email(email);
  if (!person) return nullptr;
  auto& slot = all_[person->email];
  if (!slot) slot = std::make_unique<Browser>(*person, client_, clock_, tasks_);
  return slot.get();
}

Browser const* Browsers::find(std::string const& email) const {
  auto const found = all_.find(email);
  return found == all_.end() ? nullptr : found->second.get();
}

void Browsers::close_all() {
  for (auto& [email, browser] : all_) browser->close();
}

void Browsers::restart(std::string const& email) {
  if (auto const found = all_.find(email); found != all_.end()) found->second->close();
}

}  // namespace wardroom::sim
