/// An XSP for measuring: TLS, one stream of events at a rate, and the moment each DELETE arrives.
/// It answers everything at once (or after `answer_delay`) and keeps no more state than P3 needs.
#pragma once
#include "bench/figures.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace wardroom::bench {

/// A self-signed certificate for 127.0.0.1, made by openssl(1) in `folder`: server.pem and
/// server.key.
void make_certificate(std::string const& folder);

class BenchXsp {
 public:
  BenchXsp(boost::asio::io_context& io, std::string const& folder,
           std::chrono::milliseconds answer_delay);

  std::uint16_t port() const { return port_; }
  bool subscribed() const { return stream_ && subscribed_; }

  /// An outgoing call of `target`; `blocked` = its DELETE is waited for.
  void send_event(std::string const& target, bool blocked);
  std::uint64_t events() const { return events_; }
  std::uint64_t acks() const { return acks_; }
  std::uint64_t deletes() const { return deletes_; }
  std::uint64_t strays() const { return strays_; }  ///< DELETEs of calls that were to pass
  std::uint64_t expected_deletes() const { return expected_; }
  Latencies& latencies() { return latencies_; }
  void reset_counters();

 private:
  using Tls = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;
  struct Connection {
    Tls tls;
    std::string in, out;
    std::array<char, 32768> buffer{};
    bool writing = false;
    boost::asio::steady_timer delay;
    Connection(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context& context)
        : tls(std::move(socket), context), delay(tls.get_executor()) {}
  };
  using Shared = std::shared_ptr<Connection>;
  void accept();
  void read(Shared c);
  void parse(Shared const& c);
  void handle(Shared const& c, std::string_view head, std::string_view body);
  void answer(Shared const& c, std::string_view status, std::string_view body);
  void write(Shared const& c, std::string_view bytes);
  void flush(Shared c);

  boost::asio::io_context& io_;
  boost::asio::ssl::context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::chrono::milliseconds answer_delay_;
  Shared stream_;
  bool subscribed_ = false;
  std::uint64_t next_call_ = 1, sequence_ = 0;
  std::uint64_t events_ = 0, acks_ = 0, deletes_ = 0, strays_ = 0, expected_ = 0;
  std::unordered_map<std::uint64_t, std::int64_t>
      waiting_;  ///< call number → moment its event was written
  Latencies latencies_;
};

}  // namespace wardroom::bench
