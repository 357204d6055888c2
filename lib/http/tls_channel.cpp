#include "http/tls_channel.hpp"

#include <climits>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <new>
#include <sys/socket.h>

namespace wardroom::http {
namespace {

int socket_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

int settle(BIO* bio, ssize_t moved, int retry) {
  BIO_clear_retry_flags(bio);
  if (moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
    BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
  return static_cast<int>(moved);
}

int send_bytes(BIO* bio, char const* from, int size) {
  // OpenSSL's own socket BIO would raise SIGPIPE.
  return settle(bio, ::send(socket_of(bio), from, static_cast<std::size_t>(size), MSG_NOSIGNAL),
                BIO_FLAGS_WRITE);
}
int receive_bytes(BIO* bio, char* to, int room) {
  return settle(bio, ::recv(socket_of(bio), to, static_cast<std::size_t>(room), 0), BIO_FLAGS_READ);
}
long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* socket_method() {
  static auto* const method = [] {
    auto* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    if (!made) throw std::bad_alloc();
    BIO_meth_set_write(made, send_bytes);
    BIO_meth_set_read(made, receive_bytes);
    BIO_meth_set_ctrl(made, control);
    return made;
  }();
  return method;
}

int as_int(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

}  // namespace

void TlsChannel::Free::operator()(SSL* ssl) const { SSL_free(ssl); }

TlsChannel::TlsChannel(SSL_CTX* context, int socket) : ssl_(SSL_new(context)) {
  auto* bio = ssl_ ? BIO_new(socket_method()) : nullptr;
  if (!bio) throw std::bad_alloc();
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
}

TlsChannel::~TlsChannel() = default;

Flow TlsChannel::judge(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Flow::wait_read;
    case SSL_ERROR_WANT_WRITE:
      return Flow::wait_write;
    case SSL_ERROR_ZERO_RETURN:
      return Flow::ended;
    default:
      plain_http_ =
          state_ == State::greeting && ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
      state_ = State::broken;
      ERR_clear_error();
      return Flow::ended;
  }
}

Flow TlsChannel::shake_hands() {
  if (state_ == State::broken) return Flow::ended;
  ERR_clear_error();
  auto const result = SSL_do_handshake(ssl_.get());
  if (result != 1) return judge(result);
  state_ = State::ready;
  return Flow::moved;
}

Moved TlsChannel::read(char* to, std::size_t room) {
  if (state_ != State::ready) return {Flow::ended};
  ERR_clear_error();
  auto const count = SSL_read(ssl_.get(), to, as_int(room));
  if (count <= 0) return {judge(count)};
  return {Flow::moved, static_cast<std::size_t>(count)};
}

Moved TlsChannel::write(char const* from, std::size_t size) {
  if (state_ != State::ready) return {Flow::ended};
  ERR_clear_error();
  auto const count = SSL_write(ssl_.get(), from, as_int(size));
  half_written_ = count <= 0;
  if (count <= 0) return {judge(count)};
  return {Flow::moved, static_cast<std::size_t>(count)};
}

bool TlsChannel::holds_input() const { return SSL_pending(ssl_.get()) > 0; }

void TlsChannel::say_end() {
  // In the middle of a record nothing can be said.
  if (state_ != State::ready || half_written_) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
  state_ = State::broken;
}

}  // namespace wardroom::http
