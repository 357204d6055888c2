#include "bench/load.hpp"

#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <deque>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace wardroom::bench {
namespace {

struct Connection {
  int fd = -1;
  std::string in;
  std::int64_t due = 0;     ///< when the request in flight was due; 0 = idle
  std::size_t request = 0;  ///< which one that is
};

int connect_to(std::uint16_t port) {
  int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("the load generator cannot connect to port " + std::to_string(port));
  int const on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

/// Length of the first complete answer in `in`, 0 when there is none yet; its status in `status`.
std::size_t complete_answer(std::string const& in, int& status) {
  auto const end = in.find("\r\n\r\n");
  if (end == std::string::npos || in.size() < 12) return 0;
  std::from_chars(in.data() + 9, in.data() + 12, status);
  std::size_t body = 0;
  if (auto const at = in.find("ontent-"); at < end) {
    auto const field = in.find("ength: ", at);
    if (field < end) std::from_chars(in.data() + field + 7, in.data() + end, body);
  }
  return in.size() >= end + 4 + body ? end + 4 + body : 0;
}

}  // namespace

LoadResult run_load(LoadOptions const& o) {
  std::vector<Connection> all(static_cast<std::size_t>(o.connections));
  int const poll = ::epoll_create1(EPOLL_CLOEXEC);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].fd = connect_to(o.port);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
    ::epoll_ctl(poll, EPOLL_CTL_ADD, all[i].fd, &event);
  }
  LoadResult result;
  result.accepted.resize(o.requests.size());
  std::deque<std::size_t> idle;
  std::size_t next_request = 0;
  auto const send = [&](std::size_t i, std::int64_t due) {
    all[i].due = due;
    all[i].request = next_request;
    auto const& request = o.requests[next_request];
    next_request = next_request + 1 == o.requests.size() ? 0 : next_request + 1;
    if (::send(all[i].fd, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size()))
      throw std::runtime_error("the server closed a connection of the load generator");
  };
  auto const start = now_ns();
  auto const count_from = start + static_cast<std::int64_t>(o.warm_up_seconds * 1e9);
  auto const end = count_from + static_cast<std::int64_t>(o.seconds * 1e9);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (o.rate > 0)
      idle.push_back(i);
    else
      send(i, now_ns());
  }
  std::uint64_t issued = 0;
  std::vector<epoll_event> events(512);
  std::vector<char> buffer(64 * 1024);
  std::uint64_t in_flight = o.rate > 0 ? 0 : all.size();
  for (;;) {
    auto const now = now_ns();
    bool const over = now >= end;
    if (over && (in_flight == 0 || now >= end + 2'000'000'000)) break;
    std::int64_t wait_ns = 1'000'000;
    if (o.rate > 0 && !over) {
      for (;;) {
        auto const due =
            start + static_cast<std::int64_t>(static_cast<double>(issued) / o.rate * 1e9);
        if (due > now) wait_ns = std::min(wait_ns, due - now);
        if (due > now || idle.empty()) break;
        send(idle.front(), due);
        idle.pop_front();
        ++issued;
        ++in_flight;
      }
    }
    // Asleep until the next request is due: a generator that spins would take half of the machine.
    timespec const wait{.tv_sec = 0, .tv_nsec = static_cast<long>(wait_ns)};
    int const ready =
        ::epoll_pwait2(poll, events.data(), static_cast<int>(events.size()), &wait, nullptr);
    for (int e = 0; e < ready; ++e) {
      auto const i = events[static_cast<std::size_t>(e)].data.u64;
      auto& c = all[i];
      auto const got = ::recv(c.fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) {
        ++result.errors;
        ::epoll_ctl(poll, EPOLL_CTL_DEL, c.fd, nullptr);
        if (c.due) --in_flight;
        c.due = 0;
        continue;
      }
      c.in.append(buffer.data(), static_cast<std::size_t>(got));
      int status = 0;
      if (auto const length = complete_answer(c.in, status); length > 0) {
        c.in.erase(0, length);
        auto const arrived = now_ns();
        if (status / 100 == 2) {
          result.accepted[c.request] = true;
          if (c.due >= count_from && c.due < end) {
            ++result.answered;
            result.latencies.add(arrived - c.due);
          }
        } else {
          ++result.errors;
        }
        c.due = 0;
        --in_flight;
        if (o.rate > 0) {
          idle.push_back(i);
        } else if (arrived < end) {
          send(i, now_ns());
          ++in_flight;
        }
      }
    }
  }
  result.seconds = o.seconds;
  result.errors += in_flight;
  for (auto& c : all) ::close(c.fd);
  ::close(poll);
  return result;
}

}  // namespace wardroom::bench
