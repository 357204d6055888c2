// The pure parts around the session: addresses, endpoints, cookies, documents,
// plans and counters.
#include "base/xml.hpp"
#include "cisco/xsi/cookie_jar.hpp"
#include "cisco/xsi/event_window.hpp"
#include "cisco/xsi/heartbeat_plan.hpp"
#include "cisco/xsi/open_pacer.hpp"
#include "cisco/xsi/sequence_watch.hpp"
#include "cisco/xsi/xsi_documents.hpp"
#include "cisco/xsi/xsi_endpoints.hpp"
#include "domain/address.hpp"
#include "fixture_file.hpp"
#include "runtime/random.hpp"

#include <gtest/gtest.h>

#include <map>

namespace wardroom::xsi {
namespace {

using namespace std::chrono_literals;
using test::xsi_fixture;

Uptime at_second(double s) {
  return Uptime(std::chrono::duration_cast<BootClock::duration>(std::chrono::duration<double>(s)));
}

TEST(BareAddress, strips_scheme_parameters_and_host_of_numbers) {
  std::pair<char const*, char const*> const cases[] = {
      {"tel:+14085550123", "+14085550123"},
      {"TEL:1012", "1012"},
      {"tel:+1-4085550141;ext=5", "+1-4085550141"},
      {"sip:+14085550123@example.net;user=phone", "+14085550123"},
      {"sips:911@h:5061", "911"},
      {"sip:9-911;phone-context=x@h", "9-911"},
      {"tel:%2B43 1 123", "+43 1 123"},
      {"sip:dana.okafor@example.com;transport=tls?x=y", "dana.okafor@example.com"},
      {"\"Dana\" <sip:dana@example.com>;tag=1", "dana@example.com"},
      {"  2041 ", "2041"},
      {"", ""},
      {"tel:", ""},
      {"<", ""},
      {"sip:%zz@h", "%zz@h"},
  };
  for (auto const& [uri, bare] : cases) EXPECT_EQ(bare_address(uri), bare) << uri;
}

TEST(Xsps, come_from_the_settings_with_the_usual_paths) {
  auto const all = fixed_xsps({"http://127.0.0.1:8501", "http://127.0.0.1:8502/"});
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].channel, "http://127.0.0.1:8501/com.broadsoft.async/com.broadsoft.xsi-events");
  EXPECT_EQ(all[1].events, "http://127.0.0.1:8502/com.broadsoft.xsi-events");
  EXPECT_EQ(all[1].host, "127.0.0.1:8502");
  EXPECT_EQ(fixed_actions("http://127.0.0.1:8501"),
            "http://127.0.0.1:8501/com.broadsoft.xsi-actions");
}

XsiEndpoints endpoints(std::string const& authority) {
  return {"https://" + authority + "/com.broadsoft.xsi-actions",
          "https://" + authority + "/com.broadsoft.xsi-events",
          "https://" + authority + "/com.broadsoft.async/com.broadsoft.xsi-events/",
          "api.example.net"};
}

TEST(Xsps, are_one_for_every_srv_target_lowest_priority_first) {
  auto const all =
      xsps_of(endpoints("api.example.net"), opening_order({{"xsp3.example.net", 443, 20, 50},
                                                           {"xsp1.example.net", 443, 10, 10},
                                                           {"xsp2.example.net", 8443, 10, 90}},
                                                          [] { return 1.0; }));
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].events, "https://xsp2.example.net:8443/com.broadsoft.xsi-events");
  EXPECT_EQ(all[1].channel,
            "https://xsp1.example.net/com.broadsoft.async/com.broadsoft.xsi-events");
  EXPECT_EQ(all[2].host, "xsp3.example.net");
}

TEST(Xsps, keep_a_port_written_in_the_endpoint_and_fall_back_to_it_without_records) {
  auto const all = xsps_of(endpoints("api.example.net:9443"), {{"xsp1.example.net", 443, 1, 1}});
  EXPECT_EQ(all.at(0).events, "https://xsp1.example.net:9443/com.broadsoft.xsi-events");
  EXPECT_EQ(xsps_of(endpoints("api.example.net"), {}).at(0).host, "api.example.net");
}

TEST(Xsps, are_at_home_only_in_the_domain_of_the_endpoints) {
  auto const webex = endpoints("api-us.bcld.webex.com");
  for (auto const* good : {"xsp1.us.bcld.webex.com", "XSP1.Webex.com", "webex.com",
                           "xsp1.example.net", "api-us.bcld.webex.com"})
    EXPECT_TRUE(is_at_home(webex, good)) << good;
  for (auto const* bad :
       {"", "evil.example", "webex.com.evil.example", "notwebex.com", "com", "192.0.2.1",
        "evil.example/.webex.com", "evil.example#.webex.com", "evil.example:443",
        "x@evil.webex.com", "evil.example\\.webex.com", "evil example.webex.com"})
    EXPECT_FALSE(is_at_home(webex, bad)) << bad;
  XsiEndpoints const british{"https://xsi.provider.co.uk/a", "https://xsi.provider.co.uk/e",
                             "https://xsi.provider.co.uk/c", "provider.co.uk"};
  EXPECT_TRUE(is_at_home(british, "xsp2.provider.co.uk"));
  EXPECT_FALSE(is_at_home(british, "xsp2.evil.co.uk"));
  XsiEndpoints const local{"https://127.0.0.1:1/a", "https://localhost:1/e", "https://10.0.0.1/c",
                           ""};
  EXPECT_TRUE(is_at_home(local, "localhost"));
  EXPECT_FALSE(is_at_home(local, "10.9.0.1"));
}

TEST(Xsps, are_drawn_by_weight_within_a_priority) {
  SeededRandom dice(11);
  std::map<std::string, int> first;
  for (int i = 0; i < 4'000; ++i) {
    auto const order =
        opening_order({{"c", 1, 2, 500}, {"a", 1, 1, 75}, {"b", 1, 1, 25}, {"z", 1, 1, 0}},
                      [&] { return dice.fraction(); });
    ASSERT_EQ(order.size(), 4u);
    EXPECT_EQ(order[3].target, "c") << "a higher priority number comes later, whatever its weight";
    ++first[order[0].target];
  }
  EXPECT_NEAR(first["a"], 3'000, 150);
  EXPECT_NEAR(first["b"], 1'000, 150);
  EXPECT_TRUE(opening_order({}, [] { return 0.5; }).empty());
  EXPECT_EQ(opening_order({{"b", 1, 1, 0}, {"a", 1, 1, 0}}, [] { return 0.5; }).size(), 2u);
}

TEST(OpenPacer, lets_two_go_at_once_and_then_one_every_half_second) {
  OpenPacer pacer(500ms, 2);
  EXPECT_EQ(pacer.turn(at_second(10)), at_second(10));
  EXPECT_EQ(pacer.turn(at_second(10)), at_second(10));
  EXPECT_EQ(pacer.turn(at_second(10)), at_second(10.5));
  EXPECT_EQ(pacer.turn(at_second(10)), at_second(11));
  EXPECT_EQ(pacer.turn(at_second(20)), at_second(20)) << "rest is worth a burst, not more";
  EXPECT_EQ(pacer.turn(at_second(20)), at_second(20));
  EXPECT_EQ(pacer.turn(at_second(20)), at_second(20.5));
}

TEST(Documents, name_errors_in_xml_of_any_encoding_and_in_json) {
  std::string const latin =
      "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><ErrorInfo "
      "xmlns=\"http://schema.broadsoft.com/xsi\"><summary>Abonnement unbekannt "
      "\xfc</summary>"
      "<summaryEnglish>Channel set "
      "unknown</summaryEnglish><errorCode>110842</errorCode></ErrorInfo>";
  EXPECT_EQ(read_error(latin).value().code, unknown_channel_set);
  auto const json =
      read_error(R"({"ErrorInfo":{"summary":{"$":"Not found."},"errorCode":{"$":"110862"}}})");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->code, unknown_subscription);
  EXPECT_EQ(json->summary, "Not found.");
  EXPECT_TRUE(says_missing(403, R"( {"ErrorInfo":{"errorCode":110899}})"));
  EXPECT_FALSE(says_missing(403, R"({"ErrorInfo":{"errorCode":{"$":"4410"}}})"));
  for (auto const* other : {"", "{", "[]", "{}", "{\"ErrorInfo\":3}", "<html>x</html>", "busy"})
    EXPECT_FALSE(read_error(other)) << other;
}

TEST(Documents, list_the_channels_of_a_set) {
  auto const list = read_channel_set(
      "<x:ChannelSet "
      "xmlns:x='http://schema.broadsoft.com/"
      "xsi'><x:channelSetId>s</x:channelSetId>"
      "<x:channel><x:channelId>a</x:channelId><x:expires>9</"
      "x:expires></x:channel>"
      "<x:channel>b</x:channel></x:ChannelSet>");
  EXPECT_EQ(list.value(), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(read_channel_set("<ChannelSet xmlns='http://schema.broadsoft.com/xsi'/>")->empty());
  EXPECT_FALSE(read_channel_set("<html/>"));
}

TEST(Segments, keep_at_and_colon_and_escape_the_rest) {
  EXPECT_EQ(segment("a1@2.us10:0"), "a1@2.us10:0");
  EXPECT_EQ(segment("PBX Inc./../x?y"), "PBX%20Inc.%2F..%2Fx%3Fy");
}

TEST(CookieJar, sends_cookies_by_path_and_forgets_expired_ones) {
  CookieJar jar;
  std::string const open = "https://x/com.broadsoft.async/com.broadsoft.xsi-events/v2.0/channel";
  std::string const beat = "https://x/com.broadsoft.xsi-events/v2.0/channel/1/heartbeat";
  jar.keep({{"Set-Cookie", "JSESSIONID=A1; Path=/com.broadsoft.xsi-events; Secure; HttpOnly"},
            {"set-cookie", "lb=7; path=/"}},
           open);
  EXPECT_EQ(jar.header_for(open), "lb=7");
  EXPECT_EQ(jar.header_for(beat), "JSESSIONID=A1; lb=7");
  EXPECT_EQ(jar.header_for("https://x/com.broadsoft.xsi-eventsX"), "lb=7");
  jar.keep({{"Set-Cookie", "lb=; Path=/; Max-Age=0"},
            {"Set-Cookie", "nonsense"},
            {"Set-Cookie", "JSESSIONID=B2; Path=/com.broadsoft.xsi-events"}},
           beat);
  EXPECT_EQ(jar.header_for(beat), "JSESSIONID=B2");
}

TEST(Documents, are_written_in_the_order_the_schema_fixes) {
  EXPECT_EQ(channel_body("set<1>", "app", 7200s),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Channel "
            "xmlns=\"http://schema.broadsoft.com/xsi\">"
            "<channelSetId>set&lt;1&gt;</channelSetId><priority>1</"
            "priority><weight>50</weight>"
            "<expires>7200</expires><applicationId>app</applicationId></Channel>");
  auto const body = subscription_body("Advanced Call", "set", "app", 7200s);
  EXPECT_NE(body.find("<event>Advanced "
                      "Call</event><expires>7200</expires><channelSetId>set</channelSetId>"
                      "<applicationId>app</applicationId></Subscription>"),
            std::string::npos);
  EXPECT_NE(event_response_body(EventId("e-1"))
                .find("<eventID>e-1</eventID><statusCode>200</"
                      "statusCode><reason>OK</reason></"
                      "EventResponse>"),
            std::string::npos);
}

TEST(Documents, are_read) {
  auto const subscription = read_subscription(xsi_fixture("subscription.xml"));
  ASSERT_TRUE(subscription);
  EXPECT_EQ(subscription->id, "98b1c2d3-e4f5-4607-8899-a0b1c2d3e4f5");
  EXPECT_EQ(subscription->expires, 7200s);
  EXPECT_EQ(read_channel_expiry(xsi_fixture("channel.xml")), 7200s);
  auto const error = read_error(xsi_fixture("error_info.xml"));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, unknown_subscription);
  EXPECT_TRUE(says_missing(403, xsi_fixture("error_info.xml")));
  EXPECT_FALSE(says_missing(403, "<html><body>Forbidden</body></html>"));
  EXPECT_TRUE(says_missing(404, ""));
  EXPECT_FALSE(says_missing(500, xsi_fixture("error_info.xml")));
  EXPECT_EQ(read_call_list(xsi_fixture("calls.xml")).value(),
            std::vector{CallId("callhalf-20450000101:0")});
  EXPECT_TRUE(read_call_list(xsi_fixture("calls_none.xml")).value().empty());
  auto const call = read_call(xsi_fixture("call.xml"));
  ASSERT_TRUE(call);
  EXPECT_EQ(call->state, CallState::remote_held);
  EXPECT_EQ(call->remote_address, "+14085550123");
  EXPECT_EQ(call->remote_name, "Zoë Müller & Søn");
}

TEST(Documents, give_profile_and_directory_as_calling_users) {
  auto const dana = read_profile(xsi_fixture("profile.xml"));
  ASSERT_TRUE(dana);
  EXPECT_EQ(*dana,
            (CallingUser{XsiUserId("a1s2d3f4g5@12345678.us10.example.net"),
                         "dana.okafor@example.com", "4085550142", "2042", "1", "Dana Okafor", ""}));
  auto const page = read_directory_page(xsi_fixture("directory_page.xml"));
  ASSERT_TRUE(page);
  EXPECT_EQ(page->total, 2);
  EXPECT_EQ(page->records, 2);
  ASSERT_EQ(page->users.size(), 2u);
  EXPECT_EQ(page->users[0].email, "dana.okafor@example.com");
  EXPECT_EQ(page->users[1].person_uuid, "5f0a6c1e-7b7b-4d6e-9d53-1f2e3d4c5b6a");
}

TEST(Documents, of_another_kind_are_errors_with_a_sentence) {
  for (std::string const body : {"", "<html>", "{\"a\":1}", "<Calls/>"}) {
    auto const read = read_subscription(body);
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(read.error().kind, ErrorKind::malformed);
    EXPECT_NE(read.error().what.find("Subscription"), std::string::npos);
  }
}

TEST(Xml, reads_exactly_one_document) {
  EXPECT_TRUE(xml::parse("\r\n <a/>\n"));
  EXPECT_FALSE(xml::parse("<a/><b/>"));
  EXPECT_FALSE(xml::parse("<a>"));
  EXPECT_FALSE(xml::parse("<a/>x"));
  EXPECT_FALSE(xml::parse(""));
  auto const read = xml::parse(
      "<r xmlns='u' xmlns:v='w'><v:a>1</v:a><a "
      "x='&lt;2'> 3 <b/> 4 </a><a>5</a></r>");
  ASSERT_TRUE(read);
  auto const root = read->root();
  EXPECT_EQ(root.name_space(), "u");
  EXPECT_EQ(root.text_of("a"), "3")
      << "the child of the same namespace, its text before its first child";
  EXPECT_EQ(root.child("a").attribute("x"), "<2");
  EXPECT_EQ(root.child("a").next_same().text(), "5");
  EXPECT_EQ(root.first().text(), "1");
  EXPECT_FALSE(root.child("none").child("deeper").first());
}

using Kind = HeartbeatAnswer::Kind;

TEST(HeartbeatPlan, two_failures_in_a_row_are_death_and_one_is_not) {
  HeartbeatPlan plan(15s);
  auto first = plan.answered({Kind::unreachable}, at_second(0), {});
  EXPECT_FALSE(first.dead);
  EXPECT_EQ(first.wait, 2s);
  EXPECT_FALSE(plan.answered({Kind::alive}, at_second(2), {}).dead);
  EXPECT_FALSE(plan.answered({Kind::unreachable}, at_second(17), {}).dead);
  EXPECT_TRUE(plan.answered({Kind::unreachable}, at_second(24), at_second(23)).dead);
}

TEST(HeartbeatPlan, a_busy_server_whose_stream_flows_is_not_reopened) {
  HeartbeatPlan plan(15s);
  EXPECT_EQ(plan.answered({Kind::overloaded}, at_second(0), at_second(0)).wait, 2s);
  EXPECT_EQ(plan.answered({Kind::overloaded}, at_second(2), at_second(1)).wait, 5s);
  EXPECT_EQ(plan.answered({Kind::overloaded}, at_second(7), at_second(6)).wait, 10s);
  HeartbeatPlan silent(15s);
  EXPECT_EQ(silent.answered({Kind::overloaded}, at_second(29), at_second(0)).wait, 1s);
  EXPECT_TRUE(silent.answered({Kind::overloaded}, at_second(30), at_second(0)).dead);
}

TEST(HeartbeatPlan, missing_is_dead_at_once_and_a_rejected_token_never) {
  HeartbeatPlan plan(15s);
  for (int i = 0; i < 5; ++i)
    EXPECT_FALSE(plan.answered({Kind::unauthorized}, at_second(i), {}).dead);
  EXPECT_EQ(plan.answered({Kind::throttled, 60s}, at_second(9), {}).wait, 10s);
  EXPECT_TRUE(plan.answered({Kind::missing}, at_second(10), {}).dead);
}

TEST(SequenceWatch, waits_for_late_numbers_and_then_declares_a_gap) {
  SequenceWatch watch(2s);
  watch.saw(41, at_second(0));
  watch.saw(43, at_second(1));
  EXPECT_EQ(watch.next_deadline(), at_second(3));
  watch.saw(42, at_second(2));
  EXPECT_FALSE(watch.next_deadline());
  watch.saw(46, at_second(4));
  EXPECT_EQ(watch.overdue(at_second(5.9)), 0u);
  EXPECT_EQ(watch.overdue(at_second(6)), 2u);
  EXPECT_EQ(watch.overdue(at_second(60)), 0u);
}

TEST(SequenceWatch, wraps_and_takes_a_restart_as_a_gap) {
  SequenceWatch watch(2s);
  watch.saw(2'147'483'646, at_second(0));
  watch.saw(1, at_second(0));
  watch.saw(2'147'483'647, at_second(1));
  watch.saw(2, at_second(1));
  EXPECT_FALSE(watch.next_deadline());
  watch.saw(50'000, at_second(2));
  EXPECT_EQ(watch.overdue(at_second(5)), 1u) << "a jump too long to count is one gap";
  watch.saw(1, at_second(6));
  watch.saw(2, at_second(6));
  EXPECT_EQ(watch.overdue(at_second(9)), 1u);
  EXPECT_FALSE(watch.next_deadline());
}

TEST(SequenceWatch, X1_takes_a_counter_that_begins_anew_not_far_behind_for_a_gap) {
  SequenceWatch watch(2s);
  for (int n = 1; n <= 100; ++n) watch.saw(n, at_second(0));
  watch.saw(50, at_second(1));
  EXPECT_FALSE(watch.next_deadline()) << "one alone came a second time";
  watch.saw(51, at_second(2));
  EXPECT_EQ(watch.overdue(at_second(5)), 1u) << "what the old counter owed will not come";
  watch.saw(53, at_second(6));
  EXPECT_EQ(watch.overdue(at_second(9)), 1u) << "and 52 of the new one was lost";
}

TEST(SequenceWatch, takes_no_repeated_numbers_for_a_new_counter) {
  SequenceWatch watch(2s);
  for (int n = 1; n <= 100; ++n) {
    watch.saw(n, at_second(n));
    watch.saw(n, at_second(n));  // under another id
  }
  watch.saw(99, at_second(101));
  watch.saw(98, at_second(101));
  EXPECT_FALSE(watch.next_deadline());
}

TEST(SequenceWatch, misses_what_was_lost_before_the_first_event_of_a_subscription) {
  SequenceWatch watch(2s);
  watch.saw(7, at_second(0));
  watch.begin_subscription();
  watch.saw(1, at_second(1));
  EXPECT_FALSE(watch.next_deadline());
  watch.begin_subscription();
  watch.saw(3, at_second(2));
  watch.saw(1, at_second(3));
  EXPECT_EQ(watch.overdue(at_second(4)), 1u);
  watch.begin_subscription();
  watch.saw(2'000'000'000, at_second(5));
  EXPECT_EQ(watch.overdue(at_second(7)), 1u) << "a counter of before: one gap";
}

TEST(SequenceWatch, gives_up_when_gaps_are_the_rule_but_not_for_one_long_loss) {
  SequenceWatch once(2s);
  for (int n = 1; n <= 100; ++n) once.saw(n, at_second(0));
  once.saw(200, at_second(1));
  EXPECT_EQ(once.overdue(at_second(4)), 99u);
  EXPECT_FALSE(once.informational());
  SequenceWatch always(2s);
  std::size_t declared = 0;
  for (int n = 1; n <= 60; ++n) {
    always.saw(n * 3, at_second(n));
    declared += always.overdue(at_second(n));
  }
  EXPECT_TRUE(always.informational());
  EXPECT_LT(declared, 20u);
  EXPECT_FALSE(always.next_deadline());
}

TEST(EventWindow, knows_the_last_ids_only) {
  EventWindow window(2);
  EXPECT_TRUE(window.first_time("a"));
  EXPECT_FALSE(window.first_time("a"));
  EXPECT_TRUE(window.first_time("b"));
  EXPECT_TRUE(window.first_time("c"));
  EXPECT_FALSE(window.first_time("b"));
  EXPECT_TRUE(window.first_time("a"));
}

}  // namespace
}  // namespace wardroom::xsi
