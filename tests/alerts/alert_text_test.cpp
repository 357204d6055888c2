// The words people read at night.
#include "alerts/alert_text.hpp"

#include "base/encoding.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wardroom::alerts {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Instant const now = from_unix_ms(1'795'320'000'000);
Site const site{"wardroom.acme.example", "host1"};

Alert login_ended() {
  return {.id = 1,
          .fact = {.part = "login.admin",
                   .colour = HealthColour::red,
                   .sentence = "admin: the refresh token was refused.",
                   .remedy = "run `wardroomctl login` and open the URL it prints",
                   .since = now - 2min}};
}

TEST(AlertText, one_alert_says_what_since_when_what_it_means_and_what_to_do) {
  auto const alert = login_ended();
  auto const told = compose(site, std::vector<Item>{{Notice::raised, &alert}}, now);
  EXPECT_EQ(told.subject,
            "[Wardroom wardroom.acme.example] red: Webex login of admin: the refresh token was "
            "refused");
  EXPECT_EQ(told.text,
            "RED: Webex login of admin: the refresh token was refused\n"
            "\n"
            "  Since:      2026-11-22 03:58 UTC (2 min ago)\n"
            "  Protection: Wardroom acts in Webex under this login. Without it no call is watched "
            "or blocked; an access token it still holds puts that off until the token ends.\n"
            "  To do:      run `wardroomctl login` and open the URL it prints\n"
            "\n"
            "Host host1. The present state: wardroomctl status. What was told to whom: wardroomctl "
            "alerts list.\n");
}

TEST(AlertText, the_subject_is_brief_and_the_body_has_the_whole_sentence) {
  auto alert = login_ended();
  alert.fact.sentence = "admin: the login has ended (400: invalid_grant (tracking id X)).";
  auto const told = compose(site, std::vector<Item>{{Notice::raised, &alert}}, now);
  EXPECT_TRUE(told.subject.ends_with("red: Webex login of admin: the login has ended"));
  EXPECT_THAT(told.text, HasSubstr("has ended (400: invalid_grant (tracking id X))\n"));
}

TEST(AlertText, the_all_clear_says_how_long_it_lasted) {
  auto alert = login_ended();
  alert.fact.since = now - 2h - 5min;
  alert.cleared_at = now;
  auto const told = compose(site, std::vector<Item>{{Notice::cleared, &alert}}, now);
  EXPECT_THAT(told.subject, HasSubstr("] over: Webex login of admin"));
  EXPECT_THAT(told.text, HasSubstr("2 h 5 min, from 2026-11-22 01:55 UTC to 2026-11-22 04:00 UTC"));
  EXPECT_THAT(told.text, Not(HasSubstr("To do")));
  auto const late = compose(site, std::vector<Item>{{Notice::raised, &alert}}, now);
  EXPECT_THAT(late.subject, HasSubstr("] was red: Webex login of admin"));
}

TEST(AlertText, many_alerts_are_one_message_with_the_worst_first) {
  auto const red = login_ended();
  Alert const yellow{.id = 0,
                     .fact = {.part = "call_blocking.people",
                              .colour = HealthColour::yellow,
                              .sentence = "The directory could not be read.",
                              .since = now}};
  auto const told =
      compose(site, std::vector<Item>{{Notice::raised, &yellow}, {Notice::raised, &red}}, now);
  EXPECT_THAT(told.subject, AllOf(HasSubstr("] red: Webex login"), HasSubstr("(and 1 more)")));
  EXPECT_LT(told.text.find("RED:"), told.text.find("YELLOW: Call blocking, people: The directory"));
}

TEST(AlertText, what_does_not_fit_into_a_webex_message_is_counted) {
  std::vector<Alert> alerts(60, login_ended());
  std::vector<Item> items;
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    alerts[i].id = std::int64_t(i);
    alerts[i].fact.sentence = std::string(100, 'x') + "ü";
    items.push_back({Notice::raised, &alerts[i]});
  }
  auto const told = compose(site, items, now);
  for (auto const& text : {told.text, told.markdown}) {
    EXPECT_LE(text.size(), longest_message);
    EXPECT_TRUE(is_valid_utf8(text));
    EXPECT_THAT(text, AllOf(HasSubstr("more: wardroomctl alerts list"), HasSubstr("Host host1")));
  }
  alerts[0].fact.remedy = std::string(20'000, '<');
  auto const huge = compose(site, std::vector<Item>{{Notice::raised, &alerts[0]}}, now);
  EXPECT_LE(huge.markdown.size(), longest_message);
  EXPECT_THAT(huge.markdown, HasSubstr("Host host1"));
}

TEST(AlertText, nothing_in_a_sentence_becomes_markup_a_mention_or_a_header) {
  auto alert = login_ended();
  alert.fact.sentence = "admin: <@all> **x** [a](http://evil) `c` & <b>\r\nBcc: x";
  alert.fact.remedy = "# not a heading\n- not a list";
  auto const told = compose(site, std::vector<Item>{{Notice::raised, &alert}}, now);
  EXPECT_THAT(told.markdown,
              AllOf(HasSubstr("&lt;@all&gt; \\*\\*x\\*\\* \\[a\\](http://evil) \\`c\\` &amp;"),
                    HasSubstr("\\# not a heading - not a list")));
  EXPECT_EQ(told.subject.find_first_of("\r\n"), std::string::npos);
}

TEST(AlertText, spans_and_cuts) {
  EXPECT_EQ(span_text(20s), "20 s");
  EXPECT_EQ(span_text(59min), "59 min");
  EXPECT_EQ(span_text(3h), "3 h");
  EXPECT_EQ(span_text(76h), "3 d 4 h");
  EXPECT_EQ(cut("abc", 3), "abc");
  EXPECT_EQ(cut("äöüß", 6), "ä...");
}

TEST(AlertText, a_test_says_that_it_is_one) {
  auto const told = compose_test(site, now);
  EXPECT_THAT(told.subject, HasSubstr("test of the alerts"));
  EXPECT_THAT(told.text, HasSubstr("There is nothing to do."));
}

}  // namespace
}  // namespace wardroom::alerts
