#include "door_network.hpp"

#include "door_call.hpp"
#include "runtime/wake.hpp"

#include <algorithm>
#include <utility>

namespace wardroom::world {
namespace {

bool listens_at_port(std::vector<std::string> const& places, std::uint16_t port) {
  return std::ranges::any_of(places, [end = ":" + std::to_string(port)](auto const& place) {
    return place.ends_with(end);
  });
}

}  // namespace

std::string origin_text(std::string_view url) {
  return std::string(url.substr(0, url.find('/', std::min(url.find("://"), url.size() - 3) + 3)));
}

std::unexpected<Error> no_answer(std::string const& what, std::string_view why, bool not_done) {
  return std::unexpected(
      Error{ErrorKind::unavailable, what + ": " + std::string(why), std::nullopt, not_done});
}

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

}  // namespace wardroom::world
