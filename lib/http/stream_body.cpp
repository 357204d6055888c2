#include "http/stream_body.hpp"

#include "http/session.hpp"

#include <boost/asio/post.hpp>

namespace wardroom::http {

StreamBody::~StreamBody() {
  if (session_) session_->end_stream();
}

void StreamBody::session_ended() {
  session_.reset();
  tell();
}

void StreamBody::write(std::shared_ptr<std::string const> bytes) {
  // A copy: the session may close, and let go of it, while it writes.
  if (auto const session = session_) session->write_chunk(std::move(bytes));
}

std::size_t StreamBody::backlog() const { return session_ ? session_->backlog() : 0; }

void StreamBody::close() {
  auto const session = std::move(session_);
  if (!session) return;
  session->end_stream();
  tell();
}

void StreamBody::on_close(std::function<void()> then) {
  then_ = std::move(then);
  if (!session_) tell();
}

/// Posted, so that nobody is called back from inside their own write or close.
void StreamBody::tell() {
  if (then_) boost::asio::post(loop_, std::exchange(then_, nullptr));
}

}  // namespace wardroom::http
