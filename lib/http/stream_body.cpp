#include "http/stream_body.hpp"

#include <boost/asio/post.hpp>

namespace wardroom::http {

StreamBody::~StreamBody() {
  if (carrier_) carrier_->end_stream();
}

void StreamBody::carrier_ended() {
  carrier_.reset();
  tell();
}

void StreamBody::write(std::shared_ptr<std::string const> bytes) {
  // A copy: the connection may close, and let go of it, while it writes.
  if (auto const carrier = carrier_) carrier->write_chunk(std::move(bytes));
}

std::size_t StreamBody::backlog() const { return carrier_ ? carrier_->backlog() : 0; }

void StreamBody::close() {
  auto const carrier = std::move(carrier_);
  if (!carrier) return;
  carrier->end_stream();
  tell();
}

void StreamBody::on_close(std::function<void()> then) {
  then_ = std::move(then);
  if (!carrier_) tell();
}

/// Posted, so that nobody is called back from inside their own write or close.
void StreamBody::tell() {
  if (then_) boost::asio::post(loop_, std::exchange(then_, nullptr));
}

}  // namespace wardroom::http
