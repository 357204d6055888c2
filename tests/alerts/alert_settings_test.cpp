// The section alerts: what it takes, and what it refuses with which sentence.
#include "alerts/alert_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wardroom::alerts {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct Read {
  AlertSettings settings;
  std::string text;
};
Read read(std::string const& yaml) {
  Read out;
  config::Complaints complaints;
  out.settings = AlertSettings::parse(
      config::Section(YAML::Load(yaml), "wardroom.yaml", "alerts", complaints));
  for (auto const& complaint : complaints) out.text += complaint.text() + "\n";
  return out;
}

TEST(AlertSettings, nobody_is_told_with_nothing_given) {
  auto const r = read("{}");
  EXPECT_EQ(r.text, "");
  EXPECT_FALSE(r.settings.by_webex());
  EXPECT_EQ(r.settings.hold, std::chrono::seconds(60));
  EXPECT_TRUE(r.settings.needed_scopes().empty());
}

TEST(AlertSettings, take_everything_of_the_manual) {
  auto const r = read(R"(
webex_space: Y2lzY29zcGFyazovL3VzL1JPT00vYmJjZWIxYWQ
webex_admins: true
bot_token_file: /etc/wardroom/bot_token
mail: [ops@acme.example, night@acme.example]
smtp: { url: "smtp://mail.acme.example:587", from: wardroom@acme.example, username: wardroom, password_file: smtp_password, ca_file: /etc/wardroom/ca.pem }
hold: 30s
)");
  EXPECT_EQ(r.text, "");
  EXPECT_EQ(r.settings.mail.size(), 2u);
  EXPECT_TRUE(r.settings.webex_admins);
  EXPECT_EQ(r.settings.hold, std::chrono::seconds(30));
  EXPECT_TRUE(r.settings.needed_scopes().empty()) << "a bot has its own rights";
}

TEST(AlertSettings, without_a_bot_the_admin_login_needs_a_scope) {
  EXPECT_EQ(read("{ webex_space: abc }").settings.needed_scopes(),
            std::vector<std::string>{"spark:messages_write"});
}

TEST(AlertSettings, plain_smtp_is_for_this_machine_and_tls_for_others) {
  EXPECT_EQ(
      read("{ mail: [a@b.example], smtp: { url: \"smtp://127.0.0.1:2525\", from: w@b.example } }")
          .text,
      "");
  EXPECT_EQ(
      read("{ mail: [a@b.example], smtp: { url: \"smtps://mail.b.example\", from: w@b.example } }")
          .text,
      "");
}

TEST(AlertSettings, are_on_record_with_people_marked_as_such) {
  config::Complaints complaints;
  config::Record record;
  AlertSettings::parse(config::Section(YAML::Load("{ mail: [a@b.example], webex_space: abc, "
                                                  "bot_token_file: /etc/wardroom/bot }"),
                                       "wardroom.yaml", "alerts", complaints, &record));
  EXPECT_EQ(record.find("alerts.webex_space")->value, "abc");
  EXPECT_EQ(record.find("alerts.bot_token_file")->kind, config::Kind::secret_file);
  EXPECT_TRUE(record.find("alerts.mail")->personal);
  EXPECT_EQ(record.find("alerts.hold")->standard, "1m");
}

TEST(AlertSettings, refuse_with_a_sentence_that_helps) {
  struct Row {
    char const *yaml, *place, *says;
  };
  for (auto const& row : {
           Row{"mail: [ops@acme.example]", "wardroom.yaml:1:1: alerts.mail",
               "smtp://mail.acme.example:587"},
           Row{"mail: [ops]", "alerts.mail", "'ops' is no mail address"},
           Row{"mail: [a@b.example, a@b.example]", "alerts.mail", "twice"},
           Row{"smtp: { url: \"http://mail\", from: a@b.example }", "alerts.smtp.url", "smtps://"},
           Row{"smtp: { url: \"smtp://u:secret@mail\", from: a@b.example }", "alerts.smtp.url",
               "keys of their own"},
           Row{"smtp: { url: \"smtp://mail\" }", "alerts.smtp.url", "smtp.from"},
           Row{"smtp: { url: \"smtp://mail\", from: x }", "alerts.smtp.from", "mail address"},
           Row{"smtp: { url: \"smtp://mail\", from: a@b.example, username: u }",
               "alerts.smtp.username", "belong together"},
           Row{"smtp: { url: \"smtp://mail\", from: a@b.example, password_file: f }",
               "alerts.smtp.password_file", "belong together"},
           Row{"bot_token_file: f", "alerts.bot_token_file", "webex_space"},
           Row{"webex_space: \"https://web.webex.com/spaces/x\"", "alerts.webex_space",
               "id of a space"},
           Row{"hold: 2h", "alerts.hold", "1h"},
           Row{"webex_spaces: x", "alerts", "webex_space"},
           Row{"smtp: { pasword_file: x }", "alerts.smtp", "password_file"},
       }) {
    auto const r = read(row.yaml);
    EXPECT_THAT(r.text,
                AllOf(HasSubstr("wardroom.yaml:"), HasSubstr(row.place), HasSubstr(row.says)))
        << row.yaml;
    EXPECT_EQ(r.text.find("secret@"), std::string::npos);
  }
}

}  // namespace
}  // namespace wardroom::alerts
