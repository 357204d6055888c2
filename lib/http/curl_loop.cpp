#include "http/curl_loop.hpp"

#include <stdexcept>
#include <vector>

namespace wardroom::http {
namespace asio = boost::asio;

namespace {
CURLM* open_multi() {
  static CURLcode const ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  auto* multi = ready == CURLE_OK ? curl_multi_init() : nullptr;
  if (!multi) throw std::runtime_error("libcurl cannot be initialised");
  return multi;
}
}  // namespace

CurlLoop::CurlLoop(Executor loop, long kept_connections, OnDone on_done)
    : loop_(loop),
      on_done_(std::move(on_done)),
      multi_(open_multi()),
      timer_(loop),
      self_(std::make_shared<CurlLoop*>(this)) {
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlLoop::socket_wanted);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlLoop::timer_wanted);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kept_connections);
}

CurlLoop::~CurlLoop() {
  self_.reset();
  curl_multi_cleanup(multi_);
  for (auto& [socket, watch] : watches_) watch->fd.release();
}

CURLMcode CurlLoop::add(CURL* easy) { return curl_multi_add_handle(multi_, easy); }
CURLMcode CurlLoop::remove(CURL* easy) { return curl_multi_remove_handle(multi_, easy); }

int CurlLoop::socket_wanted(CURL*, curl_socket_t socket, int what, void* self, void*) noexcept {
  auto& me = *static_cast<CurlLoop*>(self);
  auto found = me.watches_.find(socket);
  if (what == CURL_POLL_REMOVE) {
    if (found == me.watches_.end()) return 0;
    auto const watch = std::move(found->second);
    me.watches_.erase(found);
    watch->wanted = 0;
    watch->fd.release();  // libcurl closes it
    return 0;
  }
  if (found == me.watches_.end())
    found =
        me.watches_
            .emplace(socket, std::make_shared<Watch>(
                                 asio::posix::basic_stream_descriptor<Executor>(me.loop_, socket)))
            .first;
  found->second->wanted = what;
  me.arm(found->second, socket);
  return 0;
}

int CurlLoop::timer_wanted(CURLM*, long ms, void* self) noexcept {
  auto& me = *static_cast<CurlLoop*>(self);
  me.timer_.cancel();
  if (ms < 0) return 0;
  me.timer_.expires_after(Milliseconds(ms));
  me.timer_.async_wait([weak = std::weak_ptr(me.self_)](boost::system::error_code error) {
    auto const alive = weak.lock();
    if (!error && alive) (*alive)->act(CURL_SOCKET_TIMEOUT, 0);
  });
  return 0;
}

void CurlLoop::arm(std::shared_ptr<Watch> const& watch, curl_socket_t socket) {
  if ((watch->wanted & CURL_POLL_IN) && !watch->reading) wait(watch, socket, true);
  if ((watch->wanted & CURL_POLL_OUT) && !watch->writing) wait(watch, socket, false);
}

void CurlLoop::wait(std::shared_ptr<Watch> const& watch, curl_socket_t socket, bool to_read) {
  (to_read ? watch->reading : watch->writing) = true;
  watch->fd.async_wait(
      to_read ? asio::posix::descriptor_base::wait_read : asio::posix::descriptor_base::wait_write,
      [weak = std::weak_ptr(self_), watch, socket, to_read](boost::system::error_code error) {
        (to_read ? watch->reading : watch->writing) = false;
        auto const alive = weak.lock();
        if (!alive || error || !(watch->wanted & (to_read ? CURL_POLL_IN : CURL_POLL_OUT))) return;
        auto& me = **alive;
        me.act(socket, to_read ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
        if (weak.expired()) return;
        auto const still = me.watches_.find(socket);
        if (still != me.watches_.end() && still->second == watch) me.arm(watch, socket);
      });
}

void CurlLoop::act(curl_socket_t socket, int events) {
  auto const alive = std::weak_ptr(self_);
  int running = 0;
  if (auto const code = curl_multi_socket_action(multi_, socket, events, &running);
      code != CURLM_OK && code != CURLM_BAD_SOCKET)  // a socket just closed is no trouble
    throw std::logic_error(std::string("libcurl: ") + curl_multi_strerror(code));
  std::vector<std::pair<CURL*, CURLcode>> done;
  int left = 0;
  while (auto const* message = curl_multi_info_read(multi_, &left))
    if (message->msg == CURLMSG_DONE) done.emplace_back(message->easy_handle, message->data.result);
  for (auto const& [easy, result] : done) curl_multi_remove_handle(multi_, easy);
  for (auto const& [easy, result] : done) {
    if (alive.expired()) return;
    on_done_(easy, result);
  }
}

}  // namespace wardroom::http
