#include "sim/wire_server.hpp"

#include "sim/wire_text.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <optional>
#include <sys/socket.h>
#include <utility>

namespace wardroom::sim {
namespace {
namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
constexpr std::size_t head_limit = 64 * 1024, body_limit = 16u << 20;

}  // namespace

struct WireServer::Shared : std::enable_shared_from_this<Shared> {
  Shared(Executor l, Clock& c, Handler h, Milliseconds i)
      : loop(l), clock(c), handler(std::move(h)), idle(i), acceptor(l) {}
  Result<void> open(tcp::endpoint const& at);
  void accept();

  Executor loop;
  Clock& clock;
  Handler handler;
  Milliseconds idle;
  Acceptor acceptor;
  tcp::endpoint endpoint;
  std::set<std::shared_ptr<Session>> sessions;
  bool deaf = false;
};

/// One connection: reads a request, waits for its answer, writes it, and again.
class WireServer::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Socket socket, std::shared_ptr<Shared> shared)
      : socket_(std::move(socket)), shared_(std::move(shared)) {}

  void start() {
    wait_idle();
    read();
  }
  void close(bool with_reset) {
    if (closed_) return;
    closed_ = true;
    boost::system::error_code ignored;  // the far end may be gone; closing is all we want
    if (with_reset) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
    timers_.clear();
    unanswered_.reset();
    idle_.cancel();
    if (gone_) std::exchange(gone_, {})();
    asio::post(shared_->loop, [self = shared_from_this()] { self->shared_->sessions.erase(self); });
  }

  void hear_again() {
    if (!busy_) parse();
    read();
  }

  class Body;

 private:
  void wait_idle() {
    idle_ = shared_->clock.after(shared_->idle, [weak = weak_from_this()] {
      if (auto self = weak.lock()) self->close(false);
    });
  }

  void read() {
    if (reading_ || closed_ || shared_->deaf) return;
    reading_ = true;
    socket_.async_read_some(asio::buffer(space_), [self = shared_from_this()](auto error, auto n) {
      self->reading_ = false;
      if (error) return self->close(false);
      self->in_.append(self->space_.data(), n);
      if (!self->busy_ && !self->shared_->deaf) self->parse();
      // While an answer is pending we read on only to notice that the client left.
      if (self->in_.size() < head_limit + body_limit) self->read();
    });
  }

  void bad(int status) {
    http::Response r = http::text(status, "The request cannot be understood.\n");
    busy_ = true;
    last_ = true;
    send_whole({std::move(r)});
  }

  void parse() {
    auto const end = in_.find("\r\n\r\n");
    if (end == std::string::npos) {
      if (in_.size() > head_limit) bad(431);
      return;
    }
    Request request;
    if (!read_head(std::string_view(in_).substr(0, end), request)) return bad(400);
    std::size_t used = end + 4;
    if (http::equal_ignoring_case(request.header("Transfer-Encoding"), "chunked")) {
      auto const done = read_chunks(used, request.body);
      if (done == Chunks::broken) return bad(400);
      if (done == Chunks::more) return;
    } else if (auto const field = request.header("Content-Length"); !field.empty()) {
      auto const length = number<std::size_t>(field);
      if (!length) return bad(400);
      if (*length > body_limit) return bad(413);
      if (in_.size() < used + *length) return;
      request.body = in_.substr(used, *length);
      used += *length;
    }
    in_.erase(0, used);
    last_ = http::equal_ignoring_case(request.header("Connection"), "close");
    head_only_ = request.method == http::Method::head;
    busy_ = true;
    idle_.cancel();
    shared_->handler(std::move(request), [weak = weak_from_this()](Answer answer) {
      if (auto self = weak.lock()) self->answer(std::move(answer));
    });
  }

  enum class Chunks { done, more, broken };
  Chunks read_chunks(std::size_t& used, std::string& body) {
    for (auto at = used;;) {
      auto const end = in_.find("\r\n", at);
      if (end == std::string::npos) return Chunks::more;
      auto const line = std::string_view(in_).substr(at, end - at);
      auto const size = number<std::size_t>(trimmed(line.substr(0, line.find(';'))), 16);
      if (!size || *size + body.size() > body_limit) return Chunks::broken;
      if (in_.size() < end + 2 + *size + 2) return Chunks::more;
      body.append(in_, end + 2, *size);
      at = end + 2 + *size + 2;
      if (*size == 0) {
        used = at;
        return Chunks::done;
      }
    }
  }

  void answer(Answer a) {
    if (closed_) return;
    if (a.delay > Milliseconds(0)) {
      auto const delay = std::exchange(a.delay, Milliseconds(0));
      timers_.push_back(
          shared_->clock.after(delay, [weak = weak_from_this(), a = std::move(a)]() mutable {
            if (auto self = weak.lock()) self->answer(std::move(a));
          }));
      return;
    }
    if (a.wire == Answer::Wire::hang) {
      unanswered_ = std::move(a.in_flight);
      return;
    }
    if (a.wire == Answer::Wire::reset) return close(true);
    if (a.stream && a.response.status == 200) return begin_stream(std::move(a));
    send_whole(std::move(a));
  }

  void send_whole(Answer a) {
    if (a.wire == Answer::Wire::wrong_length || a.wire == Answer::Wire::cut_chunk) last_ = true;
    auto wire = wire_text(a, !last_, head_only_);
    if (a.wire == Answer::Wire::cut) {
      wire.resize(std::min(wire.size(), a.cut_at));
      last_ = true;
    }
    if (a.wire == Answer::Wire::drip) {
      unanswered_ = std::move(a.in_flight);
      return drip(std::move(wire), 0);
    }
    write(std::move(wire), [weak = weak_from_this()] {
      auto self = weak.lock();
      if (!self) return;
      if (self->last_) return self->close(false);
      self->busy_ = false;
      self->wait_idle();
      self->parse();
    });
  }

  // A byte a second, for whoever has the patience.
  void drip(std::string wire, std::size_t at) {
    if (at >= wire.size()) return close(false);
    auto byte = wire.substr(at, 1);
    timers_.push_back(shared_->clock.after(
        Milliseconds(1000), [weak = weak_from_this(), wire = std::move(wire), at]() mutable {
          if (auto self = weak.lock()) self->drip(std::move(wire), at + 1);
        }));
    write(std::move(byte));
  }

  void begin_stream(Answer a);

  void write(std::string bytes, std::function<void()> then = {}) {
    if (closed_) return;
    out_.emplace_back(std::move(bytes), std::move(then));
    if (out_.size() == 1) write_next();
  }
  void write_next() {
    asio::async_write(socket_, asio::buffer(out_.front().first),
                      [self = shared_from_this()](auto error, auto) {
                        if (self->closed_) return;
                        if (error) return self->close(false);
                        auto then = std::move(self->out_.front().second);
                        self->out_.pop_front();
                        if (!self->out_.empty()) self->write_next();
                        if (then) then();
                      });
  }

  Socket socket_;
  std::shared_ptr<Shared> shared_;
  std::array<char, 16384> space_{};
  std::string in_;
  std::deque<std::pair<std::string, std::function<void()>>> out_;
  std::vector<TimerHandle> timers_;
  TimerHandle idle_;
  std::function<void()> gone_;
  std::shared_ptr<void> unanswered_;  // of an answer that never comes
  bool reading_ = false, busy_ = false, last_ = false, head_only_ = false, closed_ = false;
};

/// The stream of one session, held by the platform.
class WireServer::Session::Body final : public Pipe {
 public:
  explicit Body(std::shared_ptr<Session> session) : session_(std::move(session)) {}
  void write(std::string_view bytes, std::size_t chunk) override {
    if (auto s = open()) s->write(chunked(bytes, chunk));
  }
  void end(Ending how) override {
    auto s = open();
    if (!s) return;
    if (how == Ending::silence) {
      silent_ = true;
      return;
    }
    s->gone_ = {};
    ended_ = true;
    if (how == Ending::reset) return s->close(true);
    auto last = how == Ending::clean ? std::string("0\r\n\r\n") : std::string();
    s->write(std::move(last), [weak = session_] {
      if (auto session = weak.lock()) session->close(false);
    });
  }
  void on_gone(std::function<void()> then) override {
    if (auto s = open())
      s->gone_ = std::move(then);
    else
      then();
  }

 private:
  std::shared_ptr<Session> open() {
    auto s = session_.lock();
    return s && !s->closed_ && !ended_ && !silent_ ? s : nullptr;
  }
  std::weak_ptr<Session> session_;
  bool ended_ = false, silent_ = false;
};

void WireServer::Session::begin_stream(Answer a) {
  boost::system::error_code ignored;  // only makes small documents leave sooner
  socket_.set_option(tcp::no_delay(true), ignored);
  write(head_of(a.response, "Transfer-Encoding: chunked", true));
  a.stream(std::make_shared<Body>(shared_from_this()));
}

Result<void> WireServer::Shared::open(tcp::endpoint const& at) {
  boost::system::error_code error;
  acceptor = Acceptor(loop);
  acceptor.open(at.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(at, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) endpoint = acceptor.local_endpoint(error);
  if (error)
    return failure(ErrorKind::unavailable,
                   fmt::format("cannot listen on {}:{}: {}", at.address().to_string(), at.port(),
                               error.message()));
  accept();
  return {};
}

void WireServer::Shared::accept() {
  acceptor.async_accept([self = shared_from_this()](auto error, Socket socket) {
    if (error == asio::error::operation_aborted || !self->acceptor.is_open()) return;
    if (!error) {
      boost::system::error_code ignored;  // a missing option costs speed only
      socket.set_option(tcp::no_delay(true), ignored);
      auto session = std::make_shared<Session>(std::move(socket), self);
      self->sessions.insert(session);
      session->start();
    }
    self->accept();
  });
}

WireServer::WireServer(Executor loop, Clock& clock, Handler handler, Milliseconds idle_time)
    : shared_(std::make_shared<Shared>(loop, clock, std::move(handler), idle_time)) {}

WireServer::~WireServer() {
  go_down();
  shared_->handler = [](Request, Reply) {};  // whatever was under way ends here
}

Result<std::uint16_t> WireServer::listen(std::string const& address) {
  auto const colon = address.rfind(':');
  auto const port = colon == std::string::npos
                        ? std::nullopt
                        : number<std::uint16_t>(std::string_view(address).substr(colon + 1));
  boost::system::error_code error;
  auto host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  auto const ip = asio::ip::make_address(host, error);
  if (!port || error)
    return failure(ErrorKind::malformed,
                   "\"" + address + "\" is not an address such as 127.0.0.1:8481");
  if (auto opened = shared_->open({ip, *port}); !opened) return std::unexpected(opened.error());
  return shared_->endpoint.port();
}

void WireServer::go_down() {
  boost::system::error_code ignored;  // closing twice is fine
  shared_->acceptor.close(ignored);
  auto const all = shared_->sessions;
  for (auto const& s : all) s->close(true);
  shared_->sessions.clear();
}

void WireServer::set_deaf(bool deaf) {
  if (shared_->deaf == deaf) return;
  shared_->deaf = deaf;
  if (deaf) return;
  auto const all = shared_->sessions;
  for (auto const& s : all) s->hear_again();
}

Result<void> WireServer::come_back() {
  if (up()) return {};
  return shared_->open(shared_->endpoint);
}

bool WireServer::up() const { return shared_->acceptor.is_open(); }
std::uint16_t WireServer::port() const { return shared_->endpoint.port(); }
std::size_t WireServer::connections() const { return shared_->sessions.size(); }

}  // namespace wardroom::sim
