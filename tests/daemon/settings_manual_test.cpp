// The manual of the keys: made from the example's comments, and nothing is missing in it.
#include "settings_manual.hpp"

#include "settings.hpp"

#include <gtest/gtest.h>

#include <set>

namespace wardroom {
namespace {

Manual const& manual() {
  static auto const made = Manual::of(example_configuration());
  return made;
}

TEST(Manual, R105_tells_of_every_key_what_it_is_for_and_gives_an_example) {
  EXPECT_GT(manual().topics().size(), 60u);
  for (auto const& topic : manual().topics()) {
    if (topic.entry.pattern == "identities.NAME" || topic.is_section()) continue;
    EXPECT_GE(topic.text.size(), 10u) << topic.entry.pattern << " has no comment";
    EXPECT_FALSE(topic.example.empty()) << topic.entry.pattern << " has no e.g. in its comment";
  }
}

TEST(Manual, knows_every_key_that_the_daemon_asks_for) {
  // Each kind of identity and each shape of a fence asks for other keys.
  for (std::string const more : {"guests: { kind: service_app, client_id: B, client_secret_file: "
                                 "/b, refresh_token_file: /r }",
                                 "guests: { kind: guest_issuer, issuer_id: I, secret_file: /s }"}) {
    for (std::string const shape :
         {"circle: { at: [1, 2], radius: 2km }", "box: { south: 1, north: 2, west: 3, east: 4 }",
          "country: [AT, Kosovo]", "polygon: [[1, 2], [1, 3], [2, 3]]"}) {
      config::Complaints complaints;
      auto const settings = read_settings(
          "identities:\n  admin: { client_id: C, client_secret_file: /s }\n  " + more +
              "\ncall_blocking:\n  fences:\n    - { name: f, " + shape +
              " }\nspace_sync:\n  jobs:\n    - { name: a, space: R, include: [{ all: true }], "
              "exclude: [{ title: CEO }, { department_contains: x }] }\n"
              "security_notices:\n  bridges:\n    - { name: cms1, api: "
              "\"https://c.example/api/v1\", username: u, password_file: /p, cdr_secret_file: /s "
              "}\n",
          "w.yaml", complaints);
      for (auto const& one : complaints) ADD_FAILURE() << one.text();
      for (auto const& entry : settings.record.entries()) {
        auto const* topic = manual().find(entry.key);
        ASSERT_TRUE(topic) << entry.key << " is not in etc/wardroom.yaml";
        if (topic->is_section()) continue;
        EXPECT_EQ(topic->entry.kind, entry.kind) << entry.key;
        EXPECT_EQ(topic->entry.choices, entry.choices) << entry.key;
        if (topic->entry.derived_from.empty())
          EXPECT_EQ(topic->entry.standard, entry.standard) << entry.key;
      }
    }
  }
}

TEST(Manual, examples_are_values_the_daemon_takes_but_for_what_they_need_beside_them) {
  config::Complaints complaints;
  read_settings(uncommented(example_configuration()), "etc/wardroom.yaml", complaints);
  std::set<std::string> keys;
  for (auto const& one : complaints) keys.insert(one.key);
  EXPECT_EQ(keys, (std::set<std::string>{"alerts.smtp", "call_blocking.fences[4].geojson_file",
                                         "identities.admin.client_id",
                                         "space_sync.jobs[0].exclude[1].email_file",
                                         "space_sync.jobs[0].exclude[2].department_file"}));
}

TEST(Manual, tells_of_a_rule_once_for_both_lists) {
  for (std::string const list : {"include.1.", "exclude.7."})
    for (std::string const rule :
         {"all", "email", "domain", "department", "department_glob", "title", "title_contains",
          "title_glob", "location", "licence", "role", "group", "type"})
      EXPECT_TRUE(manual().find("space_sync.jobs.all-hands." + list + rule)) << list << rule;
  EXPECT_TRUE(manual().find("space_sync.jobs.all-hands.hold_above.percent"));
  EXPECT_FALSE(manual().find("space_sync.jobs.all-hands.include.1.colour"));
}

TEST(Manual, finds_keys_by_the_names_operators_gave) {
  EXPECT_EQ(manual().find("identities.guests.refresh_token_file")->entry.pattern,
            "identities.NAME.refresh_token_file");
  EXPECT_EQ(manual().find("call_blocking.fences.linz.margin")->entry.standard, "300m");
  EXPECT_TRUE(manual().find("call_blocking.fences.NAME.box.west"));
  EXPECT_FALSE(manual().find("call_blocking.fences.linz.marginn"));
  EXPECT_EQ(manual().near("call_blocking.timeot"), "call_blocking.timeout");
  EXPECT_EQ(manual().near("timeout"), "call_blocking.timeout");
  EXPECT_EQ(manual().near("identities.bot.client_idd"), "identities.NAME.client_id");
  EXPECT_EQ(manual().below("identities.guests").size(), manual().below("identities.NAME").size());
  EXPECT_EQ(manual().below("store").size(), 2u);
  EXPECT_GT(manual().below("").size(), 50u);
  EXPECT_TRUE(manual().below("stor").empty());
}

TEST(Manual, takes_comments_that_go_on_below_and_keys_that_are_hidden) {
  auto const made = Manual::of(
      "log:  # about logs\n  level: info   # how much\n                # is logged; e.g. debug; "
      "so\n"
      "# Prose: not a key.\nwebex:\n  # token_url: https://x.example/t  # where \"#\" is no "
      "comment\n");
  EXPECT_EQ(made.find("log.level")->text, "how much is logged; so");
  EXPECT_EQ(made.find("log.level")->example, "debug");
  EXPECT_EQ(made.find("log")->text, "about logs");
  EXPECT_EQ(made.find("webex.token_url")->text, "where \"#\" is no comment");
  EXPECT_EQ(made.find("webex.token_url")->example, "https://x.example/t");
}

}  // namespace
}  // namespace wardroom
