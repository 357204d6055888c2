#include "http/server.hpp"

#include "base/log.hpp"
#include "http/listening_socket.hpp"
#include "http/server_state.hpp"
#include "http/server_tls.hpp"
#include "http/session.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace wardroom::http {
namespace asio = boost::asio;

namespace {

constexpr int accepts_in_a_row = 64;
constexpr std::chrono::minutes certificate_age{1};
constexpr std::chrono::milliseconds pause_without_descriptors{200};
constexpr std::string_view full =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
    "Connection: close\r\nContent-Length: 135\r\n\r\n"
    R"({"error":{"code":"unavailable","message":"All connections of this socket are in use.",)"
    R"("remedy":"Close one, or try again in a second."}})";
static_assert(full.size() - full.find("\r\n\r\n") - 4 == 135);

using Descriptor = asio::posix::basic_stream_descriptor<Executor>;

/// A listening socket, and the file that a Unix one left in a folder.
struct Listener {
  Descriptor socket;
  std::string path;
  TimerHandle pause;
};

}  // namespace

class Server::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Executor loop, Clock& clock, Router& router, Options options)
      : state(std::make_shared<ServerState>(loop, clock, router, std::move(options))) {}

  std::uint16_t listen(Fd fd, std::string path) {
    auto const port = port_of(fd.get());
    listeners.push_back(std::make_shared<Listener>(
        Listener{Descriptor(state->loop, fd.release()), std::move(path), {}}));
    wait(listeners.back());
    return port;
  }

  void stop() {
    for (auto const& listener : listeners) {
      listener->pause.cancel();
      boost::system::error_code ignored;  // nobody listens to it any more
      listener->socket.close(ignored);
      if (!listener->path.empty()) ::unlink(listener->path.c_str());
    }
    listeners.clear();
  }

  std::shared_ptr<ServerState> const state;

 private:
  void wait(std::shared_ptr<Listener> listener) {
    auto& socket = listener->socket;
    socket.async_wait(Descriptor::wait_read, [weak = weak_from_this(),
                                              listener = std::move(listener)](auto error) mutable {
      auto const self = weak.lock();
      if (self && !error && listener->socket.is_open()) self->accept(std::move(listener));
    });
  }

  void accept(std::shared_ptr<Listener> listener) {
    for (int i = 0; i < accepts_in_a_row; ++i) {
      sockaddr_storage address{};
      socklen_t size = sizeof address;
      Fd fd(::accept4(listener->socket.native_handle(), reinterpret_cast<sockaddr*>(&address),
                      &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (fd.get() >= 0) {
        admit(std::move(fd), address);
        continue;
      }
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        return pause(std::move(listener));
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      // Anything else concerns that one connection (ECONNABORTED, EPROTO …): on to the next.
    }
    wait(std::move(listener));
  }

  /// Out of descriptors: the idlest goes, and the queue waits in the kernel for a moment.
  void pause(std::shared_ptr<Listener> listener) {
    log::warning("No file descriptor is left for a new connection; the idlest is closed.",
                 {{"open", state->counters.open}, {"remedy", "raise LimitNOFILE"}});
    state->shed_idlest();
    auto& handle = listener->pause;
    handle = state->clock.after(pause_without_descriptors, [this, listener = listener.get()] {
      for (auto const& known : listeners)
        if (known.get() == listener) return wait(known);
    });
  }

  void admit(Fd fd, sockaddr_storage const& address) {
    bool const local = state->options.unix_socket;
    auto peer = local ? unix_peer(fd.get()) : tcp_peer(address);
    auto const uid = peer.credentials.uid;
    bool const admin = local && (uid == 0 || uid == ::geteuid());
    if (!state->make_room(admin ? 0 : state->options.limits.kept_for_admins)) {
      ++state->counters.shed;
      if (state->options.tls) return;
      // Best effort: a client that cannot take one segment now learns it by the close.
      [[maybe_unused]] auto const sent =
          ::send(fd.get(), full.data(), full.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      return;
    }
    renew_certificate();
    int const on = 1;  // without it answers wait for acknowledgements; only slower, so not checked
    if (!local) ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    Session::Socket socket(state->loop);
    boost::system::error_code error;
    auto const family = local ? AF_UNIX : address.ss_family;
    socket.assign({family, local ? 0 : IPPROTO_TCP}, fd.get(), error);
    if (error) return;  // the descriptor closes with `fd`
    fd.release();
    socket.non_blocking(true, error);
    auto session = std::make_shared<Session>(state, std::move(socket), std::move(peer));
    state->add(session);
    session->start();
  }

  void renew_certificate() {
    auto const& tls = state->options.tls;
    if (!tls || state->clock.uptime() - looked < certificate_age) return;
    looked = state->clock.uptime();
    auto const renewed = tls->renew();
    auto const& file = tls->files().certificate_file;
    if (!renewed)
      log::warning("The new certificate is no good; the one before is shown on.",
                   {{"file", file}, {"why", renewed.error().what}});
    else if (*renewed)
      log::info("A new certificate is shown from now on.", {{"file", file}});
  }

  std::vector<std::shared_ptr<Listener>> listeners;
  Uptime looked = state->clock.uptime();  ///< at the certificate's files
};

Server::Server(Executor loop, Clock& clock, Router& router, Options options)
    : impl_(std::make_shared<Impl>(loop, clock, router, std::move(options))) {}

Server::~Server() {
  impl_->stop();
  close_all();
}

Result<std::uint16_t> Server::listen_tcp(std::string const& address) {
  auto fd = open_tcp(address);
  if (!fd) return std::unexpected(std::move(fd.error()));
  return impl_->listen(std::move(*fd), "");
}

Result<void> Server::listen_unix(std::string const& path, unsigned mode) {
  auto fd = open_unix(path, mode);
  if (!fd) return std::unexpected(std::move(fd.error()));
  impl_->listen(std::move(*fd), path);
  return {};
}

Result<void> Server::listen_fd(int fd) {
  auto adopted = adopt(fd);
  if (!adopted) return std::unexpected(std::move(adopted.error()));
  impl_->listen(std::move(*adopted), "");
  return {};
}

void Server::stop_accepting() {
  impl_->stop();
  impl_->state->stopping = true;
  for (auto const& session : impl_->state->everyone()) session->finish();
}

void Server::close_all() {
  for (auto const& session : impl_->state->everyone()) session->close();
}

ServerCounters const& Server::counters() const { return impl_->state->counters; }

}  // namespace wardroom::http
