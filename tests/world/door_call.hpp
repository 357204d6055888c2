/// What a DoorNetwork knows of one request, and of the connection it goes over.
#pragma once
#include "door_network.hpp"
#include "http/response_parser.hpp"
#include "runtime/wake.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace wardroom::world {

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
  bool cut = false, answer_lost = false, stalled = false;

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

/// "https://host:port" of an address; all of it when there is no path.
std::string origin_text(std::string_view url);

/// What the client is told when its connection came to nothing; `not_done` = nothing was sent.
std::unexpected<Error> no_answer(std::string const& what, std::string_view why,
                                 bool not_done = false);

}  // namespace wardroom::world
