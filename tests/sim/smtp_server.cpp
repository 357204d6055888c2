#include "sim/smtp_server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <set>

namespace wardroom::sim {
namespace {
namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
constexpr auto idle_limit = std::chrono::minutes(5);  // RFC 5321, 4.5.3.2.7
}  // namespace

struct SmtpServer::Shared : std::enable_shared_from_this<Shared> {
  Shared(Executor l, Clock& c, Faults const& f, std::function<void(SmtpMail)> d)
      : clock(c), faults(f), deliver(std::move(d)), acceptor(l) {}
  void accept();

  Clock& clock;
  Faults const& faults;
  std::function<void(SmtpMail)> deliver;
  Acceptor acceptor;
  tcp::endpoint endpoint;
  std::set<std::shared_ptr<Connection>> connections;
};

class SmtpServer::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Socket socket, std::shared_ptr<Shared> shared)
      : socket_(std::move(socket)),
        shared_(std::move(shared)),
        session_(shared_->faults, [this](SmtpMail mail) { shared_->deliver(std::move(mail)); }) {}

  void start() { act(session_.greet()); }

  void close(bool with_reset) {
    if (closed_) return;
    closed_ = true;
    boost::system::error_code ignored;  // the far end may be gone; closing is all we want
    if (with_reset) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
    idle_.cancel();
    shared_->connections.erase(shared_from_this());
  }

 private:
  using Step = SmtpSession::Step;

  void act(Step step) {
    if (step.then == Step::Then::reset) return close(true);
    out_ = std::move(step.reply);
    asio::async_write(socket_, asio::buffer(out_),
                      [self = shared_from_this(), then = step.then](auto error, auto) {
                        if (error || then == Step::Then::close) return self->close(false);
                        self->read();
                      });
  }

  void read() {
    if (closed_) return;
    idle_ = shared_->clock.after(idle_limit, [weak = weak_from_this()] {
      if (auto self = weak.lock()) self->close(false);
    });
    socket_.async_read_some(asio::buffer(space_), [self = shared_from_this()](auto error, auto n) {
      if (self->closed_) return;
      if (error) return self->close(false);
      self->act(self->session_.take({self->space_.data(), n}));
    });
  }

  Socket socket_;
  std::shared_ptr<Shared> shared_;
  SmtpSession session_;
  std::array<char, 16384> space_{};
  std::string out_;
  TimerHandle idle_;
  bool closed_ = false;
};

void SmtpServer::Shared::accept() {
  acceptor.async_accept([self = shared_from_this()](auto error, Socket socket) {
    if (error == asio::error::operation_aborted || !self->acceptor.is_open()) return;
    if (!error) {
      auto connection = std::make_shared<Connection>(std::move(socket), self);
      self->connections.insert(connection);
      connection->start();
    }
    self->accept();
  });
}

SmtpServer::SmtpServer(Executor loop, Clock& clock, Faults const& faults,
                       std::function<void(SmtpMail)> deliver)
    : shared_(std::make_shared<Shared>(loop, clock, faults, std::move(deliver))) {}

SmtpServer::~SmtpServer() { close(); }

Result<std::uint16_t> SmtpServer::listen(std::string const& address) {
  auto const colon = address.rfind(':');
  std::uint16_t port = 0;
  boost::system::error_code error;
  auto const ip = asio::ip::make_address(address.substr(0, colon), error);
  auto const* const last = address.data() + address.size();
  auto const number =
      std::from_chars(colon == std::string::npos ? last : address.data() + colon + 1, last, port);
  if (error || number.ec != std::errc() || number.ptr != last)
    return failure(ErrorKind::malformed,
                   "\"" + address + "\" is not an address such as 127.0.0.1:2525");
  auto& acceptor = shared_->acceptor;
  tcp::endpoint const at{ip, port};
  acceptor.open(at.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(at, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) shared_->endpoint = acceptor.local_endpoint(error);
  if (error)
    return failure(ErrorKind::unavailable,
                   fmt::format("cannot listen on {}: {}", address, error.message()));
  shared_->accept();
  return shared_->endpoint.port();
}

void SmtpServer::close() {
  boost::system::error_code ignored;  // closing twice is fine
  shared_->acceptor.close(ignored);
  auto const all = shared_->connections;
  for (auto const& c : all) c->close(true);
}

std::uint16_t SmtpServer::port() const { return shared_->endpoint.port(); }

}  // namespace wardroom::sim
