/// Method + path pattern + audience → handler. Exact segments win over `{captures}`.
#pragma once
#include "http/failure_limit.hpp"
#include "http/server_request.hpp"
#include "runtime/task_group.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::http {

/// Answers through the responder, at once or later. The request's views die with the answer.
using Handler = std::function<void(ServerRequest& request, Responder responder)>;
/// The comfortable form: a coroutine that returns the response.
using TaskHandler = std::function<Task<Response>(ServerRequest& request)>;

struct Route {
  Method method = Method::get;
  std::string pattern;  ///< "/api/v1/people/{person}"; at most 4 captures; "/assets/{rest...}"
                        ///< takes the rest
  Audience audience = Audience::anyone;
  std::size_t body_limit = 0;  ///< bytes; a longer body is 413 before it is read
  bool json = false;           ///< demands Content-Type application/json (else 415)
  bool token = true;           ///< a change in a session's name needs the token of its page
  /// Requests that are refused count for their address; too many of them are answered 429.
  bool failures_count = false;
  /// Its clients post now and then over a connection they keep: it may rest for minutes.
  bool keeps_connection = false;
  /// Asked when the head was read and before any byte of the body: gives the answer of whom it
  /// refuses, or lets pass. The request has no body and no caller yet. Every refusal counts when
  /// failures do. Synchronous, and quick.
  std::function<std::optional<Response>(ServerRequest const& request)> admit{};
};

class Router {
 public:
  /// Refuses (with the answer to give) or lets pass, having filled in `request.caller`.
  using Guard = std::function<std::optional<Response>(Route const&, ServerRequest& request)>;

  /// Coroutine handlers are spawned in `tasks`; a throw is counted there and answered 500.
  explicit Router(TaskGroup& tasks) : tasks_(tasks) {}

  void add(Route route, Handler handler);
  void add_task(Route route, TaskHandler handler);
  void set_guard(Guard guard) { guard_ = std::move(guard); }
  /// Runs before the guard and answers what comes in floods without putting anything together: a
  /// complete answer that lives as long as the router, or empty = on to the guard.
  using Turnstile = std::function<std::string_view(Route const&, ServerRequest& request)>;
  void set_turnstile(Turnstile turnstile) { turnstile_ = std::move(turnstile); }
  /// Hears of every stream that a request with a session (Caller::session) has opened.
  using StreamWatch = std::function<void(std::string const& session,
                                         std::shared_ptr<ResponseStream> const& stream)>;
  void set_stream_watch(StreamWatch watch) { stream_watch_ = std::move(watch); }
  /// Headers every answer carries (CSP, nosniff, …) unless the handler set them.
  void set_common_headers(Headers headers) { common_headers_ = std::move(headers); }
  Headers const& common_headers() const { return common_headers_; }

  /// Before the body is read: the route, or the status to refuse with (404; 405 with `allow`).
  struct Match {
    Route const* route = nullptr;
    std::size_t entry = 0;
    std::array<std::string, 4> params{};
    int refusal = 404;
    std::string allow{};
  };
  Match match(Method method, std::string_view path) const;
  /// After the body was read. Runs the guard, then the handler; exceptions become 500.
  void dispatch(Match const& match, ServerRequest& request, Responder responder);

  /// What the addresses did on routes whose failures count.
  FailureLimit& failures() { return failures_; }

  /// All of them, in order of registration: to be checked at start.
  std::vector<Route> routes() const;

 private:
  struct Entry {
    Route route;
    std::vector<std::string> segments;
    Handler handler;
  };
  TaskGroup& tasks_;
  Guard guard_;
  Turnstile turnstile_;
  FailureLimit failures_;
  StreamWatch stream_watch_;
  Headers common_headers_;
  std::vector<Entry> entries_;
  std::map<std::string, std::vector<std::size_t>, std::less<>> exact_;  // patterns without captures
  std::vector<std::size_t> with_captures_;
};

}  // namespace wardroom::http
