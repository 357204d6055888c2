#include "people_window.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace wardroom::world {
using namespace std::chrono_literals;

namespace {

constexpr std::string_view person_cookie = "wardroom_person", admin_cookie = "wardroom_admin";
/// Administrators' sessions end after 30 minutes without a request; the store knows it later.
constexpr auto surely_alive = 20min;
/// When a session was used is written down by then.
constexpr auto surely_written = 60s;

bool is_ours(std::string_view url) { return url.starts_with(World::public_url); }

std::string path_of(std::string_view url) {
  url.remove_prefix(World::public_url.size());
  return std::string(url.substr(0, url.find('?')));
}

/// Whom a route is for; nothing for those that are for anyone.
std::optional<Role> audience(std::string_view path) {
  if (!path.starts_with("/api/v1/")) return std::nullopt;
  if (path == "/api/v1/location" || path.starts_with("/api/v1/me")) return Role::person;
  if (path == "/api/v1/session" || path == "/api/v1/logout" || path == "/api/v1/overview")
    return std::nullopt;
  return Role::admin;
}

bool is_login(std::string_view path) {
  return path.ends_with("/login") || path == "/oauth/callback";
}

std::vector<std::string> cookies_in(http::ClientRequest const& request) {
  std::vector<std::string> out;
  auto rest = request.headers.get("Cookie");
  while (!rest.empty()) {
    auto const end = std::min(rest.find("; "), rest.size());
    out.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return out;
}

}  // namespace

Window::Window(WindowWatch& watch, http::Client& way, sim::Person const& owner, double accuracy)
    : watch_(watch), way_(way), owner_(owner), accuracy_(accuracy) {}

void Window::fail(std::string_view promise, std::string_view sentence) const {
  watch_.world.fail(promise, fmt::format("{}: {}", owner_.email, sentence));
}

http::ClientRequest Window::request(http::Method method, std::string_view path, std::string body,
                                    std::string_view cookie) const {
  http::ClientRequest out;
  out.method = method;
  out.url = std::string(World::public_url) + std::string(path);
  out.timeout = 20s;
  std::string jar(cookie);
  if (cookie.empty())
    for (auto const& [name, value] : jar_)
      jar += fmt::format("{}{}={}", jar.empty() ? "" : "; ", name, value);
  if (!jar.empty()) out.headers.add("Cookie", jar);
  if (method == http::Method::get) return out;
  out.headers.add("Content-Type", "application/json");
  out.headers.add("Origin", std::string(World::public_url));
  out.headers.add("Sec-Fetch-Site", "same-origin");
  out.body = std::move(body);
  return out;
}

std::string Window::cookie_of(Role role) const {
  std::string const name(role == Role::admin ? admin_cookie : person_cookie);
  auto const found = jar_.find(name);
  return found == jar_.end() ? "" : name + "=" + found->second;
}

Task<Result<http::ClientResponse>> Window::send(http::ClientRequest request) {
  if (!is_ours(request.url)) co_return co_await way_.send(request);
  // What a network or an impatient page does: the same again, a little later.
  if (path_of(request.url) == "/api/v1/location")
    if (auto const wait = watch_.copy_in())
      watch_.world.tasks().spawn("a copy", [this, request, wait = *wait]() -> Task<void> {
        co_await watch_.world.clock().sleep_for(wait);
        co_await exchange(request);
      });
  co_return co_await exchange(std::move(request));
}

Task<Result<http::ClientResponse>> Window::exchange(http::ClientRequest request) {
  auto const path = path_of(request.url);
  leaving(request, path);
  auto const left = watch_.world.now();
  std::optional<PositionPost> post;
  if (path == "/api/v1/location") {
    auto const body = nlohmann::json::parse(request.body);
    post =
        watch_.posts.leaves(owner_.email, {body["latitude"], body["longitude"]}, body["accuracy"]);
  }
  auto answer = co_await way_.send(request);
  if (post) watch_.posts.answered(*post, answer ? answer->status : 0);
  if (answer) {
    judge(request, *answer, left);
    learn(answer->headers);
  }
  co_return answer;
}

Task<Result<void>> Window::stream(http::ClientRequest request, http::StreamSink& sink) {
  return way_.stream(std::move(request), sink);
}

void Window::daemon_killed() {
  auto const now = watch_.world.now();
  for (auto& [cookie, session] : sessions_)
    if (now - session.used < surely_written) session.used = session.before;
}

/// What may end sessions, whether or not its answer comes.
void Window::leaving(http::ClientRequest const& request, std::string const& path) {
  if (path != "/api/v1/logout" && path != "/oauth/callback") return;
  for (auto const& cookie : cookies_in(request))
    if (auto const it = sessions_.find(cookie);
        it != sessions_.end() && it->second.state == GivenSession::State::given)
      it->second.state = GivenSession::State::doubtful;
}

void Window::judge(http::ClientRequest const& request, http::ClientResponse const& answer,
                   Uptime left) {
  auto const path = path_of(request.url);
  judge_status(request, answer.status, left);
  if (path == "/api/v1/logout" && answer.status == 204)
    for (auto const& cookie : cookies_in(request))
      if (auto const it = sessions_.find(cookie);
          it != sessions_.end() && it->second.state != GivenSession::State::ended) {
        it->second.state = GivenSession::State::ended;
        it->second.ended = watch_.world.now();
      }
  if (path == "/api/v1/me" && answer.status == 200) judge_me(answer.body);
  if (path != "/api/v1/location") return;
  if (answer.status == 204) acknowledged_ = watch_.world.now();
  if (answer.status != 204 && answer.status != 401 && answer.status < 500)
    fail("people", fmt::format("a good position was answered {}: {}", answer.status, answer.body));
}

void Window::judge_status(http::ClientRequest const& request, int status, Uptime left) {
  auto const path = path_of(request.url);
  judge_sessions(request, path, status, left);
  if (status < 500) return;
  if (status == 500 || (status != 503 && !is_login(path)))
    return fail("people", fmt::format("{} was answered {}", path, status));
  if (is_login(path) || watch_.may_refuse()) return;
  watch_.doubt(fmt::format("{}: {} was answered 503, and nothing was wrong", owner_.email, path));
}

void Window::judge_sessions(http::ClientRequest const& request, std::string const& path, int status,
                            Uptime left) {
  auto const role = audience(path);
  if (!role) return;
  auto const now = watch_.world.now();
  for (auto const& cookie : cookies_in(request)) {
    auto const it = sessions_.find(cookie);
    if (it == sessions_.end() || it->second.role != *role) continue;
    auto& session = it->second;
    bool const fresh = *role == Role::person || now - session.used < surely_alive;
    if (status == 401 && session.state == GivenSession::State::given) {
      session.state = GivenSession::State::doubtful;
      if (fresh && watch_.time_is_true())
        fail("sessions", fmt::format("{} was answered 401 although the session that was given "
                                     "has not ended",
                                     path));
    }
    if (status >= 300) continue;
    // That may be lost in a crash (reliability.md, class C) when the store did not take it.
    if (!watch_.may_refuse()) {
      if (now - session.used > surely_written) session.before = session.used;
      session.used = now;
    }
    if (session.state == GivenSession::State::ended && left > session.ended)
      fail("sessions", fmt::format("{} was answered {} in the name of a session that its owner "
                                   "had ended",
                                   path, status));
  }
}

/// What is shown of a person is this person's.
void Window::judge_me(std::string const& body) {
  auto const told = nlohmann::json::parse(body, nullptr, false);
  if (!told.is_object()) return fail("people", "what is told of oneself is no JSON");
  auto const name = told.value("/person/name"_json_pointer, std::string());
  // Names are in the store: while nothing can be read there, one is told about by number.
  bool const by_number = watch_.may_refuse() && name.starts_with("person ");
  if (name != owner_.name() && !by_number) fail("people", "is told about " + name);
  auto const accuracy = told.value("/fix/accuracy_m"_json_pointer, nlohmann::json());
  if (!accuracy.is_number()) return;
  auto const metres = accuracy.get<double>();
  if (metres < accuracy_ - 1 || metres > accuracy_ + accuracy_band + 1)
    fail("people", fmt::format("is shown a position of {} m that somebody else posted", metres));
}

void Window::learn(http::Headers const& headers) {
  for (auto line : headers.get_all("Set-Cookie")) {
    auto const pair = line.substr(0, line.find(';'));
    auto const equals = std::min(pair.find('='), pair.size());
    std::string const name(pair.substr(0, equals));
    bool const gone = equals + 1 >= pair.size() || line.find("Max-Age=0") != line.npos;
    if (gone) jar_.erase(name);
    if (gone || (name != person_cookie && name != admin_cookie)) continue;
    jar_[name] = std::string(pair.substr(equals + 1));
    sessions_.try_emplace(
        std::string(pair),
        GivenSession{name == admin_cookie ? Role::admin : Role::person, GivenSession::State::given,
                     watch_.world.now(), watch_.world.now()});
  }
}

}  // namespace wardroom::world
