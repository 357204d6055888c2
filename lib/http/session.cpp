#include "http/session.hpp"

#include "base/log.hpp"
#include "http/server_tls.hpp"

#include <algorithm>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace wardroom::http {

namespace {

/// Answers to pipelined requests are gathered up to this size before the next request is read.
constexpr std::size_t most_gathered = 64 * 1024;
/// Each of these of a body has the time of its own.
constexpr std::size_t body_step = 1024 * 1024;

/// TCP asks after a minute of silence, and gives the connection up two minutes later.
void watch_for_the_vanished(int socket) {
  int const on = 1, first = 60, then = 20, tries = 6;
  ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &first, sizeof first);
  ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &then, sizeof then);
  ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &tries, sizeof tries);
}

Refusal const too_slow{408, "timed_out", "The request did not arrive in time."};

}  // namespace

Session::Session(std::shared_ptr<ServerState> server, Socket socket, Peer peer)
    : server_(std::move(server)), socket_(std::move(socket)), peer_(std::move(peer)) {
  if (server_->options.tls)
    tls_ = std::make_unique<TlsChannel>(server_->options.tls->context(), socket_.native_handle());
}

Session::~Session() = default;

void Session::close() {
  if (closed_) return;
  closed_ = true;
  auto const keep = shared_from_this();
  if (tls_ && outbox_.empty()) tls_->say_end();
  boost::system::error_code ignored;  // closing is all that can be done with it
  socket_.close(ignored);
  if (tls_) tls_->abandon();
  server_->remove(*this);
  outbox_.clear();
  if (auto const stream = stream_.lock()) stream->carrier_ended();
}

void Session::expire() {
  bool const asking = slot.phase == Phase::head || slot.phase == Phase::body;
  if (!asking || (tls_ && !tls_->ready())) return close();
  refuse(too_slow);
}

void Session::finish() {
  if (between_requests()) {
    // Who has just connected is sending the first request; who is between two may have sent one.
    if (!served_) return;
    if (read_some()) return process();
    return close();
  }
  if (auto const stream = stream_.lock()) stream->close();
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
  if (!between_requests() && slot.phase != Phase::head && slot.phase != Phase::body) return false;
  if (outbox_.size() > most_gathered) {
    place(Phase::writing);
    return false;
  }
  return in_body_ ? read_body() : read_head();
}

bool Session::read_head() {
  if (exchange_) skip_empty_lines(*exchange_);
  if (!exchange_ || exchange_->in.empty()) {
    server_->give_back(std::move(exchange_));
    if (!between_requests()) rest();
    await_readable();
    return false;
  }
  auto const end = server_->find_head(*exchange_);
  if (!end) return refuse(end.error()), false;
  if (*end > 0) return begin_request(*end);
  if (between_requests()) place(Phase::head);
  await_readable();
  return false;
}

bool Session::begin_request(std::size_t head_size) {
  served_ = true;
  auto& ex = *exchange_;
  if (auto objection = server_->begin(ex, head_size, peer_)) {
    if (objection->close) return refuse(std::move(objection->response)), false;
    ++server_->counters.refused;
    send_response(std::move(objection->response));
    answer_done();
    return true;
  }
  if (!ex.head.has_body()) return dispatch(), true;
  in_body_ = true;
  body_mark_ = body_step;
  place(Phase::body);
  if (ex.head.expects_continue && ex.in.empty()) write_or_queue(go_on);
  return true;
}

bool Session::read_body() {
  auto& ex = *exchange_;
  auto const complete = server_->read_body(ex);
  if (!complete) return refuse(complete.error()), false;
  if (!*complete) {
    // A long body over a slow line is fine as long as it comes.
    if (ex.parser.body().size() >= body_mark_) {
      body_mark_ += body_step;
      place(Phase::body);
    }
    await_readable();
    return false;
  }
  in_body_ = false;
  dispatch();
  return true;
}

/// Between two requests. Clients that come back after minutes keep their place for so long, and
/// one that has vanished meanwhile is noticed by the kernel.
void Session::rest() { place(may_rest_ ? Phase::resting : Phase::idle); }

void Session::dispatch() {
  auto& ex = *exchange_;
  bool const keeps = ex.match.route->keeps_connection;
  if (keeps && !may_rest_ && !server_->options.unix_socket)
    watch_for_the_vanished(socket_.native_handle());
  may_rest_ = keeps;
  place(Phase::handling);
  unanswered_ = true;
  server_->router.dispatch(ex.match, ex.request, Responder(shared_from_this()));
  if (closed_ || unanswered_) return;
  if (slot.phase == Phase::handling) return answer_done();
  server_->give_back(std::move(exchange_));  // a stream needs it no more
}

}  // namespace wardroom::http
