// DELETEs of one person that fail in their own way, and odd directories. Source: xsi.md 8, 12.
#include "sim/tests/neighbour.hpp"

namespace wardroom::sim::test {
namespace {
using http::Method;
using std::chrono::milliseconds;

struct DeleteModesTest : Neighbour {
  Person const& zoe = *sim.org.by_email("zoe.mueller@acme.example");
  Person const& bela = *sim.org.by_email("bela@acme.example");
  Answer remove(Person const& who, std::string const& id) {
    return actions(Method::delete_, who.xsi_user + "/calls/" + id);
  }
  ScriptedAnswer for_zoe() {
    ScriptedAnswer a;
    a.door = "actions";
    a.method = "DELETE";
    a.person = zoe.email;
    return a;
  }
};

TEST_F(DeleteModesTest, one_slow_person_slows_nobody_else) {
  auto slow = for_zoe();
  slow.delay_ms = 5000;
  slow.count = -1;
  sim.faults.answers = {slow};
  auto const& hers = place(zoe.email, "+442079460000", std::nullopt);
  auto const& his = place(bela.email, "+442079460000", std::nullopt);
  EXPECT_EQ(remove(zoe, hers.legs[0].id).delay, milliseconds(5000));
  EXPECT_EQ(remove(bela, his.legs[0].id).delay, milliseconds(0));

  sim.faults.answers.clear();
  sim.faults.delete_faults_for = zoe.email;
  sim.faults.delete_delay_ms = 700;
  sim.faults.delete_without_release = true;
  auto const& again = place(zoe.email, "+442079460000", std::nullopt);
  auto const& free = place(bela.email, "+442079460000", std::nullopt);
  EXPECT_EQ(remove(zoe, again.legs[0].id).delay, milliseconds(700));
  EXPECT_EQ(remove(bela, free.legs[0].id).delay, milliseconds(0));
  clock.advance(milliseconds(100));
  EXPECT_FALSE(again.ended);
  EXPECT_TRUE(free.ended);
}

TEST_F(DeleteModesTest, refusals_come_with_or_without_a_document_and_then_stop) {
  auto const& call = place(zoe.email, "+442079460000", std::nullopt);
  for (int const status : {403, 409, 429, 503}) {
    auto refusal = for_zoe();
    refusal.status = status;
    refusal.body = status == 403 ? "xsi" : "empty";
    refusal.retry_after = status == 429 ? "1" : "";
    sim.faults.answers = {refusal};
    auto const a = remove(zoe, call.legs[0].id);
    EXPECT_EQ(a.response.status, status);
    EXPECT_EQ(a.response.headers.get("Retry-After"), refusal.retry_after);
  }
  EXPECT_EQ(remove(zoe, call.legs[0].id).response.status, 200);
}

TEST_F(DeleteModesTest, a_hanging_delete_may_have_worked_or_not) {
  auto const& call = place(zoe.email, "+442079460000", std::nullopt);
  auto hang = for_zoe();
  hang.wire = "hang";
  hang.status = 503;
  sim.faults.answers = {hang};
  EXPECT_EQ(remove(zoe, call.legs[0].id).wire, Answer::Wire::hang);
  clock.advance(milliseconds(100));
  EXPECT_FALSE(call.ended) << "with a status it never got there";
  hang.status = 0;
  sim.faults.answers = {hang};
  EXPECT_EQ(remove(zoe, call.legs[0].id).wire, Answer::Wire::hang);
  clock.advance(milliseconds(100));
  EXPECT_TRUE(call.ended) << "without one it did";
}

TEST_F(DeleteModesTest, the_id_changes_just_before_the_delete) {
  sim.faults.delete_id_change = true;
  auto const& call = place(zoe.email, "+442079460000", std::nullopt);
  auto const old = call.legs[0].id;
  EXPECT_EQ(remove(zoe, old).response.status, 404);
  EXPECT_FALSE(call.ended);
  EXPECT_NE(call.legs[0].id, old);
  auto const shown =
      read_xml(actions(Method::get, zoe.xsi_user + "/calls/" + call.legs[0].id).response.body);
  EXPECT_EQ(shown->child_text("extTrackingId"), call.tracking);
  EXPECT_EQ(remove(zoe, call.legs[0].id).response.status, 200) << "once a call";
}

TEST_F(DeleteModesTest, directories_can_be_wrong_in_many_ways) {
  auto page = [&](int start) {
    auto const a =
        actions(Method::get,
                zoe.xsi_user + "/directories/Enterprise?results=5&start=" + std::to_string(start));
    return *read_xml(a.response.body);
  };
  auto const total = [](Element const& e) { return e.child_text("totalAvailableRecords"); };
  auto const rows = [](Element const& e) { return e.children.back().children.size(); };
  EXPECT_EQ(total(page(1)), "13");
  sim.faults.directory_pages = "total_grows";
  auto const first = total(page(1)), second = total(page(6));
  EXPECT_NE(first, second);
  sim.faults.directory_pages = "total_shrinks";
  EXPECT_EQ(total(page(6)), "10");
  sim.faults.directory_pages = "no_total";
  EXPECT_FALSE(page(1).has("totalAvailableRecords"));
  sim.faults.directory_pages = "repeat";
  EXPECT_EQ(page(6).child_text("startIndex"), "1");
  sim.faults.directory_pages = "duplicate";
  EXPECT_EQ(page(6).child_text("startIndex"), "5");
  sim.faults.directory_pages = "short";
  EXPECT_EQ(rows(page(1)), 4u);
  sim.faults.directory_pages = "too_many";
  EXPECT_EQ(rows(page(1)), 10u);
  sim.faults.directory_pages = "empty_last";
  EXPECT_EQ(rows(page(51)), 0u);
}

TEST_F(DeleteModesTest, people_come_and_go) {
  auto const hired = sim.org.hire("New.Hire@acme.example", "Noa", "Újváry");
  ASSERT_TRUE(hired);
  EXPECT_FALSE(sim.org.hire("new.hire@acme.example", "Noa", "Again"));
  EXPECT_EQ(actions(Method::get, (*hired)->xsi_user + "/profile").response.status, 200);
  EXPECT_NE(
      actions(Method::get, zoe.xsi_user + "/directories/Enterprise").response.body.find("Noa"),
      std::string::npos);
  place("new.hire@acme.example", "+442079460000");
  EXPECT_TRUE(sim.org.dismiss(bela.email));
  EXPECT_EQ(actions(Method::get, bela.xsi_user + "/profile").response.status, 404);
  EXPECT_FALSE(sim.org.dismiss("nobody@acme.example"));
}

}  // namespace
}  // namespace wardroom::sim::test
