// The answering half of Session: responses and streams.
#include "http/session.hpp"

#include <boost/asio/post.hpp>

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
  if (server_->is_last(exchange_.get())) last_answer_ = true;
  write_or_queue(server_->wire(response, exchange_.get(), last_answer_));
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
  if (!last_answer_) return exchange_ && !exchange_->in.empty() ? place(Phase::head) : rest();
  server_->give_back(std::move(exchange_));
  if (outbox_.empty()) return linger();
  place(Phase::writing);
  if (!processing_) flush();
}

std::shared_ptr<ResponseStream> Session::start_stream(Response head) {
  auto stream = std::make_shared<StreamBody>(server_->loop);
  if (server_->stopping) {
    respond(problem(503, "unavailable", "Wardroom is stopping.", "Try again in a second."));
    return stream;
  }
  if (!std::exchange(unanswered_, false) || closed_) return stream;
  chunked_stream_ = exchange_->head.http_1_1;
  last_answer_ = true;
  auto const wire = server_->stream_wire(head, *exchange_);
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

}  // namespace wardroom::http
