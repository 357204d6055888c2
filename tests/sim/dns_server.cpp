#include "sim/dns_server.hpp"

#include "sim/wire_text.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <array>
#include <set>
#include <vector>

namespace wardroom::sim {
namespace {
namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using Datagrams = asio::basic_datagram_socket<udp, Executor>;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
}  // namespace

struct DnsServer::Shared : std::enable_shared_from_this<Shared> {
  /// One TCP client: length, question, and again.
  struct Talk {
    explicit Talk(Socket s) : socket(std::move(s)) {}
    Socket socket;
    std::array<unsigned char, 2> length{};
    std::string question, answer;
  };

  Shared(Executor l, Clock& c, DnsZone& z) : clock(c), zone(z), datagrams(l), acceptor(l) {}

  Result<void> open(asio::ip::address const& ip, std::uint16_t port);
  void receive();
  void accept();
  void read(std::shared_ptr<Talk> talk);
  void soon(std::function<void()> send) {
    if (zone.delay().count() == 0) return send();
    std::erase_if(waiting, [](auto const& one) { return one.expired(); });
    auto handle = std::make_shared<TimerHandle>();
    waiting.push_back(handle);
    *handle = clock.after(zone.delay(), [handle, send = std::move(send)] {
      send();
      handle->cancel();
    });
  }

  Clock& clock;
  DnsZone& zone;
  Datagrams datagrams;
  Acceptor acceptor;
  udp::endpoint from;
  std::array<char, 4096> space{};
  std::set<std::shared_ptr<Talk>> talks;
  std::vector<std::weak_ptr<TimerHandle>> waiting;
  bool closed = false;
};

Result<void> DnsServer::Shared::open(asio::ip::address const& ip, std::uint16_t port) {
  boost::system::error_code error;
  datagrams.open(ip.is_v6() ? udp::v6() : udp::v4(), error);
  if (!error) datagrams.bind({ip, port}, error);
  auto const real = error ? port : datagrams.local_endpoint(error).port();
  if (!error) acceptor.open(ip.is_v6() ? tcp::v6() : tcp::v4(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind({ip, real}, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return {};
  boost::system::error_code ignored;  // what did not open needs no closing
  datagrams.close(ignored);
  acceptor.close(ignored);
  return failure(ErrorKind::unavailable, fmt::format("the name server cannot listen on {}:{}: {}",
                                                     ip.to_string(), real, error.message()));
}

void DnsServer::Shared::receive() {
  datagrams.async_receive_from(
      asio::buffer(space), from, [self = shared_from_this()](auto error, std::size_t n) {
        if (self->closed || error == asio::error::operation_aborted) return;
        auto const answer =
            error ? std::nullopt : self->zone.answer({self->space.data(), n}, false);
        if (answer)
          self->soon([weak = self->weak_from_this(), to = self->from, bytes = *answer] {
            auto const alive = weak.lock();
            if (!alive || alive->closed) return;
            boost::system::error_code ignored;  // a client that left asks no more
            alive->datagrams.send_to(asio::buffer(bytes), to, 0, ignored);
          });
        self->receive();
      });
}

void DnsServer::Shared::accept() {
  acceptor.async_accept([self = shared_from_this()](auto error, Socket socket) {
    if (self->closed || error == asio::error::operation_aborted) return;
    if (!error) {
      auto talk = std::make_shared<Talk>(std::move(socket));
      self->talks.insert(talk);
      self->read(talk);
    }
    self->accept();
  });
}

void DnsServer::Shared::read(std::shared_ptr<Talk> talk) {
  auto const over = [self = shared_from_this(), talk](auto error) {
    if (error) self->talks.erase(talk);
    return bool(error);
  };
  asio::async_read(talk->socket, asio::buffer(talk->length),
                   [self = shared_from_this(), talk, over](auto error, std::size_t) {
                     if (over(error)) return;
                     talk->question.resize(std::size_t(talk->length[0]) << 8 | talk->length[1]);
                     asio::async_read(
                         talk->socket, asio::buffer(talk->question),
                         [self, talk, over](auto failed, std::size_t) {
                           if (over(failed)) return;
                           auto const answer = self->zone.answer(talk->question, true);
                           if (!answer) return self->read(talk);
                           talk->answer =
                               std::string{char(answer->size() >> 8), char(answer->size() & 0xFF)} +
                               *answer;
                           self->soon([self, talk, over] {
                             asio::async_write(talk->socket, asio::buffer(talk->answer),
                                               [self, talk, over](auto broken, std::size_t) {
                                                 if (!over(broken)) self->read(talk);
                                               });
                           });
                         });
                   });
}

DnsServer::DnsServer(Executor loop, Clock& clock, DnsZone& zone)
    : shared_(std::make_shared<Shared>(loop, clock, zone)) {}

DnsServer::~DnsServer() { close(); }

Result<std::uint16_t> DnsServer::listen(std::string const& address) {
  auto const colon = address.rfind(':');
  boost::system::error_code error;
  auto const ip = asio::ip::make_address(address.substr(0, colon), error);
  auto const wanted = colon == std::string::npos
                          ? std::nullopt
                          : number<std::uint16_t>(std::string_view(address).substr(colon + 1));
  if (error || !wanted)
    return failure(ErrorKind::malformed,
                   "\"" + address + "\" is not an address such as 127.0.0.1:5353");
  // A port that UDP has free may be taken for TCP: then another one is tried.
  auto opened = shared_->open(ip, *wanted);
  for (int i = 0; !opened && *wanted == 0 && i < 20; ++i) opened = shared_->open(ip, 0);
  if (!opened) return std::unexpected(opened.error());
  shared_->receive();
  shared_->accept();
  return port();
}

void DnsServer::close() {
  shared_->closed = true;
  boost::system::error_code ignored;  // closing twice is fine
  shared_->datagrams.close(ignored);
  shared_->acceptor.close(ignored);
  for (auto const& talk : shared_->talks) talk->socket.close(ignored);
  shared_->talks.clear();
}

std::uint16_t DnsServer::port() const {
  boost::system::error_code error;
  auto const at = shared_->datagrams.local_endpoint(error);
  return error ? 0 : at.port();
}

}  // namespace wardroom::sim
