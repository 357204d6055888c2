#include "sim/cms_odd_post.hpp"

#include "http/client.hpp"
#include "sim/wire_text.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <array>

namespace wardroom::sim {
namespace {

namespace asio = boost::asio;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

std::string head_of_post(CmsPost const& post, http::Origin const& origin,
                         std::string_view framing) {
  auto const path = post.uri.find('/', post.uri.find("://") + 3);
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: {}:{}\r\n{}{}\r\n\r\n",
      path == std::string::npos ? "/" : post.uri.substr(path), origin.host, origin.port,
      post.content_type.empty() ? "" : fmt::format("Content-Type: {}\r\n", post.content_type),
      framing);
}

}  // namespace

Task<Result<int>> odd_post(Executor loop, Clock& clock, CmsPost post) {
  auto const origin = http::origin_of(post.uri);
  boost::system::error_code error;
  auto const address = asio::ip::make_address(origin ? origin->host : "", error);
  if (error) co_return failure(ErrorKind::malformed, "an odd post needs an IP address");
  Socket socket(loop);
  co_await socket.async_connect({address, origin->port}, asio::redirect_error(use_task, error));
  if (error) co_return 0;
  bool const in_chunks = post.wire == "chunked";
  auto const framing = in_chunks ? std::string("Transfer-Encoding: chunked")
                                 : fmt::format("Content-Length: {}", post.body.size());
  auto bytes = head_of_post(post, *origin, framing);
  if (in_chunks)
    bytes += chunked(post.body, 17) + "0\r\n\r\n";
  else
    bytes += post.wire == "cut" ? post.body.substr(0, post.body.size() / 2) : post.body;
  std::size_t const piece = post.wire == "slow" ? 1 : bytes.size();
  for (std::size_t at = 0; at < bytes.size() && !error; at += piece) {
    co_await asio::async_write(socket, asio::buffer(bytes.data() + at, piece),
                               asio::redirect_error(use_task, error));
    if (piece == 1) co_await clock.sleep_for(Milliseconds(3));
  }
  if (error || post.wire == "cut") co_return 0;
  std::string answer;
  std::array<char, 1024> space{};
  while (!error && answer.find("\r\n") == std::string::npos) {
    auto const n =
        co_await socket.async_read_some(asio::buffer(space), asio::redirect_error(use_task, error));
    answer.append(space.data(), n);
  }
  if (!answer.starts_with("HTTP/1.1 ") || answer.size() < 12) co_return 0;
  co_return number<int>(std::string_view(answer).substr(9, 3)).value_or(0);
}

}  // namespace wardroom::sim
