#include "http/reception.hpp"

#include "base/log.hpp"

#include <algorithm>
#include <stdexcept>

namespace wardroom::http {
namespace {

TrustedProxies parse_or_throw(std::vector<std::string> const& entries) {
  auto parsed = TrustedProxies::parse(entries);
  if (!parsed) throw std::invalid_argument(parsed.error().what);
  return std::move(*parsed);
}

/// Without parameters: "application/json; charset=utf-8" counts.
bool is_json(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (content_type.ends_with(' ')) content_type.remove_suffix(1);
  return equal_ignoring_case(content_type, "application/json");
}

Response as_problem(Refusal const& refusal) {
  return problem(refusal.status, refusal.code, refusal.sentence);
}

Response throttled() {
  auto response = problem(429, "throttled", "Too many requests from this address have failed.",
                          "Wait a second, and send what docs/api.md asks for.");
  response.headers.add("Retry-After", "1");
  return response;
}

Response failed() {
  return problem(500, "internal", "Wardroom failed while answering this request.",
                 "The reason is in the log of wardroomd.");
}

std::optional<Response> ask_admission(Exchange& ex) {
  auto const& admit = ex.match.route->admit;
  if (!admit) return std::nullopt;
  ex.request.params = ex.match.params;
  try {
    return admit(ex.request);
  } catch (std::exception const& error) {
    log::error("Whether a request is admitted could not be decided.",
               {{"route", ex.match.route->pattern}, {"reason", error.what()}});
    return failed();
  }
}

Refusal const head_too_large{431, "too_large", "The request line and headers are too long."};

}  // namespace

Reception::Reception(Executor loop_, Clock& clock_, Router& router_, DoorOptions options_)
    : loop(loop_),
      clock(clock_),
      router(router_),
      options(std::move(options_)),
      trusted(parse_or_throw(options.trusted_proxies)) {}

std::expected<std::size_t, Refusal> Reception::find_head(Exchange& ex) const {
  if (ex.in == "\r") return 0;
  auto const end = find_head_end(ex.in, ex.scanned);
  if (end && std::max(*end, *end == 0 ? ex.in.size() : 0) > options.limits.head_bytes)
    return std::unexpected(head_too_large);
  return end;
}

std::optional<Reception::Objection> Reception::begin(Exchange& ex, std::size_t head_size,
                                                     Peer const& peer) {
  ex.head_bytes.assign(ex.in, 0, head_size);
  ex.in.erase(0, head_size);
  ex.scanned = 0;
  auto const head = check_head(ex.head_bytes, options.limits.fields);
  if (!head) return Objection{as_problem(head.error())};
  ex.head = *head;
  if (auto const refusal = ex.parser.start(ex.head_bytes, ex.head))
    return Objection{as_problem(*refusal)};
  ++counters.requests;
  fill_request(ex, peer);
  auto response = check_request(ex);
  bool counts = response && is_failure(response->status);
  if (!response) counts = (response = ask_admission(ex)).has_value();
  if (!response) return std::nullopt;
  if (counts && too_many_failures(ex)) response = throttled();
  return Objection{std::move(*response), ex.head.has_body()};
}

void Reception::fill_request(Exchange& ex, Peer const& peer) const {
  ex.request = ServerRequest{};
  ex.request.method = ex.head.method;
  ex.request.target = ex.head.target;
  ex.request.path = ex.head.path;
  ex.request.query = ex.head.query;
  ex.request.headers = &ex.parser.headers();
  ex.request.body = ex.parser.body();
  ex.request.remote = peer.text;
  ex.request.peer = peer.credentials;
  ex.request.secure = options.tls != nullptr;
  if (options.unix_socket || !trusted.contains(peer.address)) return;
  auto origin = origination(peer.address, ex.parser.headers(), trusted);
  ex.remote = std::move(origin.remote);
  ex.request.remote = ex.remote;
  ex.request.secure = origin.secure;
}

/// What can be refused before the body is read.
std::optional<Response> Reception::check_request(Exchange& ex) const {
  if (!options.unix_socket && !options.public_hosts.empty() &&
      !is_public_host(ex.head.host, options.public_hosts))
    return problem(421, "misdirected", "This server does not answer under that host name.",
                   "Use the address in http.public_url, or set it to the one you use.");
  ex.match = router.match(ex.head.method, ex.head.path);
  if (ex.match.refusal == 405) {
    auto response = problem(405, "method_not_allowed", "This address takes other methods.",
                            "Use one of: " + ex.match.allow);
    response.headers.add("Allow", ex.match.allow);
    return response;
  }
  if (ex.match.refusal == 400)
    return problem(400, "malformed", "The path holds a broken percent escape.");
  if (!ex.match.route) return problem(404, "not_found", "There is nothing at this address.");
  if (ex.match.route->json && !is_json(ex.request.header("Content-Type")))
    return problem(415, "unsupported", "The body must be JSON.",
                   "Send the header Content-Type: application/json.");
  if (ex.head.content_length > ex.match.route->body_limit)
    return problem(413, "too_large", "The body of the request is too large.",
                   "At most " + std::to_string(ex.match.route->body_limit) + " bytes fit here.");
  return std::nullopt;
}

/// Counts what is refused before a handler sees it.
bool Reception::too_many_failures(Exchange const& ex) {
  return ex.match.route && ex.match.route->failures_count &&
         router.failures().exceeded(ex.request.remote, clock.uptime());
}

std::expected<bool, Response> Reception::read_body(Exchange& ex) {
  auto const fed = ex.parser.feed(ex.in, ex.match.route->body_limit);
  ex.in.erase(0, fed.used);
  if (fed.refusal) {
    bool const too_many = is_failure(fed.refusal->status) && too_many_failures(ex);
    return std::unexpected(too_many ? throttled() : as_problem(*fed.refusal));
  }
  if (fed.complete) ex.request.body = ex.parser.body();
  return fed.complete;
}

std::string Reception::wire(Response const& response, Exchange const* ex, bool last) {
  WireOptions how;
  how.common = &router.common_headers();
  how.date = date();
  how.head_only = ex && ex->head.method == Method::head;
  how.close = last;
  how.keep_alive = ex && !ex->head.http_1_1;
  return wire_or_500(response, ex, how);
}

std::string Reception::stream_wire(Response const& head, Exchange const& ex) {
  WireOptions how;
  how.common = &router.common_headers();
  how.date = date();
  how.framing = ex.head.http_1_1 ? BodyFraming::chunked : BodyFraming::until_close;
  how.close = true;
  return wire_or_500(head, &ex, how);
}

std::string Reception::wire_or_500(Response const& response, Exchange const* ex,
                                   WireOptions const& how) {
  try {
    return to_wire(response, how);
  } catch (std::logic_error const& error) {
    log::error("A handler gave an answer that cannot be sent.",
               {{"path", ex ? ex->head.path : ""}, {"reason", error.what()}});
    auto plain = how;
    plain.framing = BodyFraming::length;
    return to_wire(failed(), plain);
  }
}

std::string const& Reception::date() {
  auto const now = clock.now();
  auto const second = unix_ms(now) / 1000;
  if (second != date_second_) {
    date_ = http_date(now);
    date_second_ = second;
  }
  return date_;
}

}  // namespace wardroom::http
