/// libcurl's multi handle on the loop: sockets and its timer watched by Asio, results handed out.
#pragma once
#include "runtime/task.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <curl/curl.h>

#include <functional>
#include <memory>
#include <unordered_map>

namespace wardroom::http {

/// Used on the loop. add() and remove() must not be called from inside a libcurl callback: libcurl
/// refuses that silently in places (reference/toolchain.md).
class CurlLoop {
 public:
  /// Called outside of libcurl, after the handle was removed from it.
  using OnDone = std::function<void(CURL* easy, CURLcode result)>;

  /// `kept` idle connections must exceed all transfers at once, or each finished one closes
  /// another.
  CurlLoop(Executor loop, long kept_connections, OnDone on_done);
  ~CurlLoop();
  CurlLoop(CurlLoop const&) = delete;
  CurlLoop& operator=(CurlLoop const&) = delete;

  CURLMcode add(CURL* easy);
  CURLMcode remove(CURL* easy);
  std::size_t watched() const { return watches_.size(); }

 private:
  struct Watch {
    boost::asio::posix::basic_stream_descriptor<Executor> fd;
    int wanted = 0;
    bool reading = false, writing = false;
  };
  using Timer = boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

  static int socket_wanted(CURL*, curl_socket_t socket, int what, void* self, void*) noexcept;
  static int timer_wanted(CURLM*, long ms, void* self) noexcept;
  void arm(std::shared_ptr<Watch> const& watch, curl_socket_t socket);
  void wait(std::shared_ptr<Watch> const& watch, curl_socket_t socket, bool to_read);
  void act(curl_socket_t socket, int events);

  Executor loop_;
  OnDone on_done_;
  CURLM* multi_;
  Timer timer_;
  std::unordered_map<curl_socket_t, std::shared_ptr<Watch>> watches_;
  std::shared_ptr<CurlLoop*> self_;  ///< handlers hold it weakly, so that none outlives us
};

}  // namespace wardroom::http
