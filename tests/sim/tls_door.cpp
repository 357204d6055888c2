#include "sim/tls_door.hpp"

#include "http/message.hpp"
#include "runtime/task.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <list>
#include <utility>

namespace wardroom::sim {
namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using TlsStream = asio::ssl::stream<Socket&>;

namespace {

constexpr auto as_result = asio::as_tuple(use_task);
constexpr std::size_t longest_head = 256u << 10;

void make_reset(Socket& socket) {
  boost::system::error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

/// The length of the body that follows this head; false when only its end will tell.
bool body_length(std::string_view head, std::size_t& out) {
  out = 0;
  for (auto rest = head; !rest.empty();) {
    auto const end = std::min(rest.find("\r\n"), rest.size());
    auto const line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 2, rest.size()));
    auto const colon = line.find(':');
    if (colon == line.npos) continue;
    auto const name = line.substr(0, colon);
    if (http::equal_ignoring_case(name, "Transfer-Encoding")) return false;
    if (!http::equal_ignoring_case(name, "Content-Length")) continue;
    auto value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    std::from_chars(value.data(), value.data() + value.size(), out);
  }
  return true;
}

}  // namespace

std::string RequestTagger::feed(std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    if (as_it_is_ || body_left_ > 0) {
      auto const take = as_it_is_ ? bytes.size() : std::min(body_left_, bytes.size());
      out += bytes.substr(0, take);
      bytes.remove_prefix(take);
      if (!as_it_is_) body_left_ -= take;
      continue;
    }
    auto const before = head_.size();
    head_ += bytes;
    auto const end = head_.find("\r\n\r\n");
    if (end == head_.npos && head_.size() > longest_head) {  // the one behind is to judge it
      as_it_is_ = true;
      out += std::exchange(head_, {});
      break;
    }
    if (end == head_.npos) break;
    bytes.remove_prefix(end + 4 - before);
    head_.resize(end + 4);
    as_it_is_ = !body_length(head_, body_left_);
    auto const first = head_.find("\r\n") + 2;
    out.append(head_, 0, first).append(line_).append("\r\n").append(head_, first);
    head_.clear();
  }
  return out;
}

struct TlsDoor::State : std::enable_shared_from_this<State> {
  State(Executor l, Shown const& shown, std::uint16_t to, std::uint16_t port)
      : loop(l),
        tls(server_context(shown.own, shown.chain)),
        plain(asio::ip::address_v4::loopback(), to),
        acceptor(l, tcp::endpoint(asio::ip::address_v4::loopback(), port)) {}

  Executor loop;
  std::unique_ptr<asio::ssl::context> tls;
  tcp::endpoint plain;
  asio::basic_socket_acceptor<tcp, Executor> acceptor;
  std::list<std::shared_ptr<Socket>> sockets;
  std::size_t accepted = 0, handshakes = 0, received = 0;

  Task<void> accept() {
    for (;;) {
      auto const client = std::make_shared<Socket>(loop);
      auto const [error] = co_await acceptor.async_accept(*client, as_result);
      if (error) co_return;
      ++accepted;
      auto const server = std::make_shared<Socket>(loop);
      auto const places = {sockets.insert(sockets.end(), client),
                           sockets.insert(sockets.end(), server)};
      asio::co_spawn(
          loop, [me = shared_from_this(), client, server] { return me->serve(client, server); },
          [me = shared_from_this(), places = std::vector(places)](std::exception_ptr) {
            for (auto const place : places) me->sockets.erase(place);
          });
    }
  }

  Task<void> serve(std::shared_ptr<Socket> client, std::shared_ptr<Socket> server) {
    using namespace asio::experimental::awaitable_operators;
    TlsStream stream(*client, *tls);
    auto const [refused] =
        co_await stream.async_handshake(asio::ssl::stream_base::server, as_result);
    if (!refused) {
      ++handshakes;
      std::array<char, 16384> buffer;
      auto const [error, count] = co_await stream.async_read_some(asio::buffer(buffer), as_result);
      received += count;
      if (!error && co_await connect(*server))
        co_await (inward(stream, *server, {buffer.data(), count}) || outward(*server, stream));
    }
    boost::system::error_code ignored;
    client->close(ignored);
    server->close(ignored);
  }

  Task<bool> connect(Socket& server) {
    auto const [error] = co_await server.async_connect(plain, as_result);
    if (error) co_return false;
    boost::system::error_code ignored;
    server.set_option(tcp::no_delay(true), ignored);
    co_return true;
  }

  Task<void> inward(TlsStream& from, Socket& to, std::string_view first) {
    RequestTagger tagger("X-Forwarded-Proto: https");
    std::string bytes = tagger.feed(first);
    std::array<char, 16384> buffer;
    for (;;) {
      auto const [broken, sent] = co_await asio::async_write(to, asio::buffer(bytes), as_result);
      if (broken) co_return;
      auto const [error, count] = co_await from.async_read_some(asio::buffer(buffer), as_result);
      received += count;
      if (error) co_return;
      bytes = tagger.feed({buffer.data(), count});
    }
  }

  Task<void> outward(Socket& from, TlsStream& to) {
    std::array<char, 16384> buffer;
    for (;;) {
      auto const [error, count] = co_await from.async_read_some(asio::buffer(buffer), as_result);
      if (error == asio::error::operation_aborted) co_return;
      if (error && error != asio::error::eof) co_return make_reset(to.next_layer());
      if (error) {  // a plain end becomes a clean end inside TLS
        static_cast<void>(co_await to.async_shutdown(as_result));
        co_return;
      }
      auto const bytes = asio::buffer(buffer.data(), count);
      auto const [broken, sent] = co_await asio::async_write(to, bytes, as_result);
      if (broken) co_return;
    }
  }
};

TlsDoor::TlsDoor(Executor loop, Shown const& shown, std::uint16_t plain_port, std::uint16_t port)
    : state_(std::make_shared<State>(loop, shown, plain_port, port)) {
  asio::co_spawn(loop, [state = state_] { return state->accept(); }, [](std::exception_ptr) {});
}

TlsDoor::~TlsDoor() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  for (auto const& socket : state_->sockets) socket->close(ignored);
}

std::uint16_t TlsDoor::port() const { return state_->acceptor.local_endpoint().port(); }
std::size_t TlsDoor::accepted() const { return state_->accepted; }
std::size_t TlsDoor::handshakes() const { return state_->handshakes; }
std::size_t TlsDoor::received() const { return state_->received; }

}  // namespace wardroom::sim
