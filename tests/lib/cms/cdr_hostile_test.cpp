// What no bridge sends: every post is read to an end, what stood before a fault is kept, nothing is
// thrown.
#include "cisco/cms/cdr_parser.hpp"
#include "lib/cms/cms_fixture.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

namespace wardroom::test {
namespace {

using cms::read_records;
using conference::RecordBatch, conference::RecordKind;

std::string post(std::string const& records) {
  return "<?xml version=\"1.0\"?><records session=\"s\">" + records + "</records>";
}
std::string const good =
    "<record type=\"callStart\" correlatorIndex=\"1\"><call id=\"c1\"/></record>";

std::string fault_of(std::string const& body, std::size_t records) {
  auto const batch = read_records(body);
  EXPECT_EQ(batch.records.size(), records) << body.substr(0, 200);
  EXPECT_TRUE(batch.fault) << body.substr(0, 200);
  return batch.fault.value_or("");
}
conference::CallRecord only(std::string const& record) {
  auto const batch = read_records(post(record));
  EXPECT_EQ(batch.records.size(), 1u) << lines_of(batch);
  EXPECT_FALSE(batch.fault) << *batch.fault;
  return batch.records.empty() ? conference::CallRecord{} : batch.records.front();
}

TEST(CdrFaults, are_told_in_a_sentence_and_the_records_before_them_are_kept) {
  struct Case {
    std::string body;
    std::size_t records;
    std::string_view says;
  };
  std::string const head = "<records session=\"s\">" + good;
  for (auto const& [body, records, says] : {
           Case{"", 0, "ends too early"},
           Case{" \r\n\t ", 0, "ends too early"},
           Case{"\xEF\xBB\xBF", 0, "ends too early"},
           Case{"hello", 0, "syntax error"},
           Case{"{\"records\":[]}", 0, "not well-formed"},
           Case{"<html><body/></html>", 0, "root element is not <records>"},
           Case{head, 1, "ends too early"},
           Case{head + good + "<record type=\"callEnd\"><call id=\"c1\">", 2, "ends too early"},
           Case{post(good) + post(good), 1, "there is more behind its end"},
           Case{post(good) + "rest", 1, "there is more behind its end"},
           Case{head + "</record></records>", 1, "mismatched tag"},
           Case{head + "<record></records>", 1, "mismatched tag"},
           Case{head + std::string("<record\0/></records>", 20), 1, "not well-formed"},
           Case{head + "<record a=\"1\" a=\"2\"/></records>", 1, "duplicate attribute"},
           Case{head + "<record>&nothing;</record></records>", 1, "undefined entity"},
           Case{head + "<record>&#0;</record></records>", 1, "invalid character number"},
           Case{head + "<record a=<b>/></records>", 1, "not well-formed"},
       }) {
    auto const fault = fault_of(body, records);
    EXPECT_NE(fault.find(says), fault.npos) << fault;
    EXPECT_NE(fault.find("at line "), fault.npos) << fault;
    EXPECT_LT(fault.size(), 200u);
  }
}

TEST(CdrFaults, a_doctype_is_refused_before_its_entities_are_looked_at) {
  std::string bomb = "<?xml version=\"1.0\"?><!DOCTYPE records [<!ENTITY a \"aaaaaaaaaa\">";
  for (char c = 'b'; c < 'j'; ++c)
    bomb += fmt::format("<!ENTITY {} \"&{};&{};&{};&{};&{};&{};&{};&{};\">", c, c - 1, c - 1, c - 1,
                        c - 1, c - 1, c - 1, c - 1, c - 1);
  bomb +=
      "]><records><record type=\"callStart\"><call id=\"c\"><name>&i;</name></call></record>"
      "</records>";
  for (auto const& body :
       {bomb,
        std::string("<!DOCTYPE records SYSTEM \"file:///etc/passwd\"><records>") + good +
            "</records>",
        std::string("<!DOCTYPE records><records>") + good + "</records>"})
    EXPECT_NE(fault_of(body, 0).find("it has a DOCTYPE, which is never accepted"),
              std::string::npos);
}

TEST(CdrFaults, what_is_beyond_every_measure_is_refused) {
  std::string deep, shut;
  for (int i = 0; i < 200; ++i) deep += "<x>", shut += "</x>";
  auto const in_record = [](std::string const& inner) {
    return post(good + "<record type=\"callStart\"><call id=\"c\"><name>" + inner +
                "</name></call></record>");
  };
  EXPECT_NE(fault_of(in_record(deep + shut), 1).find("nested too deep"), std::string::npos);
  EXPECT_NE(fault_of(in_record(std::string(cms::longest_text + 1, 'x')), 1).find("text is longer"),
            std::string::npos);
  EXPECT_FALSE(read_records(in_record(std::string(cms::longest_text, 'x'))).fault);
  std::string many = "<record";
  for (std::size_t i = 0; i <= cms::most_attributes; ++i) many += fmt::format(" a{}=\"1\"", i);
  EXPECT_NE(fault_of(post(good + many + "/>"), 1).find("too many attributes"), std::string::npos);
  std::string records;
  for (std::size_t i = 0; i <= cms::most_records; ++i) records += "<record/>";
  EXPECT_NE(fault_of(post(records), cms::most_records).find("more than 100000 records"),
            std::string::npos);
}

TEST(CdrFaults, a_post_of_16_MiB_with_20000_records_is_none) {
  std::string records;
  for (int i = 0; i < 20'000; ++i)
    records += fmt::format(
        "<record type=\"callLegStart\" time=\"2024-05-14T09:00:01Z\" recordIndex=\"{0}\" "
        "correlatorIndex=\"{0}\">\n<callLeg id=\"a1000000-0000-4000-8000-{0:012x}\">"
        "<remoteParty>p{0}@rooms.secure.example</remoteParty><displayName>{1}</displayName>"
        "<type>sip</type><call>0b8f7c5e-21a4-4a55-8d5c-8d3c0a6e1101</call></callLeg></record>\n",
        i, std::string(480, 'n'));
  auto const body = post(records);
  ASSERT_GT(body.size(), 15u << 20);
  auto const batch = read_records(body);
  EXPECT_FALSE(batch.fault) << *batch.fault;
  ASSERT_EQ(batch.records.size(), 20'000u);
  EXPECT_EQ(batch.records.back().leg.remote_party, "p19999@rooms.secure.example");
}

TEST(CdrOddities, unknown_types_elements_and_attributes_are_counted_and_nothing_more) {
  auto const batch = read_records(
      "<records session=\"s\" colour=\"red\"><extra><call id=\"x\"/></extra>"
      "<record type=\"callLegDance\" correlatorIndex=\"7\" mood=\"good\"><dance id=\"1\">"
      "<step>left</step></dance></record>"
      "<record type=\"callLegStart\" correlatorIndex=\"8\"><callLeg id=\"l\" odd=\"1\">"
      "<type>sip</type><shoeSize>44</shoeSize><rxAudio><codec>g722</codec><new/></rxAudio>"
      "</callLeg><also/></record></records>");
  EXPECT_FALSE(batch.fault);
  ASSERT_EQ(batch.records.size(), 2u);
  EXPECT_EQ(line_of(batch.records[0]), "unknown callLegDance #7");
  EXPECT_EQ(line_of(batch.records[1]), "leg_start callLegStart #8 leg l type=sip");
  EXPECT_EQ(batch.strangers, 6u);  // colour, extra, mood, odd, shoeSize, also
}

TEST(CdrOddities, a_record_without_what_it_must_have_is_broken_and_the_others_are_not) {
  for (auto const* record :
       {"<record type=\"callStart\"/>", "<record type=\"callStart\"><call/></record>",
        "<record type=\"callStart\"><call id=\" \"/></record>",
        "<record type=\"callStart\"><callLeg id=\"l\"/></record>",
        "<record type=\"callLegEnd\"><call id=\"c\"/></record>",
        "<record type=\"callLegStart\"><callLeg id=\"a\"/><callLeg id=\"b\"/></record>",
        "<record type=\"recordingStart\"><recording id=\"r\"><call>c</call></recording></record>",
        "<record type=\"streamingEnd\"/>", "<record/>", "<record type=\"\"/>"})
    EXPECT_TRUE(only(record).broken) << record;
  auto const batch = read_records(post("<record type=\"callLegStart\"/>" + good));
  ASSERT_EQ(batch.records.size(), 2u);
  EXPECT_TRUE(batch.records[0].broken);
  EXPECT_FALSE(batch.records[1].broken);
  EXPECT_TRUE(
      only("<record type=\"callLegEnd\"><callLeg id=\"" + std::string(5'000, 'x') + "\"/></record>")
          .broken)
      << "an id that is none";
}

TEST(CdrOddities, numbers_that_are_none_never_pass_for_others) {
  auto const with_index = [](std::string const& value) {
    return only("<record type=\"callEnd\" correlatorIndex=\"" + value +
                "\"><call id=\"c\"/></record>");
  };
  EXPECT_EQ(with_index(" 12 ").index, 12u);
  EXPECT_EQ(with_index("0").index, 0u);
  EXPECT_EQ(with_index("007").index, 7u);
  for (auto const* bad : {"-1", "+1", "1.5", "1e3", "0x10", "99999999999999999999999",
                          "18446744073709551615", "9223372036854775808", "12 13", "x"}) {
    auto const record = with_index(bad);
    EXPECT_FALSE(record.index) << bad;
    EXPECT_TRUE(record.broken) << bad;
  }
  EXPECT_FALSE(with_index("").broken) << "empty = absent";
  auto const missing = [](std::string const& attribute) {
    return only("<record type=\"callEnd\" " + attribute + "><call id=\"c\"/></record>").missing;
  };
  EXPECT_EQ(missing("numPreceedingRecordsMissing=\"3\""), 3u);
  EXPECT_EQ(missing("numPrecedingRecordsMissing=\"4\""), 4u) << "the right spelling";
  EXPECT_EQ(missing("numPreceedingRecordsMissing=\"0\""), 0u);
  EXPECT_EQ(missing("numPreceedingRecordsMissing=\"\""), 0u);
  EXPECT_EQ(missing("numPreceedingRecordsMissing=\"-5\""), 1u) << "something was lost";
  EXPECT_EQ(missing("numPreceedingRecordsMissing=\"many\""), 1u);
}

TEST(CdrOddities, guids_are_in_lower_case_and_other_ids_as_they_came) {
  auto const batch = read_records(
      "<records session=\"5A0C3C8E-6F0E-4F5B-9A41-0D0E6F1C7A10\" callBridge=\" CB-one \">"
      "<record type=\"CALLLEGUPDATE\"><callLeg id=\"A1000000-0000-4000-8000-00000000000A\">"
      "<call> 0B8F7C5E-21A4-4A55-8D5C-8D3C0A6E1101\n</call><groupID>Group-7</groupID>"
      "<subtype>webApp</subtype><sipCallId>C0FFEE@10.0.0.1</sipCallId></callLeg></record>"
      "</records>");
  EXPECT_EQ(lines_of(batch),
            "session 5a0c3c8e-6f0e-4f5b-9a41-0d0e6f1c7a10 bridge CB-one\n"
            "leg_update CALLLEGUPDATE leg a1000000-0000-4000-8000-00000000000a "
            "in=0b8f7c5e-21a4-4a55-8d5c-8d3c0a6e1101 sub=webApp sip=C0FFEE@10.0.0.1 "
            "group=Group-7\n");
}

TEST(CdrOddities, an_attribute_with_a_prefix_does_not_stand_for_the_one_without) {
  auto const record = only(
      "<record x:type=\"callEnd\" xmlns:x=\"urn:x\" type=\"callStart\"><call x:id=\"no\" "
      "id=\"yes\"/></record>");
  EXPECT_EQ(line_of(record), "call_start callStart call yes");
}

TEST(CdrOddities, an_update_tells_only_what_it_says) {
  auto const record = only(
      "<record type=\"callLegUpdate\"><callLeg id=\"l\"><call/><remoteAddress> </remoteAddress>"
      "<deactivated>maybe</deactivated><state>ringing</state></callLeg></record>");
  EXPECT_EQ(line_of(record), "leg_update callLegUpdate leg l");
  EXPECT_FALSE(record.leg.connected) << "absent, not false";
}

TEST(CdrOddities, words_for_logs_hold_nothing_but_letters) {
  auto const plain = only(
      "<record type=\"callLegEnd\"><callLeg id=\"l\"><reason>a&#10;b c; d"
      "</reason></callLeg></record>");
  EXPECT_EQ(plain.end_reason, "abcd");
}

/// Whole records, ids where they must be, nothing empty that is present.
void expect_sound(RecordBatch const& batch) {
  EXPECT_LE(batch.records.size(), cms::most_records);
  if (batch.fault) {
    EXPECT_FALSE(batch.fault->empty());
  }
  for (auto const& record : batch.records) {
    EXPECT_LE(record.type.size(), 64u);
    EXPECT_LE(record.call.id.text().size() + record.leg.id.text().size(), 2 * cms::longest_id);
    if (record.broken) continue;
    bool const of_call =
        record.kind == RecordKind::call_start || record.kind == RecordKind::call_end;
    bool const of_leg =
        record.kind != RecordKind::unknown && record.kind != RecordKind::machine_end && !of_call;
    EXPECT_TRUE(!of_call || !record.call.id.empty());
    EXPECT_TRUE(!of_leg || !record.leg.id.empty());
    for (auto const& text :
         {record.call.name, record.call.type, record.call.space, record.leg.remote_party,
          record.leg.remote_address, record.leg.display_name, record.leg.type, record.leg.sub_type,
          record.leg.group_id, record.leg.sip_call_id})
      EXPECT_TRUE(!text || !text->empty());
    EXPECT_TRUE(!record.leg.call || !record.leg.call->empty());
    EXPECT_TRUE(!record.call.correlator || !record.call.correlator->empty());
  }
}

TEST(CdrFaults, a_post_cut_anywhere_gives_the_records_that_came_whole) {
  for (auto const* name : {"e03_guest_in_lobby", "e07_everybody_leaves", "e08_distributed_b"}) {
    auto const text = cms_fixture(name);
    auto const whole = read_records(text);
    for (std::size_t size = 0; size < text.rfind('>'); ++size) {
      auto const part = read_records(std::string_view(text).substr(0, size));
      ASSERT_TRUE(part.fault) << size;
      std::size_t ended = 0;
      for (auto at = text.find("</record>"); at != text.npos && at + 9 <= size;
           at = text.find("</record>", at + 1))
        ++ended;
      ASSERT_EQ(part.records.size(), ended) << size;
      for (std::size_t i = 0; i < ended; ++i)
        ASSERT_EQ(line_of(part.records[i]), line_of(whole.records[i]));
    }
  }
}

/// One change to a post, as a bad disk, a bad proxy or a bad neighbour would make it.
void spoil(std::string& text, std::vector<std::string> const& others, Dice& dice) {
  if (text.empty()) text = "<";
  auto const at = dice.below(text.size());
  auto const length = std::min(dice.below(40), text.size() - at);
  static std::vector<std::string> const pieces = {"<",
                                                  ">",
                                                  "</",
                                                  "/>",
                                                  "<record>",
                                                  "</record>",
                                                  "</records>",
                                                  "<records>",
                                                  "<call id='x'>",
                                                  "</call>",
                                                  "&amp;",
                                                  "&#xD800;",
                                                  "&#x10FFFF;",
                                                  "&x;",
                                                  "<![CDATA[",
                                                  "]]>",
                                                  "<!--",
                                                  "-->",
                                                  "<?xml version='1.0' encoding='UTF-16'?>",
                                                  "<!DOCTYPE a>",
                                                  "xmlns=''",
                                                  "x:",
                                                  "\"",
                                                  "'",
                                                  " id=\"\"",
                                                  " correlatorIndex=\"-9223372036854775809\"",
                                                  "999999999999999999999",
                                                  "\xEF\xBB\xBF",
                                                  "\xff\xfe",
                                                  "\xc3",
                                                  "\xed\xa0\x80",
                                                  std::string(1, '\0'),
                                                  "\r\n",
                                                  std::string(300, 'a')};
  switch (dice.below(8)) {
    case 0:
      text[at] = static_cast<char>(dice.below(256));
      break;
    case 1:
      text.erase(at, length);
      break;
    case 2:
      text.insert(at, text.substr(dice.below(text.size()), length));
      break;
    case 3: {
      auto const& other = dice.pick(others);
      auto const from = dice.below(other.size());
      text.insert(at, other.substr(from, dice.below(200)));
      break;
    }
    case 4:
      text.resize(at);
      break;
    case 5:
      text[at] = static_cast<char>(text[at] ^ (1 << dice.below(8)));
      break;
    default:
      text.insert(at, dice.pick(pieces));
  }
}

TEST(CdrFaults, H2_20000_spoilt_posts_crash_nothing_and_throw_nothing) {
  Dice dice;
  std::vector<std::string> originals;
  for (auto const& name : cdr_fixtures()) originals.push_back(cms_fixture(name));
  std::size_t faults = 0, records = 0, broken = 0;
  auto const posts = count(20'000);
  for (std::size_t i = 0; i < posts; ++i) {
    auto text = dice.pick(originals);
    for (auto changes = 1 + dice.below(3); changes > 0; --changes) spoil(text, originals, dice);
    RecordBatch batch;
    ASSERT_NO_THROW(batch = read_records(text)) << "post " << i;
    expect_sound(batch);
    if (HasFailure()) FAIL() << "post " << i << ": " << text;
    faults += batch.fault ? 1 : 0;
    records += batch.records.size();
    for (auto const& record : batch.records) broken += record.broken ? 1 : 0;
  }
  std::printf("%zu posts: %zu with a fault, %zu records, %zu of them broken\n", posts, faults,
              records, broken);
  EXPECT_GT(faults, posts / 4);
  EXPECT_GT(records, posts / 8);
}

}  // namespace
}  // namespace wardroom::test
