#include "ctl/fake_daemon.hpp"

#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <poll.h>
#include <sstream>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace wardroom::test {

struct FakeDaemon::State {
  int listener = -1;
  Script script;
  After after = After::close;
  std::atomic<bool> over = false;
  mutable std::mutex mutex;
  std::vector<std::string> requests;
  std::thread thread;

  /// False when the test is over.
  bool readable(int fd) {
    while (!over) {
      pollfd entry{fd, POLLIN, 0};
      if (::poll(&entry, 1, 20) > 0) return true;
    }
    return false;
  }

  void serve() {
    while (readable(listener)) {
      int const fd = ::accept(listener, nullptr, nullptr);
      if (fd < 0) continue;
      auto const request = read_request(fd);
      {
        std::scoped_lock const lock(mutex);
        requests.push_back(request);
      }
      auto const bytes = script(request);
      if (bytes.empty()) {
        (void)readable(fd);  // silent until the tool gives up
      } else {
        (void)::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (after == After::hold) (void)readable(fd);  // until the tool closes
      }
      ::close(fd);
    }
  }

  std::string read_request(int fd) {
    std::string out;
    std::array<char, 4096> buffer{};
    for (;;) {
      auto const end = out.find("\r\n\r\n");
      auto const field = out.find("Content-Length: ");
      auto const length = field < end ? std::stoul(out.substr(field + 16)) : 0;
      if (end != out.npos && out.size() >= end + 4 + length) return out;
      if (!readable(fd)) return out;
      auto const count = ::recv(fd, buffer.data(), buffer.size(), 0);
      if (count <= 0) return out;
      out.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }
};

FakeDaemon::FakeDaemon(Script script, After after)
    : path_(scratch_directory() + "/control.sock"), state_(std::make_unique<State>()) {
  state_->script = std::move(script);
  state_->after = after;
  state_->listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
  if (::bind(state_->listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(state_->listener, 16) != 0)
    throw std::runtime_error("cannot listen at " + path_);
  state_->thread = std::thread([state = state_.get()] { state->serve(); });
}

FakeDaemon::~FakeDaemon() {
  state_->over = true;
  state_->thread.join();
  ::close(state_->listener);
}

std::vector<std::string> FakeDaemon::requests() const {
  std::scoped_lock const lock(state_->mutex);
  return state_->requests;
}

std::string answer(int status, std::string const& json) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\n" +
         "Content-Length: " + std::to_string(json.size()) + "\r\n\r\n" + json;
}

std::string chunked(std::string const& lines, bool ended) {
  std::array<char, 20> size{};
  std::snprintf(size.data(), size.size(), "%zx", lines.size());
  return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(size.data()) +
         "\r\n" + lines + "\r\n" + (ended ? "0\r\n\r\n" : "");
}

std::string recorded(std::string const& name) {
  std::ifstream file(std::string(WARDROOM_SOURCE_DIR "/tests/ctl/answers/") + name);
  std::ostringstream out;
  out << file.rdbuf();
  if (!file) throw std::runtime_error("no recorded answer " + name);
  return out.str();
}

std::string scratch_directory() {
  struct Directory {
    std::string path;
    Directory() {
      auto pattern = (std::filesystem::temp_directory_path() / "wardroom-ctl-XXXXXX").string();
      if (!::mkdtemp(pattern.data())) throw std::runtime_error("no scratch directory");
      path = pattern;
    }
    ~Directory() { std::filesystem::remove_all(path); }
  };
  static Directory const base;
  static int count = 0;
  auto const out = base.path + "/" + std::to_string(++count);
  std::filesystem::create_directory(out);
  return out;
}

}  // namespace wardroom::test
