// Mail over real sockets: what the server takes, and what it means when it does not.
#include "mail/curl_mailer.hpp"

#include "lib/mail/smtp_server.hpp"
#include "runtime/system_clock.hpp"
#include "sim/certificates.hpp"
#include "support/run_task.hpp"
#include "support/temp_database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;
using sim::Certificate, sim::make_certificate, sim::server_context;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

mail::Message letter(std::string body = "It is full.\n") {
  return {.from = {"wardroom@acme.example"},
          .to = {{"ops@acme.example"}},
          .subject = "red: the store",
          .body = mail::text_part(std::move(body))};
}

struct Kit {
  explicit Kit(SmtpScript script = {}) : server(io, std::move(script)) {
    settings.url = server.url();
    options.connect_timeout = 2000ms;
    options.timeout = 400ms;
    options.stall_timeout = 300ms;
    options.last_answer_timeout = 300ms;
  }

  Result<std::string> send(mail::Message message) {
    mail::CurlMailer mailer(io.get_executor(), clock, random, settings, options);
    auto done = run_task(io, mailer.send(std::move(message)));
    run_task(io, clock.sleep_for(20ms));  // the server's side of the end, goodbye included
    return done;
  }
  Error refused(mail::Message message = letter()) {
    auto const done = send(std::move(message));
    EXPECT_FALSE(done) << *done;
    return done ? Error{} : done.error();
  }
  /// As if the server stood elsewhere, under a name of its own.
  void move_away(std::string scheme = "smtp") {
    settings.url = scheme + "://mail.test:" + std::to_string(server.port());
    options.connect_to = "127.0.0.1:" + std::to_string(server.port());
    options.timeout = 5000ms;
    options.stall_timeout = 5000ms;
  }

  boost::asio::io_context io{1};
  SystemClock clock{io.get_executor()};
  SystemRandom random;
  SmtpServer server;
  mail::SmtpSettings settings;
  mail::CurlMailer::Options options;
};

Certificate const& root() {
  static Certificate const made = make_certificate({.common_name = "root", .authority = true});
  return made;
}

struct Trust {
  explicit Trust(std::vector<std::string> names = {"DNS:mail.test"})
      : tls(server_context(make_certificate({.names = std::move(names)}, &root()))) {
    std::ofstream(folder / "ca.pem") << root().pem;
  }
  TempDirectory folder;
  std::unique_ptr<boost::asio::ssl::context> tls;
};

TEST(CurlMailer, hands_a_mail_over_and_says_goodbye) {
  Kit kit;
  auto const done = kit.send(letter());
  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ(*done, "250 2.0.0 Ok: queued as 4Bx");
  ASSERT_EQ(kit.server.taken().size(), 1u);
  auto const& mail = kit.server.taken().front();
  EXPECT_THAT(mail.from, HasSubstr("<wardroom@acme.example>"));
  EXPECT_EQ(mail.to, std::vector<std::string>{"ops@acme.example"});
  EXPECT_THAT(mail.data, HasSubstr("\r\n\r\nIt is full.\r\n"));
  EXPECT_EQ(kit.server.said().back(), "QUIT");
}

TEST(CurlMailer, a_mail_of_dots_long_lines_and_eight_bit_text_comes_through_as_it_was) {
  Kit kit;
  ASSERT_TRUE(kit.send(letter(".\n..\n.dot\n")));
  EXPECT_THAT(kit.server.taken()[0].wire, HasSubstr("\r\n..\r\n...\r\n..dot\r\n"));
  EXPECT_THAT(kit.server.taken()[0].data, HasSubstr("\r\n\r\n.\r\n..\r\n.dot\r\n"));
  ASSERT_TRUE(kit.send(letter("Größe " + std::string(3000, 'x') + "\n.\n")));
  EXPECT_THAT(kit.server.taken()[1].data, HasSubstr("Gr=C3=B6=C3=9Fe xxx"));
  EXPECT_THAT(kit.server.taken()[1].data, HasSubstr("\r\n.\r\n"));
}

TEST(CurlMailer, a_large_attachment_arrives_whole) {
  Kit kit;
  kit.options.timeout = 5000ms;
  auto message = letter();
  message.body = mail::multipart(
      "mixed", {mail::text_part("see there"), mail::attachment("x.bin", "application/octet-stream",
                                                               std::string(300'000, '\xfe'))});
  auto const done = kit.send(message);
  ASSERT_TRUE(done) << done.error().what;
  EXPECT_GT(kit.server.taken().front().data.size(), 400'000u);
}

TEST(CurlMailer, a_refusal_names_the_place_the_answer_and_what_to_do) {
  struct Row {
    char const *place, *reply;
    ErrorKind kind;
    char const* says;
  };
  for (auto const& row : {
           Row{"CONNECT", "554 5.7.1 go away", ErrorKind::denied, "554 5.7.1 go away"},
           Row{"CONNECT", "421 4.3.2 too busy", ErrorKind::unavailable, "421 4.3.2 too busy"},
           Row{"MAIL", "550 5.1.8 who is that", ErrorKind::denied, "check smtp.from"},
           Row{"MAIL", "530 5.7.0 log in first", ErrorKind::unauthorized, "smtp.username"},
           Row{"MAIL", "451 4.7.1 greylisted", ErrorKind::unavailable, "temporary"},
           Row{"RCPT", "550 5.1.1 unknown", ErrorKind::denied, "recipient ops@acme.example"},
           Row{"RCPT", "450 4.2.0 mailbox busy", ErrorKind::unavailable, "450 4.2.0"},
           Row{"DATA", "554 5.5.1 no", ErrorKind::denied, "554 5.5.1 no"},
           Row{"MESSAGE", "552 5.3.4 too big", ErrorKind::denied, "552 5.3.4 too big"},
           Row{"MESSAGE", "452 4.3.1 disk full", ErrorKind::unavailable, "452 4.3.1 disk full"},
       }) {
    Kit kit({.replies = {{row.place, row.reply}}});
    auto const error = kit.refused();
    EXPECT_EQ(error.kind, row.kind) << row.place << " " << row.reply << ": " << error.what;
    EXPECT_THAT(error.what, AllOf(HasSubstr(row.says), HasSubstr(kit.server.url())));
    EXPECT_TRUE(kit.server.taken().empty());
  }
}

TEST(CurlMailer, one_refused_recipient_of_several_stops_the_mail_for_all_and_is_named) {
  Kit kit({.recipients = {{"gone@acme.example", "550 5.1.1 no such mailbox"}}});
  auto message = letter();
  message.to = {{"ops@acme.example"}, {"gone@acme.example"}, {"night@acme.example"}};
  auto const error = kit.refused(message);
  EXPECT_THAT(error.what, AllOf(HasSubstr("gone@acme.example"), HasSubstr("nothing was sent"),
                                HasSubstr("550 5.1.1 no such mailbox")));
  EXPECT_EQ(kit.server.bodies(), 0u);
}

TEST(CurlMailer, a_server_that_hangs_is_given_up_in_time) {
  for (auto const* place : {"CONNECT", "EHLO", "MAIL", "RCPT", "DATA"}) {
    Kit kit({.hangs_at = place});
    auto const begun = std::chrono::steady_clock::now();
    auto const error = kit.refused();
    EXPECT_EQ(error.kind, ErrorKind::timed_out) << place << ": " << error.what;
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 3s) << place;
  }
}

TEST(CurlMailer, a_server_that_hangs_at_goodbye_does_not_hold_the_loop) {
  for (bool const taken : {true, false}) {
    SmtpScript script{.hangs_at = "QUIT"};
    if (!taken) script.replies["RCPT"] = "550 5.1.1 unknown";
    Kit kit(script);
    auto const begun = std::chrono::steady_clock::now();
    EXPECT_EQ(kit.send(letter()).has_value(), taken);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 1s);
  }
}

TEST(CurlMailer, a_cut_before_the_mail_was_handed_over_may_be_tried_again) {
  for (auto const* place : {"CONNECT", "EHLO", "MAIL", "RCPT", "DATA"}) {
    Kit kit({.cuts_at = place});
    auto const error = kit.refused();
    EXPECT_EQ(error.kind, ErrorKind::unavailable) << place << ": " << error.what;
  }
}

TEST(CurlMailer, a_cut_after_the_last_dot_leaves_it_open_and_is_never_sent_again_by_itself) {
  for (bool const hangs : {true, false}) {
    SmtpScript script;
    (hangs ? script.hangs_at : script.cuts_at) = "MESSAGE";
    Kit kit(script);
    auto const error = kit.refused();
    EXPECT_EQ(error.kind, ErrorKind::conflict) << error.what;
    EXPECT_FALSE(is_transient(error.kind));
    EXPECT_THAT(error.what, HasSubstr("not known"));
    EXPECT_EQ(kit.server.bodies(), 1u);
    EXPECT_EQ(kit.server.accepted(), 1u);
  }
}

TEST(CurlMailer, nobody_there_and_no_such_name_are_told_apart) {
  Kit kit;
  kit.settings.url = "smtp://127.0.0.1:1";
  EXPECT_THAT(kit.refused().what, HasSubstr("no connection"));
  kit.settings.url = "smtp://mail.invalid:25";
  kit.options.timeout = 15s;
  kit.options.connect_timeout = 15s;
  kit.options.stall_timeout = 15s;
  EXPECT_THAT(kit.refused().what, HasSubstr("cannot be resolved"));
}

TEST(CurlMailer, beyond_loopback_a_server_without_starttls_gets_nothing) {
  Kit kit({.login = "ops:pässword"});
  kit.move_away();
  kit.settings.username = "ops";
  kit.settings.password = Secret("pässword");
  auto const error = kit.refused();
  EXPECT_EQ(error.kind, ErrorKind::denied);
  EXPECT_THAT(error.what, AllOf(HasSubstr("STARTTLS"), HasSubstr("smtps://")));
  for (auto const& line : kit.server.said())
    EXPECT_TRUE(line.starts_with("EHLO") || line.starts_with("QUIT")) << line;
}

TEST(CurlMailer, beyond_loopback_a_refused_starttls_is_no_way_to_plain_text) {
  Trust trust;
  Kit kit({.replies = {{"STARTTLS", "454 4.7.0 not now"}},
           .offers_starttls = true,
           .tls = trust.tls.get()});
  kit.move_away();
  EXPECT_THAT(kit.refused().what, HasSubstr("454 4.7.0 not now"));
  EXPECT_EQ(kit.server.bodies(), 0u);
}

TEST(CurlMailer, starttls_and_a_login_by_a_private_ca) {
  Trust trust;
  Kit kit({.offers_starttls = true, .tls = trust.tls.get(), .login = "ops@acme.example:s3cret"});
  kit.move_away();
  kit.settings.ca_file = trust.folder / "ca.pem";
  kit.settings.username = "ops@acme.example";
  kit.settings.password = Secret("s3cret");
  auto const done = kit.send(letter());
  ASSERT_TRUE(done) << done.error().what;
  ASSERT_EQ(kit.server.taken().size(), 1u);
  EXPECT_TRUE(kit.server.taken().front().over_tls);
  EXPECT_TRUE(kit.server.taken().front().logged_in);
}

TEST(CurlMailer, smtps_is_tls_from_the_first_byte) {
  Trust trust;
  Kit kit({.tls_at_once = true, .tls = trust.tls.get()});
  kit.move_away("smtps");
  kit.settings.ca_file = trust.folder / "ca.pem";
  auto const done = kit.send(letter());
  ASSERT_TRUE(done) << done.error().what;
  EXPECT_TRUE(kit.server.taken().front().over_tls);
}

TEST(CurlMailer, L1_a_certificate_of_another_host_or_issuer_is_refused) {
  for (bool const other_host : {true, false})
    for (bool const at_once : {true, false}) {
      Trust trust({other_host ? "DNS:mail.evil.test" : "DNS:mail.test"});
      Kit kit({.offers_starttls = true, .tls_at_once = at_once, .tls = trust.tls.get()});
      kit.move_away(at_once ? "smtps" : "smtp");
      if (other_host) kit.settings.ca_file = trust.folder / "ca.pem";
      auto const error = kit.refused();
      EXPECT_THAT(error.what, AllOf(HasSubstr("certificate"), HasSubstr("ca_file")));
      EXPECT_EQ(kit.server.bodies(), 0u);
    }
}

TEST(CurlMailer, T3_a_refused_login_is_told_without_the_password) {
  Kit kit({.login = "ops:right"});
  kit.settings.username = "ops";
  kit.settings.password = Secret("canary-wrong");
  auto const error = kit.refused();
  EXPECT_EQ(error.kind, ErrorKind::unauthorized);
  EXPECT_THAT(error.what,
              AllOf(HasSubstr("535"), HasSubstr("password file"), Not(HasSubstr("canary"))));
}

TEST(CurlMailer, a_server_without_a_login_we_know_is_told) {
  Kit kit({.login = "ops:right", .mechanisms = "GSSAPI NTLM"});
  kit.settings.username = "ops@acme.example";
  kit.settings.password = Secret("right");
  auto const error = kit.refused();
  EXPECT_EQ(error.kind, ErrorKind::unauthorized) << error.what;
}

TEST(CurlMailer, many_mails_at_once_all_arrive) {
  Kit kit;
  kit.options.timeout = 10s;
  kit.options.stall_timeout = 10s;
  mail::CurlMailer mailer(kit.io.get_executor(), kit.clock, kit.random, kit.settings, kit.options);
  int done = 0;
  for (int i = 0; i < 20; ++i)
    start_task(kit.io, [](mail::Mailer& m, int& n) -> Task<void> {
      auto const sent = co_await m.send(letter());
      EXPECT_TRUE(sent) << sent.error().what;
      ++n;
    }(mailer, done));
  auto const deadline = std::chrono::steady_clock::now() + 10s;
  while ((done < 20 || kit.server.taken().size() < 20) &&
         std::chrono::steady_clock::now() < deadline)
    kit.io.run_one_for(20ms);
  EXPECT_EQ(kit.server.taken().size(), 20u);
}

TEST(CurlMailer, one_who_waits_can_be_cancelled_and_the_mailer_may_die_with_work_in_it) {
  Kit kit({.hangs_at = "DATA"});
  kit.options.timeout = 20s;
  kit.options.stall_timeout = 20s;
  auto mailer = std::make_unique<mail::CurlMailer>(kit.io.get_executor(), kit.clock, kit.random,
                                                   kit.settings, kit.options);
  auto const error = run_task(kit.io, within(kit.clock, 200ms, "the mail", mailer->send(letter())));
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().kind, ErrorKind::timed_out);
}

TEST(SmtpUrl, tells_what_to_write_instead) {
  auto const good = mail::parse_smtp_url("smtp://mail.acme.example:587");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->port, 587);
  EXPECT_TRUE(good->starttls_needed);
  EXPECT_EQ(mail::parse_smtp_url("smtps://mail.acme.example")->port, 465);
  EXPECT_EQ(mail::parse_smtp_url("smtp://mail.acme.example/")->port, 25);
  EXPECT_FALSE(mail::parse_smtp_url("smtp://127.0.0.1:2525")->starttls_needed);
  EXPECT_FALSE(mail::parse_smtp_url("smtp://[::1]:2525")->starttls_needed);
  for (auto const* bad : {"", "mail.acme.example", "http://mail.acme.example", "smtp://",
                          "smtp://a b", "smtp://user:canary@mail.acme.example", "smtp://h:0",
                          "smtp://h:99999", "smtp://h/ehlo", "smtp://h?x"}) {
    auto const refused = mail::parse_smtp_url(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_THAT(refused.error().what, AllOf(HasSubstr("smtps://"), Not(HasSubstr("canary"))));
  }
}

}  // namespace
}  // namespace wardroom::test
