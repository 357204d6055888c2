// The event stream parser: what documents mean, and that no cut of the bytes changes it.
#include "cisco/xsi/xsi_event_parser.hpp"
#include "fixture_file.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

namespace wardroom::xsi {
namespace {

using test::replaced;
using test::stream_documents;
using test::without_trailing_space;
using test::xsi_fixture;

constexpr Uptime moment{std::chrono::seconds(77)};

struct Collected {
  std::vector<StreamDocument> documents;
  XsiEventParser parser{{}, [this](StreamDocument d) { documents.push_back(std::move(d)); }};
  void feed(std::string_view bytes) { parser.feed(bytes, moment); }
};

std::vector<StreamDocument> read(std::string const& bytes) {
  Collected all;
  all.feed(bytes);
  return std::move(all.documents);
}

StreamDocument only(std::string const& bytes) {
  auto all = read(bytes);
  EXPECT_EQ(all.size(), 1u);
  return all.empty() ? StreamDocument() : all.front();
}

CallEvent event(std::string const& bytes) {
  auto const found = only(bytes);
  if (auto const* call = std::get_if<CallEvent>(&found)) return *call;
  if (auto const* bad = std::get_if<MalformedDocument>(&found)) ADD_FAILURE() << bad->why;
  return {};
}

// CallEvent has no operator== of its own: compare what a verdict could depend on, and everything
// else.
bool same_fact(StreamDocument const& a, StreamDocument const& b) {
  if (a.index() != b.index()) return false;
  auto const* x = std::get_if<CallEvent>(&a);
  if (x) {
    auto const& y = std::get<CallEvent>(b);
    return std::tie(x->id, x->kind, x->type, x->target, x->subscription, x->sequence, x->legs) ==
           std::tie(y.id, y.kind, y.type, y.target, y.subscription, y.sequence, y.legs);
  }
  return std::visit(
      [&b](auto const& left) {
        using T = std::decay_t<decltype(left)>;
        if constexpr (std::is_same_v<T, CallEvent>)
          return false;
        else
          return left == std::get<T>(b);
      },
      a);
}

::testing::AssertionResult same_facts(std::vector<StreamDocument> const& a,
                                      std::vector<StreamDocument> const& b) {
  if (a.size() != b.size())
    return ::testing::AssertionFailure() << a.size() << " documents against " << b.size();
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!same_fact(a[i], b[i]))
      return ::testing::AssertionFailure() << "document " << i << " differs";
  return ::testing::AssertionSuccess();
}

TEST(XsiEventParser, reads_an_incoming_external_call) {
  auto const e = event(xsi_fixture("e01_call_received.xml"));
  EXPECT_EQ(e.id, EventId("0a1b2c3d-0001-4000-8000-000000000001"));
  EXPECT_EQ(e.kind, CallEventKind::received);
  EXPECT_EQ(e.type, "CallReceivedEvent");
  EXPECT_EQ(e.sequence, 41);
  EXPECT_EQ(e.subscription, "98b1c2d3-e4f5-4607-8899-a0b1c2d3e4f5");
  EXPECT_EQ(e.target, XsiUserId("q7w2e9rt5y@12345678.us10.example.net"))
      << "not userId, which is us";
  EXPECT_EQ(e.arrived, moment);
  ASSERT_EQ(e.legs.size(), 1u);
  CallLeg leg;
  leg.id = CallId("callhalf-20450000101:0");
  leg.tracking = TrackingId("c0ffee00-1111-4222-8333-444455556666");
  leg.personality = Personality::terminator;
  leg.state = CallState::alerting;
  leg.remote_address = "+14085550123";
  leg.remote_country_code = "1";
  leg.remote_name = "Zoë Müller & Søn";
  leg.type = CallType::network;
  leg.started = from_unix_ms(1795255200123);
  EXPECT_EQ(e.legs.front(), leg);
}

TEST(XsiEventParser, reads_the_other_examples) {
  EXPECT_EQ(event(xsi_fixture("e02_call_originated.xml")).legs.at(0).remote_address,
            "+442079460000");
  auto const internal = event(xsi_fixture("e03_call_answered_internal.xml"));
  EXPECT_EQ(internal.legs.at(0).type, CallType::enterprise);
  EXPECT_EQ(internal.legs.at(0).remote_user, XsiUserId("q7w2e9rt5y@12345678.us10.example.net"));
  EXPECT_EQ(internal.legs.at(0).remote_address, "2041");
  EXPECT_EQ(internal.legs.at(0).answered, from_unix_ms(1795255214250));
  auto const released = event(xsi_fixture("e04_call_released.xml"));
  EXPECT_EQ(released.kind, CallEventKind::released);
  EXPECT_EQ(released.legs.at(0).state, CallState::released);
  EXPECT_EQ(released.legs.at(0).released, from_unix_ms(1795255200790));
  auto const secret = event(xsi_fixture("e05_call_updated_private.xml"));
  EXPECT_EQ(secret.legs.at(0).remote_address, "");
  EXPECT_EQ(secret.legs.at(0).type, CallType::network);
  EXPECT_EQ(event(xsi_fixture("e06_call_held.xml")).legs.at(0).state, CallState::held);
  auto const snapshot = event(xsi_fixture("e07_snapshot.xml"));
  EXPECT_EQ(snapshot.kind, CallEventKind::snapshot);
  EXPECT_EQ(snapshot.legs.at(0).id, CallId("callhalf-20450000520:0"));
  auto const hook = event(xsi_fixture("e08_hook_status.xml"));
  EXPECT_EQ(hook.kind, CallEventKind::hook_status);
  EXPECT_TRUE(hook.legs.empty());
  auto const ended = event(xsi_fixture("e09_subscription_terminated.xml"));
  EXPECT_EQ(ended.kind, CallEventKind::subscription_terminated);
  EXPECT_TRUE(ended.target.empty());
  EXPECT_EQ(event(xsi_fixture("e10_call_redirected.xml")).legs.at(0).state, CallState::detached);
  EXPECT_EQ(event(xsi_fixture("e11_emergency_originated.xml")).legs.at(0).type,
            CallType::emergency);
}

TEST(XsiEventParser, reads_channel_heartbeat_and_termination) {
  EXPECT_EQ(std::get<ChannelOpened>(only(xsi_fixture("channel.xml"))),
            (ChannelOpened{"64d0a3b7-1c2d-4e5f-8a9b-0c1d2e3f4a5b", std::chrono::seconds(7200)}));
  for (auto const* beat :
       {"<ChannelHeartBeat xmlns='http://schema.broadsoft.com/xsi'/>",
        "<ChannelHeartBeat xmlns='http://schema.broadsoft.com/xsi'></ChannelHeartBeat >",
        "<a:ChannelHeartBeat xmlns:a='http://schema.broadsoft.com/xsi' />"})
    EXPECT_TRUE(std::holds_alternative<ServerHeartbeat>(only(beat))) << beat;
  auto const ended = std::get<ChannelTerminated>(only(xsi_fixture("channel_terminated.xml")));
  EXPECT_EQ(ended.reason, "NonResponsiveChannel");
}

TEST(XsiEventParser, takes_every_byte_position_of_every_example_as_a_cut) {
  for (auto const& document : stream_documents()) {
    auto const bytes = without_trailing_space(document);
    auto const whole = read(bytes);
    ASSERT_EQ(whole.size(), 1u);
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
      Collected parts;
      parts.feed(std::string_view(bytes).substr(0, cut));
      ASSERT_TRUE(parts.documents.empty()) << "cut at " << cut;
      parts.feed(std::string_view(bytes).substr(cut));
      // At once, not when the next document begins: a release waits for this.
      ASSERT_TRUE(same_facts(parts.documents, whole)) << "cut at " << cut << " of\n" << bytes;
    }
  }
}

TEST(XsiEventParser, takes_one_byte_at_a_time) {
  Collected parts;
  std::vector<StreamDocument> whole;
  for (auto const& document : stream_documents()) {
    auto const bytes = without_trailing_space(document);
    for (char c : bytes) parts.feed({&c, 1});
    whole.push_back(only(bytes));
    ASSERT_TRUE(same_facts(parts.documents, whole)) << "after its last byte";
  }
}

TEST(XsiEventParser, X3_gives_the_same_calls_for_random_cuts_of_many_documents) {
  test::Dice dice(1);
  static std::string const between[] = {
      "", "\n", "\r\n\r\n", " \t", "\xEF\xBB\xBF", "\n\xEF\xBB\xBF", std::string(1, '\0'), ""};
  for (std::size_t round = 0; round < test::count(300); ++round) {
    std::string bytes;
    std::vector<StreamDocument> whole;
    for (std::size_t n = 1 + dice.below(12); n > 0; --n) {
      auto document = without_trailing_space(dice.pick(stream_documents()));
      bytes += dice.pick(between) + document;
      whole.push_back(only(document));
    }
    Collected parts;
    for (std::size_t at = 0; at < bytes.size();) {
      auto const piece = 1 + dice.below(dice.one_in(3) ? 4 : 2'000);
      parts.feed(std::string_view(bytes).substr(at, piece));
      at += piece;
    }
    ASSERT_TRUE(same_facts(parts.documents, whole)) << "round " << round;
  }
}

TEST(XsiEventParser, takes_two_documents_in_one_piece_with_and_without_declaration) {
  auto const beat = without_trailing_space(xsi_fixture("channel_heartbeat.xml"));
  auto const call = without_trailing_space(xsi_fixture("e02_call_originated.xml"));
  auto const bare = call.substr(call.find("?>") + 2);
  auto const all = read(beat + call + bare + beat + call);
  ASSERT_EQ(all.size(), 5u);
  EXPECT_TRUE(same_fact(all[1], all[2]));
  EXPECT_TRUE(same_fact(all[1], all[4]));
}

TEST(XsiEventParser, never_looks_at_prefixes) {
  for (auto const& document : stream_documents()) {
    auto const renamed = replaced(replaced(replaced(document, "xsi1", "I"), "xsi:", "ev-1:"),
                                  "xmlns:xsi=", "xmlns:ev-1=");
    EXPECT_TRUE(same_facts(read(renamed), read(document))) << renamed;
  }
}

TEST(XsiEventParser, ignores_documents_of_another_namespace) {
  auto const foreign = replaced(xsi_fixture("e01_call_received.xml"),
                                "http://schema.broadsoft.com/xsi", "http://schema.example.com/xsi");
  auto const found = std::get<MalformedDocument>(only(foreign));
  EXPECT_FALSE(found.lost);
}

TEST(XsiEventParser, understands_names_in_every_encoding_that_occurs) {
  auto const raw = xsi_fixture("e01_call_received.xml");
  auto const name = std::string("Zoë Müller &amp; Søn");
  auto const latin1 = std::string("Zo\xEB M\xFCller &amp; S\xF8n");
  auto const references = std::string("Zo&#235; M&#xFC;ller &amp; S&#248;n");
  auto const cdata = std::string("<![CDATA[Zoë Müller & Søn]]>");
  struct Case {
    std::string what, bytes;
  } const cases[] = {
      {"raw UTF-8", raw},
      {"character references", replaced(raw, name, references)},
      {"CDATA", replaced(raw, name, cdata)},
      {"declared Latin-1", replaced(replaced(raw, name, latin1), "UTF-8", "ISO-8859-1")},
      {"undeclared Latin-1", replaced(replaced(raw, name, latin1), " encoding=\"UTF-8\"", "")},
      {"Latin-1 that claims UTF-8", replaced(raw, name, latin1)},
      {"an unknown 8-bit encoding", replaced(replaced(raw, name, latin1), "UTF-8", "windows-1252")},
  };
  auto const expected = read(raw);
  for (auto const& c : cases) {
    auto const bytes = without_trailing_space(c.bytes);
    EXPECT_TRUE(same_facts(read(bytes), expected)) << c.what;
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
      Collected parts;
      parts.feed(std::string_view(bytes).substr(0, cut));
      parts.feed(std::string_view(bytes).substr(cut));
      ASSERT_TRUE(same_facts(parts.documents, expected)) << c.what << ", cut at " << cut;
    }
  }
}

TEST(XsiEventParser, goes_on_after_a_document_that_was_read_as_latin1) {
  auto const raw = xsi_fixture("e01_call_received.xml");
  auto const latin1 = replaced(raw, "Zoë Müller &amp; Søn", "Zo\xEB M\xFCller &amp; S\xF8n");
  auto const all = read(latin1 + raw + latin1 + raw);
  ASSERT_EQ(all.size(), 4u);
  for (auto const& one : all) EXPECT_TRUE(same_fact(one, all[1]));
}

TEST(XsiEventParser, salvages_the_event_id_of_a_broken_document_at_every_cut) {
  auto const broken =
      replaced(xsi_fixture("e01_call_received.xml"), "</xsi:personality>", "</xsi:x>");
  auto const whole = read(broken);
  ASSERT_EQ(whole.size(), 1u);
  auto const found = std::get<MalformedDocument>(whole.front());
  EXPECT_TRUE(found.lost);
  EXPECT_EQ(found.event, EventId("0a1b2c3d-0001-4000-8000-000000000001"));
  for (std::size_t cut = 1; cut < broken.size(); ++cut) {
    Collected parts;
    parts.feed(std::string_view(broken).substr(0, cut));
    parts.feed(std::string_view(broken).substr(cut));
    ASSERT_TRUE(same_facts(parts.documents, whole)) << "cut at " << cut;
    ASSERT_TRUE(parts.parser.lost());
  }
}

TEST(XsiEventParser, reports_useless_documents_and_reads_on) {
  auto const call = xsi_fixture("e01_call_received.xml");
  std::string const useless[] = {
      replaced(call, "<xsi:callId>callhalf-20450000101:0</xsi:callId>", ""),
      replaced(call, "xsi1:type=\"xsi:CallReceivedEvent\"", ""),
      replaced(call, "xsi:call>", "xsi:other>"),
  };
  for (auto const& bytes : useless) {
    auto const all = read(bytes + call);
    ASSERT_EQ(all.size(), 2u);
    auto const found = std::get<MalformedDocument>(all[0]);
    EXPECT_FALSE(found.lost);
    EXPECT_EQ(found.event, EventId("0a1b2c3d-0001-4000-8000-000000000001"));
    EXPECT_TRUE(std::holds_alternative<CallEvent>(all[1]));
  }
  auto const anonymous =
      replaced(call, "<xsi:eventID>0a1b2c3d-0001-4000-8000-000000000001</xsi:eventID>", "");
  EXPECT_TRUE(std::get<MalformedDocument>(only(anonymous)).event.empty());
}

TEST(XsiEventParser, keeps_unknown_types_and_elements_as_events_to_acknowledge) {
  auto const unknown =
      replaced(replaced(xsi_fixture("e08_hook_status.xml"), "HookStatusEvent", "BrandNewEvent"),
               "<xsi:hookStatus>Off-Hook</xsi:hookStatus>", "<xsi:new><xsi:er/></xsi:new>");
  auto const e = event(unknown);
  EXPECT_EQ(e.kind, CallEventKind::other);
  EXPECT_EQ(e.type, "BrandNewEvent");
  auto const extra = replaced(xsi_fixture("e01_call_received.xml"), "<xsi:callType>",
                              "<xsi:novelty a='>'/><!-- > --><xsi:callType>");
  EXPECT_EQ(event(extra).legs.at(0).type, CallType::network);
}

TEST(XsiEventParser, refuses_what_could_hurt) {
  auto const why = [](std::string const& bytes) {
    auto const all = read(bytes);
    if (all.empty()) return std::string("nothing was told");
    auto const* bad = std::get_if<MalformedDocument>(&all.back());
    return bad && bad->lost ? bad->why : std::string("it was accepted");
  };
  EXPECT_NE(why("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>").find("DOCTYPE"), std::string::npos);
  std::string deep;
  for (int i = 0; i < 65; ++i) deep += "<a>";
  EXPECT_NE(why(deep).find("deeper than 64"), std::string::npos);
  EXPECT_NE(why(deep.substr(3) + "<b/>").find("deeper than 64"), std::string::npos);
  EXPECT_NE(why("<a>" + std::string(70'000, 'x')).find("longer than 65536"), std::string::npos);
  EXPECT_NE(why("<a>" + std::string(70'000, 'x') + "</a>").find("longer than 65536"),
            std::string::npos);
  std::string many = "<a>";
  for (int i = 0; i < 10'001; ++i) many += "<b/>";
  EXPECT_NE(why(many).find("more than 10000"), std::string::npos);
  EXPECT_NE(why("HTTP garbage").find("something else"), std::string::npos);
  EXPECT_NE(why(xsi_fixture("channel.xml") + "garbage").find("something else"), std::string::npos);
}

TEST(XsiEventParser, finds_size_limits_at_the_same_byte_whatever_the_cut) {
  auto const body = std::string(65'536 - 7, 'x');
  auto const fits = "<a>" + body + "</a>", too_long = "<a>" + body + "y</a>";
  for (std::size_t piece : {1u, 7u, 1'400u, 65'535u, 65'536u, 65'537u, 200'000u}) {
    for (auto const* bytes : {&fits, &too_long}) {
      Collected all;
      for (std::size_t at = 0; at < bytes->size(); at += piece)
        all.feed(std::string_view(*bytes).substr(at, piece));
      ASSERT_EQ(all.documents.size(), 1u);
      EXPECT_EQ(all.parser.lost(), bytes == &too_long) << "pieces of " << piece;
    }
  }
}

}  // namespace
}  // namespace wardroom::xsi
