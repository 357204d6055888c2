#include "http/listening_socket.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace wardroom::http {
namespace {

std::string reason(int error) { return std::system_category().message(error); }

std::unexpected<Error> cannot(std::string const& what, int error, std::string const& remedy = "") {
  auto const kind = error == EADDRINUSE                 ? ErrorKind::conflict
                    : error == EACCES || error == EPERM ? ErrorKind::denied
                                                        : ErrorKind::unavailable;
  return failure(kind,
                 "cannot " + what + ": " + reason(error) + (remedy.empty() ? "" : "; " + remedy));
}

struct TcpAddress {
  boost::asio::ip::address address;
  std::uint16_t port = 0;
};

std::optional<TcpAddress> parse_tcp(std::string_view text) {
  auto const colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = std::string(text.substr(0, colon));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  TcpAddress out;
  auto const port = text.substr(colon + 1);
  auto const [end, bad] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  boost::system::error_code error;
  out.address = boost::asio::ip::make_address(host, error);
  if (error || bad != std::errc() || port.empty() || end != port.data() + port.size())
    return std::nullopt;
  return out;
}

sockaddr const* as_sockaddr(void const* address) { return static_cast<sockaddr const*>(address); }

/// Removes a socket file that nobody answers behind; anything else there is left alone.
Result<void> clear_stale(std::string const& path, sockaddr_un const& address) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return {};
  if (!S_ISSOCK(info.st_mode))
    return failure(
        ErrorKind::conflict,
        "cannot listen on " + path + ": a file that is not a socket is in the way; move it away");
  Fd const probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  bool const answers =
      ::connect(probe.get(), as_sockaddr(&address), sizeof address) == 0 || errno == EAGAIN;
  if (answers)
    return failure(ErrorKind::conflict,
                   "cannot listen on " + path +
                       ": another process answers there; stop it, or set another path");
  if (::unlink(path.c_str()) != 0) return cannot("remove the stale socket " + path, errno);
  return {};
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}
int Fd::release() { return std::exchange(fd_, -1); }

Result<Fd> open_tcp(std::string const& text) {
  auto const wanted = parse_tcp(text);
  if (!wanted)
    return failure(ErrorKind::malformed, "cannot listen on \"" + text +
                                             "\": write an IP address and a port, "
                                             "such as 127.0.0.1:8480 or [::1]:8480");
  boost::asio::ip::tcp::endpoint const endpoint(wanted->address, wanted->port);
  Fd fd(::socket(endpoint.data()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) return cannot("open a socket for " + text, errno);
  int const on = 1;
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
    return cannot("prepare the socket for " + text, errno);
  if (::bind(fd.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0)
    return cannot("listen on " + text, errno,
                  errno == EADDRINUSE ? "stop the other process, or set another port" : "");
  if (::listen(fd.get(), SOMAXCONN) != 0) return cannot("listen on " + text, errno);
  return fd;
}

Result<Fd> open_unix(std::string const& path, unsigned mode) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return failure(ErrorKind::malformed,
                   "cannot listen on \"" + path + "\": a socket path has 1 to 107 characters");
  std::memcpy(address.sun_path, path.data(), path.size());
  if (auto cleared = clear_stale(path, address); !cleared) return std::unexpected(cleared.error());
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) return cannot("open a socket for " + path, errno);
  // The file is born with this mode (less the umask), then given it exactly.
  if (::fchmod(fd.get(), mode) != 0 || ::bind(fd.get(), as_sockaddr(&address), sizeof address) != 0)
    return cannot("listen on " + path, errno, "check that its folder exists and is ours");
  if (::chmod(path.c_str(), mode) != 0 || ::listen(fd.get(), SOMAXCONN) != 0)
    return cannot("listen on " + path, errno);
  return fd;
}

Result<Fd> adopt(int fd) {
  int listening = 0;
  socklen_t size = sizeof listening;
  if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || !listening)
    return failure(ErrorKind::malformed, "descriptor " + std::to_string(fd) +
                                             " is not a listening socket; check the socket unit");
  int const flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
      ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
    return cannot("use the handed over socket", errno);
  return Fd(fd);
}

std::uint16_t port_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET)
    return ntohs(reinterpret_cast<sockaddr_in const&>(address).sin_port);
  if (address.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<sockaddr_in6 const&>(address).sin6_port);
  return 0;
}

Peer tcp_peer(sockaddr_storage const& address) {
  namespace ip = boost::asio::ip;
  Peer peer;
  if (address.ss_family == AF_INET) {
    auto const& v4 = reinterpret_cast<sockaddr_in const&>(address);
    peer.address = ip::address_v4(ntohl(v4.sin_addr.s_addr));
  } else if (address.ss_family == AF_INET6) {
    auto const& v6 = reinterpret_cast<sockaddr_in6 const&>(address);
    ip::address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    peer.address = unmapped(ip::address_v6(bytes));
  }
  peer.text = peer.address.to_string();
  return peer;
}

Peer unix_peer(int fd) {
  Peer peer;
  peer.text = "unix";
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
    return peer;  // nobody: uid and gid stay -1, which has no rights
  peer.credentials.uid = credentials.uid;
  peer.credentials.gid = credentials.gid;
  peer.credentials.pid = credentials.pid;
  std::vector<gid_t> groups(64);
  size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  int got = ::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
  if (got != 0 && errno == ERANGE) {  // `size` now tells how much it takes
    groups.resize(size / sizeof(gid_t));
    got = ::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
  }
  if (got != 0) return peer;  // no supplementary groups: fewer rights, never more
  groups.resize(size / sizeof(gid_t));
  peer.credentials.groups = std::move(groups);
  return peer;
}

}  // namespace wardroom::http
