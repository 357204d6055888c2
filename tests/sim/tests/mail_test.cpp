// The mail port: the conversation, its refusals, and how mails are read. Source: RFC 5321, 2047.
#include "sim/mail_box.hpp"
#include "sim/tests/neighbour.hpp"

namespace wardroom::sim::test {
namespace {

struct MailTest : Neighbour {
  SmtpSession session{sim.faults, [this](SmtpMail mail) { sim.mail.keep(std::move(mail)); }};
  using Then = SmtpSession::Step::Then;

  std::string say(std::string line) { return session.take(line + "\r\n").reply; }
  std::string code(std::string line) { return say(std::move(line)).substr(0, 3); }
  void greet() { say("EHLO daemon.example"); }
  void envelope(std::string to = "ops@acme.example") {
    EXPECT_EQ(code("MAIL FROM:<wardroom@acme.example> SIZE=200 BODY=8BITMIME"), "250");
    EXPECT_EQ(code("RCPT TO:<" + to + ">"), "250");
  }
  std::string send(std::string const& mail) {
    EXPECT_EQ(code("DATA"), "354");
    return session.take(mail + "\r\n.\r\n").reply.substr(0, 3);
  }
};

TEST_F(MailTest, takes_a_mail_and_tells_it_decoded) {
  EXPECT_TRUE(session.greet().reply.starts_with("220 "));
  auto const offer = say("EHLO daemon.example");
  EXPECT_NE(offer.find("250-SIZE 1048576\r\n"), std::string::npos) << offer;
  EXPECT_NE(offer.find("8BITMIME"), std::string::npos);
  envelope();
  EXPECT_EQ(code("RCPT TO:<zoe.mueller@acme.example>"), "250");
  EXPECT_EQ(send("Subject: =?UTF-8?B?V2FyZHJvb206IPCflLQ=?=\r\n =?UTF-8?Q?_rot_=C3=BC?=\r\n"
                 "Content-Type: text/plain; charset=utf-8\r\n"
                 "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
                 "Gr=C3=BC=C3=9Fe, a long line that was =\r\nfolded\r\n..dot"),
            "250");
  auto const mail = sim.mail.list().at(0);
  EXPECT_EQ(mail["from"], "wardroom@acme.example");
  EXPECT_EQ(mail["to"], nlohmann::json::array({"ops@acme.example", "zoe.mueller@acme.example"}));
  EXPECT_EQ(mail["subject"], "Wardroom: 🔴 rot ü");
  EXPECT_EQ(mail["text"], "Grüße, a long line that was folded\r\n.dot\r\n");
  EXPECT_EQ(mail["headers"]["Content-Transfer-Encoding"], "quoted-printable");
  EXPECT_EQ(code("QUIT"), "221");
}

TEST_F(MailTest, finds_the_plain_text_in_parts_within_parts) {
  auto const read = read_mail(
      "Content-Type: multipart/mixed; boundary=\"a b\"\r\n\r\npreamble\r\n--a b\r\n"
      "Content-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n"
      "Content-Type: text/html\r\n\r\n<b>no</b>\r\n--c\r\n"
      "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: base64\r\n\r\n"
      "Z3L8\r\n32U=\r\n--c--\r\n--a b--\r\n");
  EXPECT_EQ(read.text, "grüße");
  EXPECT_EQ(read_mail("").text, "");
  EXPECT_EQ(decode_words("=?x"), "=?x");
  EXPECT_EQ(decode_words("a =?utf-8?q?b?= c"), "a b c");
}

TEST_F(MailTest, keeps_the_order_of_commands_and_forgets_on_rset) {
  EXPECT_EQ(code("MAIL FROM:<a@b>"), "503");
  greet();
  EXPECT_EQ(code("RCPT TO:<a@b>"), "503");
  EXPECT_EQ(code("MAIL FROM:a@b"), "501");
  EXPECT_EQ(code("MAIL FROM:<> SIZE=2000000"), "552");
  envelope();
  EXPECT_EQ(code("RSET"), "250");
  EXPECT_EQ(code("DATA"), "503");
  EXPECT_EQ(code("NOOP"), "250");
  EXPECT_EQ(code("TURN"), "500");
  EXPECT_EQ(sim.mail.size(), 0u);
}

TEST_F(MailTest, bytes_may_come_one_by_one_and_bare_line_feeds_are_no_line_ends_in_a_mail) {
  std::string replies;
  for (char c : std::string("EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nhi\r\n.\r\n"))
    replies += session.take({&c, 1}).reply;
  EXPECT_NE(replies.find("354"), std::string::npos);
  ASSERT_EQ(sim.mail.size(), 1u);
  envelope();
  EXPECT_EQ(send("smuggled\n.\nMAIL FROM:<x@y>"), "550");
  EXPECT_EQ(sim.mail.size(), 1u);
}

TEST_F(MailTest, logs_in_with_both_mechanisms) {
  greet();
  EXPECT_EQ(code("AUTH PLAIN " + to_base64(std::string("\0wardroom\0demo-smtp-password", 28))),
            "235");
  EXPECT_EQ(code("AUTH PLAIN " + to_base64(std::string("\0wardroom\0no", 12))), "535");
  EXPECT_EQ(say("AUTH LOGIN"), "334 VXNlcm5hbWU6\r\n");
  EXPECT_EQ(code(to_base64("wardroom")), "334");
  EXPECT_EQ(code(to_base64("demo-smtp-password")), "235");
  envelope();
  EXPECT_EQ(send("Subject: x\r\n\r\nbody"), "250");
  EXPECT_EQ(sim.mail.list()[0]["user"], "wardroom");
}

TEST_F(MailTest, refuses_in_every_way_it_is_told_to) {
  greet();
  EXPECT_EQ(code("MAIL FROM:<a@b>"), "250");
  sim.faults.smtp_refuse = "rcpt_4xx";
  EXPECT_EQ(code("RCPT TO:<c@d>"), "450");
  sim.faults.smtp_refuse = "rcpt_5xx";
  EXPECT_EQ(code("RCPT TO:<c@d>"), "550");
  sim.faults.smtp_refuse = "data_4xx";
  EXPECT_EQ(code("RCPT TO:<c@d>"), "250");
  EXPECT_EQ(code("DATA"), "451");
  EXPECT_EQ(sim.mail.size(), 0u);
  sim.faults.smtp_refuse = "cut_after_data";
  envelope();
  say("DATA");
  EXPECT_EQ(session.take("x\r\n.\r\n").then, Then::reset);
  EXPECT_EQ(sim.mail.size(), 1u) << "it was kept all the same";
  sim.faults.smtp_refuse = "hang";
  EXPECT_EQ(session.greet().reply, "");
  EXPECT_EQ(say("NOOP"), "");
}

TEST_F(MailTest, is_bounded_in_lines_mails_and_their_number) {
  greet();
  EXPECT_EQ(session.take(std::string(3000, 'x')).then, Then::close);
  SmtpSession other{sim.faults, [this](SmtpMail mail) { sim.mail.keep(std::move(mail)); }};
  other.take("EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
  for (int i = 0; i < 1100; ++i) other.take(std::string(1000, 'x') + "\r\n");
  EXPECT_TRUE(other.take(".\r\n").reply.starts_with("552"));
  for (int i = 0; i < 510; ++i)
    sim.mail.keep({"a@b", {"c@d"}, "Subject: " + std::to_string(i), ""});
  EXPECT_EQ(sim.mail.size(), 500u);
  EXPECT_EQ(sim.mail.list()[0]["subject"], "10");
}

TEST_F(MailTest, the_page_shows_mails_without_trusting_them) {
  sim.mail.keep(
      {"<script>@x", {"b@c"}, "Subject: <img src=x>\r\n\r\n</pre><script>1</script>", ""});
  Request list{http::Method::get, "/mail", {}, {}, {}, {}}, one = list, none = list;
  one.query = "id=1";
  none.query = "id=7";
  for (auto const& r : {list, one}) {
    auto const a = sim.mail.page(r);
    EXPECT_EQ(a.response.status, 200);
    EXPECT_EQ(a.response.body.find("<script>"), std::string::npos);
    EXPECT_EQ(a.response.body.find("<img"), std::string::npos);
    EXPECT_NE(a.response.body.find("&lt;img src=x&gt;"), std::string::npos);
    EXPECT_NE(a.response.headers.get("Content-Security-Policy").find("default-src 'none'"),
              std::string::npos);
  }
  EXPECT_EQ(sim.mail.page(none).response.status, 404);
}

}  // namespace
}  // namespace wardroom::sim::test
