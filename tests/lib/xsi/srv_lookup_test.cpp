// SRV lookups over a real socket, answered by a name server of the test's own.
#include "cisco/xsi/srv_lookup.hpp"

#include "support/run_task.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/udp.hpp>
#include <gtest/gtest.h>

#include <functional>

namespace wardroom::xsi {
namespace {

using boost::asio::ip::udp;

std::string number16(unsigned n) { return {static_cast<char>(n >> 8), static_cast<char>(n)}; }

std::string dns_name(std::string const& dotted) {
  std::string out;
  for (std::size_t at = 0; at < dotted.size();) {
    auto const dot = std::min(dotted.find('.', at), dotted.size());
    out += static_cast<char>(dot - at) + dotted.substr(at, dot - at);
    at = dot + 1;
  }
  return out + '\0';
}

struct Record {
  std::string target;
  unsigned port, priority, weight, ttl;
};

/// Answers each question with `code` and the records; it does not answer at all when `mute`.
class NameServer {
 public:
  explicit NameServer(boost::asio::io_context& io)
      : socket_(io, udp::endpoint(boost::asio::ip::address_v4::loopback(), 0)) {
    listen();
  }
  std::string address() const {
    return "127.0.0.1:" + std::to_string(socket_.local_endpoint().port());
  }

  std::vector<Record> records;
  unsigned code = 0;
  int asked = 0;

 private:
  void listen() {
    socket_.async_receive_from(boost::asio::buffer(buffer_), from_,
                               [this](auto error, std::size_t size) {
                                 if (error) return;
                                 ++asked;
                                 auto const reply = answer(std::string(buffer_.data(), size));
                                 socket_.send_to(boost::asio::buffer(reply), from_);
                                 listen();
                               });
  }
  std::string answer(std::string const& query) const {
    auto const question_end = query.find('\0', 12) + 5;
    std::string out = query.substr(0, 2) + number16(0x8180 | code) + number16(1) +
                      number16(static_cast<unsigned>(records.size())) + number16(0) + number16(0) +
                      query.substr(12, question_end - 12);
    for (auto const& r : records) {
      auto const data =
          number16(r.priority) + number16(r.weight) + number16(r.port) + dns_name(r.target);
      out += number16(0xC00C) + number16(33) + number16(1) + number16(0) + number16(r.ttl) +
             number16(static_cast<unsigned>(data.size())) + data;
    }
    return out;
  }

  udp::socket socket_;
  udp::endpoint from_;
  std::array<char, 1500> buffer_{};
};

struct Dns {
  boost::asio::io_context io{1};
  NameServer server{io};
  Result<SrvAnswer> ask(std::vector<std::string> servers) {
    CaresSrvLookup lookup(io.get_executor(), std::move(servers));
    return test::run_task(io, lookup.lookup("_xsi-client._tcp.example.net"));
  }
  Result<SrvAnswer> ask() { return ask({server.address()}); }
};

TEST(SrvLookup, gives_all_records_and_the_shortest_life) {
  Dns dns;
  dns.server.records = {{"xsp1.example.net", 443, 10, 50, 300},
                        {"xsp2.example.net", 8443, 20, 60, 120}};
  auto const found = dns.ask();
  ASSERT_TRUE(found) << found.error().what;
  ASSERT_EQ(found->records.size(), 2u);
  EXPECT_EQ(found->records[1], (SrvRecord{"xsp2.example.net", 8443, 20, 60}));
  EXPECT_EQ(found->ttl, std::chrono::seconds(120));
}

TEST(SrvLookup, takes_no_name_and_no_record_for_an_empty_answer) {
  Dns dns;
  auto const no_record = dns.ask();
  ASSERT_TRUE(no_record) << no_record.error().what;
  EXPECT_TRUE(no_record->records.empty());
  dns.server.code = 3;
  auto const no_name = dns.ask();
  ASSERT_TRUE(no_name) << no_name.error().what;
  EXPECT_TRUE(no_name->records.empty());
}

TEST(SrvLookup, says_when_the_server_fails_and_when_its_address_is_nonsense) {
  Dns dns;
  dns.server.code = 2;
  auto const failed = dns.ask();
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().what.find("_xsi-client._tcp.example.net"), std::string::npos);
  auto const nonsense = dns.ask({"not an address"});
  ASSERT_FALSE(nonsense);
  EXPECT_EQ(nonsense.error().kind, ErrorKind::malformed);
}

TEST(SrvLookup, can_be_cancelled_while_it_waits) {
  boost::asio::io_context io{1};
  udp::socket mute(io, udp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  CaresSrvLookup lookup(io.get_executor(),
                        {"127.0.0.1:" + std::to_string(mute.local_endpoint().port())});
  boost::asio::cancellation_signal stop;
  bool ended = false;
  boost::asio::co_spawn(
      io.get_executor(), lookup.lookup("_xsi-client._tcp.example.net"),
      boost::asio::bind_cancellation_slot(
          stop.slot(), [&](std::exception_ptr, Result<SrvAnswer>) { ended = true; }));
  for (int i = 0; i < 10; ++i) io.poll();
  EXPECT_FALSE(ended);
  stop.emit(boost::asio::cancellation_type::terminal);
  io.restart();
  for (int i = 0; i < 10; ++i) io.poll();
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace wardroom::xsi
