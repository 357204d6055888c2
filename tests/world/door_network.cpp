#include "door_network.hpp"

#include "http/request_wire.hpp"
#include "http/response_parser.hpp"
#include "runtime/wake.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace wardroom::world {
namespace {

/// A side that hears nothing of the other gives its connection up, as TCP does.
constexpr std::chrono::minutes tcp_patience{2};
/// Of one visitor at one door.
constexpr std::size_t most_kept = 4;
/// Nobody waits for the answer to a duplicate; it may be a stream.
constexpr std::chrono::seconds patience_of_duplicates{15};
constexpr std::string_view agent = "a visitor of the world";

std::string origin_text(std::string_view url) {
  return std::string(url.substr(0, url.find('/', std::min(url.find("://"), url.size() - 3) + 3)));
}

std::unexpected<Error> no_answer(std::string const& what, std::string_view why,
                                 bool not_done = false) {
  return std::unexpected(
      Error{ErrorKind::unavailable, what + ": " + std::string(why), std::nullopt, not_done});
}

http::Peer peer_at(std::string const& address) {
  return {boost::asio::ip::make_address(address), address, {}};
}

http::Peer root() { return {{}, "unix", {.uid = 0, .gid = 0, .pid = 1, .groups = {}}}; }

bool listens_at_port(std::vector<std::string> const& places, std::uint16_t port) {
  return std::ranges::any_of(places, [end = ":" + std::to_string(port)](auto const& place) {
    return place.ends_with(end);
  });
}

}  // namespace

/// A connection; used on the daemon's loop.
struct DoorNetwork::Link {
  std::shared_ptr<test::MemoryDoor::Connection> connection{};
  std::weak_ptr<Call> call{};  ///< whose answer comes over it
};

/// One request, over a connection of its own or one that was kept.
struct DoorNetwork::Call {
  Call(Executor loop, std::uint64_t number_, Entrance& door_, std::uint64_t life_,
       std::string what_)
      : number(number_), door(door_), life(life_), what(std::move(what_)), over(loop) {}

  std::uint64_t const number;
  Entrance& door;
  std::uint64_t const life;  ///< of the door, when the request left
  std::string const what;    ///< for sentences
  http::Peer peer{};
  DoorWay const* own_way = nullptr;
  DoorWay const& way() const { return own_way ? *own_way : door.way; }
  std::string bytes{};
  http::ResponseParser answer{};
  http::StreamSink* sink = nullptr;  ///< null = the whole answer is wanted
  bool told_head = false;
  void tell_head() {
    if (sink != nullptr && answer.head_done() && !std::exchange(told_head, true))
      sink->on_head(answer.status(), answer.headers(), "192.0.2.1:443");
  }

  std::shared_ptr<Link> link{};
  bool sent = false;             ///< the first piece has reached the door
  Uptime last_out{}, last_in{};  ///< what was sent first arrives first, in each direction
  bool vanished = false;         ///< nothing arrives any more, either way
  bool cut = false, answer_lost = false;

  bool done = false;  ///< for the client
  Result<void> result{};
  Wake over;
  std::function<void()> then{};
};

class DoorNetwork::Visitor final : public http::Client {
 public:
  Visitor(DoorNetwork& net, std::string its_address, DoorWay const* own)
      : address(std::move(its_address)), way(own), net_(net) {}
  Task<Answer> send(http::ClientRequest request) override {
    return net_.send_from(*this, std::move(request));
  }
  Task<Result<void>> stream(http::ClientRequest request, http::StreamSink& sink) override {
    return net_.stream_from(*this, std::move(request), sink);
  }
  std::string const address;
  DoorWay const* way;

 private:
  DoorNetwork& net_;
};

DoorNetwork::DoorNetwork(Executor loop, Clock& clock, Random& dice)
    : loop_(loop), clock_(clock), dice_(dice), neighbours_(loop, clock, dice) {
  for (auto const* name : {"http", "cdr", "control"}) doors_[name].name = name;
}

DoorNetwork::~DoorNetwork() = default;

void DoorNetwork::serve(std::string origin, test::SimNetwork::Server server) {
  served_.insert(origin);
  neighbours_.serve(std::move(origin), std::move(server));
}

void DoorNetwork::attach(std::string_view name, std::string_view origin, test::MemoryDoor& door,
                         Executor daemon_loop) {
  auto& entrance = doors_[std::string(name)];
  entrance.origin = origin;
  entrance.place = door.place();
  entrance.loop = daemon_loop;
  ++entrance.life;
}

void DoorNetwork::detach_all() {
  for (auto& [name, door] : doors_) {
    door.place.reset();
    door.loop.reset();
    ++door.life;
  }
  kept_.clear();
  for (auto const& [number, call] : std::map(calls_)) {
    call->link.reset();  // ends with its door
    finish(call, no_answer(call->what, "the connection was reset"));
  }
}

void DoorNetwork::reset_connections(std::string_view name) {
  for (auto const& [number, call] : std::map(calls_))
    if (call->door.name == name) finish(call, no_answer(call->what, "the connection was reset"));
}

void DoorNetwork::reset_connections(DoorWay const& way) {
  for (auto const& [number, call] : std::map(calls_))
    if (&call->way() == &way) finish(call, no_answer(call->what, "the connection was reset"));
}

/// Null when no door is meant. One that listens at no port (yet) is nobody's.
DoorNetwork::Entrance* DoorNetwork::entrance_of(http::ClientRequest const& request) {
  auto const origin = http::origin_of(request.url);
  auto const text = origin_text(request.url);
  for (auto& [name, door] : doors_) {
    if (name == "control") continue;
    auto const place = door.place.lock();
    if (door.origin.empty() ? place && origin && listens_at_port(place->listens_at, origin->port)
                            : door.origin == text)
      return &door;
  }
  return nullptr;
}

http::Client& DoorNetwork::from(std::string const& address, DoorWay const* own) {
  auto& visitor = visitors_[address];
  if (!visitor) visitor = std::make_unique<Visitor>(*this, address, own);
  return *visitor;
}

// --- the client's side ---------------------------------------------------------------------------

Task<DoorNetwork::Answer> DoorNetwork::send(http::ClientRequest request) {
  return from("198.51.100.7").send(std::move(request));
}

Task<Result<void>> DoorNetwork::stream(http::ClientRequest request, http::StreamSink& sink) {
  return from("198.51.100.7").stream(std::move(request), sink);
}

Task<DoorNetwork::Answer> DoorNetwork::send_from(Visitor const& who, http::ClientRequest request) {
  if (served_.contains(origin_text(request.url))) co_return co_await neighbours_.send(request);
  if (auto const fine = http::check(request); !fine) co_return std::unexpected(fine.error());
  auto* const door = entrance_of(request);
  if (door == nullptr) {
    co_await clock_.sleep_for(test::Way{}.latency);
    co_return no_answer(http::describe(request), "connection refused", true);
  }
  auto const call = prepare(*door, peer_at(who.address), request);
  call->own_way = who.way;
  call->answer.start(request.method == http::Method::head, request.response_limit);
  auto const result = co_await within(clock_, request.timeout, call->what, run(call));
  if (!result) co_return std::unexpected(result.error());
  auto& answer = call->answer;
  co_return http::ClientResponse{answer.status(), std::move(answer.headers()),
                                 std::move(answer.body()), "192.0.2.1:443"};
}

Task<Result<void>> DoorNetwork::stream_from(Visitor const& who, http::ClientRequest request,
                                            http::StreamSink& sink) {
  if (served_.contains(origin_text(request.url)))
    co_return co_await neighbours_.stream(request, sink);
  if (auto const fine = http::check(request); !fine) co_return std::unexpected(fine.error());
  auto* const door = entrance_of(request);
  if (door == nullptr) {
    co_await clock_.sleep_for(test::Way{}.latency);
    co_return no_answer(http::describe(request), "connection refused", true);
  }
  auto const call = prepare(*door, peer_at(who.address), request);
  call->own_way = who.way;
  call->sink = &sink;
  call->answer.start(request.method == http::Method::head, request.response_limit,
                     [&sink, raw = call.get()](std::string_view bytes) {
                       raw->tell_head();
                       sink.on_bytes(bytes);
                     });
  // The time-out bounds the wait for the head only.
  auto const too_late = clock_.after(request.timeout, [this, weak = std::weak_ptr(call)] {
    auto const late = weak.lock();
    if (late && !late->told_head)
      finish(late, std::unexpected(Error{ErrorKind::timed_out, late->what + ": no answer in time",
                                         std::nullopt, false}));
  });
  co_return co_await run(call);
}

void DoorNetwork::ask_control(http::Method method, std::string_view path, std::string body,
                              std::function<void(Answer)> then, Milliseconds timeout) {
  http::ClientRequest request;
  request.method = method;
  request.url = "http://127.0.0.1" + std::string(path);
  request.body = std::move(body);
  if (!request.body.empty()) request.headers.add("Content-Type", "application/json");
  auto const call = prepare(doors_["control"], root(), request);
  call->answer.start(false, request.response_limit);
  call->then = [raw = call.get(), then = std::move(then)] {
    if (!raw->result) return then(std::unexpected(raw->result.error()));
    then(http::ClientResponse{raw->answer.status(), std::move(raw->answer.headers()),
                              std::move(raw->answer.body()), "unix"});
  };
  at(clock_.uptime() + timeout, [this, weak = std::weak_ptr(call)] {
    if (auto const late = weak.lock())
      finish(late, std::unexpected(Error{ErrorKind::timed_out, late->what + ": no answer in time",
                                         std::nullopt, false}));
  });
  begin(call);
}

DoorNetwork::CallPtr DoorNetwork::prepare(Entrance& door, http::Peer peer,
                                          http::ClientRequest const& request) {
  auto const call =
      std::make_shared<Call>(loop_, next_++, door, door.life, http::describe(request));
  call->peer = std::move(peer);
  call->bytes = http::to_wire(request, *http::origin_of(request.url), agent).reveal();
  calls_.emplace(call->number, call);
  return call;
}

/// Until the answer is there; whoever stops to wait hangs up.
Task<Result<void>> DoorNetwork::run(CallPtr call) {
  struct HangUp {
    DoorNetwork& net;
    CallPtr call;
    ~HangUp() { net.let_go(call); }
  } const hang_up{*this, call};
  begin(call);
  while (!call->done) co_await call->over.wait();
  co_return call->result;
}

// --- the way there -------------------------------------------------------------------------------

bool DoorNetwork::chance(std::uint64_t per_mille) {
  return per_mille > 0 && dice_.number() % 1000 < per_mille;
}

Milliseconds DoorNetwork::travel(DoorWay const& way) {
  auto const jitter = static_cast<std::uint64_t>(way.jitter.count());
  return way.latency +
         Milliseconds(jitter == 0 ? 0 : static_cast<std::int64_t>(dice_.number() % (jitter + 1)));
}

std::size_t DoorNetwork::piece_of(DoorWay const& way, std::size_t left) {
  if (way.piece == 0) return left;
  return std::min<std::size_t>(left, 1 + dice_.number() % way.piece);
}

/// `then` runs once, unless the network is gone before.
void DoorNetwork::at(Uptime when, std::function<void()> then) {
  auto const id = next_++;
  timers_[id] = clock_.at(when, [this, id, then = std::move(then)] {
    auto const held = timers_.extract(id);
    then();
  });
}

void DoorNetwork::begin(CallPtr const& call) {
  auto const& way = call->way();
  call->cut = chance(way.cut);
  call->answer_lost = !call->cut && chance(way.answer_lost);
  auto const bytes = call->bytes;
  put(call, call->cut ? std::string_view(bytes).substr(0, dice_.number() % bytes.size()) : bytes);
  if (!chance(way.duplicate)) return;
  auto const again = std::make_shared<Call>(loop_, next_++, call->door, call->life, call->what);
  again->peer = call->peer;
  again->own_way = call->own_way;
  again->answer.start(bytes.starts_with("HEAD "), 16u << 20);
  calls_.emplace(again->number, again);
  auto const when = clock_.uptime() + Milliseconds(dice_.number() % 3000);
  at(when, [this, again, bytes] { put(again, bytes); });
  at(when + patience_of_duplicates, [this, again] { finish(again, {}); });
}

void DoorNetwork::put(CallPtr const& call, std::string_view bytes) {
  do {
    auto const size = piece_of(call->way(), bytes.size());
    deliver(call, std::string(bytes.substr(0, size)));
    bytes.remove_prefix(size);
  } while (!bytes.empty());
  if (!call->cut) return;
  at(call->last_out, [this, call] {
    if (!call->vanished) finish(call, no_answer(call->what, "the connection was reset"));
  });
}

void DoorNetwork::deliver(CallPtr const& call, std::string piece) {
  call->last_out = std::max<Uptime>(call->last_out, clock_.uptime() + travel(call->way()));
  at(call->last_out, [this, call, piece = std::move(piece)] { feed(call, piece); });
}

/// A piece has arrived before the door; the first opens the connection.
void DoorNetwork::feed(CallPtr const& call, std::string const& piece) {
  auto& door = call->door;
  if (call->done || call->vanished) return;
  if (call->way().lost) return vanish(call);
  bool const there = door.attached() && door.life == call->life;
  bool const first = !std::exchange(call->sent, true);
  if (!there || (first && call->way().refused))
    return finish(call, no_answer(call->what, "connection refused", true));
  if (first)
    if (auto& kept = kept_[door.name + call->peer.text]; !kept.empty()) {
      call->link = std::move(kept.back());
      kept.pop_back();
    }
  boost::asio::post(*door.loop,
                    [this, weak = std::weak_ptr(call), place = door.place, piece, first] {
                      auto const its = weak.lock();
                      auto const where = place.lock();
                      if (!its || its->done || !where) return;
                      // The door may have closed one that was kept: that is known before anything
                      // is sent.
                      if (first && (!its->link || !its->link->connection->open()))
                        its->link = connect(its->peer, *where);
                      if (its->link) {
                        its->link->call = its;
                        return its->link->connection->feed(piece);
                      }
                      at(clock_.uptime(), [this, weak] {
                        if (auto const refused = weak.lock())
                          finish(refused, no_answer(refused->what, "connection refused", true));
                      });
                    });
}

/// On the daemon's loop. Null when nobody listens there.
std::shared_ptr<DoorNetwork::Link> DoorNetwork::connect(http::Peer const& peer,
                                                        test::MemoryDoor::Place& place) {
  auto link = std::make_shared<Link>();
  std::weak_ptr const weak = link;
  auto const call_of = [weak]() -> CallPtr {
    auto const it = weak.lock();
    return it ? it->call.lock() : nullptr;
  };
  link->connection = place.connect(peer, {.on_bytes =
                                              [this, call_of](std::string_view bytes) {
                                                if (auto const to = call_of()) heard(to, bytes);
                                              },
                                          .on_end =
                                              [this, call_of] {
                                                if (auto const to = call_of()) ended(to);
                                              }});
  return link->connection ? link : nullptr;
}

// --- the way back --------------------------------------------------------------------------------

/// On the daemon's loop: the door has written.
void DoorNetwork::heard(CallPtr const& call, std::string_view bytes) {
  if (call->done || call->vanished) return;
  while (!bytes.empty()) {
    auto const size = piece_of(call->way(), bytes.size());
    call->last_in = std::max<Uptime>(call->last_in, clock_.uptime() + travel(call->way()));
    at(call->last_in,
       [this, call, piece = std::string(bytes.substr(0, size))] { take(call, piece); });
    bytes.remove_prefix(size);
  }
}

/// On the daemon's loop: the door has closed.
void DoorNetwork::ended(CallPtr const& call) {
  call->last_in = std::max<Uptime>(call->last_in, clock_.uptime() + call->way().latency);
  at(call->last_in, [this, call] {
    if (call->done || call->vanished) return;
    if (call->way().lost) return vanish(call);
    auto whole = call->answer.end();
    finish(call, whole ? std::move(whole) : no_answer(call->what, "the connection was closed"));
  });
}

/// A piece has arrived at the client.
void DoorNetwork::take(CallPtr const& call, std::string const& bytes) {
  if (call->done || call->vanished) return;
  if (call->way().lost) return vanish(call);
  if (call->answer_lost) return finish(call, no_answer(call->what, "the connection was reset"));
  auto const used = call->answer.feed(bytes);
  if (!used) return finish(call, std::unexpected(used.error()));
  call->tell_head();
  if (call->answer.done()) finish(call, {});
}

// --- the end -------------------------------------------------------------------------------------

void DoorNetwork::finish(CallPtr const& call, Result<void> how) {
  if (std::exchange(call->done, true)) return;
  call->result = std::move(how);
  let_go(call);
  call->over.raise();
  if (auto const then = std::exchange(call->then, {})) then();
}

/// The client is through with it: the door sees it go, unless the way is dead or the connection is
/// good for another request.
void DoorNetwork::let_go(CallPtr const& call) {
  call->done = true;
  calls_.erase(call->number);
  auto& door = call->door;
  if (!call->link || call->vanished || !door.attached() || door.life != call->life) return;
  if (keep(call)) return;
  boost::asio::post(*door.loop, [call] {
    if (auto const link = std::exchange(call->link, {})) link->connection->leave();
  });
}

bool DoorNetwork::keep(CallPtr const& call) {
  if (!call->link || !call->result || !call->answer.done() || !call->answer.keep_alive())
    return false;
  auto& kept = kept_[call->door.name + call->peer.text];
  if (kept.size() >= most_kept) return false;
  call->link->call.reset();
  kept.push_back(std::exchange(call->link, {}));
  return true;
}

/// From now on nothing arrives. The client's patience ends by itself, the door's after a while.
void DoorNetwork::vanish(CallPtr const& call) {
  call->vanished = true;
  at(clock_.uptime() + tcp_patience, [this, call] {
    call->vanished = false;
    finish(call, no_answer(call->what, "the other side has vanished"));
    let_go(call);
  });
}

}  // namespace wardroom::world
