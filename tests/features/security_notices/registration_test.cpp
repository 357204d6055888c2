// Whether bridges post to us, and entering our receiver where they do not.
#include "features/security_notices/receiver_uri.hpp"
#include "notices_site.hpp"

namespace wardroom::security_notices::test {
namespace {

using namespace std::chrono_literals;

std::string const ours = "https://wardroom.acme.example/cdr/secret-of-cms1";

TEST(ReceiverUri, is_shown_without_what_may_be_a_secret) {
  EXPECT_EQ(without_secrets("https://ann:pw@cmm.example:8443/cdr?token=abc#x"),
            "https://cmm.example:8443/cdr?…");
  EXPECT_EQ(without_secrets("http://cmm.example"), "http://cmm.example");
  EXPECT_EQ(without_secrets("http://h/a/0123456789abcdef0/z"), "http://h/a/…/z");
  EXPECT_EQ(without_secrets(""), "");
}

TEST(Registration, is_looked_at_and_a_missing_one_is_told) {
  Site site;
  site.bridge().api.cdr_receivers.all = {{"r1", "https://cmm.example/?token=abc"}};
  site.start();
  site.wait(20s);
  EXPECT_EQ(site.view().registration, Registration::missing);
  EXPECT_EQ(site.view().receivers, std::vector<std::string>{"https://cmm.example/?…"});
}

TEST(Registration, enters_our_receiver_and_leaves_the_others_alone) {
  Site site;
  auto& all = site.bridge().api.cdr_receivers.all;
  all = {{"r1", "https://cmm.example/?token=abc"}};
  site.start();
  site.wait(20s);
  auto const done = site.await(site.feature().enter_receiver(0));
  ASSERT_TRUE(done) << done.error().what;
  EXPECT_TRUE(done->changed);
  EXPECT_EQ(done->uri, "https://wardroom.acme.example/cdr/…");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].uri, "https://cmm.example/?token=abc");
  EXPECT_EQ(all[1].uri, ours);
  EXPECT_EQ(site.view().registration, Registration::registered);
  auto const again = site.await(site.feature().enter_receiver(0));
  EXPECT_FALSE(again->changed);
  EXPECT_EQ(all.size(), 2u);
}

TEST(Registration, puts_a_new_secret_in_the_place_of_the_old_one) {
  Site site;
  auto& all = site.bridge().api.cdr_receivers.all;
  all = {{"r1", "https://wardroom.acme.example/cdr/older-secret"},
         {"r2", "http://b/"},
         {"r3", "http://c/"},
         {"r4", "http://d/"}};
  site.start();
  site.wait(20s);
  EXPECT_EQ(site.view().registration, Registration::missing);
  ASSERT_TRUE(site.await(site.feature().enter_receiver(0)));
  EXPECT_EQ(all[0].uri, ours);
  EXPECT_EQ(all.size(), 4u);
}

TEST(Registration, tells_who_has_the_places_when_none_is_left) {
  Site site;
  site.bridge().api.cdr_receivers.all = {{"r1", "http://a/x?token=abc"},
                                         {"r2", "http://b/"},
                                         {"r3", "http://c/"},
                                         {"r4", "http://d/"}};
  site.start();
  site.wait(20s);
  EXPECT_EQ(site.view().registration, Registration::full);
  auto const done = site.await(site.feature().enter_receiver(0));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::conflict);
  EXPECT_NE(done.error().what.find("http://a/x?…"), std::string::npos) << done.error().what;
  EXPECT_EQ(done.error().what.find("abc"), std::string::npos);
}

}  // namespace
}  // namespace wardroom::security_notices::test
