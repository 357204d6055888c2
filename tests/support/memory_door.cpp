#include "support/memory_door.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace wardroom::test {
namespace {

/// Each of these of a body has the time of its own.
constexpr std::size_t body_step = 1024 * 1024;

}  // namespace

MemoryDoor::MemoryDoor(Executor loop, Clock& clock, http::Router& router, http::DoorOptions options)
    : place_(std::make_shared<Place>(loop, clock, router, std::move(options))) {}

MemoryDoor::~MemoryDoor() {
  place_->listens_at.clear();
  close_all();
}

Result<std::uint16_t> MemoryDoor::listen_tcp(std::string const& address) {
  auto const text = std::string_view(address).substr(address.rfind(':') + 1);
  std::uint16_t port = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size())
    return failure(ErrorKind::malformed, "\"" + address + "\" has no port");
  place_->listens_at.push_back(address);
  return port;
}

Result<void> MemoryDoor::listen_unix(std::string const& path, unsigned /*mode*/) {
  place_->listens_at.push_back(path);
  return {};
}

Result<void> MemoryDoor::listen_fd(int fd) {
  place_->listens_at.push_back("fd " + std::to_string(fd));
  return {};
}

void MemoryDoor::stop_accepting() {
  place_->listens_at.clear();
  place_->stopping = true;
  for (auto const& connection : std::list(place_->connections)) connection->finish();
}

void MemoryDoor::close_all() {
  for (auto const& connection : std::list(place_->connections)) connection->close();
}

http::ServerCounters const& MemoryDoor::counters() const { return place_->counters; }

std::shared_ptr<MemoryDoor::Connection> MemoryDoor::connect(http::Peer peer, Client client) {
  return place_->connect(std::move(peer), std::move(client));
}

std::shared_ptr<MemoryDoor::Connection> MemoryDoor::Place::connect(http::Peer peer, Client client) {
  if (listens_at.empty()) return nullptr;
  if (!make_room()) {
    ++counters.shed;
    return nullptr;
  }
  auto connection =
      std::make_shared<Connection>(shared_from_this(), std::move(peer), std::move(client));
  connections.push_back(connection);
  connection->position_ = std::prev(connections.end());
  ++counters.accepted;
  ++counters.open;
  connection->enter(Connection::Phase::idle);
  return connection;
}

/// The first that is between requests goes when all places are taken.
bool MemoryDoor::Place::make_room() {
  if (counters.open < options.limits.connections) return true;
  auto const idle = std::find_if(connections.begin(), connections.end(), [](auto const& c) {
    return c->phase_ == Connection::Phase::idle;
  });
  if (idle == connections.end()) return false;
  ++counters.shed;
  std::shared_ptr(*idle)->close();
  return true;
}

// --- a connection --------------------------------------------------------------------------------

MemoryDoor::Connection::Connection(std::shared_ptr<Place> place, http::Peer peer, Client client)
    : place_(std::move(place)), peer_(std::move(peer)), client_(std::move(client)) {}

void MemoryDoor::Connection::feed(std::string_view bytes) {
  if (closed_ || phase_ == Phase::streaming) return;  // a stream's reader has nothing to say
  exchange_.in += bytes;
  process();
}

void MemoryDoor::Connection::leave() {
  if (!closed_) release();
}

void MemoryDoor::Connection::close() {
  if (closed_) return;
  auto const tell = client_.on_end;
  release();
  if (tell) tell();
}

void MemoryDoor::Connection::release() {
  auto const keep = shared_from_this();
  closed_ = true;
  limit_.cancel();
  place_->connections.erase(position_);
  --place_->counters.open;
  client_ = {};
  if (auto const stream = stream_.lock()) stream->carrier_ended();
}

void MemoryDoor::Connection::enter(Phase phase) {
  phase_ = phase;
  limit_.cancel();
  auto const& limits = place_->options.limits;
  auto const arm = [this](Milliseconds limit) {
    limit_ = place_->clock.after(limit, [this] { expire(); });
  };
  if (phase == Phase::idle) arm(may_rest_ ? limits.long_idle_time : limits.idle_time);
  if (phase == Phase::head) arm(limits.head_time);
  if (phase == Phase::body) arm(limits.body_time);
}

void MemoryDoor::Connection::expire() {
  auto const keep = shared_from_this();
  if (phase_ != Phase::head && phase_ != Phase::body) return close();
  refuse(http::problem(408, "timed_out", "The request did not arrive in time."));
}

void MemoryDoor::Connection::finish() {
  if (phase_ == Phase::idle && served_) return close();
  if (auto const stream = stream_.lock()) stream->close();
}

void MemoryDoor::Connection::process() {
  if (closed_ || processing_) return;
  auto const keep = shared_from_this();
  processing_ = true;
  while (!closed_ && step()) {
  }
  processing_ = false;
}

/// Goes on by one piece; false when there is nothing to do before something happens.
bool MemoryDoor::Connection::step() {
  if (phase_ == Phase::handling || phase_ == Phase::streaming) return false;
  return phase_ == Phase::body ? read_body() : read_head();
}

bool MemoryDoor::Connection::read_head() {
  http::skip_empty_lines(exchange_);
  if (exchange_.in.empty()) {
    if (phase_ != Phase::idle) enter(Phase::idle);
    return false;
  }
  auto const size = place_->find_head(exchange_);
  if (!size) {
    refuse(http::problem(size.error().status, size.error().code, size.error().sentence));
    return false;
  }
  if (*size == 0) {
    if (phase_ == Phase::idle) enter(Phase::head);
    return false;
  }
  served_ = true;
  if (auto objection = place_->begin(exchange_, *size, peer_)) {
    if (objection->close) return refuse(std::move(objection->response)), false;
    ++place_->counters.refused;
    answer(std::move(objection->response));
    answered();
    return true;
  }
  if (!exchange_.head.has_body()) return dispatch(), true;
  body_mark_ = body_step;
  enter(Phase::body);
  if (exchange_.head.expects_continue && exchange_.in.empty()) put(http::go_on);
  return true;
}

bool MemoryDoor::Connection::read_body() {
  auto complete = place_->read_body(exchange_);
  if (!complete) return refuse(std::move(complete.error())), false;
  if (*complete) return dispatch(), true;
  if (exchange_.parser.body().size() >= body_mark_) {
    body_mark_ += body_step;
    enter(Phase::body);
  }
  return false;
}

void MemoryDoor::Connection::dispatch() {
  may_rest_ = exchange_.match.route->keeps_connection;
  enter(Phase::handling);
  unanswered_ = true;
  place_->router.dispatch(exchange_.match, exchange_.request, http::Responder(shared_from_this()));
  if (!closed_ && !unanswered_ && phase_ == Phase::handling) answered();
}

// --- answers -------------------------------------------------------------------------------------

void MemoryDoor::Connection::refuse(http::Response response) {
  ++place_->counters.refused;
  last_answer_ = true;
  exchange_.in.clear();
  answer(std::move(response));
  answered();
}

void MemoryDoor::Connection::respond(http::Response response) {
  if (!std::exchange(unanswered_, false) || closed_) return;
  answer(std::move(response));
  if (!processing_) resume();
}

void MemoryDoor::Connection::respond_wire(std::string_view wire) {
  if (!std::exchange(unanswered_, false) || closed_) return;
  auto const& head = exchange_.head;
  if (head.method == http::Method::head) wire = wire.substr(0, wire.find("\r\n\r\n") + 4);
  if (!head.http_1_1 || place_->is_last(&exchange_)) last_answer_ = true;
  put(wire);
  if (!processing_) resume();
}

void MemoryDoor::Connection::answer(http::Response response) {
  if (place_->is_last(&exchange_)) last_answer_ = true;
  put(place_->wire(response, &exchange_, last_answer_));
}

void MemoryDoor::Connection::answered() {
  if (closed_) return;
  exchange_.head = {};  // what comes next has none yet
  if (last_answer_) return close();
  enter(exchange_.in.empty() ? Phase::idle : Phase::head);
}

/// An answer given later than its request was dispatched. The handler of the next request must not
/// run inside the one that answered this.
void MemoryDoor::Connection::resume() {
  answered();
  if (closed_ || exchange_.in.empty()) return;
  boost::asio::post(place_->loop, [self = shared_from_this()] { self->process(); });
}

std::shared_ptr<http::ResponseStream> MemoryDoor::Connection::start_stream(http::Response head) {
  auto stream = std::make_shared<http::StreamBody>(place_->loop);
  if (place_->stopping) {
    respond(http::problem(503, "unavailable", "Wardroom is stopping.", "Try again in a second."));
    return stream;
  }
  if (!std::exchange(unanswered_, false) || closed_) return stream;
  chunked_stream_ = exchange_.head.http_1_1;
  last_answer_ = true;
  auto const wire = place_->stream_wire(head, exchange_);
  bool const bodiless =
      exchange_.head.method == http::Method::head || wire.starts_with("HTTP/1.1 500");
  put(wire);
  if (bodiless) {
    if (!processing_) answered();
    return stream;
  }
  if (closed_) return stream;
  enter(Phase::streaming);
  stream->attach(shared_from_this());
  stream_ = stream;
  return stream;
}

void MemoryDoor::Connection::write_chunk(std::shared_ptr<std::string const> bytes) {
  if (!bytes || bytes->empty()) return;
  if (chunked_stream_) put(fmt::format("{:x}\r\n", bytes->size()));
  put(*bytes);
  if (chunked_stream_) put("\r\n");
}

void MemoryDoor::Connection::end_stream() {
  if (closed_ || phase_ != Phase::streaming) return;
  if (chunked_stream_) put("0\r\n\r\n");
  close();
}

void MemoryDoor::Connection::put(std::string_view bytes) {
  if (closed_) return;
  auto const tell = client_.on_bytes;  // the client may leave while it hears them
  if (tell) tell(bytes);
}

}  // namespace wardroom::test
