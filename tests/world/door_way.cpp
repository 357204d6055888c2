// What a DoorNetwork does to a request on its way to the door, and to the answer on its way back.
#include "door_call.hpp"

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

}  // namespace

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
  call->stalled = !call->cut && chance(way.stalled);
  auto const bytes = call->bytes;
  bool const part = call->cut || call->stalled;
  put(call, part ? std::string_view(bytes).substr(0, dice_.number() % bytes.size()) : bytes);
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
  if (!call->cut && !call->stalled) return;
  at(call->last_out, [this, call] {
    if (call->done || call->vanished) return;
    if (call->stalled) return vanish(call);
    finish(call, no_answer(call->what, "the connection was reset"));
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
