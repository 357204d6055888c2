#include "http/session.hpp"

#include "http/stream_body.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>

namespace wardroom::http {
namespace asio = boost::asio;

namespace {

constexpr std::size_t head_read = 4 * 1024;
constexpr std::size_t body_read = 16 * 1024;
/// Answers to pipelined requests are gathered up to this size before the next request is read.
constexpr std::size_t most_gathered = 64 * 1024;

/// Without parameters: "application/json; charset=utf-8" counts.
bool is_json(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (content_type.ends_with(' ')) content_type.remove_suffix(1);
  return equal_ignoring_case(content_type, "application/json");
}

Response throttled() {
  auto response = problem(429, "throttled", "Too many requests from this address have failed.",
                          "Wait a second, and send what docs/api.md asks for.");
  response.headers.add("Retry-After", "1");
  return response;
}

Refusal const head_too_large{431, "too_large", "The request line and headers are too long."};
Refusal const too_slow{408, "timed_out", "The request did not arrive in time."};

}  // namespace

Session::Session(std::shared_ptr<ServerState> server, Socket socket, Peer peer)
    : server_(std::move(server)),
      socket_(std::move(socket)),
      peer_(std::move(peer)),
      behind_proxy_(!server_->options.unix_socket && server_->trusted.contains(peer_.address)) {}

Session::~Session() = default;

void Session::start() { await_readable(); }

void Session::close() {
  if (closed_) return;
  closed_ = true;
  auto const keep = shared_from_this();
  boost::system::error_code ignored;  // closing is all that can be done with it
  socket_.close(ignored);
  server_->remove(*this);
  outbox_.clear();
  if (auto const stream = stream_.lock()) stream->session_ended();
}

void Session::expire() {
  if (slot.phase != Phase::head && slot.phase != Phase::body) return close();
  refuse(too_slow);
}

void Session::finish() {
  if (slot.phase == Phase::idle) {
    // Who has just connected is sending the first request; who is between two may have sent one.
    if (!served_) return;
    if (read_some()) return process();
    return close();
  }
  if (auto const stream = stream_.lock()) stream->close();
}

void Session::await_readable() {
  if (closed_ || waiting_to_read_) return;
  waiting_to_read_ = true;
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](auto error) {
    self->waiting_to_read_ = false;
    if (self->closed_) return;
    if (error) return self->close();
    self->on_readable();
  });
}

void Session::on_readable() {
  if (slot.phase == Phase::idle || slot.phase == Phase::head || slot.phase == Phase::body) {
    if (read_some()) process();
  } else if (slot.phase != Phase::handling) {
    discard_input();
  }
}

/// By way of the scratch buffer, so that a slow client costs no more memory than it has sent.
bool Session::read_some() {
  auto const room = asio::buffer(server_->scratch, in_body_ ? body_read : head_read);
  boost::system::error_code error;
  auto const count = socket_.read_some(room, error);
  if (error == asio::error::would_block || error == asio::error::try_again) {
    await_readable();
    return false;
  }
  if (error) {  // the client has left
    close();
    return false;
  }
  if (!exchange_) exchange_ = server_->take_exchange();
  exchange_->in.append(server_->scratch.data(), count);
  return true;
}

/// Nothing more is expected: a stream's reader only tells that it left, a closing one is drained.
void Session::discard_input() {
  boost::system::error_code error;
  socket_.read_some(asio::buffer(server_->scratch), error);
  bool const nothing_yet = error == asio::error::would_block || error == asio::error::try_again;
  if (!error || nothing_yet) return await_readable();
  if (slot.phase != Phase::writing) close();  // a writing one may be half closed and listening
}

void Session::process() {
  if (closed_ || processing_) return;
  auto const keep = shared_from_this();
  processing_ = true;
  while (!closed_ && step()) {
  }
  processing_ = false;
  flush();
}

/// Goes on by one piece; false when there is nothing to do before something happens.
bool Session::step() {
  if (slot.phase != Phase::idle && slot.phase != Phase::head && slot.phase != Phase::body)
    return false;
  if (outbox_.size() > most_gathered) {
    place(Phase::writing);
    return false;
  }
  return in_body_ ? read_body() : read_head();
}

bool Session::read_head() {
  if (exchange_ && exchange_->scanned == 0)
    while (exchange_->in.starts_with("\r\n")) exchange_->in.erase(0, 2);
  if (!exchange_ || exchange_->in.empty()) {
    server_->give_back(std::move(exchange_));
    if (slot.phase != Phase::idle) place(Phase::idle);
    await_readable();
    return false;
  }
  auto& in = exchange_->in;
  auto const end = in == "\r" ? 0 : find_head_end(in, exchange_->scanned);
  if (!end) return refuse(end.error()), false;
  if (std::max(*end, *end == 0 ? in.size() : 0) > server_->options.limits.head_bytes)
    return refuse(head_too_large), false;
  if (*end > 0) return begin_request(*end);
  if (slot.phase == Phase::idle) place(Phase::head);
  await_readable();
  return false;
}

bool Session::begin_request(std::size_t head_size) {
  served_ = true;
  auto& ex = *exchange_;
  ex.head_bytes.assign(ex.in, 0, head_size);
  ex.in.erase(0, head_size);
  ex.scanned = 0;
  auto const head = check_head(ex.head_bytes, server_->options.limits.fields);
  if (!head) return refuse(head.error()), false;
  ex.head = *head;
  if (auto const refusal = ex.parser.start(ex.head_bytes, ex.head)) return refuse(*refusal), false;
  ++server_->counters.requests;
  fill_request();
  if (auto response = check_request()) {
    if (too_many_failures(response->status)) response = throttled();
    if (ex.head.has_body()) return refuse(std::move(*response)), false;
    ++server_->counters.refused;
    send_response(std::move(*response));
    answer_done();
    return true;
  }
  if (!ex.head.has_body()) return dispatch(), true;
  in_body_ = true;
  place(Phase::body);
  if (ex.head.expects_continue && ex.in.empty()) write_or_queue("HTTP/1.1 100 Continue\r\n\r\n");
  return true;
}

void Session::fill_request() {
  auto& ex = *exchange_;
  ex.request = ServerRequest{};
  ex.request.method = ex.head.method;
  ex.request.target = ex.head.target;
  ex.request.path = ex.head.path;
  ex.request.query = ex.head.query;
  ex.request.headers = &ex.parser.headers();
  ex.request.body = ex.parser.body();
  ex.request.remote = peer_.text;
  ex.request.peer = peer_.credentials;
  if (!behind_proxy_) return;
  auto origin = origination(peer_.address, ex.parser.headers(), server_->trusted);
  ex.remote = std::move(origin.remote);
  ex.request.remote = ex.remote;
  ex.request.secure = origin.secure;
}

/// What can be refused before the body is read.
std::optional<Response> Session::check_request() {
  auto& ex = *exchange_;
  auto const& options = server_->options;
  if (!options.unix_socket && !options.public_hosts.empty() &&
      !is_public_host(ex.head.host, options.public_hosts))
    return problem(421, "misdirected", "This server does not answer under that host name.",
                   "Use the address in http.public_url, or set it to the one you use.");
  ex.match = server_->router.match(ex.head.method, ex.head.path);
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
bool Session::too_many_failures(int status) {
  auto const& ex = *exchange_;
  return ex.match.route && ex.match.route->failures_count && is_failure(status) &&
         server_->router.failures().exceeded(ex.request.remote, server_->clock.uptime());
}

bool Session::read_body() {
  auto& ex = *exchange_;
  auto const fed = ex.parser.feed(ex.in, ex.match.route->body_limit);
  ex.in.erase(0, fed.used);
  if (fed.refusal) {
    if (too_many_failures(fed.refusal->status)) return refuse(throttled()), false;
    return refuse(*fed.refusal), false;
  }
  if (!fed.complete) {
    await_readable();
    return false;
  }
  in_body_ = false;
  ex.request.body = ex.parser.body();
  dispatch();
  return true;
}

void Session::dispatch() {
  auto& ex = *exchange_;
  place(Phase::handling);
  unanswered_ = true;
  server_->router.dispatch(ex.match, ex.request, Responder(shared_from_this()));
  if (closed_ || unanswered_) return;
  if (slot.phase == Phase::handling) return answer_done();
  server_->give_back(std::move(exchange_));  // a stream needs it no more
}

}  // namespace wardroom::http
