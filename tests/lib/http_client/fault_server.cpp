#include "lib/http_client/fault_server.hpp"

#include "runtime/task.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <charconv>
#include <deque>
#include <list>

namespace wardroom::test {
namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<tcp, Executor>;

namespace {
constexpr auto as_result = asio::as_tuple(use_task);

/// Head and body of one request are there.
bool complete(std::string const& text) {
  auto const end = text.find("\r\n\r\n");
  if (end == text.npos) return false;
  auto const field = text.find("Content-Length: ");
  std::size_t length = 0;
  if (field < end) std::from_chars(text.data() + field + 16, text.data() + end, length);
  return text.size() >= end + 4 + length;
}
}  // namespace

struct FaultServer::State : std::enable_shared_from_this<State> {
  State(asio::io_context& io, asio::ssl::context* t)
      : loop(io.get_executor()),
        tls(t),
        acceptor(loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {}

  Executor loop;
  asio::ssl::context* tls;
  asio::basic_socket_acceptor<tcp, Executor> acceptor;
  std::deque<Answer> answers;
  Answer otherwise{ok("fine")};
  std::vector<std::string> requests;
  std::list<std::shared_ptr<Socket>> sockets;
  std::size_t accepted = 0;

  Task<void> accept() {
    for (;;) {
      auto socket = std::make_shared<Socket>(loop);
      auto const [error] = co_await acceptor.async_accept(*socket, as_result);
      if (error) co_return;
      ++accepted;
      sockets.push_back(socket);
      asio::co_spawn(
          loop, [me = shared_from_this(), socket] { return me->serve(socket); },
          [me = shared_from_this(), socket](std::exception_ptr) { me->sockets.remove(socket); });
    }
  }

  Task<void> serve(std::shared_ptr<Socket> socket) {
    if (!tls) {
      co_await converse(*socket, *socket);
    } else {
      asio::ssl::stream<Socket&> stream(*socket, *tls);
      auto const [error] =
          co_await stream.async_handshake(asio::ssl::stream_base::server, as_result);
      if (!error) co_await converse(stream, *socket);
    }
    boost::system::error_code ignored;
    socket->close(ignored);
  }

  template <class Stream>
  Task<void> converse(Stream& stream, Socket& socket) {
    std::array<char, 65536> buffer;
    for (;;) {
      std::string request;
      while (!complete(request)) {
        auto const [error, count] =
            co_await stream.async_read_some(asio::buffer(buffer), as_result);
        if (error) co_return;
        request.append(buffer.data(), count);
      }
      requests.push_back(std::move(request));
      auto answer = otherwise;
      if (!answers.empty()) {
        answer = std::move(answers.front());
        answers.pop_front();
      }
      co_await pause(answer.before);
      if (!co_await send(stream, answer)) co_return;
      if (answer.then == Answer::Then::keep) continue;
      if (answer.then == Answer::Then::hang) {  // until the other side goes away
        co_await stream.async_read_some(asio::buffer(buffer), as_result);
        co_return;
      }
      if (answer.then == Answer::Then::reset) make_reset(socket);
      co_return;
    }
  }

  template <class Stream>
  Task<bool> send(Stream& stream, Answer const& answer) {
    std::size_t const step = answer.between.count() ? 1 : answer.bytes.size();
    for (std::size_t at = 0; at < answer.bytes.size(); at += step) {
      auto const piece = asio::buffer(answer.bytes.data() + at, step);
      auto const [error, count] = co_await asio::async_write(stream, piece, as_result);
      if (error) co_return false;
      co_await pause(answer.between);
    }
    co_return true;
  }

  Task<void> pause(Milliseconds time) {
    if (time.count() == 0) co_return;
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, Executor>
        timer(loop, time);
    co_await timer.async_wait(as_result);
  }

  static void make_reset(Socket& socket) {
    boost::system::error_code ignored;
    socket.set_option(asio::socket_base::linger(true, 0), ignored);
    socket.close(ignored);
  }
};

std::string ok(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

FaultServer::FaultServer(asio::io_context& io, asio::ssl::context* tls)
    : state_(std::make_shared<State>(io, tls)) {
  asio::co_spawn(
      io.get_executor(), [state = state_] { return state->accept(); },
      [](std::exception_ptr why) {
        if (why) std::rethrow_exception(why);
      });
}

FaultServer::~FaultServer() { stop(); }

void FaultServer::next(Answer answer) { state_->answers.push_back(std::move(answer)); }
void FaultServer::otherwise(Answer answer) { state_->otherwise = std::move(answer); }

void FaultServer::drop_all(bool reset) {
  boost::system::error_code ignored;
  for (auto const& socket : state_->sockets) {
    if (reset) State::make_reset(*socket);
    socket->close(ignored);
  }
}

void FaultServer::stop() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  drop_all(false);
}

std::uint16_t FaultServer::port() const { return state_->acceptor.local_endpoint().port(); }
std::string FaultServer::address() const { return "127.0.0.1:" + std::to_string(port()); }
std::string FaultServer::url(std::string_view path) const {
  return "http://" + address() + std::string(path);
}
std::vector<std::string> const& FaultServer::requests() const { return state_->requests; }
std::size_t FaultServer::accepted() const { return state_->accepted; }
std::size_t FaultServer::open() const { return state_->sockets.size(); }

}  // namespace wardroom::test
