// Entries as lines for people, as NDJSON and as CSV that spreadsheets cannot be tricked with.
#include "store/journal_event.hpp"

#include <gtest/gtest.h>

namespace wardroom::store {
namespace {

using Json = nlohmann::ordered_json;

JournalEntry decision() {
  return {.seq = 43,
          .at = from_unix_ms(1'795'255'200'120),
          .kind = "decision",
          .person_no = 7,
          .call = "callhalf-1:0",
          .body = R"({"call":"callhalf-1:0","at":"2026-11-21T00:00:00.000Z","person_no":7,)"
                  R"("direction":"outgoing","remote":"+1 408 555 0142","state":"alerting",)"
                  R"("decision":"rejected","reason":"outside","emergency":false,"latency_ms":12})"};
}

std::string drawn(JournalEntry const& entry, EventFormat format, Naming naming = Naming::told,
                  std::string_view name = "") {
  return finished(draw(entry, format, naming), format, name);
}

std::string line(std::string_view kind, std::string_view body) {
  return journal_line(kind, Json::parse(body));
}

TEST(JournalKinds, each_is_named_once_and_draws_an_empty_body) {
  for (auto const& kind : journal_kinds()) {
    EXPECT_EQ(find_journal_kind(kind.name), &kind);
    EXPECT_FALSE(kind.title.empty() || kind.summary.empty());
    EXPECT_NO_THROW(kind.line(Json::object()));
    EXPECT_NO_THROW(kind.tone(Json::object()));
    // A body of the wrong types is drawn as if its members were absent.
    EXPECT_NO_THROW(kind.line(Json::parse(R"({"by":[1],"host":{},"changed":5,"state":null})")));
  }
}

TEST(JournalKinds, are_those_that_were_agreed) {
  for (auto const* kind : {"call", "decision", "channel", "monitor", "login", "logout", "reload",
                           "alert", "store", "config", "session", "sync", "level", "bridge"})
    EXPECT_NE(find_journal_kind(kind), nullptr) << kind;
}

TEST(JournalLine, says_in_a_sentence_what_happened) {
  EXPECT_EQ(journal_line("decision", Json::parse(decision().body)),
            "outgoing call to +1 408 555 0142 rejected: outside, after 12 ms");
  EXPECT_EQ(line("call", R"({"direction":"incoming","remote":"bela","state":"alerting"})"),
            "incoming call from bela: alerting");
  EXPECT_EQ(line("decision", R"({"decision":"passed","emergency":true,"reason":"emergency"})"),
            "call passed: emergency");
  EXPECT_EQ(line("notice", R"({"told":"sent","reason":"outside","detail":"Webex answered 200"})"),
            "told by message that a call was ended (outside)");
  EXPECT_EQ(line("notice", R"({"told":"failed","reason":"stale","detail":"Webex answered 403"})"),
            "could not be told by message (stale): Webex answered 403");
  EXPECT_EQ(line("channel", R"({"sight":true,"blind_s":0.8,"start":true})"),
            "calls are watched, 0.8 s after monitoring began");
  EXPECT_EQ(line("channel",
                 R"({"sight":false,"since":"2026-11-22T12:03:11.120Z","why":"xsp1: refused"})"),
            "CALLS ARE NOT WATCHED since 2026-11-22 12:03:11 UTC: xsp1: refused");
  EXPECT_EQ(
      line("channel",
           R"({"sight":true,"blind_s":8.2,"since":"2026-11-22T12:03:11.120Z","why":"reset"})"),
      "calls are watched again; they were not for 8.2 s, since 2026-11-22 12:03:11 UTC: reset");
  EXPECT_EQ(line("channel", R"({"host":"xsp1","up":false,"last_error":"reset"})"),
            "event channel to xsp1 is down: reset");
  EXPECT_EQ(line("monitor", R"({"on":true})"), "monitoring was started");
  EXPECT_EQ(line("login", R"({"as":"administrator","accepted":false,"door":"browser",)"
                          R"("reason":"not on the list"})"),
            "login refused as administrator, through browser: not on the list");
  EXPECT_EQ(line("reload", R"({"changed":["a.b","c"],"needs_restart":["http.listen"]})"),
            "configuration read again: changed a.b, c; needs a restart: http.listen");
  EXPECT_EQ(line("alert", R"({"notice":"raised","part":"store","sentence":"Full."})"),
            "raised: store: Full.");
  EXPECT_EQ(line("store", R"({"state":"recovered","lasted_s":12})"),
            "the store takes writes again after 12 s");
  EXPECT_EQ(line("session", R"({"what":"revoked","by":"root","sessions":["3f9a","77c2"],)"
                            R"("location_sessions":1})"),
            "web sessions revoked: 3f9a, 77c2, and 1 that share a position, by root");
  EXPECT_EQ(line("session", R"({"what":"opened","as":"administrator","from":"Firefox"})"),
            "administrator session opened, from Firefox");
  EXPECT_EQ(line("reload", R"({"refused":true,"mistakes":3})"),
            "a new configuration was refused: 3 mistakes");
  EXPECT_EQ(line("of_tomorrow", R"({"sentence":"Something.","n":3,"deep":{"x":1}})"),
            "Something. n=3");
}

TEST(JournalEvent, is_one_json_line_with_its_schema_and_the_entrys_own_time) {
  auto const text = drawn(decision(), EventFormat::ndjson, Naming::told, "Ada \"A\" Müller");
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  auto const json = Json::parse(text);
  EXPECT_EQ(json["schema"], "wardroom.events/1");
  EXPECT_EQ(json["seq"], 43);
  EXPECT_EQ(json["at"], "2026-11-21T10:00:00.120Z");
  EXPECT_EQ(json["person"], "Ada \"A\" Müller");
  EXPECT_EQ(json["call"], "callhalf-1:0");
  EXPECT_EQ(json["tone"], "warning");
  EXPECT_EQ(json["latency_ms"], 12);
  EXPECT_EQ(json.size(), Json::parse(json.dump()).size()) << "no member twice";
}

TEST(JournalEvent, names_nobody_when_names_are_withheld) {
  for (auto const format : {EventFormat::ndjson, EventFormat::csv, EventFormat::plain}) {
    auto const text = drawn(decision(), format, Naming::withheld);
    EXPECT_EQ(text.find("408"), std::string::npos) << text;
    EXPECT_NE(text.find("outgoing call rejected: outside"), std::string::npos) << text;
  }
}

TEST(JournalEvent, survives_a_body_that_is_no_object_and_broken_text) {
  auto entry = decision();
  for (auto const* body : {"", "[]", "7", "{", "null"}) {
    entry.body = body;
    EXPECT_EQ(Json::parse(drawn(entry, EventFormat::plain))["kind"], "decision") << body;
  }
  entry.body = "{}";
  entry.call = "\xff\xfe\"\n";
  EXPECT_TRUE(Json::accept(drawn(entry, EventFormat::plain)));
}

TEST(JournalCsv, is_a_row_of_eight_cells) {
  EXPECT_EQ(first_line(EventFormat::csv), "seq,at,kind,person_no,person,call,line,details\r\n");
  JournalEntry const entry{
      .seq = 1, .at = from_unix_ms(0), .kind = "monitor", .body = R"({"on":true})"};
  EXPECT_EQ(
      drawn(entry, EventFormat::csv),
      "1,1970-01-01T00:00:00.000Z,monitor,,,,monitoring was started,\"{\"\"on\"\":true}\"\r\n");
  EXPECT_NE(drawn(decision(), EventFormat::csv, Naming::told, "Müller, Ada")
                .find(",7,\"Müller, Ada\",callhalf-1:0,"),
            std::string::npos);
}

TEST(JournalCsv, cells_are_no_formulas_and_keep_their_commas_quotes_and_line_breaks) {
  struct Case {
    std::string_view text, cell;
  };
  for (auto const& [text, cell] :
       {Case{"", ""},
        {"plain", "plain"},
        {"a,b", "\"a,b\""},
        {"say \"hi\"", "\"say \"\"hi\"\"\""},
        {"two\nlines", "\"two\nlines\""},
        {"=1+1", "'=1+1"},
        {"+43 1 555", "'+43 1 555"},
        {"-1", "'-1"},
        {"@SUM(A1)", "'@SUM(A1)"},
        {"\t=1", "\"'\t=1\""},
        {"B;=1+1", "\"B;=1+1\""},
        {"B\t=1+1", "\"B\t=1+1\""},
        {"\r=1", "\"'\r=1\""},
        {"=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""},
        {"a=1", "a=1"}})
    EXPECT_EQ(csv_cell(text), cell);
}

TEST(JournalEvent, tells_of_gaps_and_ends_in_each_form) {
  EXPECT_EQ(Json::parse(gap_line(EventFormat::ndjson, 5, 9))["to"], 9);
  EXPECT_EQ(gap_line(EventFormat::csv, 5, 9),
            ",,gap,,,,entries #5 to #9 are gone: they were older than what is kept,\r\n");
  EXPECT_EQ(Json::parse(
                error_line(EventFormat::plain, {ErrorKind::unavailable, "no"}))["error"]["message"],
            "no");
}

}  // namespace
}  // namespace wardroom::store
