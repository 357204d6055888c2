#include "http/server_state.hpp"

#include "http/session.hpp"

namespace wardroom::http {
namespace {

constexpr std::chrono::seconds sweep_interval{1};
/// A client that takes no byte of an answer for this long is gone.
constexpr std::chrono::seconds write_time{30};
/// How long a closing connection may still send, so that our last answer is not lost by a reset.
constexpr std::chrono::seconds linger_time{2};
constexpr std::size_t spare_exchanges = 64;
constexpr std::size_t largest_spare = 32 * 1024;

}  // namespace

ServerState::ServerState(Executor loop_, Clock& clock_, Router& router_, Server::Options options_)
    : Reception(loop_, clock_, router_, std::move(options_)) {}

void ServerState::add(std::shared_ptr<Session> session) {
  auto& idle = list(Phase::idle);
  auto& added = *session;
  idle.push_back(std::move(session));
  added.slot = {std::prev(idle.end()), Phase::idle, clock.uptime()};
  ++counters.accepted;
  ++counters.open;
  arm();
}

void ServerState::place(Session& session, Phase phase) {
  auto& to = list(phase);
  to.splice(to.end(), list(session.slot.phase), session.slot.position);
  session.slot = {std::prev(to.end()), phase, clock.uptime()};
}

void ServerState::remove(Session& session) {
  list(session.slot.phase).erase(session.slot.position);
  --counters.open;
}

bool ServerState::make_room(std::size_t kept) {
  auto const limits = options.limits;
  auto const places = limits.connections - std::min(kept, limits.connections);
  return counters.open < places || shed_idlest();
}

bool ServerState::shed_idlest() {
  for (auto const phase : {Phase::idle, Phase::resting, Phase::head, Phase::body}) {
    if (list(phase).empty()) continue;
    auto const idlest = list(phase).front();
    ++counters.shed;
    idlest->close();
    return true;
  }
  return false;
}

std::vector<std::shared_ptr<Session>> ServerState::everyone() const {
  std::vector<std::shared_ptr<Session>> all;
  all.reserve(counters.open);
  for (auto const& sessions : lists_) all.insert(all.end(), sessions.begin(), sessions.end());
  return all;
}

std::unique_ptr<Exchange> ServerState::take_exchange() {
  if (spare_.empty()) return std::make_unique<Exchange>();
  auto exchange = std::move(spare_.back());
  spare_.pop_back();
  return exchange;
}

void ServerState::give_back(std::unique_ptr<Exchange> exchange) {
  if (!exchange || spare_.size() >= spare_exchanges) return;
  if (exchange->in.capacity() + exchange->parser.body().size() > largest_spare) return;
  exchange->in.clear();
  exchange->scanned = 0;
  exchange->head = {};
  spare_.push_back(std::move(exchange));
}

BootClock::duration ServerState::limit(Phase phase) const {
  switch (phase) {
    case Phase::idle:
      return options.limits.idle_time;
    case Phase::resting:
      return options.limits.long_idle_time;
    case Phase::head:
      return options.limits.head_time;
    case Phase::body:
      return options.limits.body_time;
    case Phase::writing:
      return write_time;
    case Phase::lingering:
      return linger_time;
    default:
      return BootClock::duration::max();  // a handler's or a stream's own affair
  }
}

void ServerState::sweep() {
  auto const now = clock.uptime();
  for (std::size_t i = 0; i < lists_.size(); ++i) {
    auto const allowed = limit(static_cast<Phase>(i));
    // Those that are answered 408 stay, in another list.
    while (!lists_[i].empty() && now - lists_[i].front()->slot.since >= allowed)
      std::shared_ptr(lists_[i].front())->expire();
  }
}

void ServerState::arm() {
  if (timer_.armed()) return;
  timer_ = clock.after(sweep_interval, [weak = weak_from_this()] {
    auto const self = weak.lock();
    if (!self) return;
    self->timer_.cancel();
    self->sweep();
    if (self->counters.open > 0) self->arm();
  });
}

}  // namespace wardroom::http
