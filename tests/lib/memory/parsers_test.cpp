// D4: allocation 1, 2, 3 … 1,000 fails while a parser works. It answers std::bad_alloc or an error,
// never something wrong; nothing leaks and nothing is undefined (the sanitizers look on), and
// afterwards it reads the same bytes right.
#include "base/xml.hpp"
#include "cisco/cms/cdr_parser.hpp"
#include "cisco/webex/webex_json.hpp"
#include "cisco/xsi/xsi_event_parser.hpp"
#include "config/config_file.hpp"
#include "failing_new.hpp"
#include "features/call_blocking/location_body.hpp"
#include "http/request_head.hpp"
#include "http/request_parser.hpp"
#include "lib/cms/cms_fixture.hpp"
#include "lib/xsi/fixture_file.hpp"
#include "support/random_runs.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <new>

namespace wardroom::test {
namespace {

enum class End { right, error, wrong };
enum class Mode { one_by_one, lasting_too };

/// `work` answers how it ended; it may throw std::bad_alloc, and may stop the fault.
void survives(std::function<End(FailingNew&)> const& work, Mode mode = Mode::lasting_too) {
  auto const allocations = random_count(1'000);
  auto const unharmed = [&] {
    FailingNew none(0, false);
    return work(none);
  };
  ASSERT_EQ(unharmed(), End::right);
  for (bool const lasting : {false, true}) {
    if (lasting && mode == Mode::one_by_one) continue;
    std::uint64_t failed = 0;
    for (std::uint64_t nth = 1; nth <= allocations; ++nth) {
      FailingNew fault(nth, lasting);
      auto end = End::error;
      try {
        end = work(fault);
      } catch (std::bad_alloc const&) {
      }
      bool const reached = fault.reached();
      fault.stop();
      EXPECT_NE(end, End::wrong) << "allocation " << nth << (lasting ? " and all later" : "");
      if (!reached) break;
      ++failed;
      ASSERT_EQ(unharmed(), End::right) << "after allocation " << nth;
    }
    std::printf("%llu allocations failed%s\n", static_cast<unsigned long long>(failed),
                lasting ? ", and all after them" : ", one by one");
    EXPECT_GT(failed, 0u);
  }
}

TEST(Allocation, D4_xsi_event_parser) {
  std::string stream;
  for (auto const& document : stream_documents()) stream += without_trailing_space(document);
  auto const documents = stream_documents().size();
  survives([&](FailingNew&) {
    std::size_t good = 0, bad = 0;
    xsi::XsiEventParser parser({}, [&](xsi::StreamDocument document) {
      ++(std::holds_alternative<xsi::MalformedDocument>(document) ? bad : good);
    });
    auto const cut = stream.size() / 3;
    parser.feed(std::string_view(stream).substr(0, cut), Uptime{});
    parser.feed(std::string_view(stream).substr(cut), Uptime{});
    return bad == 0 && good == documents ? End::right : End::wrong;
  });
}

TEST(Allocation, D4_xml) {
  std::string text = "<a xmlns='urn:a' xmlns:b='urn:b'>";
  for (int i = 0; i < 200; ++i)
    text += "<b:c d='" + std::string(20, 'x') + "'>" + std::to_string(i) + "</b:c>";
  text += "</a>";
  survives([&](FailingNew&) {
    auto const document = xml::parse(text);
    if (!document) return End::error;
    int count = 0;
    for (auto child = document->root().first(); child; child = child.next()) ++count;
    return count == 200 ? End::right : End::wrong;
  });
}

TEST(Allocation, D4_xml_that_is_latin_1_after_all) {
  std::string const text = "<?xml version='1.0' encoding='UTF-8'?><a><b>M\xfcller</b></a>";
  survives([&](FailingNew&) {
    auto const document = xml::parse(text);
    if (!document) return End::error;
    return document->root().text_of("b") == "M\xc3\xbcller" ? End::right : End::wrong;
  });
}

TEST(Allocation, D4_call_detail_records) {
  std::vector<std::string> posts;
  for (auto const* name : {"e01_call_start", "e06_recording_after_loss", "e07_everybody_leaves"})
    posts.push_back(cms_fixture(name));
  posts.push_back(replaced(posts.front(), "Board", "B\xf6rd"));  // is Latin-1 after all
  std::vector<std::string> whole;
  for (auto const& post : posts) whole.push_back(lines_of(cms::read_records(post)));
  survives([&](FailingNew& fault) {
    std::vector<conference::RecordBatch> batches;
    for (auto const& post : posts) batches.push_back(cms::read_records(post));
    fault.stop();
    for (std::size_t i = 0; i < posts.size(); ++i)
      if (lines_of(batches[i]) != whole[i]) return End::wrong;
    return End::right;
  });
}

// The library's parser ends the program when it gets no room for itself; it asks once a thread, and
// the daemon's loop does that before it listens. No body makes it ask again.
TEST(Allocation, D4_location_body) {
  std::string const usual =
      R"({"latitude":48.2082,"longitude":16.3738,"accuracy":20,"timestamp":1})";
  std::string deep(call_blocking::kLocationBodyLimit / 2, '[');
  std::string const longest = "[" + std::string(call_blocking::kLocationBodyLimit - 2, '1') + "]";
  std::string const many = "[0" + [] {
    std::string out;
    for (int i = 0; i < 2'000; ++i) out += ",0";
    return out;
  }() + "]";
  (void)call_blocking::parse_location("{}");
  for (std::string const& body :
       {usual, deep, longest, many, std::string("{"), std::string("nul")}) {
    FailingNew fault(1, true);
    auto const post = call_blocking::parse_location(body);
    bool const reached = fault.reached();
    fault.stop();
    EXPECT_FALSE(reached) << body.substr(0, 20);
    EXPECT_EQ(post.has_value(), body == usual) << body.substr(0, 20);
  }
}

// The JSON library asks for memory when a value dies, too, and ends the program when there is none:
// defined, and systemd starts it again. So here a value dies with memory at hand, and one
// allocation fails at a time.
TEST(Allocation, D4_request_with_json) {
  std::string const body = R"({"person":"bela@acme.example","for":"2h","reason":"travelling",)"
                           R"("list":[1,2,3,{"deep":["a","b",null,true]}]})";
  std::string const head =
      "POST /v1/allow?x=1 HTTP/1.1\r\nHost: wardroom\r\nContent-Type: application/json\r\n"
      "Content-Length: " +
      std::to_string(body.size()) + "\r\n\r\n";
  survives(
      [&](FailingNew& fault) {
        auto const checked = http::check_head(head, 64);
        if (!checked) return End::wrong;
        http::RequestParser parser;
        if (parser.start(head, *checked)) return End::wrong;
        auto const fed = parser.feed(body, 1u << 20);
        if (fed.refusal || !fed.complete) return End::wrong;
        auto const json = webex::parse_json(parser.body());
        fault.stop();
        if (!json) return End::wrong;
        return json->at("list").at(3).at("deep").size() == 4 ? End::right : End::wrong;
      },
      Mode::one_by_one);
}

TEST(Allocation, D4_configuration) {
  auto const folder = std::filesystem::path(WARDROOM_SOURCE_DIR) / "etc/wardroom.yaml";
  auto const text = config::read_text(folder.string());
  ASSERT_TRUE(text);
  // The whole documented file takes more allocations than are tried; a part of it does not.
  for (auto const& part : {*text, std::string("http: { listen: \"127.0.0.1:1\" }\nlog: { level: "
                                              "info }\nlist: [1, 2, \"three\"]\n")}) {
    survives([&](FailingNew&) {
      config::Complaints complaints;
      auto const node = config::parse_yaml(part, "wardroom.yaml", complaints);
      if (!complaints.empty()) return End::error;
      return node.IsMap() && node["http"].IsMap() ? End::right : End::wrong;
    });
  }
}

}  // namespace
}  // namespace wardroom::test
