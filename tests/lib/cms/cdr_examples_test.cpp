// Every example of the reference gives what it says, whoever wrote its XML.
#include "base/encoding.hpp"
#include "cisco/cms/cdr_parser.hpp"
#include "lib/cms/cdr_writer.hpp"
#include "lib/cms/cms_fixture.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

namespace wardroom::test {
namespace {

constexpr std::string_view one = "session 5a0c3c8e-6f0e-4f5b-9a41-0d0e6f1c7a10 bridge \n";
constexpr std::string_view a =
    "session aaaaaaaa-1111-4111-8111-111111111111 bridge cb00000a-0000-4000-8000-00000000000a\n";
constexpr std::string_view b =
    "session bbbbbbbb-2222-4222-8222-222222222222 bridge cb00000b-0000-4000-8000-00000000000b\n";
#define BOARD "0b8f7c5e-21a4-4a55-8d5c-8d3c0a6e1101"
#define LEG "a1000000-0000-4000-8000-0000000000"
#define GROUP "b1000000-0000-4000-8000-0000000000"

struct Example {
  std::string_view name, head, records;
};

// Written by hand from the documents' text.
constexpr Example examples[] = {
    {"e01_call_start", one,
     "call_start callStart #2280 09:00:01 call " BOARD
     " correlator=7e6d5c4b-3a29-4817-9605-f4e3d2c1b0a9 name=Project Board & Steering type=coSpace "
     "space=c1d0a2b4-0f5e-4a0a-8c0b-1e2d3c4b5a69\n"},
    {"e02_leg_start", one,
     "leg_start callLegStart #2281 09:00:01 leg " LEG
     "01 party=boardroom1@rooms.secure.example local=board@meet.example.com name=Board Room 1 "
     "type=sip direction=incoming sip=9f1c7a10-0001@10.20.0.11 group=" GROUP "01\n"},
    {"e02_leg_connected", one,
     "leg_update callLegUpdate #2282 09:00:02 leg " LEG "01 in=" BOARD
     " address=boardroom1@rooms.secure.example name=Board Room 1 sip=9f1c7a10-0001@10.20.0.11 "
     "group=" GROUP "01 deactivated=false connected=true\n"},
    {"e03_guest_in_lobby", one,
     "leg_start callLegStart #2283 09:01:10 leg " LEG "02 in=" BOARD
     " party=guest1783@meet.example.com name=Ann (supplier) type=acano sub=webApp "
     "direction=incoming group=" LEG "02 guest=true\n"
     "leg_update callLegUpdate #2284 09:01:10 leg " LEG "02 in=" BOARD
     " name=Ann (supplier) group=" LEG "02 deactivated=true connected=true\n"},
    {"e03_guest_admitted", one,
     "leg_update callLegUpdate #2285 09:01:42 leg " LEG "02 in=" BOARD
     " name=Ann (supplier) group=" LEG "02 deactivated=false connected=true\n"},
    {"e04_ivr_then_call", one,
     "leg_start callLegStart #2286 09:02:00 leg " LEG
     "03 ivr party=4711@10.20.0.5 local=ivr@meet.example.com type=sip direction=incoming "
     "sip=c0ffee-3@10.20.0.5 group=" GROUP "03\n"
     "leg_update callLegUpdate #2287 09:02:21 leg " LEG "03 in=" BOARD
     " address=bob@staff.example.com sip=c0ffee-3@10.20.0.5 group=" GROUP
     "03 deactivated=false connected=true\n"},
    {"e05_no_answer", one,
     "leg_start callLegStart #2288 09:03:00 leg " LEG "04 in=" BOARD
     " party=carol@partner.example.net local=board@meet.example.com type=sip direction=outgoing "
     "sip=d00d-4@10.20.0.2 group=" GROUP "04\n"
     "leg_end callLegEnd #2289 09:03:31 leg " LEG "04 reason=ringingTimeout\n"},
    {"e06_recording_after_loss", one,
     "leg_start callLegStart #2294 missing=4 09:10:00 leg " LEG "09 in=" BOARD
     " type=acano direction=outgoing group=" LEG "09 recording=true\n"
     "machine_start recordingStart #2295 09:10:01 leg " LEG "09 in=" BOARD "\n"},
    {"e07_everybody_leaves", one,
     "leg_update callLegUpdate #2296 09:30:00 leg " LEG "02 in=" BOARD
     " name=Ann (supplier) group=" LEG "02 deactivated=false\n"
     "leg_end callLegEnd #2297 09:30:00 leg " LEG "02 reason=clientInitiatedTeardown\n"
     "leg_end callLegEnd #2298 09:30:05 leg " LEG "01 reason=remoteTeardown\n"
     "call_end callEnd #2299 09:30:05 call " BOARD "\n"},
    {"e08_distributed_a", a,
     "call_start callStart #900 10:00:00 call ca11000a-0000-4000-8000-000000000001 "
     "correlator=c0441e1a-0000-4000-8000-000000000001 name=All hands type=coSpace "
     "space=5face000-0000-4000-8000-000000000001\n"
     "leg_start callLegStart #901 10:00:00 leg 1e6000a0-0000-4000-8000-000000000001 "
     "in=ca11000a-0000-4000-8000-000000000001 party=alice@rooms.secure.example "
     "local=allhands@meet.example.com type=sip direction=incoming sip=s-a-1@10.1.0.9 "
     "group=9a47000a-0000-4000-8000-000000000001\n"},
    {"e08_distributed_b", b,
     "call_start callStart #412 10:00:07 call ca11000b-0000-4000-8000-000000000002 "
     "correlator=c0441e1a-0000-4000-8000-000000000001 name=All hands type=coSpace "
     "space=5face000-0000-4000-8000-000000000001\n"
     "leg_start callLegStart #413 10:00:07 leg 1e6000b0-0000-4000-8000-000000000001 "
     "in=ca11000b-0000-4000-8000-000000000002 party=mallory@partner.example.net "
     "local=allhands@meet.example.com type=sip direction=incoming sip=s-b-1@10.2.0.9 "
     "group=9a47000b-0000-4000-8000-000000000001\n"
     "leg_start callLegStart #414 10:00:08 leg 1e6000b0-0000-4000-8000-000000000002 "
     "in=ca11000b-0000-4000-8000-000000000002 "
     "party=ca11000a-0000-4000-8000-000000000001@cms-a.example.com type=sip sub=distributionLink "
     "direction=outgoing sip=s-b-2@10.2.0.1 group=9a47000b-0000-4000-8000-000000000002\n"},
    {"e09_moved_to_b", b,
     "leg_start callLegStart #421 10:20:00 leg 1e6000b0-0000-4000-8000-000000000003 "
     "in=ca11000b-0000-4000-8000-000000000002 party=alice@rooms.secure.example type=sip "
     "direction=outgoing sip=s-b-3@10.2.0.1 group=9a47000b-0000-4000-8000-000000000003 "
     "from=1e6000a0-0000-4000-8000-000000000001 "
     "from_bridge=cb00000a-0000-4000-8000-00000000000a\n"},
    {"e09_moved_from_a", a,
     "leg_end callLegEnd #947 10:20:01 leg 1e6000a0-0000-4000-8000-000000000001 "
     "reason=callMoved\n"},
    {"e10_streaming_and_lync", one,
     "machine_start streamingStart #2340 11:00:00 leg " LEG
     "21 in=0b8f7c5e-21a4-4a55-8d5c-8d3c0a6e1102 streamer\n"
     "leg_start callLegStart #2341 11:00:04 leg " LEG
     "22 in=0b8f7c5e-21a4-4a55-8d5c-8d3c0a6e1102 party=dave@staff.example.com type=sip sub=lync "
     "lync=audioVideo direction=incoming group=" GROUP "22\n"
     "leg_start callLegStart #2342 11:02:30 leg " LEG
     "23 in=0b8f7c5e-21a4-4a55-8d5c-8d3c0a6e1102 party=dave@staff.example.com type=sip sub=lync "
     "lync=applicationSharing direction=incoming group=" GROUP "22\n"
     "machine_end streamingEnd #2343 11:30:00\n"},
};

std::string read(std::string const& body) { return lines_of(cms::read_records(body)); }

TEST(CdrExamples, each_gives_what_the_reference_says) {
  ASSERT_EQ(std::size(examples), cdr_fixtures().size());
  for (auto const& example : examples)
    EXPECT_EQ(read(cms_fixture(std::string(example.name))),
              std::string(example.head) + std::string(example.records))
        << example.name;
}

// The must-show line: the order of attributes and fields, prefixes, white space, encodings,
// escapes.
TEST(CdrExamples, each_gives_the_same_whoever_wrote_it) {
  Dice dice;
  auto const rounds = std::min<std::size_t>(count(60), 2'000);
  for (auto const& example : examples) {
    auto const text = cms_fixture(std::string(example.name));
    auto const expected = read(text);
    for (std::size_t round = 0; round < rounds; ++round) {
      auto const written = write_again(text, dice);
      ASSERT_EQ(read(written.body), expected) << example.name << " as " << written.how;
    }
  }
}

TEST(CdrExamples, each_gives_the_same_in_every_encoding_and_with_every_line_end) {
  for (auto const& example : examples) {
    auto const text = cms_fixture(std::string(example.name));
    auto const expected = read(text);
    for (auto const encoding : all_encodings())
      for (bool const crlf : {false, true}) {
        Style style;
        style.encoding = encoding;
        style.crlf = crlf;
        auto const written = write_again(text, style, nullptr);
        EXPECT_EQ(read(written.body), expected) << example.name << " as " << written.how;
      }
  }
}

TEST(CdrExamples, each_gives_the_same_records_in_one_post_or_in_many) {
  for (auto const& example : examples) {
    auto const text = cms_fixture(std::string(example.name));
    std::string together;
    for (auto const& post : one_record_each(text)) {
      auto const lines = read(post);
      EXPECT_TRUE(lines.starts_with(example.head)) << lines;
      together += lines.substr(example.head.size());
    }
    EXPECT_EQ(together, example.records) << example.name;
  }
}

TEST(CdrNames, of_people_and_spaces_come_through_in_any_script_and_encoding) {
  for (std::string const name : {"Müller & Söhne <GmbH>", "Зал 7", "会議室", "🎥 \"Room\" 'x'"}) {
    for (auto const encoding : all_encodings()) {
      Style style;
      style.encoding = encoding;
      auto const body = write_again(
          "<records session='s'><record type='callStart' correlatorIndex='1'><call id='c'><name>" +
              xml_escape(name) + "</name></call></record></records>",
          style, nullptr);
      auto const batch = cms::read_records(body.body);
      ASSERT_EQ(batch.records.size(), 1u) << body.how << lines_of(batch);
      EXPECT_EQ(batch.records.front().call.name, name) << body.how;
    }
  }
}

TEST(CdrNames, that_are_latin_1_although_nobody_says_so_cost_no_record) {
  std::string const head =
      "<?xml version=\"1.0\"?><records session=\"s\">"
      "<record type=\"callStart\"><call id=\"c\"><name>";
  std::string const tail = "</name></call></record></records>";
  auto const batch = cms::read_records(head + "M\xfcller" + tail);
  ASSERT_EQ(batch.records.size(), 1u) << lines_of(batch);
  EXPECT_EQ(batch.records.front().call.name, "Müller");
  EXPECT_FALSE(batch.fault);
  // A name that is right and a post that is broken elsewhere: the name stays as it was.
  auto const broken = cms::read_records(head + "Müller</name></call></record><record <");
  ASSERT_EQ(broken.records.size(), 1u) << lines_of(broken);
  EXPECT_EQ(broken.records.front().call.name, "Müller");
  EXPECT_TRUE(broken.fault);
}

}  // namespace
}  // namespace wardroom::test
