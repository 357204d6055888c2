// What is known of XSI survives a restart while Webex or DNS is away, and says
// that it is old.
#include "cisco/xsi/remembered_xsi.hpp"

#include "cisco/xsi/xsi_discovery.hpp"
#include "session_world.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

#include <map>

namespace wardroom::xsi {
namespace {

using namespace std::chrono_literals;
using test::run_task;

struct Memory final : XsiMemory {
  Task<Result<std::optional<std::string>>> recall(std::string key) override {
    if (broken) co_return failure(ErrorKind::unavailable, "the store is away");
    auto const found = texts.find(key);
    if (found == texts.end()) co_return std::optional<std::string>();
    co_return std::optional(found->second);
  }
  void keep(std::string key, std::string text) override {
    ++written;
    texts[key] = std::move(text);
  }
  std::map<std::string, std::string> texts;
  bool broken = false;
  int written = 0;
};

struct Organisation final : XsiOrganisation {
  Task<Result<std::string>> org_uuid() override { co_return uuid; }
  Task<Result<XsiEndpoints>> endpoints() override { co_return told; }
  Result<std::string> uuid = std::string("org-1");
  Result<XsiEndpoints> told = XsiEndpoints{"https://api.example.net/a", "https://api.example.net/e",
                                           "https://api.example.net/c", "example.net"};
};

struct RememberedXsi : testing::Test {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  Memory memory;
  Organisation webex;
  test::FakeSrv dns;
  Error const silence{ErrorKind::unavailable, "nobody answers", {}};

  void a_day_with_answers() {
    RememberedOrganisation organisation(webex, memory, clock);
    RememberedSrv srv(dns, memory, clock);
    dns.answer =
        SrvAnswer{{{"xsp1.example.net", 443, 1, 10}, {"xsp2.example.net", 8443, 2, 0}}, 60s};
    ASSERT_TRUE(run_task(io, organisation.endpoints()));
    ASSERT_TRUE(run_task(io, srv.lookup("_xsi-client._tcp.example.net")));
  }
};

TEST_F(RememberedXsi, finds_the_same_xsps_after_a_restart_while_webex_and_dns_are_away) {
  a_day_with_answers();
  auto const then = clock.now();
  clock.advance(3h);
  webex.told = std::unexpected(silence);
  webex.uuid = std::unexpected(silence);
  dns.answer = std::unexpected(silence);
  RememberedOrganisation organisation(webex, memory, clock);
  RememberedSrv srv(dns, memory, clock);
  XsiSettings const settings;
  XsiDiscovery discovery(settings, organisation, srv, clock);
  EXPECT_EQ(run_task(io, organisation.org_uuid()).value(), "org-1");
  auto const found = run_task(io, discovery.find(false));
  ASSERT_TRUE(found);
  ASSERT_EQ(found->xsps.size(), 2u);
  EXPECT_EQ(found->xsps[1].events, "https://xsp2.example.net:8443/e");
  EXPECT_NE(found->remark.find("known since"), std::string::npos) << found->remark;
  EXPECT_LE(found->valid_for, 30s) << "asked again soon";
  EXPECT_EQ(run_task(io, organisation.endpoints())->as_of, then);
  webex.told = Organisation().told;
  dns.answer = SrvAnswer{{{"xsp3.example.net", 443, 1, 1}}, 60s};
  auto const again = run_task(io, discovery.find(false));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->xsps.at(0).host, "xsp3.example.net");
  EXPECT_EQ(again->remark, "");
}

TEST_F(RememberedXsi, never_hides_an_answer_that_says_no) {
  a_day_with_answers();
  RememberedOrganisation organisation(webex, memory, clock);
  for (auto const kind : {ErrorKind::not_found, ErrorKind::denied}) {
    webex.told = failure(kind, "XSI is not enabled");
    EXPECT_EQ(run_task(io, organisation.endpoints()).error().kind, kind);
  }
}

TEST_F(RememberedXsi, is_not_used_for_another_organisation_or_another_name) {
  a_day_with_answers();
  webex.told = std::unexpected(silence);
  webex.uuid = std::string("org-2");
  dns.answer = std::unexpected(silence);
  RememberedOrganisation organisation(webex, memory, clock);
  RememberedSrv srv(dns, memory, clock);
  EXPECT_FALSE(run_task(io, organisation.endpoints()));
  EXPECT_FALSE(run_task(io, srv.lookup("_xsi-client._tcp.other.net")));
}

TEST_F(RememberedXsi, survives_a_memory_that_is_broken_or_holds_nonsense) {
  a_day_with_answers();
  webex.told = std::unexpected(silence);
  dns.answer = std::unexpected(silence);
  RememberedOrganisation organisation(webex, memory, clock);
  RememberedSrv srv(dns, memory, clock);
  auto const nothing = [&] {
    EXPECT_EQ(run_task(io, organisation.endpoints()).error().what, "nobody answers");
    EXPECT_EQ(run_task(io, srv.lookup("_xsi-client._tcp.example.net")).error().what,
              "nobody answers");
  };
  memory.broken = true;
  nothing();
  memory.broken = false;
  for (auto const* text :
       {"", "{", "[]", "{}", R"({"org":1})",
        R"({"org":"org-1","actions":"http://evil.test/","events":"x","channel":"y","as_of":1})",
        R"({"name":"_xsi-client._tcp.example.net","records":[3,{"target":""}],"as_of":1})"}) {
    for (auto& [key, kept] : memory.texts) kept = text;
    nothing();
  }
}

TEST_F(RememberedXsi, writes_only_what_changed_or_grew_old) {
  RememberedOrganisation organisation(webex, memory, clock);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(run_task(io, organisation.endpoints()));
  EXPECT_EQ(memory.written, 1);
  clock.advance(25h);
  ASSERT_TRUE(run_task(io, organisation.endpoints()));
  EXPECT_EQ(memory.written, 2);
}

}  // namespace
}  // namespace wardroom::xsi
