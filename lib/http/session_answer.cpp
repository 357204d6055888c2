// The answering half of Session: responses, streams, and what the kernel does not take at once.
#include "base/log.hpp"
#include "http/response_wire.hpp"
#include "http/session.hpp"
#include "http/stream_body.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <stdexcept>

namespace wardroom::http {
namespace asio = boost::asio;

namespace {
/// A stream whose reader is further behind is cut; it comes back and asks for what it missed.
constexpr std::size_t most_stream_backlog = 4u << 20;
}  // namespace

void Session::refuse(Refusal const& refusal) {
  refuse(problem(refusal.status, refusal.code, refusal.sentence));
}

void Session::refuse(Response response) {
  ++server_->counters.refused;
  last_answer_ = true;
  in_body_ = false;
  if (exchange_) exchange_->in.clear();  // where the next request would begin is not known
  send_response(std::move(response));
  answer_done();
}

void Session::respond(Response response) {
  if (!std::exchange(unanswered_, false) || closed_) return;
  send_response(std::move(response));
  if (!processing_) resume();
}

void Session::respond_wire(std::string_view wire) {
  if (!std::exchange(unanswered_, false) || closed_) return;
  auto const& head = exchange_->head;
  if (head.method == Method::head) wire = wire.substr(0, wire.find("\r\n\r\n") + 4);
  // A constant cannot tell an HTTP/1.0 client that the connection stays open.
  if (!head.keep_alive || !head.http_1_1 || server_->stopping) last_answer_ = true;
  write_or_queue(wire);
  if (!processing_) resume();
}

void Session::send_response(Response response) {
  WireOptions options;
  auto const* head = exchange_ ? &exchange_->head : nullptr;
  if (!head || !head->keep_alive || server_->stopping) last_answer_ = true;
  options.common = &server_->router.common_headers();
  options.date = server_->date();
  options.head_only = head && head->method == Method::head;
  options.close = last_answer_;
  options.keep_alive = head && !head->http_1_1;
  write_or_queue(wire_or_500(response, options));
}

std::string Session::wire_or_500(Response const& response, WireOptions const& options) {
  try {
    return to_wire(response, options);
  } catch (std::logic_error const& error) {
    log::error("A handler gave an answer that cannot be sent.",
               {{"path", exchange_ ? exchange_->head.path : ""}, {"reason", error.what()}});
    auto plain = options;
    plain.framing = BodyFraming::length;
    return to_wire(problem(500, "internal", "Wardroom failed while answering this request.",
                           "The reason is in the log of wardroomd."),
                   plain);
  }
}

/// An answer given later than its request was dispatched.
void Session::resume() {
  answer_done();
  if (closed_ || last_answer_) return;
  if (!exchange_ || exchange_->in.empty()) return process();
  // The next request waits already. Its handler must not run inside the one that answered this.
  asio::post(server_->loop, [self = shared_from_this()] { self->process(); });
}

void Session::answer_done() {
  if (closed_) return;
  if (exchange_) exchange_->head = {};  // what comes next has none yet
  if (!last_answer_) return place(exchange_ && !exchange_->in.empty() ? Phase::head : Phase::idle);
  server_->give_back(std::move(exchange_));
  if (outbox_.empty()) return linger();
  place(Phase::writing);
  if (!processing_) flush();
}

void Session::linger() {
  place(Phase::lingering);
  boost::system::error_code
      ignored;  // fails only when the client has gone, which reading will tell
  socket_.shutdown(Socket::shutdown_send, ignored);
  await_readable();
}

std::shared_ptr<ResponseStream> Session::start_stream(Response head) {
  auto stream = std::make_shared<StreamBody>(server_->loop);
  if (server_->stopping) {
    respond(problem(503, "unavailable", "Wardroom is stopping.", "Try again in a second."));
    return stream;
  }
  if (!std::exchange(unanswered_, false) || closed_) return stream;
  WireOptions options;
  chunked_stream_ = exchange_->head.http_1_1;
  last_answer_ = true;
  options.common = &server_->router.common_headers();
  options.date = server_->date();
  options.framing = chunked_stream_ ? BodyFraming::chunked : BodyFraming::until_close;
  options.close = true;
  auto wire = wire_or_500(head, options);
  bool const bodiless = exchange_->head.method == Method::head || wire.starts_with("HTTP/1.1 500");
  write_or_queue(wire);
  if (closed_) return stream;
  if (bodiless) {
    if (!processing_) answer_done();
    return stream;
  }
  place(Phase::streaming);
  stream->attach(shared_from_this());
  stream_ = stream;
  await_readable();
  if (processing_) return stream;
  server_->give_back(std::move(exchange_));
  flush();
  return stream;
}

void Session::write_chunk(std::shared_ptr<std::string const> bytes) {
  if (closed_ || !bytes || bytes->empty()) return;
  if (outbox_.size() + bytes->size() > most_stream_backlog) return close();
  if (chunked_stream_) outbox_.push(fmt::format("{:x}\r\n", bytes->size()));
  outbox_.push(std::move(bytes));
  if (chunked_stream_) outbox_.push(std::string("\r\n"));
  flush_soon();
}

void Session::end_stream() {
  if (closed_ || slot.phase != Phase::streaming) return;
  if (chunked_stream_) outbox_.push(std::string("0\r\n\r\n"));
  place(Phase::writing);
  flush_soon();
}

/// Straight to the kernel when nothing waits before it and no further request is at hand.
void Session::write_or_queue(std::string_view bytes) {
  bool const more_to_come = processing_ && exchange_ && !exchange_->in.empty();
  if (more_to_come || waiting_to_write_ || !outbox_.empty()) {
    outbox_.push(std::string(bytes));
    return;
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
    boost::system::error_code error;
    auto const taken = socket_.write_some(outbox_.front(), error);
    if (error == asio::error::would_block || error == asio::error::try_again)
      return await_writable();
    if (error) return close();
    outbox_.consume(taken);
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
    self->flush();
  });
}

void Session::on_drained() {
  if (slot.phase != Phase::writing) return;
  if (last_answer_) return linger();
  place(in_body_ ? Phase::body : Phase::idle);
  asio::post(server_->loop, [self = shared_from_this()] { self->process(); });
}

}  // namespace wardroom::http
