// The section security_notices: what it takes, and what it refuses with which sentence and place.
#include "features/security_notices/security_notices_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wardroom::security_notices {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

struct Read {
  SecurityNoticesSettings settings;
  config::Complaints complaints;
  std::string text;
  config::Record record;
};
Read read(std::string const& yaml, std::string const& public_url = "https://w.acme.example") {
  Read out;
  out.settings = SecurityNoticesSettings::parse(
      config::Section(YAML::Load(yaml), "wardroom.yaml", "security_notices", out.complaints,
                      &out.record),
      public_url);
  for (auto const& complaint : out.complaints) out.text += complaint.text() + "\n";
  return out;
}
std::string bridge(std::string const& name, std::string const& more = "") {
  return "  - { name: " + name + ", api: \"https://" + name +
         ".acme.example:445/api/v1\", username: api, password_file: /p, cdr_secret_file: /s/" +
         name + more + " }\n";
}
/// One bridge with these keys beside those it needs.
Read with(std::string const& keys) { return read("bridges:\n" + bridge("cms1", ", " + keys)); }

TEST(NoticeSettings, rest_and_observe_with_nothing_given) {
  auto const r = read("{}");
  EXPECT_EQ(r.text, "");
  auto const& s = r.settings;
  EXPECT_EQ(s.policy.mode, FeatureMode::observe);
  EXPECT_THAT(s.bridges, IsEmpty());
  EXPECT_EQ(s.policy.keep, 24h * 30);
  EXPECT_EQ(s.check_every, 60s);
  EXPECT_EQ(s.receiver_url, "https://w.acme.example/cdr");
  EXPECT_THAT(s.cautions(), IsEmpty());
  auto const shown = s.policy.texts.message(SecurityLevel::external);
  EXPECT_EQ(shown.text, "Security level 3 - external participants");
  EXPECT_EQ(shown.position, "bottom");
  EXPECT_EQ(shown.duration, "permanent");
  EXPECT_FALSE(s.policy.texts.message(SecurityLevel::none).shown());
}

TEST(NoticeSettings, take_a_first_day_of_eight_lines) {
  auto const r = read(R"(secure_domains: [secure.acme.example]
internal_domains: [acme.example, "*.acme.example"]
bridges:
  - name: cms1
    api: https://cms1.acme.example:445/api/v1/
    username: api
    password_file: /etc/wardroom/cms1_password
    cdr_secret_file: /etc/wardroom/cms1_cdr_secret
)");
  EXPECT_EQ(r.text, "");
  ASSERT_THAT(r.settings.bridges, SizeIs(1));
  EXPECT_EQ(r.settings.bridges[0].api, "https://cms1.acme.example:445/api/v1");
  EXPECT_EQ(r.settings.policy.rules.internal.match("x.acme.example"), "*.acme.example");
  EXPECT_THAT(r.settings.cautions(), IsEmpty());
  auto const* entry = r.record.find("security_notices.bridges.cms1.password_file");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->kind, config::Kind::secret_file);
}

TEST(NoticeSettings, name_every_mistake_with_its_place_and_what_to_write) {
  auto const r = read(R"(secure_domains: [secure.acme.example, "", "acme.*"]
internal_domains: [acme.example, "Secure.ACME.example."]
position: left
duration: 60
texts:
  1: ""
  2: "Security level 3 - external participants"
bridges:
  - { name: cms1, api: "https://a.example", username: "a:b", cdr_secret_file: /s, pin: abc }
  - { name: CMS1, api: "https://a.example/", username: api, password_file: /p, cdr_secret_file: /s, from: [10.0.0.0/33, here] }
  - { name: "our bridge", api: "https://c.example/api/v1", username: api, password_file: /p, cdr_secret_file: /t }
check_every: 1s
keep: 1h
)");
  for (auto const* wanted : {
           "wardroom.yaml:1:1: security_notices.secure_domains",
           "wardroom.yaml:2:1: security_notices.internal_domains: 'Secure.ACME.example.' is "
           "covered by 'secure.acme.example'",
           "wardroom.yaml:3:1: security_notices.position: 'left' is not one of top, middle",
           "wardroom.yaml:4:1: security_notices.duration: '60' is neither permanent nor",
           "wardroom.yaml:6:3: security_notices.texts.1: must not be empty",
           "wardroom.yaml:7:3: security_notices.texts.2: is the text of level 3 as well",
           "wardroom.yaml:9:19: security_notices.bridges[0].api: 'https://a.example' is not the "
           "address of a bridge's API; write https://cms1.acme.example:445/api/v1",
           "bridges[0].username: must not hold a colon",
           "bridges[0]: the key 'password_file' is needed here",
           "bridges[0].pin: is no pin of a public key: write sha256//",
           "wardroom.yaml:10:7: security_notices.bridges[1].name: is that of the bridge 'cms1'",
           "bridges[1].api: is that of the bridge 'cms1' already: each bridge stands here once",
           "bridges[1].cdr_secret_file: is that of the bridge 'cms1' already: by its secret alone",
           "bridges[1].from: '10.0.0.0/33' is neither an address nor a network",
           "bridges[1].from: 'here' is neither",
           "bridges[2].name: 'our bridge': a bridge's name is typed in commands",
           "check_every: must be from 10s to 1h",
           "keep: must be from 1d to 365d",
       })
    EXPECT_THAT(r.text, HasSubstr(wanted));
}

TEST(NoticeSettings, refuse_texts_that_screens_would_not_show_as_they_are) {
  auto const text = [](std::string const& value) {
    return read("texts: { 2: \"" + value + "\" }\n").text;
  };
  EXPECT_EQ(text(std::string(60, 'x')), "");
  EXPECT_EQ(text("Öffentlich – Stufe zwei"), "");
  std::string umlauts;
  for (int i = 0; i < 60; ++i) umlauts += "ü";
  EXPECT_EQ(text(umlauts), "") << "letters count, not bytes";
  EXPECT_THAT(text(umlauts + "ü"), HasSubstr("has 61 characters; at most 60 fit"));
  EXPECT_THAT(text("two\\nlines"), HasSubstr("control character in place 4"));
  EXPECT_THAT(text("tab\\there"), HasSubstr("control character"));
  EXPECT_THAT(text("\\u202Eturned"), HasSubstr("control character in place 1"));
  EXPECT_THAT(text("\\u2028"), HasSubstr("control character"));
  EXPECT_THAT(text("\\u0085x"), HasSubstr("control character"));
  EXPECT_THAT(text(" Level"), HasSubstr("begin or end with a space"));
}

TEST(NoticeSettings, take_a_time_in_place_of_permanent_with_a_word_of_warning) {
  auto const r = read("duration: 2m\ninternal_domains: [a.example]\nbridges:\n" + bridge("cms1"));
  EXPECT_EQ(r.text, "");
  EXPECT_EQ(r.settings.policy.texts.message(SecurityLevel::secure).duration, "120");
  EXPECT_THAT(r.settings.cautions(), ElementsAre(HasSubstr("duration is not permanent")));
  for (auto const* wrong : {"0s", "25h", "1500ms", "for ever"})
    EXPECT_THAT(read(std::string("duration: ") + wrong + "\n").text, HasSubstr("neither permanent"))
        << wrong;
}

TEST(NoticeSettings, derive_where_bridges_post_from_the_listener_and_warn_of_plain_http) {
  EXPECT_EQ(read("listener: { listen: \"0.0.0.0:8445\", certificate_file: /c, key_file: /k }\n",
                 "https://w.acme.example:8443/x")
                .settings.receiver_url,
            "https://w.acme.example:8445/cdr");
  auto const plain = read(
      "listener: { listen: \"[::]:8445\" }\ninternal_domains: [a.example]\n"
      "bridges:\n" +
          bridge("cms1"),
      "https://[2001:db8::1]");
  EXPECT_EQ(plain.settings.receiver_url, "http://[2001:db8::1]:8445/cdr");
  EXPECT_THAT(plain.settings.cautions(), ElementsAre(HasSubstr("come readable over the network")));
  EXPECT_EQ(read("receiver_url: \"https://x.example/cdr/\"\n").settings.receiver_url,
            "https://x.example/cdr");
}

TEST(NoticeSettings, want_a_listeners_files_together) {
  EXPECT_THAT(read("listener: { certificate_file: /c }\n").text, HasSubstr("needs its key"));
  EXPECT_THAT(read("listener: { key_file: /k }\n").text, HasSubstr("needs its certificate"));
  EXPECT_THAT(read("listener: { client_ca_file: /a }\n").text, HasSubstr("only with TLS"));
}

TEST(NoticeSettings, see_when_one_domain_list_makes_the_other_say_nothing) {
  auto const text = [](std::string const& secure, std::string const& internal) {
    return read("secure_domains: [" + secure + "]\ninternal_domains: [" + internal + "]\n").text;
  };
  EXPECT_THAT(text("acme.example", "acme.example"), HasSubstr("'acme.example' is covered by"));
  EXPECT_THAT(text("\"*.acme.example\"", "x.acme.example"), HasSubstr("covered by '*.acme"));
  EXPECT_THAT(text("\"*.acme.example\"", "\"*.x.acme.example\""), HasSubstr("covered by"));
  EXPECT_EQ(text("secure.acme.example", "\"*.acme.example\""), "");
  EXPECT_EQ(text("\"*.acme.example\"", "acme.example"), "") << "a star is only what is below";
}

TEST(NoticeSettings, take_a_pin_and_networks) {
  auto const r = with(
      "pin: \"sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\", from: "
      "[10.20.0.11, 10.21.0.0/24, \"2001:db8::/32\"], ca_file: /ca");
  EXPECT_EQ(r.text, "");
  EXPECT_THAT(r.settings.bridges[0].from, SizeIs(3));
  EXPECT_THAT(with("pin: \"sha256//47DEQpj8\"").text, HasSubstr("is no pin"));
}

TEST(NoticeSettings, tell_which_secret_files_are_no_good_without_telling_the_secrets) {
  auto const bridges = read("bridges:\n" + bridge("cms1") + bridge("cms2")).settings.bridges;
  auto const check = [&](std::string one, std::string two) {
    std::vector<Secret> const secrets{Secret(std::move(one)), Secret(std::move(two))};
    auto const done = check_cdr_secrets(bridges, secrets);
    return done ? std::string() : done.error().what;
  };
  std::string const good(48, 'a'), other(48, 'b');
  EXPECT_EQ(check(good, other), "");
  EXPECT_THAT(check(good, good), HasSubstr("/s/cms2 (bridge cms2) is that of the bridge cms1"));
  EXPECT_THAT(check("short", other), HasSubstr("/s/cms1 (bridge cms1) is shorter than 20"));
  EXPECT_THAT(check(good, other + "/.."), HasSubstr("does not fit into an address"));
  EXPECT_THAT(check(good, other + "/.."), testing::Not(HasSubstr(other)));
}

}  // namespace
}  // namespace wardroom::security_notices
