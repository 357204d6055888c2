/// An XSP for measuring: TLS, one stream of events at a rate, and the moment each DELETE arrives.
/// It answers everything at once (or after `answer_delay`), tells the end of each call it was asked
/// to end, and keeps no more state than P3 needs.
///
/// Moments are taken as near to the wire as this process can: an event's just before its TLS record
/// is made and given to send(2); a DELETE's is the kernel's own stamp of the segment that completed
/// it (SO_TIMESTAMPNS), which over loopback is set inside the daemon's send(2). So neither this
/// process's own reading nor its waiting for a core is counted.
#pragma once
#include "bench/figures.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::bench {

/// A self-signed certificate for 127.0.0.1, made by openssl(1) in `folder`: server.pem and
/// server.key.
void make_certificate(std::string const& folder);

class BenchXsp {
 public:
  /// What one measurement saw since reset().
  struct Seen {
    std::uint64_t events = 0;        ///< sent, the ends of released calls included
    std::uint64_t acknowledged = 0;  ///< different ones
    std::uint64_t expected = 0;      ///< calls that were to be released
    std::uint64_t released = 0;
    std::uint64_t strays = 0;       ///< DELETEs of calls that were to pass, or of none
    std::uint64_t connections = 0;  ///< opened
    Latencies releases, acks;
    /// Of the releases that are not yet in `before`.
    Latencies since(Seen const& before) const { return releases.after(before.releases.count()); }
  };

  BenchXsp(boost::asio::io_context& io, std::string const& folder);

  std::uint16_t port() const { return port_; }
  bool subscribed() const { return stream_ && subscribed_; }
  void set_answer_delay(std::chrono::milliseconds delay) { answer_delay_ = delay; }

  /// An outgoing call of `target`; `blocked` = its DELETE is waited for.
  void send_event(std::string const& target, bool blocked);
  Seen& seen() { return seen_; }
  bool all_answered() const {
    return seen_.released >= seen_.expected && seen_.acknowledged >= seen_.events;
  }
  void reset();

 private:
  struct Connection;
  using Shared = std::shared_ptr<Connection>;
  struct Call {
    std::string target;  ///< of those to be released
    std::int64_t at = 0;
    bool blocked = false, released = false;
  };
  struct Event {
    std::int64_t at = 0;
    bool acknowledged = false;
  };

  void accept();
  void wait_to_read(Shared const& c);
  bool read(Shared const& c);
  void parse(Shared const& c, std::int64_t arrived);
  void handle(Shared const& c, std::string_view head, std::string_view body, std::int64_t arrived);
  void acknowledged(std::string_view body, std::int64_t arrived);
  std::uint64_t deleted(std::string_view line, std::int64_t arrived);
  std::string documents(std::string_view line);
  void send_document(std::string_view type, std::uint64_t call, std::string const& target,
                     std::string_view state);
  void answer(Shared const& c, std::string const& body);
  void write(Shared const& c, std::string_view bytes);
  void flush(Shared const& c);
  void push(Shared const& c);

  boost::asio::ssl::context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::chrono::milliseconds answer_delay_{0};
  Shared stream_;
  bool subscribed_ = false;
  std::uint64_t first_call_ = 1, first_event_ = 1;  ///< numbers of the front of the lists
  std::vector<Call> calls_;
  std::vector<Event> events_;
  Seen seen_;
};

}  // namespace wardroom::bench
