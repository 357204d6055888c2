#include "bench/bench_xsp.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <stdexcept>

namespace wardroom::bench {
namespace asio = boost::asio;

void make_certificate(std::string const& folder) {
  auto const command = fmt::format(
      "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext "
      "subjectAltName=IP:127.0.0.1 "
      "-keyout {0}/server.key -out {0}/server.pem >/dev/null 2>&1",
      folder);
  if (std::system(command.c_str()) != 0)
    throw std::runtime_error("openssl could not make a certificate");
}

BenchXsp::BenchXsp(asio::io_context& io, std::string const& folder,
                   std::chrono::milliseconds answer_delay)
    : io_(io),
      context_(asio::ssl::context::tls_server),
      acceptor_(io, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      port_(acceptor_.local_endpoint().port()),
      answer_delay_(answer_delay) {
  context_.use_certificate_chain_file(folder + "/server.pem");
  context_.use_private_key_file(folder + "/server.key", asio::ssl::context::pem);
  accept();
}

void BenchXsp::accept() {
  acceptor_.async_accept([this](auto error, asio::ip::tcp::socket socket) {
    if (error) return;
    socket.set_option(asio::ip::tcp::no_delay(true));
    auto c = std::make_shared<Connection>(std::move(socket), context_);
    c->tls.async_handshake(asio::ssl::stream_base::server, [this, c](auto failed) {
      if (!failed) read(c);
    });
    accept();
  });
}

void BenchXsp::read(Shared c) {
  c->tls.async_read_some(asio::buffer(c->buffer), [this, c](auto error, std::size_t got) {
    if (error) {
      if (stream_ == c) stream_.reset();
      return;
    }
    c->in.append(c->buffer.data(), got);
    parse(c);
    read(c);
  });
}

void BenchXsp::parse(Shared const& c) {
  for (;;) {
    auto const end = c->in.find("\r\n\r\n");
    if (end == std::string::npos) return;
    std::size_t length = 0;
    std::string_view const head(c->in.data(), end);
    for (auto const* name : {"Content-Length: ", "content-length: "})
      if (auto const at = head.find(name); at != std::string_view::npos)
        std::from_chars(head.data() + at + 16, head.data() + head.size(), length);
    if (c->in.size() < end + 4 + length) return;
    auto const request = c->in.substr(0, end + 4 + length);
    c->in.erase(0, end + 4 + length);
    handle(c, std::string_view(request).substr(0, end), std::string_view(request).substr(end + 4));
  }
}

void BenchXsp::handle(Shared const& c, std::string_view head, std::string_view) {
  auto const line = head.substr(0, head.find("\r\n"));
  if (line.find("eventresponse") != std::string_view::npos) {
    ++acks_;
    return answer(c, "200 OK", "");
  }
  if (line.starts_with("DELETE") && line.find("/calls/") != std::string_view::npos) {
    auto const arrived = now_ns();
    auto const at = line.find("bench-") + 6;
    std::uint64_t number = 0;
    std::from_chars(line.data() + at, line.data() + line.size(), number);
    auto const found = waiting_.find(number);
    if (found == waiting_.end()) {
      ++strays_;
    } else {
      ++deletes_;
      latencies_.add(arrived - found->second);
      waiting_.erase(found);
    }
    return answer(c, "200 OK", "");
  }
  constexpr std::string_view space = "http://schema.broadsoft.com/xsi";
  if (line.starts_with("POST") && line.find("com.broadsoft.async") != std::string_view::npos) {
    stream_ = c;
    auto const document = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Channel xmlns=\"{}\"><channelId>bench-channel"
        "</channelId><expires>7200</expires></Channel>",
        space);
    return write(c, fmt::format("HTTP/1.1 200 OK\r\nContent-Type: "
                                "text/xml;charset=UTF-8\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "{:x}\r\n{}\r\n",
                                document.size(), document));
  }
  if (line.starts_with("POST") && line.find("/serviceprovider/") != std::string_view::npos) {
    subscribed_ = true;
    return answer(c, "200 OK",
                  fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Subscription "
                              "xmlns=\"{}\"><subscriptionId>bench-subscription"
                              "</subscriptionId><expires>7200</expires></Subscription>",
                              space));
  }
  if (line.find("/calls") != std::string_view::npos)
    return answer(c, "200 OK", fmt::format("<?xml version=\"1.0\"?><Calls xmlns=\"{}\"/>", space));
  if (line.find("/directories/") != std::string_view::npos)
    return answer(
        c, "200 OK",
        fmt::format(
            "<?xml version=\"1.0\"?><Enterprise "
            "xmlns=\"{}\"><startIndex>1</startIndex><numberOfRecords>0</numberOfRecords>"
            "<totalAvailableRecords>0</totalAvailableRecords><enterpriseDirectory/></Enterprise>",
            space));
  answer(c, "200 OK", "");
}

void BenchXsp::answer(Shared const& c, std::string_view status, std::string_view body) {
  auto bytes =
      fmt::format("HTTP/1.1 {}\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n{}",
                  status, body.size(), body);
  if (answer_delay_.count() == 0) return write(c, bytes);
  // One request at a time a connection, so one timer a connection is enough.
  c->delay.expires_after(answer_delay_);
  c->delay.async_wait([this, c, bytes = std::move(bytes)](auto error) {
    if (!error) write(c, bytes);
  });
}

void BenchXsp::write(Shared const& c, std::string_view bytes) {
  c->out.append(bytes);
  if (!c->writing) flush(c);
}

void BenchXsp::flush(Shared c) {
  c->writing = true;
  auto sending = std::make_shared<std::string>(std::move(c->out));
  c->out.clear();
  asio::async_write(c->tls, asio::buffer(*sending), [this, c, sending](auto error, std::size_t) {
    c->writing = false;
    if (!error && !c->out.empty()) flush(c);
  });
}

void BenchXsp::send_event(std::string const& target, bool blocked) {
  if (!stream_) return;
  auto const number = next_call_++;
  auto const document = fmt::format(
      R"(<?xml version="1.0" encoding="UTF-8"?><xsi:Event xmlns:xsi="http://schema.broadsoft.com/xsi" xmlns:xsi1="http://www.w3.org/2001/XMLSchema-instance" xsi1:type="xsi:SubscriptionEvent"><xsi:eventID>0a1b2c3d-0002-4000-8000-{0:012}</xsi:eventID><xsi:sequenceNumber>{1}</xsi:sequenceNumber><xsi:userId>5f0a6c1e-7b7b-4d6e-9d53-1f2e3d4c5b6a</xsi:userId><xsi:externalApplicationId>wardroom</xsi:externalApplicationId><xsi:subscriptionId>bench-subscription</xsi:subscriptionId><xsi:channelId>bench-channel</xsi:channelId><xsi:targetId>{2}</xsi:targetId><xsi:eventData xsi1:type="xsi:CallOriginatedEvent"><xsi:call><xsi:callId>bench-{0}</xsi:callId><xsi:extTrackingId>c0ffee00-7777-4888-8999-{0:012}</xsi:extTrackingId><xsi:networkCallId>BW101500123211126-{0}@198.51.100.20</xsi:networkCallId><xsi:personality>Originator</xsi:personality><xsi:state>Alerting</xsi:state><xsi:remoteParty><xsi:name>Zoë Müller &amp; Søn</xsi:name><xsi:address countryCode="1">tel:+442079460000</xsi:address><xsi:callType>Network</xsi:callType></xsi:remoteParty><xsi:endpoint xsi1:type="xsi:AccessEndpoint"><xsi:addressOfRecord>k2j3h4g5f6@12345678.us10.example.net</xsi:addressOfRecord></xsi:endpoint><xsi:appearance>1</xsi:appearance><xsi:startTime>1795255203456</xsi:startTime></xsi:call></xsi:eventData><!-- {3} --></xsi:Event>)",
      number, ++sequence_, target, std::string(300, '.'));
  ++events_;
  if (blocked) {
    ++expected_;
    waiting_.emplace(number, now_ns());
  }
  write(stream_, fmt::format("{:x}\r\n{}\r\n", document.size(), document));
}

void BenchXsp::reset_counters() {
  events_ = acks_ = deletes_ = strays_ = expected_ = 0;
  waiting_.clear();
  latencies_ = {};
}

}  // namespace wardroom::bench
