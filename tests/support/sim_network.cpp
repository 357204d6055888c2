#include "support/sim_network.hpp"

#include "runtime/wake.hpp"

#include <algorithm>
#include <utility>

namespace wardroom::test {
namespace {

using sim::Answer;

std::unexpected<Error> no_answer(ErrorKind kind, http::ClientRequest const& request,
                                 std::string_view why, bool not_done = false) {
  return std::unexpected(
      Error{kind, http::describe(request) + ": " + std::string(why), std::nullopt, not_done});
}

sim::Request as_sim(http::ClientRequest const& request, http::Origin const& origin) {
  sim::Request out;
  out.method = request.method;
  auto const path =
      std::min(request.url.find('/', request.url.find("://") + 3), request.url.size());
  out.path = request.url.substr(path);
  if (auto const mark = out.path.find('?'); mark != std::string::npos) {
    out.query = out.path.substr(mark + 1);
    out.path.resize(mark);
  }
  out.headers = request.headers;
  out.headers.set("Host", origin.host);
  if (origin.scheme == "https") out.headers.set("X-Forwarded-Proto", "https");
  if (auto const login = http::authorization(request); !login.empty())
    out.headers.set("Authorization", std::string(login.reveal()));
  out.body = request.body;
  return out;
}

struct Counted {
  explicit Counted(std::size_t& n) : number(n) { ++number; }
  ~Counted() { --number; }
  Counted(Counted const&) = delete;
  Counted& operator=(Counted const&) = delete;
  std::size_t& number;
};

}  // namespace

/// One connection that carries a stream. What the server sends arrives in order.
struct SimNetwork::Stream : StreamInfo {
  Stream(Executor loop, Host& its_host, http::StreamSink& its_sink)
      : host(its_host), sink(&its_sink), over(loop) {}
  Host& host;
  http::StreamSink* sink;  ///< null once the client has gone
  Wake over;
  std::optional<Error> error;  ///< what follows when it ends unexpectedly
  Uptime last_arrival{};
  bool wrote = false;
  bool server_done = false;       ///< the server said its last, or believes that nobody listens
  std::function<void()> on_gone;  ///< tells the server that the client left
};

/// The server's end of it. Servers may hold on to it for longer than there is a network.
class SimNetwork::StreamPipe final : public sim::Pipe {
 public:
  StreamPipe(SimNetwork& net, std::shared_ptr<Stream> const& stream) : net_(net), stream_(stream) {}
  void write(std::string_view bytes, std::size_t chunk) override {
    if (auto const stream = stream_.lock(); stream && !stream->server_done)
      net_.put(stream, bytes, chunk);
  }
  void end(sim::Ending how) override {
    if (auto const stream = stream_.lock(); stream && !std::exchange(stream->server_done, true))
      net_.close(stream, how);
  }
  void on_gone(std::function<void()> then) override {
    if (auto const stream = stream_.lock(); stream && stream->sink != nullptr)
      stream->on_gone = std::move(then);
    else
      then();
  }

 private:
  SimNetwork& net_;
  std::weak_ptr<Stream> stream_;
};

SimNetwork::SimNetwork(Executor loop, Clock& clock, Random& dice)
    : loop_(loop), clock_(clock), dice_(dice) {}

/// Servers may hold on to their ends of streams: what they say is heard by nobody.
SimNetwork::~SimNetwork() {
  for (auto const& stream : streams_) stream->server_done = true;
}

void SimNetwork::serve(std::string origin, Server server) {
  auto const address = "192.0.2." + std::to_string(hosts_.size() + 1) + ":443";
  hosts_[origin] = {origin, address, std::move(server)};
}

SimNetwork::Host& SimNetwork::host_of(http::ClientRequest const& request) {
  auto const end = request.url.find('/', request.url.find("://") + 3);
  auto const found = hosts_.find(request.url.substr(0, end));
  if (found == hosts_.end())
    throw std::logic_error("nobody serves " + http::describe(request) + " in this network");
  return found->second;
}

/// `then` runs once, unless the network is gone before.
void SimNetwork::later(BootClock::duration wait, std::function<void()> then) {
  auto const id = next_timer_++;
  timers_[id] = clock_.after(wait, [this, id, then = std::move(then)] {
    auto const held = timers_.extract(id);
    then();
  });
}

Task<void> SimNetwork::never(Milliseconds patience) { co_await clock_.sleep_for(patience); }

// --- requests ------------------------------------------------------------------------------------

/// To the server and back, as far as the answer's head: the way there, the server's own delay, the
/// way back. What never answers is ended by the caller's time-out.
Task<Result<Answer>> SimNetwork::exchange(http::ClientRequest request) {
  constexpr Milliseconds for_ever{1'000'000'000};
  auto const origin = http::check(request);
  if (!origin) co_return std::unexpected(origin.error());
  auto& host = host_of(request);
  co_await clock_.sleep_for(host.way.latency);
  if (host.way.lost) co_await never(for_ever);
  if (host.way.refused)
    co_return no_answer(ErrorKind::unavailable, request, "connection refused", true);
  auto const resets = host.resets;
  auto asked = as_sim(request, *origin);
  Seen seen{host.origin, asked.method, asked.path, 0};
  std::optional<Answer> instead;
  if (meddler_) instead = meddler_(asked);
  auto answer = instead ? std::move(*instead) : host.server(std::move(asked));
  if (answer.delay.count() > 0) co_await clock_.sleep_for(answer.delay);
  if (answer.wire == Answer::Wire::hang || answer.wire == Answer::Wire::drip)
    co_await never(for_ever);
  bool const streams = answer.stream && answer.response.status == 200;
  if (!streams) co_await clock_.sleep_for(host.way.latency);
  if (host.way.lost) co_await never(for_ever);
  if (resets != host.resets)
    co_return no_answer(ErrorKind::unavailable, request, "the connection was reset");
  if (answer.wire == Answer::Wire::cut || answer.wire == Answer::Wire::cut_chunk ||
      answer.wire == Answer::Wire::reset || answer.wire == Answer::Wire::wrong_length)
    co_return no_answer(ErrorKind::unavailable, request,
                        "the connection ended before the answer was complete");
  seen.status = answer.response.status;
  if (watcher_) watcher_(seen);
  co_return answer;
}

Task<Result<http::ClientResponse>> SimNetwork::send(http::ClientRequest request) {
  Counted const counted(in_flight_);
  auto const& host = host_of(request);
  auto answer =
      co_await within(clock_, request.timeout, http::describe(request), exchange(request));
  if (!answer) co_return std::unexpected(answer.error());
  auto& response = answer->response;
  if (response.body.size() > request.response_limit)
    co_return no_answer(ErrorKind::malformed, request, "the answer is too long");
  co_return http::ClientResponse{response.status, std::move(response.headers),
                                 std::move(response.body), host.address};
}

// --- streams -------------------------------------------------------------------------------------

Task<Result<void>> SimNetwork::stream(http::ClientRequest request, http::StreamSink& sink) {
  Counted const counted(in_flight_);
  auto& host = host_of(request);
  auto const stream = std::make_shared<Stream>(loop_, host, sink);
  stream->origin = host.origin;
  stream->asked = clock_.uptime();
  auto answer =
      co_await within(clock_, request.timeout, http::describe(request), exchange(request));
  if (!answer) co_return std::unexpected(answer.error());
  auto const& response = answer->response;
  if (!answer->stream || response.status != 200) {
    sink.on_head(response.status, response.headers, host.address);
    sink.on_bytes(response.body);
    co_return Result<void>{};
  }
  streams_.push_back(stream);
  struct Leave {
    SimNetwork& net;
    std::shared_ptr<Stream> stream;
    ~Leave() { net.leave(stream); }
  } const leave{*this, stream};
  arrive(stream, [response](Stream& s, Uptime now) {
    s.last_bytes = now;
    s.sink->on_head(response.status, response.headers, s.host.address);
  });
  answer->stream(std::make_shared<StreamPipe>(*this, stream));
  co_await stream->over.wait();
  if (stream->error) co_return std::unexpected(*stream->error);
  co_return Result<void>{};
}

/// The client has gone, or heard the end; the server hears of it unless the way is dead.
void SimNetwork::leave(std::shared_ptr<Stream> const& stream) {
  stream->sink = nullptr;
  if (!stream->ended) stream->ended = clock_.uptime();
  bool const untold = stream->server_done || stream->half_open || stream->host.way.lost;
  if (auto tell = std::exchange(stream->on_gone, {}); tell && !untold)
    later(stream->host.way.latency, std::move(tell));
}

/// Does something at the client's end once all that was sent before has arrived there.
void SimNetwork::arrive(std::shared_ptr<Stream> const& stream, Arrival what) {
  auto const& way = stream->host.way;
  Milliseconds const extra{
      way.jitter.count() == 0
          ? 0
          : static_cast<Milliseconds::rep>(dice_.fraction() * double(way.jitter.count() + 1))};
  auto const now = clock_.uptime();
  stream->last_arrival = std::max<Uptime>(stream->last_arrival, now + way.latency + extra);
  later(stream->last_arrival - now, [this, stream, what = std::move(what)] {
    if (stream->host.way.lost) stream->half_open = true;
    if (stream->sink != nullptr && !stream->ended && !stream->half_open)
      what(*stream, clock_.uptime());
  });
}

void SimNetwork::put(std::shared_ptr<Stream> const& stream, std::string_view bytes,
                     std::size_t chunk) {
  bool const first = !std::exchange(stream->wrote, true);
  while (!bytes.empty()) {
    auto size = chunk == 0 ? bytes.size() : std::min(chunk, bytes.size());
    if (auto const most = stream->host.way.piece; most > 0)
      size = std::min<std::size_t>(size, 1 + dice_.number() % most);
    bool const begins = first && size == bytes.size();
    arrive(stream, [part = std::string(bytes.substr(0, size)), begins](Stream& s, Uptime now) {
      if (begins) s.begun = now;
      s.last_bytes = now;
      s.sink->on_bytes(part);
    });
    bytes.remove_prefix(size);
  }
}

void SimNetwork::close(std::shared_ptr<Stream> const& stream, sim::Ending how) {
  if (how == sim::Ending::silence)
    return arrive(stream, [](Stream& s, Uptime) { s.half_open = true; });
  arrive(stream, [how](Stream& s, Uptime now) {
    if (how != sim::Ending::clean)
      s.error = Error{ErrorKind::unavailable, how == sim::Ending::reset
                                                  ? "the connection was reset"
                                                  : "the connection ended inside the body"};
    s.ended = now;
    s.over.raise();
  });
}

void SimNetwork::lose(std::string const& origin) {
  auto& host = hosts_.at(origin);
  host.way.lost = true;
  for (auto const& stream : streams_)
    if (&stream->host == &host && !stream->ended) stream->half_open = true;
}

void SimNetwork::probe_half_open(std::string const& origin) {
  auto const& host = hosts_.at(origin);
  for (auto const& stream : streams_) {
    if (&stream->host != &host || !stream->half_open || stream->ended) continue;
    stream->half_open = false;
    stream->server_done = true;
    close(stream, sim::Ending::reset);
  }
}

void SimNetwork::reset_connections(std::string const& origin) {
  auto& host = hosts_.at(origin);
  ++host.resets;
  for (auto const& stream : streams_) {
    if (&stream->host != &host || stream->sink == nullptr || stream->ended) continue;
    if (auto tell = std::exchange(stream->on_gone, {}); tell && !stream->server_done) tell();
    stream->server_done = true;
    close(stream, sim::Ending::reset);
  }
}

std::vector<std::shared_ptr<SimNetwork::StreamInfo const>> SimNetwork::streams() const {
  return {streams_.begin(), streams_.end()};
}

void SimNetwork::forget_streams() {
  std::erase_if(streams_, [](auto const& stream) { return stream->ended.has_value(); });
}

// --- tokens --------------------------------------------------------------------------------------

Task<Result<Secret>> SimTokens::bearer(std::string /*identity*/) {
  while (renewing_) co_await clock_.sleep_for(Milliseconds(10));
  co_return Secret(now_.access);
}

Task<Result<Secret>> SimTokens::replace(std::string identity, Secret used) {
  if (!renewing_ && used.reveal() == now_.access) {
    renewing_ = true;
    struct Done {
      bool& flag;
      ~Done() { flag = false; }
    } const done{renewing_};
    co_await clock_.sleep_for(takes);
    auto fresh = book_.refresh("C-wardroom-demo", now_.refresh);
    if (!fresh)
      co_return failure(ErrorKind::unauthorized, "the grant is gone; run wardroomctl login");
    now_ = std::move(*fresh);
    ++renewals;
    co_return Secret(now_.access);
  }
  co_return co_await bearer(std::move(identity));
}

}  // namespace wardroom::test
