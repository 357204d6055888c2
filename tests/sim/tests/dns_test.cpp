// The name server: its bytes, its faults, and a real resolver that asks it. Source: xsi.md 2, 12.
#include "cisco/xsi/srv_lookup.hpp"
#include "cisco/xsi/xsi_endpoints.hpp"
#include "sim/tests/door.hpp"

namespace wardroom::sim::test {
namespace {

std::string question(std::string_view name, std::uint16_t type) {
  std::string out("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12);
  while (!name.empty()) {
    auto const dot = std::min(name.find('.'), name.size());
    out += char(dot);
    out += name.substr(0, dot);
    name.remove_prefix(std::min(dot + 1, name.size()));
  }
  out += '\0';
  return out + char(type >> 8) + char(type & 0xFF) + std::string("\x00\x01", 2);
}
int code_of(std::string const& answer) { return answer.at(3) & 0x0F; }
int count_of(std::string const& answer) { return static_cast<unsigned char>(answer.at(7)); }

TEST(DnsZoneTest, records_are_answered_and_other_names_do_not_exist) {
  DnsZone zone;
  ASSERT_TRUE(zone.set(nlohmann::json::parse(R"({
    "srv": {"_xsi-client._tcp.sim.example": [{"target": "xsp1.sim.example", "port": 8482}]},
    "a": {"xsp1.sim.example": ["127.0.0.1"]},
    "ttl": 7})")));
  auto const srv = zone.answer(question("_XSI-client._tcp.sim.example", 33), false);
  ASSERT_TRUE(srv);
  EXPECT_EQ(srv->substr(0, 2), "\x12\x34");
  EXPECT_EQ(code_of(*srv), 0);
  EXPECT_EQ(count_of(*srv), 1);
  EXPECT_NE(srv->find(std::string("\x04xsp1\x03sim\x07"
                                  "example",
                                  17)),
            std::string::npos);
  EXPECT_EQ(count_of(*zone.answer(question("xsp1.sim.example", 1), false)), 1);
  auto const none = *zone.answer(question("xsp1.sim.example", 33), false);
  EXPECT_EQ(code_of(none), 0) << "the name exists, but not with such a record";
  EXPECT_EQ(count_of(none), 0);
  EXPECT_EQ(code_of(*zone.answer(question("else.example", 33), false)), 3);
  for (std::string const bad : {"", "x", "\x12\x34"}) EXPECT_FALSE(zone.answer(bad, false));
  auto cut_off = question("xsp1.sim.example", 1);
  for (std::size_t n = 0; n + 1 < cut_off.size(); ++n)
    EXPECT_FALSE(zone.answer(std::string_view(cut_off).substr(0, n), false)) << n;
}

TEST(DnsZoneTest, a_wrong_wish_changes_nothing) {
  DnsZone zone;
  for (nlohmann::json const& wish :
       {nlohmann::json{{"mode", "loudly"}}, nlohmann::json{{"ttl", -1}},
        nlohmann::json{{"mode", "empty"}, {"colour", 1}},
        nlohmann::json{{"srv", {{"a..b", nlohmann::json::array()}}}},
        nlohmann::json{{"srv", {{"a.b", {{{"target", "c.d"}, {"port", 70000}}}}}}},
        nlohmann::json{{"a", {{"a.b", {"localhost"}}}}}}) {
    auto const done = zone.set(wish);
    ASSERT_FALSE(done) << wish;
    EXPECT_FALSE(done.error().what.empty());
  }
  EXPECT_EQ(zone.state()["mode"], "answer");
}

struct DnsServerTest : DoorTest {
  std::string const name = "_xsi-client._tcp.sim.example";
  xsi::CaresSrvLookup resolver{io.get_executor(),
                               {"127.0.0.1:" + std::to_string(sim->addresses()["dns"].get<int>())}};
  Result<xsi::SrvAnswer> look(json wish) {
    auto const set = ask(http::Method::post, "/sim/dns", std::move(wish));
    if (set.contains("error")) throw std::runtime_error(set.dump());
    return run_task(io, resolver.lookup(name));
  }
  json records(int how_many) const {
    json list = json::array();
    for (int i = 1; i <= how_many; ++i)
      list.push_back({{"target", "xsp" + std::to_string(i) + ".a-rather-long-name.sim.example"},
                      {"port", 8000 + i},
                      {"priority", i % 2},
                      {"weight", 10 * i}});
    return {{name, list}};
  }
};

TEST_F(DnsServerTest, a_resolver_sees_records_their_changes_and_every_failure) {
  auto const two = look({{"srv", records(2)}, {"ttl", 9}});
  ASSERT_TRUE(two) << two.error().what;
  ASSERT_EQ(two->records.size(), 2u);
  EXPECT_EQ(two->ttl, std::chrono::seconds(9));
  EXPECT_EQ(two->records[0].port + two->records[1].port, 8001 + 8002);
  EXPECT_EQ(look({{"srv", records(3)}})->records.size(), 3u);
  EXPECT_TRUE(look({{"mode", "empty"}})->records.empty());
  EXPECT_TRUE(look({{"mode", "nxdomain"}})->records.empty());
  EXPECT_FALSE(look({{"mode", "servfail"}}));
  EXPECT_FALSE(look({{"mode", "refused"}}));
  EXPECT_EQ(look({{"mode", "truncated"}})->records.size(), 3u) << "TCP has the whole of it";
  EXPECT_EQ(look({{"mode", "answer"}, {"srv", records(12)}})->records.size(), 12u)
      << "too long for a datagram";
  EXPECT_EQ(look({{"delay_ms", 50}})->records.size(), 12u);
  bool by_tcp = false;
  for (auto const& asked : ask(http::Method::get, "/sim/dns")["asked"])
    by_tcp = by_tcp || asked["tcp"].get<bool>();
  EXPECT_TRUE(by_tcp);
}

TEST_F(DnsServerTest, silence_is_a_time_out) {
  auto const none = look({{"mode", "silent"}});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::timed_out);
}

// The way a daemon goes: endpoints without a port, SRV records with one, an XSP that answers.
TEST(SrvTest, endpoints_lead_over_srv_records_to_each_xsp) {
  asio::io_context io(1);
  SystemClock clock(io.get_executor());
  SeededRandom dice(3);
  http::CurlClient client(io.get_executor(), clock, {});
  Simulator::Options options;
  options.listen = "127.0.0.1:0";
  options.xsps = {"127.0.0.1:0", "127.0.0.1:0"};
  options.srv = true;
  Simulator simulator(io.get_executor(), clock, dice, client, options);
  ASSERT_TRUE(simulator.start());
  auto const& told = simulator.platform().webex.xsi();
  xsi::XsiEndpoints const endpoints{told.actions, told.events, told.channel, told.domain};
  EXPECT_TRUE(xsi::check(endpoints));
  xsi::CaresSrvLookup resolver(
      io.get_executor(), {"127.0.0.1:" + std::to_string(simulator.addresses()["dns"].get<int>())});
  auto const answer = run_task(io, resolver.lookup("_xsi-client._tcp." + endpoints.domain));
  ASSERT_TRUE(answer) << answer.error().what;
  for (auto const& record : answer->records)
    EXPECT_TRUE(xsi::is_at_home(endpoints, record.target)) << record.target;
  auto const xsps = xsi::xsps_of(endpoints, answer->records);
  ASSERT_EQ(xsps.size(), 2u);
  EXPECT_NE(xsps[0].host, xsps[1].host);
  for (auto const& xsp : xsps) {
    http::ClientRequest probe;
    probe.url = xsp.events + "/v2.0/channelset/none";
    auto const reached = run_task(io, client.send(std::move(probe)));
    ASSERT_TRUE(reached) << reached.error().what;
    EXPECT_EQ(reached->status, 401);
  }
  run_task(io, simulator.stop());
}

}  // namespace
}  // namespace wardroom::sim::test
