// What goes over the wire: headers that cannot be broken out of, encodings every reader undoes.
#include "mail/mime.hpp"

#include "base/encoding.hpp"
#include "mail/header_text.hpp"
#include "support/seed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace wardroom::mail {
namespace {

using testing::HasSubstr;
using testing::Not;

Instant const moment = from_unix_ms(1'795'320'000'000);  // 2026-11-22 04:00 UTC

Message plain(std::string subject = "red: the store", std::string body = "It is full.\n") {
  return {.from = {"wardroom@acme.example", "Wardroom"},
          .to = {{"ops@acme.example"}},
          .subject = std::move(subject),
          .body = text_part(std::move(body))};
}

std::string written(Message const& message) {
  int n = 0;
  auto const out = write(message, moment, [&n] { return "token" + std::to_string(++n); });
  EXPECT_TRUE(out) << (out ? "" : out.error().what);
  return out.value_or("");
}

std::vector<std::string> lines(std::string const& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    auto const end = text.find("\r\n", at);
    EXPECT_NE(end, text.npos) << "a line without CRLF";
    if (end == text.npos) break;
    out.push_back(text.substr(at, end - at));
    EXPECT_EQ(out.back().find_first_of("\r\n"), std::string::npos);
    at = end + 2;
  }
  return out;
}

/// A header's value, unfolded and with its encoded words decoded.
std::string header(std::string const& mail, std::string const& name) {
  std::string value;
  bool inside = false;
  for (auto const& line : lines(mail)) {
    if (line.empty()) break;
    if (inside && line.front() == ' ')
      value += line;
    else if ((inside = line.starts_with(name + ":")))
      value = line.substr(name.size() + 1);
  }
  value.erase(0, std::min(value.find_first_not_of(' '), value.size()));
  std::string out;
  for (std::size_t at = 0; at < value.size();) {
    if (!value.substr(at).starts_with("=?UTF-8?B?")) {
      out += value[at++];
      continue;
    }
    auto const end = value.find("?=", at + 10);
    auto const word = value.substr(at, end + 2 - at);
    EXPECT_LE(word.size(), 75u);
    auto const text = from_base64(word.substr(10, word.size() - 12)).value_or("?");
    EXPECT_TRUE(is_valid_utf8(text)) << "a character was cut in two";
    out += text;
    at = end + 2;
    if (value.substr(at).starts_with(" =?UTF-8?B?")) ++at;
  }
  return out;
}

std::string unquoted(std::string const& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i];
    } else if (text.substr(i).starts_with("=\r\n")) {
      i += 2;
    } else {
      out += from_hex(text.substr(i + 1, 2)).value_or("?");
      i += 2;
    }
  }
  return out;
}

std::string body_of(std::string const& mail) { return mail.substr(mail.find("\r\n\r\n") + 4); }

TEST(Mime, a_plain_mail_is_plain) {
  auto const mail = written(plain());
  EXPECT_EQ(mail,
            "Date: Sun, 22 Nov 2026 04:00:00 +0000\r\n"
            "From: Wardroom <wardroom@acme.example>\r\n"
            "To: ops@acme.example\r\n"
            "Subject: red: the store\r\n"
            "Message-ID: <token1@acme.example>\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: 7bit\r\n"
            "\r\n"
            "It is full.\r\n");
}

TEST(Mime, a_mail_that_may_be_sent_again_keeps_its_message_id) {
  auto message = plain();
  message.message_id = "alert.7@acme.example";
  EXPECT_THAT(written(message), HasSubstr("Message-ID: <alert.7@acme.example>\r\n"));
}

TEST(Mime, a_line_break_in_any_header_refuses_the_mail) {
  for (auto const& bad : {std::string("a\r\nBcc: spy@evil.example"), std::string("a\nb"),
                          std::string("a\rb"), std::string("a\0b", 3)}) {
    auto with = [&](auto change) {
      auto message = plain();
      change(message);
      auto const out = write(message, moment, [] { return "token"; });
      ASSERT_FALSE(out) << *out;
      EXPECT_EQ(out.error().kind, ErrorKind::malformed);
    };
    with([&](Message& m) { m.subject = bad; });
    with([&](Message& m) { m.from.name = bad; });
    with([&](Message& m) { m.from.address = bad; });
    with([&](Message& m) { m.to.front().name = bad; });
    with([&](Message& m) { m.to.front().address = "ops@acme.example" + bad; });
    with([&](Message& m) { m.headers = {{"Reply-To", bad}}; });
    with([&](Message& m) { m.headers = {{bad, "x"}}; });
    with([&](Message& m) { m.message_id = bad; });
    with([&](Message& m) { m.body.type = "text/plain" + bad; });
    with([&](Message& m) { m.body.parameters = {{"method", bad}}; });
    with([&](Message& m) { m.body.headers = {{"Content-Description", bad}}; });
  }
}

TEST(Mime, headers_the_writer_owns_cannot_be_given_twice) {
  for (auto const* name : {"From", "to", "SUBJECT", "Date", "Message-Id", "Content-Type"}) {
    auto message = plain();
    message.headers = {{name, "x"}};
    EXPECT_FALSE(write(message, moment, [] { return "t"; })) << name;
  }
}

TEST(Mime, addresses_of_the_usual_kind_only) {
  for (auto const* good : {"ops@acme.example", "a.b+c@x-y.example", "o'neil@acme.example"})
    EXPECT_TRUE(is_address(good)) << good;
  for (auto const* bad :
       {"", "@", "ops", "ops@", "@acme.example", "a@b@c", "a b@c.example", "a..b@c.example",
        ".a@c.example", "a@c.example.", "a@-c.example", "<a@c.example>", "a@c.example>\r\nRCPT",
        "\"a b\"@c.example", "zoë@c.example", "a@zoë.example", "a,b@c.example"})
    EXPECT_FALSE(is_address(bad)) << bad;
}

TEST(Mime, names_with_commas_are_quoted_and_others_encoded) {
  auto message = plain();
  message.to = {{"zoe@acme.example", "Müller, Zoë"}, {"bob@acme.example", "Bob \"B\" Brown, Jr."}};
  auto const mail = written(message);
  EXPECT_EQ(header(mail, "To"),
            "Müller, Zoë <zoe@acme.example>, \"Bob \\\"B\\\" Brown, Jr.\" <bob@acme.example>");
}

TEST(Mime, an_utf8_body_travels_as_quoted_printable) {
  std::string const text = "Grüße = ok \n.\n..x\nFrom me\ntrailing blank \t\n\xf0\x9f\x94\xb4\n";
  auto const mail = written(plain("x", text));
  EXPECT_THAT(mail, HasSubstr("Content-Transfer-Encoding: quoted-printable\r\n"));
  std::string expected;
  for (char const c : text) expected += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_EQ(unquoted(body_of(mail)), expected);
  for (auto const& line : lines(mail)) {
    EXPECT_LE(line.size(), 78u);
    EXPECT_TRUE(line.empty() || (line.back() != ' ' && line.back() != '\t')) << line;
  }
}

TEST(Mime, a_line_of_two_thousand_characters_is_cut_and_mended_by_the_reader) {
  std::string const text(2000, 'x');
  auto const mail = written(plain("x", text));
  for (auto const& line : lines(mail)) EXPECT_LE(line.size(), 78u);
  EXPECT_EQ(unquoted(body_of(mail)), text + "\r\n");
}

TEST(Mime, broken_utf8_is_replaced_and_told_as_utf8) {
  auto const mail = written(plain("bad \xff subject", "caf\xe9 \xe2\x82\n"));
  EXPECT_EQ(header(mail, "Subject"), "bad \xef\xbf\xbd subject");
  EXPECT_TRUE(is_valid_utf8(unquoted(body_of(mail))));
  EXPECT_TRUE(
      std::ranges::all_of(mail, [](char c) { return static_cast<unsigned char>(c) < 128; }));
}

TEST(Mime, an_invitation_is_text_and_calendar_in_one_mail) {
  auto message = plain("Invitation: Prüfung");
  message.body = multipart(
      "mixed",
      {multipart("alternative", {text_part("Come at nine."),
                                 calendar_part("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "REQUEST")}),
       attachment("Einladung für Zoë.ics", "application/ics", "BEGIN:VCALENDAR")});
  auto const mail = written(message);
  EXPECT_THAT(mail, HasSubstr("Content-Type: multipart/mixed; boundary=\"=_token"));
  EXPECT_THAT(mail, HasSubstr("text/calendar; method=\"REQUEST\"; charset=utf-8\r\n"));
  EXPECT_THAT(mail, HasSubstr("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n--=_"));
  EXPECT_THAT(mail, HasSubstr("name*=UTF-8''Einladung%20f%C3%BCr%20Zo%C3%AB.ics"));
  EXPECT_THAT(mail, HasSubstr(to_base64("BEGIN:VCALENDAR")));
  // Both multiparts are closed, and their boundaries differ.
  EXPECT_THAT(mail, HasSubstr("--=_token2--\r\n"));
  EXPECT_THAT(mail, HasSubstr("--=_token3--\r\n"));
}

TEST(Mime, random_subjects_come_back_and_no_line_is_longer_than_the_limit) {
  test::Dice dice(1);
  static constexpr std::array pieces{"red", " ",    "  ", "ü",     "日本語",
                                     "=?",  "?=",   "\"", "🔴",    "word",
                                     ":",   "\xff", "\t", "x.y@z", "0123456789"};
  for (std::size_t i = 0; i < test::count(2000); ++i) {
    std::string subject;
    auto const n = dice.below(60);
    for (std::uint64_t k = 0; k < n; ++k) subject += dice.pick(pieces);
    if (dice.one_in(10)) subject += std::string(dice.below(2000), 'y');
    auto const mail = written(plain(subject));
    auto const expected = mend_utf8(subject);
    EXPECT_EQ(header(mail, "Subject"), expected);
    for (auto const& line : lines(mail)) ASSERT_LE(line.size(), 998u);
    ASSERT_EQ(mail.find("\r\n \r\n"), mail.npos) << "a line of blanks only";
  }
}

}  // namespace
}  // namespace wardroom::mail
