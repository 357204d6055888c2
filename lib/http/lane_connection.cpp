#include "http/lane_connection.hpp"

#include "http/trust.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/write.hpp>
#include <openssl/ssl.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

namespace wardroom::http {
namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {
constexpr auto as_result = asio::as_tuple(use_task);
constexpr std::size_t read_size = 8u << 10;

/// Addresses that need no resolver, or nothing.
std::vector<tcp::endpoint> known_endpoints(Origin const& origin, std::string_view connect_to) {
  if (auto const target = split_address(connect_to))
    return {{asio::ip::make_address(target->first), target->second}};
  if (origin.host == "localhost")
    return {{asio::ip::address_v4::loopback(), origin.port},
            {asio::ip::address_v6::loopback(), origin.port}};
  boost::system::error_code error;
  auto const address = asio::ip::make_address(origin.host, error);
  if (error) return {};
  return {{address, origin.port}};
}

std::string text(tcp::endpoint const& end) {
  auto const address = end.address().to_string();
  return (end.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(end.port());
}
}  // namespace

LaneConnection::LaneConnection(Executor loop, Origin origin, std::string connect_to,
                               asio::ssl::context* tls)
    : loop_(loop),
      origin_(std::move(origin)),
      connect_to_(std::move(connect_to)),
      socket_(loop),
      buffer_(read_size) {
  if (tls) tls_.emplace(socket_, *tls);
}

Task<Result<void>> LaneConnection::open() {
  auto connected = co_await connect();
  if (!connected) co_return connected;
  if (tls_) {
    auto trusted = co_await shake_hands();
    if (!trusted) co_return trusted;
  }
  open_ = true;
  co_return Result<void>{};
}

Task<Result<void>> LaneConnection::connect() {
  auto endpoints = known_endpoints(origin_, connect_to_);
  if (endpoints.empty()) {
    asio::ip::basic_resolver<tcp, Executor> resolver(loop_);
    auto const port = std::to_string(origin_.port);
    auto const [error, found] = co_await resolver.async_resolve(origin_.host, port, as_result);
    if (error)
      co_return failure(
          ErrorKind::unavailable,
          "the name " + origin_.host + " cannot be resolved (" + error.message() + "); check DNS");
    for (auto const& entry : found) endpoints.push_back(entry.endpoint());
  }
  auto const [error, end] = co_await asio::async_connect(socket_, endpoints, as_result);
  if (error) co_return failure(ErrorKind::unavailable, "no connection: " + error.message());
  peer_ = text(end);
  boost::system::error_code ignored;  // options only make it quicker
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
  unsigned const ms = 30'000;
  setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
  co_return Result<void>{};
}

Task<Result<void>> LaneConnection::shake_hands() {
  auto* ssl = tls_->native_handle();
  boost::system::error_code is_name;
  asio::ip::make_address(origin_.host, is_name);
  std::string const name(origin_.host, 0, origin_.host.size() - origin_.host.ends_with('.'));
  if ((is_name && SSL_set_tlsext_host_name(ssl, name.c_str()) != 1) ||
      !demand_host(SSL_get0_param(ssl), origin_.host))
    co_return failure(ErrorKind::internal, "OpenSSL does not take the name to check");
  auto const [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, as_result);
  if (!error) co_return Result<void>{};
  auto const verdict = SSL_get_verify_result(ssl);
  co_return std::unexpected(verdict == X509_V_OK ? handshake_failed(error.message(), origin_.host)
                                                 : certificate_refused(verdict, origin_.host));
}

Task<void> LaneConnection::read(std::function<void()> idle) {
  idle();
  while (open_) {
    boost::system::error_code error;
    std::size_t count = 0;
    if (tls_)
      std::tie(error, count) = co_await tls_->async_read_some(asio::buffer(buffer_), as_result);
    else
      std::tie(error, count) = co_await socket_.async_read_some(asio::buffer(buffer_), as_result);
    if (count) take({buffer_.data(), count}, idle);
    if (error) ended(error);
  }
}

void LaneConnection::take(std::string_view bytes, std::function<void()> const& idle) {
  while (!bytes.empty()) {
    if (!current_) {  // bytes nobody asked for: what follows cannot be trusted
      close();
      return;
    }
    current_->any_byte = true;
    auto const used = current_->parser.feed(bytes);
    if (!used) {
      finish(std::unexpected(used.error()));
      close();
      return;
    }
    bytes.remove_prefix(*used);
    if (!current_->parser.done()) continue;
    bool const keep = current_->parser.keep_alive() && bytes.empty();
    ++served_;
    finish({});
    if (!keep) {
      close();
      return;
    }
    idle();
  }
}

void LaneConnection::ended(boost::system::error_code error) {
  if (current_) {
    // Over TLS a bare end of the connection is not an end of the answer: anybody could cut it.
    bool const clean = error == asio::error::eof;
    auto outcome = current_->parser.end();
    if (!clean && outcome)
      outcome = failure(ErrorKind::unavailable, "the connection was cut inside the answer");
    if (!clean && !outcome) outcome.error().what += " (" + error.message() + ")";
    if (outcome) ++served_;
    finish(std::move(outcome));
  }
  close();
}

void LaneConnection::finish(Result<void> outcome) {
  auto* exchange = std::exchange(current_, nullptr);
  exchange->outcome = std::move(outcome);
  exchange->finished.raise();
}

Task<Result<void>> LaneConnection::write(std::string_view bytes, LaneExchange& exchange) {
  current_ = &exchange;
  boost::system::error_code error;
  std::size_t count = 0;
  auto const buffer = asio::buffer(bytes.data(), bytes.size());
  if (tls_)
    std::tie(error, count) = co_await asio::async_write(*tls_, buffer, as_result);
  else
    std::tie(error, count) = co_await asio::async_write(socket_, buffer, as_result);
  // An answer, or the end, may have come before all was written: then that is what counts.
  if (!error || current_ != &exchange) co_return Result<void>{};
  co_return failure(ErrorKind::unavailable,
                    "the connection ended before the request was sent (" + error.message() + ")");
}

void LaneConnection::forget(LaneExchange& exchange) {
  if (current_ != &exchange) return;
  current_ = nullptr;
  close();
}

void LaneConnection::close() {
  open_ = false;
  boost::system::error_code ignored;
  socket_.close(ignored);
  if (current_) finish(failure(ErrorKind::unavailable, "the connection was closed"));
}

}  // namespace wardroom::http
