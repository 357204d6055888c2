#include "bench/bench_xsp.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <sys/socket.h>
#include <time.h>

namespace wardroom::bench {
namespace asio = boost::asio;

namespace {

constexpr std::string_view space = "http://schema.broadsoft.com/xsi";
constexpr std::string_view declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

std::int64_t in_ns(timespec const& t) { return t.tv_sec * 1'000'000'000LL + t.tv_nsec; }
std::int64_t real_ns() {  // the clock of SO_TIMESTAMPNS
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  return in_ns(t);
}

std::uint64_t number_at(std::string_view text, std::size_t at) {
  std::uint64_t number = 0;
  while (at < text.size() && text[at] == '0') ++at;
  std::from_chars(text.data() + at, text.data() + text.size(), number);
  return number;
}

}  // namespace

void make_certificate(std::string const& folder) {
  auto const command = fmt::format(
      "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext "
      "subjectAltName=IP:127.0.0.1 "
      "-keyout {0}/server.key -out {0}/server.pem >/dev/null 2>&1",
      folder);
  if (std::system(command.c_str()) != 0)
    throw std::runtime_error("openssl could not make a certificate");
}

/// TLS over two memory buffers, so that this side sees each recvmsg(2) with its stamp.
struct BenchXsp::Connection {
  Connection(asio::ip::tcp::socket s, SSL_CTX* context)
      : socket(std::move(s)), ssl(SSL_new(context)), delay(socket.get_executor()) {
    socket.set_option(asio::ip::tcp::no_delay(true));
    socket.native_non_blocking(true);
    int const on = 1;
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    in = BIO_new(BIO_s_mem());
    out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, in, out);
    SSL_set_accept_state(ssl);
  }
  ~Connection() { SSL_free(ssl); }
  Connection(Connection const&) = delete;
  Connection& operator=(Connection const&) = delete;

  asio::ip::tcp::socket socket;
  SSL* ssl;
  BIO *in = nullptr, *out = nullptr;
  std::string text;     ///< requests as far as they came
  std::string pending;  ///< bytes the socket did not take
  asio::steady_timer delay;
};

BenchXsp::BenchXsp(asio::io_context& io, std::string const& folder)
    : context_(asio::ssl::context::tls_server),
      acceptor_(io, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      port_(acceptor_.local_endpoint().port()) {
  context_.use_certificate_chain_file(folder + "/server.pem");
  context_.use_private_key_file(folder + "/server.key", asio::ssl::context::pem);
  accept();
}

void BenchXsp::accept() {
  acceptor_.async_accept([this](auto error, asio::ip::tcp::socket socket) {
    if (error) return;
    ++seen_.connections;
    wait_to_read(std::make_shared<Connection>(std::move(socket), context_.native_handle()));
    accept();
  });
}

void BenchXsp::wait_to_read(Shared const& c) {
  c->socket.async_wait(asio::ip::tcp::socket::wait_read, [this, c](auto error) {
    if (!error && read(c)) return wait_to_read(c);
    if (stream_ == c) stream_.reset();
  });
}

/// False when the connection has ended.
bool BenchXsp::read(Shared const& c) {
  std::array<char, 65536> buffer;
  alignas(cmsghdr) std::array<char, 128> control;
  iovec part{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  auto const got = ::recvmsg(c->socket.native_handle(), &message, MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  auto arrived = real_ns();
  for (auto* m = CMSG_FIRSTHDR(&message); m; m = CMSG_NXTHDR(&message, m))
    if (m->cmsg_level == SOL_SOCKET && m->cmsg_type == SO_TIMESTAMPNS) {
      timespec stamp{};
      std::memcpy(&stamp, CMSG_DATA(m), sizeof stamp);
      arrived = in_ns(stamp);
    }
  BIO_write(c->in, buffer.data(), static_cast<int>(got));
  if (!SSL_is_init_finished(c->ssl)) {
    SSL_do_handshake(c->ssl);
    flush(c);
  }
  for (int n; (n = SSL_read(c->ssl, buffer.data(), static_cast<int>(buffer.size()))) > 0;)
    c->text.append(buffer.data(), static_cast<std::size_t>(n));
  parse(c, arrived);
  return true;
}

void BenchXsp::parse(Shared const& c, std::int64_t arrived) {
  std::size_t used = 0;
  for (;;) {
    std::string_view const rest = std::string_view(c->text).substr(used);
    auto const end = rest.find("\r\n\r\n");
    if (end == std::string::npos) break;
    std::size_t length = 0;
    auto const head = rest.substr(0, end);
    for (auto const* name : {"Content-Length: ", "content-length: "})
      if (auto const at = head.find(name); at != std::string_view::npos)
        std::from_chars(head.data() + at + 16, head.data() + head.size(), length);
    if (rest.size() < end + 4 + length) break;
    handle(c, head, rest.substr(end + 4, length), arrived);
    used += end + 4 + length;
  }
  c->text.erase(0, used);
}

void BenchXsp::acknowledged(std::string_view body, std::int64_t arrived) {
  auto const at = body.find("-8000-");
  auto const number = at == body.npos ? 0 : number_at(body, at + 6);
  if (number < first_event_ || number - first_event_ >= events_.size()) return;
  auto& event = events_[number - first_event_];
  if (std::exchange(event.acknowledged, true)) return;
  ++seen_.acknowledged;
  seen_.acks.add(arrived - event.at);
}

/// The number of the call that ends by this; 0 = none.
std::uint64_t BenchXsp::deleted(std::string_view line, std::int64_t arrived) {
  auto const at = line.find("bench-c");
  auto const number = at == line.npos ? 0 : number_at(line, at + 7);
  bool const known = number >= first_call_ && number - first_call_ < calls_.size();
  if (!known || !calls_[number - first_call_].blocked) {
    ++seen_.strays;
    return 0;
  }
  auto& call = calls_[number - first_call_];
  if (std::exchange(call.released, true)) return 0;
  ++seen_.released;
  seen_.releases.add(arrived - call.at);
  return number;
}

/// The body of an answer, by the request line.
std::string BenchXsp::documents(std::string_view line) {
  if (line.starts_with("POST") && line.find("/serviceprovider/") != std::string_view::npos) {
    subscribed_ = true;
    return fmt::format(
        "{}<Subscription xmlns=\"{}\"><subscriptionId>bench-subscription"
        "</subscriptionId><expires>7200</expires></Subscription>",
        declaration, space);
  }
  if (line.find("/calls") != std::string_view::npos && !line.starts_with("DELETE"))
    return fmt::format("{}<Calls xmlns=\"{}\"/>", declaration, space);
  if (line.find("/directories/") != std::string_view::npos)
    return fmt::format(
        "{}<Enterprise xmlns=\"{}\"><startIndex>1</startIndex><numberOfRecords>0</numberOfRecords>"
        "<totalAvailableRecords>0</totalAvailableRecords><enterpriseDirectory/></Enterprise>",
        declaration, space);
  return {};
}

void BenchXsp::handle(Shared const& c, std::string_view head, std::string_view body,
                      std::int64_t arrived) {
  auto const line = head.substr(0, head.find("\r\n"));
  if (line.find("eventresponse") != std::string_view::npos) {
    acknowledged(body, arrived);
    return answer(c, "");
  }
  if (line.starts_with("DELETE") && line.find("/calls/") != std::string_view::npos) {
    auto const number = deleted(line, arrived);
    answer(c, "");
    if (number != 0)
      send_document("CallReleasedEvent", number, calls_[number - first_call_].target, "Released");
    return;
  }
  if (line.starts_with("POST") && line.find("com.broadsoft.async") != std::string_view::npos) {
    stream_ = c;
    auto const document = fmt::format(
        "{}<Channel xmlns=\"{}\"><channelId>bench-channel"
        "</channelId><expires>7200</expires></Channel>",
        declaration, space);
    return write(c, fmt::format("HTTP/1.1 200 OK\r\nContent-Type: "
                                "text/xml;charset=UTF-8\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "{:x}\r\n{}\r\n",
                                document.size(), document));
  }
  answer(c, documents(line));
}

void BenchXsp::answer(Shared const& c, std::string const& body) {
  auto bytes = fmt::format(
      "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n{}",
      body.size(), body);
  if (answer_delay_.count() == 0) return write(c, bytes);
  // One request at a time a connection, so one timer a connection is enough.
  c->delay.expires_after(answer_delay_);
  c->delay.async_wait([this, c, bytes = std::move(bytes)](auto error) {
    if (!error) write(c, bytes);
  });
}

void BenchXsp::write(Shared const& c, std::string_view bytes) {
  SSL_write(c->ssl, bytes.data(), static_cast<int>(bytes.size()));
  flush(c);
}

void BenchXsp::flush(Shared const& c) {
  std::array<char, 32768> buffer;
  bool const waits = !c->pending.empty();
  for (int n; (n = BIO_read(c->out, buffer.data(), static_cast<int>(buffer.size()))) > 0;)
    c->pending.append(buffer.data(), static_cast<std::size_t>(n));
  if (!waits) push(c);
}

void BenchXsp::push(Shared const& c) {
  if (c->pending.empty()) return;
  auto const taken =
      ::send(c->socket.native_handle(), c->pending.data(), c->pending.size(), MSG_NOSIGNAL);
  if (taken > 0) c->pending.erase(0, static_cast<std::size_t>(taken));
  if (c->pending.empty()) return;
  c->socket.async_wait(asio::ip::tcp::socket::wait_write, [this, c](auto error) {
    if (!error) push(c);
  });
}

void BenchXsp::send_event(std::string const& target, bool blocked) {
  if (!stream_) return;
  auto const number = first_call_ + calls_.size();
  calls_.push_back({blocked ? target : std::string(), 0, blocked, false});
  if (blocked) ++seen_.expected;
  send_document("CallOriginatedEvent", number, target, "Alerting");
}

/// 1.8 KB, as a real one.
void BenchXsp::send_document(std::string_view type, std::uint64_t call, std::string const& target,
                             std::string_view state) {
  if (!stream_) return;
  auto const event = first_event_ + events_.size();
  auto const document = fmt::format(
      R"(<?xml version="1.0" encoding="UTF-8"?><xsi:Event xmlns:xsi="http://schema.broadsoft.com/xsi" xmlns:xsi1="http://www.w3.org/2001/XMLSchema-instance" xsi1:type="xsi:SubscriptionEvent"><xsi:eventID>0a1b2c3d-0002-4000-8000-{1:012}</xsi:eventID><xsi:sequenceNumber>{1}</xsi:sequenceNumber><xsi:userId>5f0a6c1e-7b7b-4d6e-9d53-1f2e3d4c5b6a</xsi:userId><xsi:externalApplicationId>wardroom</xsi:externalApplicationId><xsi:subscriptionId>bench-subscription</xsi:subscriptionId><xsi:channelId>bench-channel</xsi:channelId><xsi:targetId>{2}</xsi:targetId><xsi:eventData xsi1:type="xsi:{3}"><xsi:call><xsi:callId>bench-c{0}</xsi:callId><xsi:extTrackingId>c0ffee00-7777-4888-8999-{0:012}</xsi:extTrackingId><xsi:networkCallId>BW101500123211126-{0}@198.51.100.20</xsi:networkCallId><xsi:personality>Originator</xsi:personality><xsi:state>{4}</xsi:state><xsi:remoteParty><xsi:name>Zoë Müller &amp; Søn</xsi:name><xsi:address countryCode="1">tel:+442079460000</xsi:address><xsi:callType>Network</xsi:callType></xsi:remoteParty><xsi:endpoint xsi1:type="xsi:AccessEndpoint"><xsi:addressOfRecord>k2j3h4g5f6@12345678.us10.example.net</xsi:addressOfRecord></xsi:endpoint><xsi:appearance>1</xsi:appearance><xsi:startTime>1795255203456</xsi:startTime></xsi:call></xsi:eventData><!-- {5} --></xsi:Event>)",
      call, event, target, type, state, std::string(300, '.'));
  auto const chunk = fmt::format("{:x}\r\n{}\r\n", document.size(), document);
  ++seen_.events;
  auto const now = real_ns();
  events_.push_back({now, false});
  if (type == "CallOriginatedEvent") calls_[call - first_call_].at = now;
  write(stream_, chunk);
}

void BenchXsp::reset() {
  first_call_ += calls_.size();
  first_event_ += events_.size();
  calls_.clear();
  events_.clear();
  seen_ = {};
}

}  // namespace wardroom::bench
