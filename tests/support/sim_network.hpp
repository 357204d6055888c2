/// The simulated Webex as a network without sockets, on the clock it is given: requests and streams
/// reach the simulator's state machines after a latency, and every way a network breaks can be
/// played to the millisecond. Same seed, same trace.
///
///   net.serve("https://xsp1.acme.example", [&](sim::Request r) { return door.handle(0, r); });
///   net.way("https://xsp1.acme.example").refused = true;   // from now on nobody listens there
#pragma once
#include "cisco/xsi/srv_lookup.hpp"
#include "http/client.hpp"
#include "oauth/access_tokens.hpp"
#include "runtime/random.hpp"
#include "sim/exchange.hpp"
#include "sim/token_book.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::test {

/// What the way to one origin is like; may change at any moment.
struct Way {
  Milliseconds latency{5};  ///< of each direction
  Milliseconds jitter{
      0};                 ///< up to so much more for each packet of a stream, in order all the same
  bool refused = false;   ///< nobody listens: new connections are refused at once
  bool lost = false;      ///< every packet vanishes, both ways; set by lose()
  std::size_t piece = 0;  ///< streams arrive in pieces of 1 … `piece` bytes; 0 = as they were sent
};

class SimNetwork final : public http::Client {
 public:
  using Server = std::function<sim::Answer(sim::Request)>;
  /// An answer in place of the server's; nullopt = the server's own.
  using Meddler = std::function<std::optional<sim::Answer>(sim::Request const&)>;

  /// An answer as it reaches the client.
  struct Seen {
    std::string origin;
    http::Method method;
    std::string path;
    int status;
  };
  /// A stream as the client's side sees it.
  struct StreamInfo {
    std::string origin;
    Uptime asked{};
    std::optional<Uptime> begun{};  ///< what the server wrote first has arrived as a whole
    std::optional<Uptime> last_bytes{};
    std::optional<Uptime> ended{};  ///< by either side, as the client knows it
    bool half_open = false;         ///< nothing more can come and the client was not told
    bool open() const { return begun && !ended; }
  };

  SimNetwork(Executor loop, Clock& clock, Random& dice);
  ~SimNetwork() override;

  void serve(std::string origin, Server server);
  Way& way(std::string const& origin) { return hosts_.at(origin).way; }
  /// A firewall that forgot its connections: from now on packets vanish, and streams that were open
  /// stay half-open for ever. Ends with `way(origin).lost = false`.
  void lose(std::string const& origin);
  /// What its dying server does to every connection: RST.
  void reset_connections(std::string const& origin);
  /// The way to it carries packets again: the probe that a client's TCP sends on a half-open stream
  /// is answered with RST, as of a connection that nobody knows.
  void probe_half_open(std::string const& origin);
  /// Called with each request on its way in; see Meddler.
  void meddle(Meddler meddler) { meddler_ = std::move(meddler); }
  /// Told of each answer on its arrival.
  void watch(std::function<void(Seen const&)> watcher) { watcher_ = std::move(watcher); }
  /// Every stream since the beginning, or since forget_streams(): those that ended are dropped
  /// then.
  std::vector<std::shared_ptr<StreamInfo const>> streams() const;
  void forget_streams();
  std::size_t in_flight() const { return in_flight_; }  ///< requests and streams

  Task<Result<http::ClientResponse>> send(http::ClientRequest request) override;
  Task<Result<void>> stream(http::ClientRequest request, http::StreamSink& sink) override;

 private:
  struct Host;
  struct Stream;
  class StreamPipe;

  Host& host_of(http::ClientRequest const& request);
  Task<Result<sim::Answer>> exchange(http::ClientRequest request);
  Task<void> never(Milliseconds patience);
  void put(std::shared_ptr<Stream> const& stream, std::string_view bytes, std::size_t chunk);
  void close(std::shared_ptr<Stream> const& stream, sim::Ending how);
  using Arrival = std::function<void(Stream&, Uptime now)>;
  void arrive(std::shared_ptr<Stream> const& stream, Arrival what);
  void leave(std::shared_ptr<Stream> const& stream);
  void later(BootClock::duration wait, std::function<void()> then);

  struct Host {
    std::string origin, address;
    Server server;
    Way way{};
    std::uint64_t resets = 0;  ///< connections from before one are gone
  };

  Executor loop_;
  Clock& clock_;
  Random& dice_;
  std::map<std::string, Host, std::less<>> hosts_;
  Meddler meddler_;
  std::function<void(Seen const&)> watcher_;
  std::vector<std::shared_ptr<Stream>> streams_;
  std::map<std::uint64_t, TimerHandle> timers_;
  std::uint64_t next_timer_ = 0;
  std::size_t in_flight_ = 0;
};

/// DNS as a test says.
class SimDns final : public xsi::SrvLookup {
 public:
  Task<Result<xsi::SrvAnswer>> lookup(std::string name) override {
    names.push_back(std::move(name));
    co_return answer;
  }
  std::vector<std::string> names;
  Result<xsi::SrvAnswer> answer = xsi::SrvAnswer{};
};

/// Tokens straight from the simulator's book, renewed as the vault does it: one renewal at a time.
class SimTokens final : public oauth::AccessTokens {
 public:
  SimTokens(sim::TokenBook& book, Clock& clock, sim::Issued first)
      : book_(book), clock_(clock), now_(std::move(first)) {}
  Task<Result<Secret>> bearer(std::string identity) override;
  Task<Result<Secret>> replace(std::string identity, Secret used) override;

  Milliseconds takes{200};  ///< a renewal
  std::uint64_t renewals = 0;

 private:
  sim::TokenBook& book_;
  Clock& clock_;
  sim::Issued now_;
  bool renewing_ = false;
};

}  // namespace wardroom::test
