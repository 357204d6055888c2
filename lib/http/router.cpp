#include "http/router.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

namespace wardroom::http {
namespace {

enum class Kind { literal, capture, rest };

Kind kind_of(std::string_view segment) {
  if (!segment.starts_with('{')) return Kind::literal;
  return segment.ends_with("...}") ? Kind::rest : Kind::capture;
}

std::vector<std::string> split(std::string_view pattern) {
  std::vector<std::string> segments;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);  // '/'
    auto const end = std::min(pattern.find('/'), pattern.size());
    segments.emplace_back(pattern.substr(0, end));
    pattern.remove_prefix(end);
  }
  return segments;
}

/// Literals before captures before the rest, compared from the left.
bool more_specific(std::vector<std::string> const& a, std::vector<std::string> const& b) {
  return std::lexicographical_compare(
      a.begin(), a.end(), b.begin(), b.end(),
      [](auto const& x, auto const& y) { return kind_of(x) < kind_of(y); });
}

void check_pattern(Route const& route, std::vector<std::string> const& segments) {
  auto const captures = std::count_if(segments.begin(), segments.end(),
                                      [](auto const& s) { return kind_of(s) != Kind::literal; });
  auto const rest = std::find_if(segments.begin(), segments.end(),
                                 [](auto const& s) { return kind_of(s) == Kind::rest; });
  bool const rest_is_last = rest == segments.end() || std::next(rest) == segments.end();
  if (!route.pattern.starts_with('/') || captures > 4 || !rest_is_last)
    throw std::logic_error(
        "a route pattern begins with '/', has at most 4 captures and '{x...}' "
        "only at its end: " +
        route.pattern);
}

/// The raw captures of `path` under the pattern, or nullopt when it does not fit.
std::optional<std::array<std::string_view, 4>> fit(std::vector<std::string> const& segments,
                                                   std::string_view path) {
  std::array<std::string_view, 4> captures;
  std::size_t count = 0;
  for (auto const& segment : segments) {
    if (!path.starts_with('/')) return std::nullopt;
    path.remove_prefix(1);
    if (kind_of(segment) == Kind::rest) {
      if (path.empty()) return std::nullopt;
      captures[count] = path;
      return captures;
    }
    auto const piece = path.substr(0, path.find('/'));
    path.remove_prefix(piece.size());
    if (kind_of(segment) == Kind::literal) {
      if (piece != segment) return std::nullopt;
    } else {
      if (piece.empty()) return std::nullopt;
      captures[count++] = piece;
    }
  }
  if (!path.empty()) return std::nullopt;
  return captures;
}

bool serves(Method offered, Method wanted) {
  return offered == wanted || (wanted == Method::head && offered == Method::get);
}

void add_allowed(std::string& allow, Method method) {
  auto const known = ", " + allow + ",";
  auto const word = std::string(name(method));
  if (known.find(", " + word + ",") != std::string::npos) return;
  if (!allow.empty()) allow += ", ";
  allow += method == Method::get ? "GET, HEAD" : word;
}

Response shutting_down() {
  auto response = problem(503, "unavailable", "Wardroom is stopping.", "Try again in a second.");
  response.headers.add("Retry-After", "1");
  return response;
}

Response failed() {
  return problem(500, "internal", "Wardroom failed while answering this request.",
                 "The reason is in the log of wardroomd.");
}

/// Tells of the stream, if the answer becomes one.
class WatchedAnswer final : public Responder::Target {
 public:
  WatchedAnswer(Responder responder, Router::StreamWatch watch, std::string session)
      : responder_(std::move(responder)), watch_(std::move(watch)), session_(std::move(session)) {}
  void respond(Response response) override { responder_.send(std::move(response)); }
  void respond_wire(std::string_view wire) override { responder_.send_wire(wire); }
  std::shared_ptr<ResponseStream> start_stream(Response head) override {
    auto stream = responder_.stream(std::move(head));
    if (stream) watch_(session_, stream);
    return stream;
  }

 private:
  Responder responder_;
  Router::StreamWatch watch_;
  std::string session_;
};

}  // namespace

void Router::add(Route route, Handler handler) {
  auto segments = split(route.pattern);
  check_pattern(route, segments);
  for (auto const& known : entries_)
    if (known.route.method == route.method && known.route.pattern == route.pattern)
      throw std::logic_error("two handlers for " + std::string(name(route.method)) + " " +
                             route.pattern);
  auto const index = entries_.size();
  bool const exact = std::all_of(segments.begin(), segments.end(),
                                 [](auto const& s) { return kind_of(s) == Kind::literal; });
  entries_.push_back({std::move(route), std::move(segments), std::move(handler)});
  if (exact) {
    exact_[entries_[index].route.pattern].push_back(index);
    return;
  }
  auto const place = std::upper_bound(
      with_captures_.begin(), with_captures_.end(), index,
      [&](auto a, auto b) { return more_specific(entries_[a].segments, entries_[b].segments); });
  with_captures_.insert(place, index);
}

void Router::add_task(Route route, TaskHandler handler) {
  auto shared = std::make_shared<TaskHandler const>(std::move(handler));
  auto const label = std::string(name(route.method)) + " " + route.pattern;
  add(std::move(route), [this, shared, label](ServerRequest& request, Responder responder) {
    if (tasks_.stopping()) return responder.send(shutting_down());
    // The responder keeps the connection, and with it the request, until this task has returned.
    auto held = std::make_shared<Responder>(std::move(responder));
    tasks_.spawn(label, [shared, held, &request]() -> Task<void> {
      std::exception_ptr why;
      try {
        auto response = co_await (*shared)(request);
        held->send(std::move(response));
      } catch (...) {
        why = std::current_exception();
      }
      if (!why) co_return;
      held->send(is_cancellation(why) ? shutting_down() : failed());
      std::rethrow_exception(why);  // to be counted by the group
    });
  });
}

Router::Match Router::match(Method method, std::string_view path) const {
  Match match;
  auto const take = [&](std::size_t index) {
    auto const& route = entries_[index].route;
    if (serves(route.method, method)) {
      match.route = &route;
      match.entry = index;
      match.refusal = 0;
      return true;
    }
    match.refusal = 405;
    add_allowed(match.allow, route.method);
    return false;
  };
  if (auto const exact = exact_.find(path); exact != exact_.end())
    for (auto const index : exact->second)
      if (take(index)) return match;
  for (auto const index : with_captures_) {
    auto const captures = fit(entries_[index].segments, path);
    if (!captures || !take(index)) continue;
    for (std::size_t i = 0; i < captures->size(); ++i) {
      auto decoded = percent_decode((*captures)[i]);
      if (!decoded) {
        match.route = nullptr;
        match.refusal = 400;
        return match;
      }
      match.params[i] = std::move(*decoded);
    }
    return match;
  }
  return match;
}

std::vector<Route> Router::routes() const {
  std::vector<Route> out;
  for (auto const& entry : entries_) out.push_back(entry.route);
  return out;
}

void Router::dispatch(Match const& match, ServerRequest& request, Responder responder) {
  auto const& entry = entries_[match.entry];
  request.params = match.params;
  try {
    if (turnstile_)
      if (auto const wire = turnstile_(entry.route, request); !wire.empty())
        return responder.send_wire(wire);
    if (guard_)
      if (auto refusal = guard_(entry.route, request)) return responder.send(std::move(*refusal));
    if (stream_watch_ && !request.caller.session.empty())
      responder = Responder(std::make_shared<WatchedAnswer>(std::move(responder), stream_watch_,
                                                            request.caller.session));
    entry.handler(request, std::move(responder));
  } catch (...) {
    // Answered by now (a dropped responder answers 500); the group counts it.
    tasks_.spawn(std::string(name(entry.route.method)) + " " + entry.route.pattern,
                 [why = std::current_exception()]() -> Task<void> {
                   std::rethrow_exception(why);
                   co_return;
                 });
  }
}

}  // namespace wardroom::http
