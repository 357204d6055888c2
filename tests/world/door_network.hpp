/// The way from people, bridges and operators to the daemon's doors, and from browsers to the
/// neighbours they are sent to. Everything a network does to a request is drawn from one stream of
/// chance.
///
///   browser ── bytes in pieces, after a latency ──► MemoryDoor on the daemon's loop
///           ◄── bytes in pieces, after a latency ──
#pragma once
#include "http/client.hpp"
#include "runtime/random.hpp"
#include "support/memory_door.hpp"
#include "support/sim_network.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::world {

/// What the way to one door is like; may change at any moment. The rest are parts of a thousand
/// requests.
struct DoorWay : test::Way {
  std::uint64_t cut = 0;          ///< broken off somewhere in the middle of the request
  std::uint64_t answer_lost = 0;  ///< the daemon has dealt with it, the client sees a reset
  std::uint64_t stalled = 0;      ///< half of the request arrives, and nothing more is ever said
  std::uint64_t duplicate = 0;    ///< the same bytes arrive once more, over another connection
};

/// Used on the world's loop; handlers of doors run on the daemon's.
class DoorNetwork final : public http::Client {
 public:
  using Answer = Result<http::ClientResponse>;

  DoorNetwork(Executor loop, Clock& clock, Random& dice);
  ~DoorNetwork() override;

  /// A neighbour, for browsers that are sent there.
  void serve(std::string origin, test::SimNetwork::Server server);
  /// The door is there from now on, whether or not it listens yet. `origin` = where it is reached;
  /// empty = by the port it listens at. "control" is reached by ask_control alone.
  void attach(std::string_view name, std::string_view origin, test::MemoryDoor& door,
              Executor daemon_loop);
  /// The doors and their loop are dead, or will be: every exchange under way is cut for the client,
  /// and nothing of theirs is touched or heard any more. Clients are refused until the next attach.
  /// What the daemon still holds of its side ends with the doors.
  void detach_all();

  /// To a door ("http", "cdr", "control"), whether or not it is there.
  DoorWay& way(std::string_view name) { return doors_[std::string(name)].way; }
  /// From browsers to a neighbour.
  test::Way& way_to(std::string const& origin) { return neighbours_.way(origin); }
  /// What somebody in between does who fails: both sides of every exchange under way see a reset.
  void reset_connections(std::string_view name);
  /// The same for those who go this way.
  void reset_connections(DoorWay const& way);
  std::size_t in_flight() const { return calls_.size(); }

  /// Somebody with another address than the rest has (198.51.100.7). `own` = their way to every
  /// door, in place of the door's; outlives this.
  http::Client& from(std::string const& address, DoorWay const* own = nullptr);
  /// Connections are kept and used again, as browsers and bridges do.
  Task<Answer> send(http::ClientRequest request) override;
  Task<Result<void>> stream(http::ClientRequest request, http::StreamSink& sink) override;
  /// As root over the control socket; `body` is JSON. `then` is called once, later.
  void ask_control(http::Method method, std::string_view path, std::string body,
                   std::function<void(Answer)> then, Milliseconds timeout = Milliseconds(30000));

 private:
  struct Call;
  struct Link;
  class Visitor;
  struct Entrance {
    std::string name, origin;
    DoorWay way{};
    std::weak_ptr<test::MemoryDoor::Place> place{};
    std::optional<Executor> loop{};
    std::uint64_t life = 0;  ///< counts attachments and resets
    bool attached() const { return loop.has_value(); }
  };
  using CallPtr = std::shared_ptr<Call>;

  Entrance* entrance_of(http::ClientRequest const& request);
  Task<Answer> send_from(Visitor const& who, http::ClientRequest request);
  Task<Result<void>> stream_from(Visitor const& who, http::ClientRequest request,
                                 http::StreamSink& sink);
  CallPtr prepare(Entrance& door, http::Peer peer, http::ClientRequest const& request);
  Task<Result<void>> run(CallPtr call);
  void begin(CallPtr const& call);
  void put(CallPtr const& call, std::string_view bytes);
  void deliver(CallPtr const& call, std::string piece);
  void feed(CallPtr const& call, std::string const& piece);
  std::shared_ptr<Link> connect(http::Peer const& peer, test::MemoryDoor::Place& place);
  void heard(CallPtr const& call, std::string_view bytes);
  void take(CallPtr const& call, std::string const& bytes);
  void ended(CallPtr const& call);
  void finish(CallPtr const& call, Result<void> how);
  void let_go(CallPtr const& call);
  bool keep(CallPtr const& call);
  void vanish(CallPtr const& call);
  bool chance(std::uint64_t per_mille);
  Milliseconds travel(DoorWay const& way);
  std::size_t piece_of(DoorWay const& way, std::size_t left);
  void at(Uptime when, std::function<void()> then);

  Executor loop_;
  Clock& clock_;
  Random& dice_;
  test::SimNetwork neighbours_;
  std::set<std::string, std::less<>> served_;
  std::map<std::string, Entrance, std::less<>> doors_;
  std::map<std::uint64_t, CallPtr> calls_;  ///< under way, as their clients see it
  std::map<std::string, std::unique_ptr<Visitor>> visitors_;
  std::map<std::string, std::vector<std::shared_ptr<Link>>> kept_;  ///< by door and address
  std::map<std::uint64_t, TimerHandle> timers_;
  std::uint64_t next_ = 0;
};

}  // namespace wardroom::world
