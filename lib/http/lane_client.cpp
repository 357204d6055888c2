#include "http/lane_client.hpp"

#include "base/log.hpp"
#include "http/lane.hpp"
#include "http/request_wire.hpp"
#include "http/trust.hpp"

#include <openssl/ssl.h>

#include <map>

namespace wardroom::http {
namespace asio = boost::asio;

namespace {

asio::ssl::context make_tls(std::string const& ca_file) {
  asio::ssl::context tls(asio::ssl::context::tls_client);
  demand_safe_tls(tls.native_handle(), trust_of(ca_file).get());
  return tls;
}

constexpr Milliseconds first_delay{250}, longest_delay{3000};
/// A server that closes idle connections is not asked for new ones too often.
constexpr Milliseconds first_idle_delay{1000}, longest_idle_delay{30000};
constexpr std::size_t spare_for_urgent = 4;

}  // namespace

class LaneClient::Impl : public std::enable_shared_from_this<Impl> {
 public:
  using LanePtr = std::shared_ptr<Lane>;

  Impl(Executor loop, Clock& clock, TaskGroup& tasks, Options options)
      : loop_(loop),
        clock_(clock),
        tasks_(tasks),
        options_(std::move(options)),
        tls_(make_tls(options_.ca_file)) {}

  LanePtr lane(Origin const& origin, std::string const& connect_to, std::size_t connections) {
    auto& lane = lanes_[key(origin, connect_to)];
    if (!lane) {
      lane = std::make_shared<Lane>(loop_, origin, connect_to, options_.kept_for_urgent);
      connections = std::max(connections, std::size_t{1});
    }
    lane->base = std::max(lane->base, connections);
    while (lane->wanted < connections) add_connection(lane);
    return lane;
  }

  void add_connection(LanePtr const& lane) {
    ++lane->wanted;
    tasks_.spawn("lane to " + authority(lane->origin),
                 [me = shared_from_this(), lane] { return me->keep(lane); });
  }

  void grow_where_needed(LanePtr const& lane) {
    auto const now = clock_.uptime();
    if (lane->wanted >= options_.most_connections || !lane->should_grow(now)) return;
    lane->grown(now);
    add_connection(lane);
  }

  bool goes_elsewhere(Origin const& origin) const {
    return options_.beyond && !is_loopback_host(origin.host);
  }

  void cool(Origin const& origin, std::string const& connect_to) {
    auto const found = lanes_.find(key(origin, connect_to));
    if (found == lanes_.end()) return;
    auto const lane = found->second;
    lanes_.erase(found);
    lane->close();
  }

  void close_all() {
    for (auto const& [where, lane] : std::exchange(lanes_, {})) lane->close();
  }

  /// `me` lives as long as the coroutine, should the client die before its requests have ended.
  Task<Result<ClientResponse>> send([[maybe_unused]] std::shared_ptr<Impl> me,
                                    ClientRequest request) {
    auto const origin = check(request);
    if (!origin) co_return std::unexpected(origin.error());
    if (goes_elsewhere(*origin)) co_return co_await options_.beyond->send(std::move(request));
    auto found = lanes_.find(key(*origin, request.connect_to));
    auto const here = found != lanes_.end()
                          ? found->second
                          : lane(*origin, request.connect_to, options_.connections);
    auto const wire = to_wire(request, *origin, options_.user_agent);
    for (bool again = false;; again = true) {
      // Whoever has a call to end waits for no answer of others: one may hang until its time-out.
      if (request.urgent && here->idle() < spare_for_urgent && here->may_open() &&
          here->wanted < options_.most_connections)
        add_connection(here);
      auto connection = co_await here->acquire(request.urgent);
      if (!connection) {
        auto error = std::move(connection.error());
        error.what = describe(request) + ": " + error.what;
        error.not_done = !again;
        co_return std::unexpected(std::move(error));
      }
      bool untouched = false;
      auto answer = co_await exchange(here, *connection, request, wire, untouched);
      grow_where_needed(here);
      if (answer || !untouched || again || !may_repeat(request)) co_return answer;
      ++repeated_;
    }
  }

  Counters counters() const {
    Counters out{.opened = opened_, .failed_to_open = failed_to_open_, .repeated = repeated_};
    for (auto const& [where, lane] : lanes_) {
      out.open += lane->open();
      out.idle += lane->idle();
      out.waiting += lane->waiting();
    }
    return out;
  }

 private:
  static std::string key(Origin const& origin, std::string_view connect_to) {
    return origin.scheme + "://" + authority(origin) + "|" + std::string(connect_to);
  }

  /// One connection's life, for as long as the lane is wanted.
  Task<void> keep(LanePtr lane) {
    Milliseconds delay = first_delay, idle_delay = first_idle_delay;
    while (!lane->closed()) {
      if (!lane->may_open()) {
        co_await lane->rest(clock_, longest_delay);
        continue;
      }
      auto const connection = std::make_shared<LaneConnection>(
          loop_, lane->origin, lane->connect_to, lane->origin.scheme == "https" ? &tls_ : nullptr);
      auto opened = co_await open(lane, connection);
      if (lane->closed()) break;
      if (!opened) {
        log::debug("a connection could not be opened",
                   {{"origin", authority(lane->origin)}, {"why", opened.error().what}});
        if (lane->may_shrink()) break;
        co_await lane->rest(clock_, delay);
        delay = std::min(delay * 2, longest_delay);
        continue;
      }
      delay = first_delay;
      co_await serve(lane, connection);
      if (lane->may_shrink()) break;
      if (connection->served() > 0) {
        idle_delay = first_idle_delay;
        continue;
      }
      co_await lane->rest(clock_, idle_delay);
      idle_delay = std::min(idle_delay * 2, longest_idle_delay);
    }
    --lane->wanted;
  }

  Task<Result<void>> open(LanePtr lane, Lane::ConnectionPtr connection) {
    lane->begin_opening();
    struct Undo {
      Lane* lane;
      ~Undo() {
        if (lane) lane->gave_up_opening();
      }
    } undo{lane.get()};
    auto opened =
        co_await within(clock_, options_.connect_timeout,
                        "opening a connection to " + authority(lane->origin), connection->open());
    undo.lane = nullptr;
    if (!opened) {
      connection->close();
      ++failed_to_open_;
      lane->failed_to_open(opened.error());
      co_return opened;
    }
    ++opened_;
    lane->opened(connection);
    co_return opened;
  }

  Task<void> serve(LanePtr lane, Lane::ConnectionPtr connection) {
    struct Lost {
      Lane& lane;
      Lane::ConnectionPtr const& connection;
      ~Lost() {
        lane.lost(connection);
        connection->close();
      }
    } const lost{*lane, connection};
    co_await connection->read([this, lane, weak = std::weak_ptr(connection)] {
      auto alive = weak.lock();
      if (!alive) return;
      alive->idle_since = clock_.uptime();
      lane->offer(std::move(alive));
      lane->trim(clock_.uptime());
    });
  }

  /// `untouched` = no byte of an answer came and the connection failed: the request may go again.
  Task<Result<ClientResponse>> exchange(LanePtr lane, Lane::ConnectionPtr connection,
                                        ClientRequest const& request, Secret const& wire,
                                        bool& untouched) {
    LaneExchange exchange(loop_);
    exchange.parser.start(request.method == Method::head, request.response_limit);
    struct Leave {
      LaneConnection& connection;
      LaneExchange& exchange;
      ~Leave() { connection.forget(exchange); }
    } const leave{*connection, exchange};
    bool late = false;
    auto const timer = clock_.after(request.timeout, [&late, &connection] {
      late = true;
      connection->close();
    });
    auto const began = clock_.uptime();
    auto outcome = co_await connection->write(wire.reveal(), exchange);
    if (outcome) {
      co_await exchange.finished.wait();
      outcome = std::move(exchange.outcome);
    }
    if (late && !outcome)
      outcome = failure(ErrorKind::timed_out, "no complete answer within " +
                                                  std::to_string(request.timeout.count()) + " ms");
    if (!outcome) {
      untouched = !late && !exchange.any_byte;
      co_return failure(outcome.error().kind, describe(request) + ": " + outcome.error().what);
    }
    if (auto fine = check(request, exchange.parser.status(), exchange.parser.headers()); !fine)
      co_return std::unexpected(std::move(fine.error()));
    lane->answered_after(clock_.uptime() - began);
    ClientResponse response;
    response.status = exchange.parser.status();
    response.headers = std::move(exchange.parser.headers());
    response.body = std::move(exchange.parser.body());
    response.peer = connection->peer();
    co_return response;
  }

  Executor loop_;
  Clock& clock_;
  TaskGroup& tasks_;
  Options options_;
  asio::ssl::context tls_;
  std::map<std::string, LanePtr> lanes_;
  std::uint64_t opened_ = 0, failed_to_open_ = 0, repeated_ = 0;
};

LaneClient::LaneClient(Executor loop, Clock& clock, TaskGroup& tasks, Options options)
    : impl_(std::make_shared<Impl>(loop, clock, tasks, std::move(options))) {}

LaneClient::~LaneClient() { impl_->close_all(); }

Result<void> LaneClient::warm(std::string_view url, std::size_t connections,
                              std::string connect_to) {
  ClientRequest probe;
  probe.url = url;
  probe.connect_to = std::move(connect_to);
  auto const origin = check(probe);
  if (!origin) return std::unexpected(origin.error());
  if (impl_->goes_elsewhere(*origin)) return {};
  impl_->lane(*origin, probe.connect_to, connections);
  return {};
}

void LaneClient::cool(std::string_view url, std::string_view connect_to) {
  if (auto const origin = origin_of(url)) impl_->cool(*origin, std::string(connect_to));
}

Task<Result<ClientResponse>> LaneClient::send(ClientRequest request) {
  return impl_->send(impl_, std::move(request));
}

Task<Result<void>> LaneClient::stream(ClientRequest request, StreamSink&) {
  co_return failure(ErrorKind::internal,
                    describe(request) + ": streams do not go over the lane of warm connections");
}

LaneClient::Counters LaneClient::counters() const { return impl_->counters(); }

}  // namespace wardroom::http
