#include "control/control_client.hpp"

#include "http/response_parser.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cerrno>
#include <cstring>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace wardroom::control {
namespace {

using Why = Unreachable::Why;
using Deadline = std::chrono::steady_clock::time_point;
constexpr std::size_t longest_answer = 64u << 20;

std::unexpected<Unreachable> unreachable(Why why, std::string sentence, std::string remedy) {
  return std::unexpected(Unreachable{why, std::move(sentence), std::move(remedy)});
}

struct Fd {
  int value;
  explicit Fd(int fd) : value(fd) {}
  Fd(Fd const&) = delete;
  Fd& operator=(Fd const&) = delete;
  ~Fd() {
    if (value >= 0) ::close(value);
  }
};

std::string own_login() {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found)
    return found->pw_name;
  return "$USER";
}

/// The group that may use the socket, as far as we may see it.
std::string group_of(std::string const& path) {
  struct stat info{};
  std::array<char, 16384> buffer{};
  group entry{};
  group* found = nullptr;
  if (::stat(path.c_str(), &info) == 0 && (info.st_mode & S_IWGRP) && info.st_gid != 0 &&
      getgrgid_r(info.st_gid, &entry, buffer.data(), buffer.size(), &found) == 0 && found)
    return found->gr_name;
  return "wardroom";
}

std::unexpected<Unreachable> not_connected(std::string const& path, int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return unreachable(Why::missing,
                         "the daemon is not running: there is no control socket at " + path,
                         "sudo systemctl start wardroomd   (or name another socket with --socket)");
    case EACCES:
    case EPERM:
      return unreachable(
          Why::forbidden, fmt::format("{} may not use the control socket {}", own_login(), path),
          fmt::format("sudo usermod -aG {} {}   (then log in again)", group_of(path), own_login()));
    case ECONNREFUSED: {
      struct stat info{};
      if (::stat(path.c_str(), &info) == 0 && !S_ISSOCK(info.st_mode))
        return unreachable(Why::refused, path + " is not a socket",
                           "name the daemon's control socket with --socket");
      return unreachable(
          Why::refused,
          "the daemon has ended and left its control socket behind: nobody answers at " + path,
          "sudo systemctl restart wardroomd; journalctl -u wardroomd -n 50 says why it ended");
    }
    default:
      return unreachable(
          Why::refused,
          fmt::format("the control socket {} cannot be used: {}", path, std::strerror(error)),
          "systemctl status wardroomd");
  }
}

std::unexpected<Unreachable> silent(std::string const& path, std::string const& what) {
  return unreachable(Why::silent,
                     fmt::format("the daemon at {} gave no valid answer: {}", path, what),
                     "systemctl status wardroomd; journalctl -u wardroomd -n 50");
}

enum class Wait { ready, late, given_up };

/// Until the socket is ready or the time is over (Deadline::max() = never).
Wait wait_for(int fd, short events, Deadline deadline, Idle const& idle = {}) {
  for (;;) {
    std::int64_t wait = idle.call ? idle.every.count() : 1'000'000;
    if (deadline != Deadline::max()) {
      auto const left =
          std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now()).count();
      if (left <= 0) return Wait::late;
      wait = std::min<std::int64_t>(wait, left);
    }
    pollfd entry{fd, events, 0};
    auto const ready = ::poll(&entry, 1, static_cast<int>(wait));
    if (ready > 0) return Wait::ready;
    if (ready < 0 && errno != EINTR) return Wait::late;
    if (idle.call && !idle.call()) return Wait::given_up;
  }
}

std::expected<void, Unreachable> connect(int fd, std::string const& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return unreachable(Why::missing, "\"" + path + "\" cannot be the path of a socket",
                       "name the daemon's control socket with --socket");
  std::memcpy(address.sun_path, path.data(), path.size());
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return {};
  // A full backlog: somebody is there and does not come to us.
  if (errno == EAGAIN) return silent(path, "it takes no more connections at the moment");
  return not_connected(path, errno);
}

bool write_all(int fd, std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    auto const sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN && wait_for(fd, POLLOUT, deadline) == Wait::ready) continue;
    return false;  // an early refusal may still be readable
  }
  return true;
}

/// Reads one answer, until `stop`. A streaming one may take for ever once its head is there.
std::expected<void, Unreachable> read_answer(int fd, std::string const& path, Deadline deadline,
                                             http::ResponseParser& parser, bool streaming,
                                             bool const& stop, Idle const& idle = {}) {
  std::array<char, 65536> buffer{};
  while (!parser.done() && !stop) {
    auto const until = streaming && parser.head_done() ? Deadline::max() : deadline;
    auto const wait = wait_for(fd, POLLIN, until, idle);
    if (wait == Wait::given_up) return {};
    if (wait == Wait::late) return silent(path, "nothing came in time");
    auto const count = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) {
      if (auto ended = parser.end(); !ended) return silent(path, ended.error().what);
      return {};
    }
    if (auto used = parser.feed({buffer.data(), static_cast<std::size_t>(count)}); !used)
      return silent(path, used.error().what);
  }
  return {};
}

/// Cuts bytes into lines; `each` says false to stop.
struct Lines {
  std::function<bool(std::string_view)> const& each;
  std::string rest{};
  bool stop = false;
  void take(std::string_view bytes) {
    rest += bytes;
    std::size_t begin = 0;
    for (auto end = rest.find('\n'); end != rest.npos && !stop; end = rest.find('\n', begin)) {
      if (end > begin) stop = !each(std::string_view(rest).substr(begin, end - begin));
      begin = end + 1;
    }
    rest.erase(0, begin);
  }
};

}  // namespace

std::string request_text(VerbRow const& row, VerbParams const& params) {
  if (method_of(row) == http::Method::get) {
    http::QueryPairs const pairs(params.begin(), params.end());
    return fmt::format("GET {}{}{} HTTP/1.1\r\nHost: wardroom\r\nConnection: close\r\n\r\n",
                       path_of(row), pairs.empty() ? "" : "?", http::to_query(pairs));
  }
  auto body = nlohmann::ordered_json::object();
  for (auto const& [key, value] : params) {
    auto const param = std::ranges::find(row.params, key, &Param::name);
    if (param != row.params.end() && param->kind == ParamKind::flag)
      body[key] = value == "true";
    else
      body[key] = value;
  }
  auto const text = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: wardroom\r\nConnection: close\r\nContent-Type: "
      "application/json\r\n"
      "Content-Length: {}\r\n\r\n{}",
      path_of(row), text.size(), text);
}

std::expected<ControlAnswer, Unreachable> ControlClient::ask(VerbRow const& row,
                                                             VerbParams const& params,
                                                             Milliseconds limit,
                                                             Idle const& idle) const {
  Fd const fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  auto const deadline = std::chrono::steady_clock::now() + limit;
  if (auto connected = connect(fd.value, socket_); !connected)
    return std::unexpected(connected.error());
  write_all(fd.value, request_text(row, params), deadline);
  http::ResponseParser parser;
  parser.start(false, longest_answer);
  bool const never = false;
  if (auto read = read_answer(fd.value, socket_, deadline, parser, false, never, idle); !read)
    return std::unexpected(read.error());
  if (!parser.done()) return ControlAnswer{};
  return ControlAnswer{parser.status(), std::move(parser.body())};
}

std::expected<ControlAnswer, Unreachable> ControlClient::follow(
    VerbRow const& row, VerbParams const& params, Milliseconds limit,
    std::function<bool(std::string_view line)> const& each, Idle const& idle) const {
  Fd const fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  auto const deadline = std::chrono::steady_clock::now() + limit;
  if (auto connected = connect(fd.value, socket_); !connected)
    return std::unexpected(connected.error());
  write_all(fd.value, request_text(row, params), deadline);
  http::ResponseParser parser;
  Lines lines{each};
  std::string refusal;
  parser.start(false, longest_answer, [&](std::string_view bytes) {
    if (parser.status() == 200)
      lines.take(bytes);
    else if (refusal.size() < longest_answer)
      refusal += bytes;
  });
  if (auto read = read_answer(fd.value, socket_, deadline, parser, true, lines.stop, idle); !read)
    return std::unexpected(read.error());
  return ControlAnswer{parser.status(), std::move(refusal)};
}

}  // namespace wardroom::control
