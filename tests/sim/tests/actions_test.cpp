// XSI-Actions: profile, calls, release, directory. Source: xsi.md 8, 12.
#include "sim/tests/neighbour.hpp"

namespace wardroom::sim::test {
namespace {
using http::Method;
using std::chrono::milliseconds;
struct ActionsTest : Neighbour {
  Person const& zoe = *sim.org.by_email("zoe.mueller@acme.example");
  int remove(std::string id, std::string query = "") {
    return actions(Method::delete_, zoe.xsi_user + "/calls/" + id + query).response.status;
  }
};

TEST_F(ActionsTest, a_profile_is_found_by_platform_id_and_by_uuid) {
  for (auto const& id : {zoe.xsi_user, zoe.uuid, percent_encode(zoe.xsi_user)}) {
    auto const root = read_xml(actions(Method::get, id + "/profile").response.body);
    ASSERT_TRUE(root) << id;
    EXPECT_EQ(root->children.at(0).child_text("userId"), zoe.xsi_user);
    EXPECT_EQ(root->children.at(0).child_text("lastName"), "Müller");
    EXPECT_EQ(root->children.at(1).child_text("emailAddress"), zoe.email);
    EXPECT_EQ(root->child_text("countryCode"), "43");
  }
  EXPECT_EQ(actions(Method::get, "nobody@x/profile").response.status, 404);
}

TEST_F(ActionsTest, calls_are_listed_and_shown) {
  auto const none = actions(Method::get, zoe.xsi_user + "/calls");
  EXPECT_TRUE(read_xml(none.response.body)->children.empty());
  auto const& one = place(zoe.email, "+442079460000");
  auto const& two = place("ada@acme.example", zoe.email);
  auto const list = read_xml(actions(Method::get, zoe.xsi_user + "/calls").response.body);
  ASSERT_EQ(list->children.size(), 2u);
  EXPECT_EQ(list->children[0].child_text("callId"), one.legs[0].id);
  EXPECT_EQ(list->children[1].child_text("callId"), two.legs[1].id);
  auto const detail =
      read_xml(actions(Method::get, zoe.xsi_user + "/calls/" + one.legs[0].id).response.body);
  EXPECT_EQ(detail->name, "Call");
  EXPECT_EQ(detail->child_text("extTrackingId"), one.tracking);
  EXPECT_EQ(actions(Method::get, zoe.xsi_user + "/calls/" + two.legs[0].id).response.status, 404)
      << "the other party's half is not hers";
}

TEST_F(ActionsTest, a_delete_releases_this_half_of_this_call) {
  auto const& call = place(zoe.email, "+442079460000");
  EXPECT_EQ(remove(call.legs[0].id), 200);
  clock.advance(milliseconds(20));
  EXPECT_EQ(call.released_by, "api");
  EXPECT_EQ(remove(call.legs[0].id), 404);
}

TEST_F(ActionsTest, declining_is_for_ringing_calls_only) {
  auto const& out = place(zoe.email, "+442079460000");
  EXPECT_EQ(remove(out.legs[0].id, "?decline=true"), 403);
  auto const& in = place("+442079460000", zoe.email);
  EXPECT_EQ(remove(in.legs[0].id, "?decline=true"), 200);
}

TEST_F(ActionsTest, deletes_can_be_slow_fruitless_or_too_late) {
  sim.faults.delete_delay_ms = 700;
  sim.faults.delete_without_release = true;
  auto const& call = place(zoe.email, "+442079460000", std::nullopt);
  auto const answer = actions(Method::delete_, zoe.xsi_user + "/calls/" + call.legs[0].id);
  EXPECT_EQ(answer.response.status, 200);
  EXPECT_EQ(answer.delay, milliseconds(700));
  clock.advance(std::chrono::seconds(5));
  EXPECT_FALSE(call.ended);
  sim.faults.delete_without_release = false;
  sim.faults.delete_404_race = true;
  EXPECT_EQ(remove(call.legs[0].id), 404);
  EXPECT_EQ(call.released_by, "caller");
}

TEST_F(ActionsTest, others_may_not_act_for_a_person) {
  admin_token = token_for("bela@acme.example");
  EXPECT_EQ(actions(Method::get, zoe.xsi_user + "/calls").response.status, 403);
  EXPECT_EQ(actions(Method::get, sim.org.by_email("bela@acme.example")->xsi_user + "/calls")
                .response.status,
            200);
  admin_token = "expired";
  EXPECT_EQ(actions(Method::get, zoe.xsi_user + "/calls").response.status, 401);
}

TEST_F(ActionsTest, the_directory_comes_in_pages_and_filters) {
  auto page = [&](std::string query) {
    return *read_xml(
        actions(Method::get, zoe.uuid + "/directories/Enterprise?" + query).response.body);
  };
  auto const first = page("start=1&results=5"), last = page("start=11&results=5");
  EXPECT_EQ(first.child_text("totalAvailableRecords"), "13");
  EXPECT_EQ(first.child_text("numberOfRecords"), "5");
  EXPECT_EQ(last.child_text("numberOfRecords"), "3");
  EXPECT_EQ(page("emailAddress=ZOE.mueller@acme.example").child_text("numberOfRecords"), "0");
  EXPECT_EQ(page("emailAddress=ZOE.mueller@acme.example/i").child_text("numberOfRecords"), "1");
  EXPECT_EQ(page("results=1000").child_text("numberOfRecords"), "13");
}

}  // namespace
}  // namespace wardroom::sim::test
