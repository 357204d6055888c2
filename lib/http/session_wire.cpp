// The bytes of Session: read and written plain or through TLS, never waiting for either.
#include "http/session.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstring>
#include <span>

namespace wardroom::http {
namespace asio = boost::asio;

namespace {

constexpr std::size_t head_read = 4 * 1024;
constexpr std::size_t body_read = 16 * 1024;
constexpr std::string_view speaks_tls =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n"
    "Content-Length: 125\r\n\r\n"
    R"({"error":{"code":"malformed","message":"This port speaks TLS.",)"
    R"("remedy":"Write https:// in the address instead of http://."}})";
static_assert(speaks_tls.size() - speaks_tls.find("\r\n\r\n") - 4 == 125);

Moved judge(boost::system::error_code error, std::size_t count, Flow later) {
  if (error == asio::error::would_block || error == asio::error::try_again) return {later};
  if (error) return {Flow::ended};
  return {Flow::moved, count};
}

}  // namespace

void Session::start() {
  if (tls_) place(Phase::head);  // the handshake has a head's time
  await_readable();
}

/// Goes on with a handshake; behind it comes the first request.
void Session::shake_hands() {
  auto const flow = tls_->shake_hands();
  if (flow == Flow::moved) {
    place(Phase::idle);
    if (read_some()) process();
    return;
  }
  if (flow != Flow::ended) return wait_for(flow);
  ++server_->counters.handshakes_failed;
  boost::system::error_code ignored;  // best effort: the close tells it too
  if (tls_->heard_plain_http()) socket_.write_some(asio::buffer(speaks_tls), ignored);
  linger();
}

Moved Session::receive(std::size_t most) {
  if (tls_) return tls_->read(server_->scratch.data(), most);
  boost::system::error_code error;
  auto const count = socket_.read_some(asio::buffer(server_->scratch, most), error);
  return judge(error, count, Flow::wait_read);
}

/// The first of what waits; through TLS small pieces share a record.
Moved Session::send_front() {
  auto const pieces = outbox_.front();
  if (!tls_) {
    boost::system::error_code error;
    auto const count = socket_.write_some(pieces, error);
    return judge(error, count, Flow::wait_write);
  }
  auto& record = server_->scratch;
  auto const* const first = static_cast<char const*>(pieces[0].data());
  if (pieces[0].size() >= record.size() || pieces[1].size() == 0)
    return tls_->write(first, pieces[0].size());
  std::size_t size = 0;
  for (auto const& piece : pieces) {
    auto const part = std::min(piece.size(), record.size() - size);
    if (part == 0) break;
    std::memcpy(record.data() + size, piece.data(), part);
    size += part;
  }
  return tls_->write(record.data(), size);
}

/// Reading wants to go on when the socket allows it.
void Session::wait_for(Flow flow) {
  if (flow != Flow::wait_write) return await_readable();
  read_waits_for_room_ = true;
  await_writable();
}

void Session::await_readable() {
  if (closed_ || waiting_to_read_) return;
  waiting_to_read_ = true;
  auto then = [self = shared_from_this()](boost::system::error_code error = {}) {
    self->waiting_to_read_ = false;
    if (self->closed_) return;
    if (error) return self->close();
    self->on_readable();
  };
  // What TLS has taken from the socket already makes it readable no more.
  if (tls_ && slot.phase != Phase::lingering && tls_->holds_input())
    asio::post(server_->loop, std::move(then));
  else
    socket_.async_wait(Socket::wait_read, std::move(then));
}

void Session::on_readable() {
  if (slot.phase == Phase::lingering) return discard_input();
  if (tls_ && !tls_->ready()) return shake_hands();
  if (std::exchange(write_waits_for_bytes_, false)) flush();
  if (closed_) return;
  if (between_requests() || slot.phase == Phase::head || slot.phase == Phase::body) {
    if (read_some()) process();
  } else if (slot.phase != Phase::handling) {
    discard_input();
  }
}

/// By way of the scratch buffer, so that a slow client costs no more memory than it has sent.
bool Session::read_some() {
  if (tls_ && !tls_->ready()) return false;
  auto const got = receive(in_body_ ? body_read : head_read);
  if (got.flow == Flow::ended) {  // the client has left
    close();
    return false;
  }
  if (got.flow != Flow::moved) {
    wait_for(got.flow);
    return false;
  }
  if (!exchange_) exchange_ = server_->take_exchange();
  exchange_->in.append(server_->scratch.data(), got.count);
  return true;
}

/// Nothing more is expected: a stream's reader only tells that it left, a closing one is drained.
void Session::discard_input() {
  if (slot.phase == Phase::lingering) {  // behind the end of TLS too: nobody reads it
    boost::system::error_code error;
    auto const count = socket_.read_some(asio::buffer(server_->scratch), error);
    if (judge(error, count, Flow::wait_read).flow == Flow::ended) return close();
    return await_readable();
  }
  auto const flow = receive(server_->scratch.size()).flow;
  if (flow == Flow::moved) return await_readable();
  if (flow != Flow::ended) return wait_for(flow);
  if (slot.phase != Phase::writing) close();  // a writing one may be half closed and listening
}

/// The last answer is out: what the client still sends must not make it lost by a reset.
void Session::linger() {
  if (tls_) tls_->say_end();
  place(Phase::lingering);
  boost::system::error_code
      ignored;  // fails only when the client has gone, which reading will tell
  socket_.shutdown(Socket::shutdown_send, ignored);
  await_readable();
}

/// Straight to the kernel when nothing waits before it and no further request is at hand.
void Session::write_or_queue(std::string_view bytes) {
  bool const more_to_come = processing_ && exchange_ && !exchange_->in.empty();
  if (more_to_come || waiting_to_write_ || !outbox_.empty()) {
    outbox_.push(std::string(bytes));
    return;
  }
  if (tls_) {
    outbox_.push(std::string(bytes));
    return flush();
  }
  boost::system::error_code error;
  auto const taken = socket_.write_some(asio::buffer(bytes.data(), bytes.size()), error);
  if (error && error != asio::error::would_block && error != asio::error::try_again) return close();
  if (taken == bytes.size()) return;
  outbox_.push(std::string(bytes.substr(taken)));
  await_writable();
}

void Session::flush() {
  if (closed_ || waiting_to_write_) return;
  while (!outbox_.empty()) {
    auto const sent = send_front();
    if (sent.flow == Flow::wait_write) return await_writable();
    if (sent.flow == Flow::wait_read) {
      write_waits_for_bytes_ = true;
      return await_readable();
    }
    if (sent.flow == Flow::ended) return close();
    outbox_.consume(sent.count);
    if (slot.phase == Phase::writing) place(Phase::writing);  // progress: a new limit
  }
  on_drained();
}

/// Several chunks written in one turn of the loop go out together.
void Session::flush_soon() {
  if (std::exchange(flush_posted_, true)) return;
  asio::post(server_->loop, [self = shared_from_this()] {
    self->flush_posted_ = false;
    self->flush();
  });
}

void Session::await_writable() {
  if (waiting_to_write_) return;
  waiting_to_write_ = true;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](auto error) {
    self->waiting_to_write_ = false;
    if (self->closed_) return;
    if (error) return self->close();
    bool const read_on = std::exchange(self->read_waits_for_room_, false);
    self->flush();
    if (read_on && !self->closed_) self->on_readable();
  });
}

void Session::on_drained() {
  if (slot.phase != Phase::writing) return;
  if (last_answer_) return linger();
  if (in_body_)
    place(Phase::body);
  else
    rest();
  asio::post(server_->loop, [self = shared_from_this()] { self->process(); });
}

}  // namespace wardroom::http
