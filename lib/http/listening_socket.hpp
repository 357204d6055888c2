/// Opens listening sockets and tells who connected; plain system calls, each error a sentence.
#pragma once
#include "base/result.hpp"
#include "http/reception.hpp"

#include <string>
#include <sys/socket.h>

namespace wardroom::http {

/// A file descriptor that closes itself.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();
  int get() const { return fd_; }
  int release();

 private:
  int fd_;
};

Result<Fd> open_tcp(std::string const& address);
/// The socket file gets `mode` (and never a wider one in between).
Result<Fd> open_unix(std::string const& path, unsigned mode);
/// Checks a descriptor that somebody else opened.
Result<Fd> adopt(int fd);
/// 0 when it is not a TCP socket.
std::uint16_t port_of(int fd);

/// `address` as accept() gave it.
Peer tcp_peer(sockaddr_storage const& address);
Peer unix_peer(int fd);

}  // namespace wardroom::http
