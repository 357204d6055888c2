/// Requests out of bytes and answers into bytes, within the limits of a door: what its connections
/// do alike, over sockets or without any. Opens nothing and waits for nothing.
#pragma once
#include "http/door.hpp"
#include "http/forwarded.hpp"
#include "http/request_parser.hpp"
#include "http/response_wire.hpp"

#include <boost/asio/ip/address.hpp>

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom::http {

/// The other end of a connection.
struct Peer {
  boost::asio::ip::address address{};
  std::string text{};  ///< the address, or "unix"
  PeerCredentials credentials{};
};

/// One request while it is read and answered. Idle connections own none.
struct Exchange {
  std::string in;  ///< raw bytes not yet consumed
  std::size_t scanned = 0;
  std::string head_bytes;
  RequestHead head;
  RequestParser parser;
  std::string remote;  ///< when a trusted proxy named another
  Router::Match match;
  ServerRequest request;
};

/// Some clients send them behind a body.
inline void skip_empty_lines(Exchange& ex) {
  while (ex.scanned == 0 && ex.in.starts_with("\r\n")) ex.in.erase(0, 2);
}
/// What goes out when a client waits for leave to send its body.
inline constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

/// Shared by all connections of a door. Used on the loop.
class Reception {
 public:
  Reception(Executor loop_, Clock& clock_, Router& router_, DoorOptions options_);

  /// The length of the head that `ex.in` begins with, 0 while it is incomplete.
  std::expected<std::size_t, Refusal> find_head(Exchange& ex) const;

  /// What is answered instead of serving a request.
  struct Objection {
    Response response;
    bool close = true;  ///< where the next request begins is unknown
  };
  /// Takes the head off `ex.in` and finds its route. Nothing = it is to be served, after its body
  /// if it has one.
  std::optional<Objection> begin(Exchange& ex, std::size_t head_size, Peer const& peer);
  /// Takes what is there of the body; true once it is complete, or the answer to close with.
  std::expected<bool, Response> read_body(Exchange& ex);

  /// Whether the connection ends behind the answer to `ex` (null: to no request).
  bool is_last(Exchange const* ex) const { return !ex || !ex->head.keep_alive || stopping; }
  /// The bytes of an answer; a sentence and 500 when it cannot be sent as it is.
  std::string wire(Response const& response, Exchange const* ex, bool last);
  /// The same for what a stream begins with.
  std::string stream_wire(Response const& head, Exchange const& ex);

  Executor const loop;
  Clock& clock;
  Router& router;
  DoorOptions const options;
  TrustedProxies const trusted;
  ServerCounters counters;
  bool stopping = false;

 private:
  void fill_request(Exchange& ex, Peer const& peer) const;
  std::optional<Response> check_request(Exchange& ex) const;
  bool too_many_failures(Exchange const& ex);
  std::string wire_or_500(Response const& response, Exchange const* ex, WireOptions const& how);
  /// The Date field, made once a second.
  std::string const& date();

  std::string date_;
  std::int64_t date_second_ = -1;
};

}  // namespace wardroom::http
