// Releasing exactly one call, listing live ones, and reading the directory.
#include "cisco/xsi/xsi_call_control.hpp"
#include "cisco/xsi/xsi_directory.hpp"
#include "session_world.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

namespace wardroom::xsi {
namespace {

using test::FakeXsps;
using test::xsi_fixture;
using Special = std::optional<Result<http::ClientResponse>>;

struct Actions {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  SeededRandom dice{3};
  FakeXsps lists{io.get_executor(), clock}, lane{io.get_executor(), clock};
  test::FakeTokens tokens;
  test::FakeOrganisation organisation;
  XsiSettings settings = test::two_xsps();
  std::unique_ptr<XsiCallControl> control;
  std::unique_ptr<XsiDirectory> directory;

  Actions() { make(); }
  void make() {
    control = std::make_unique<XsiCallControl>(
        XsiCallControl::Ports{clock, dice, lists, lane, tokens, organisation}, settings);
    directory = std::make_unique<XsiDirectory>(
        XsiDirectory::Ports{clock, dice, lists, tokens, organisation}, settings);
  }
  static CallLeg leg() {
    CallLeg out;
    out.id = CallId("callhalf-20450000101:0");
    return out;
  }
  Result<ReleaseOutcome> release(CallState state = CallState::unknown,
                                 Personality personality = Personality::unknown) {
    auto call = leg();
    call.state = state;
    call.personality = personality;
    return test::run_task(io, control->release(XsiUserId("q7w2e9rt5y@1.us10"), call));
  }
  void lane_answers(int status, std::string body = "", http::Headers headers = {}) {
    lane.rule = [=](FakeXsps::Seen const&) -> Special {
      return FakeXsps::answer(status, body, headers);
    };
  }
};

TEST(XsiCallControl, X3_deletes_exactly_that_call_of_that_person_before_everything_else) {
  Actions actions;
  EXPECT_EQ(actions.release(), ReleaseOutcome::released);
  auto const sent = actions.lane.all("");
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].what,
            "DELETE http://xsp1/com.broadsoft.xsi-actions/v2.0/user/q7w2e9rt5y@1.us10/calls/"
            "callhalf-20450000101:0");
  EXPECT_TRUE(sent[0].request.urgent);
  EXPECT_EQ(sent[0].request.timeout, Milliseconds(3000));
  EXPECT_EQ(actions.lists.count(""), 0u);
}

TEST(XsiCallControl, never_sends_a_release_without_a_call) {
  Actions actions;
  auto const refused =
      test::run_task(actions.io, actions.control->release(XsiUserId("u"), CallLeg{}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(actions.lane.count(""), 0u) << "it would address all calls of the person";
}

TEST(XsiCallControl, maps_every_answer) {
  struct Case {
    int status;
    std::optional<ErrorKind> kind;
  } const cases[] = {{200, {}},
                     {201, {}},
                     {204, {}},
                     {404, {}},
                     {410, {}},
                     {400, ErrorKind::malformed},
                     {401, ErrorKind::unauthorized},
                     {403, ErrorKind::denied},
                     {409, ErrorKind::conflict},
                     {429, ErrorKind::throttled},
                     {500, ErrorKind::unavailable},
                     {503, ErrorKind::unavailable}};
  for (auto const& c : cases) {
    Actions actions;
    actions.lane_answers(c.status, "", {{"Retry-After", "7"}});
    auto const result = actions.release();
    EXPECT_EQ(result ? std::nullopt : std::optional(result.error().kind), c.kind) << c.status;
    if (result) {
      EXPECT_EQ(*result, c.status < 300 ? ReleaseOutcome::released : ReleaseOutcome::already_gone);
    }
    EXPECT_EQ(actions.lane.count(""), 1u) << "whether to ask again is the owner's to say";
    if (c.status == 401) {
      EXPECT_EQ(result.error().retry_after, Milliseconds(0)) << "the token is another one by now";
    }
    if (c.status == 429) {
      EXPECT_EQ(result.error().retry_after, Milliseconds(1000)) << "it rings meanwhile";
    }
  }
}

TEST(XsiCallControl, says_denied_with_the_code_and_leaves_it_to_others_whether_the_call_is_gone) {
  Actions actions;
  actions.lane_answers(403, xsi_fixture("error_info.xml"));
  auto const denied = actions.release();
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().kind, ErrorKind::denied);
  EXPECT_NE(denied.error().what.find("110862"), std::string::npos);
  EXPECT_EQ(actions.lists.count(""), 0u);
}

TEST(XsiCallControl, waits_longer_for_a_busy_platform_once_a_call_was_answered) {
  Actions actions;
  actions.lane_answers(429, "", {{"Retry-After", "7"}});
  EXPECT_EQ(actions.release(CallState::alerting).error().retry_after, Milliseconds(1000));
  EXPECT_EQ(actions.release(CallState::active).error().retry_after, Milliseconds(3000));
}

TEST(XsiCallControl, declines_only_what_rings_and_only_when_told_to) {
  for (bool const told : {false, true})
    for (auto const state : {CallState::alerting, CallState::active})
      for (auto const personality : {Personality::terminator, Personality::originator}) {
        Actions actions;
        actions.settings.decline_ringing = told;
        actions.make();
        EXPECT_EQ(actions.release(state, personality), ReleaseOutcome::released);
        bool const declined =
            told && state == CallState::alerting && personality == Personality::terminator;
        EXPECT_EQ(actions.lane.count("?decline=true"), declined ? 1u : 0u);
        EXPECT_EQ(actions.lane.count("DELETE"), 1u);
      }
}

TEST(XsiCallControl, releases_plainly_what_could_not_be_declined) {
  for (int const status : {400, 403, 405, 409}) {
    Actions actions;
    actions.settings.decline_ringing = true;
    actions.make();
    actions.lane.rule = [status](FakeXsps::Seen const& seen) -> Special {
      return FakeXsps::answer(seen.what.ends_with("?decline=true") ? status : 200);
    };
    EXPECT_EQ(actions.release(CallState::alerting, Personality::terminator),
              ReleaseOutcome::released)
        << status;
    EXPECT_EQ(actions.lane.count("DELETE"), 2u) << status;
  }
}

TEST(XsiCallControl, declines_a_call_once_and_then_releases_it) {
  Actions actions;
  actions.settings.decline_ringing = true;
  actions.make();
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(actions.release(CallState::alerting, Personality::terminator));
  EXPECT_EQ(actions.lane.count("?decline=true"), 1u) << "it went on ringing";
  actions.lane_answers(404);
  actions.control.reset();
  actions.make();
  EXPECT_EQ(actions.release(CallState::alerting, Personality::terminator),
            ReleaseOutcome::already_gone);
  EXPECT_EQ(actions.lane.count("?decline=true"), 2u);
  EXPECT_EQ(actions.lane.count("DELETE"), 4u) << "gone is gone, however it was asked";
}

TEST(XsiCallControl, turns_to_the_other_xsp_once_for_many_that_fail_together) {
  Actions actions;
  actions.lane.hangs = [](FakeXsps::Seen const& seen) {
    return seen.what.find("//xsp1/") != std::string::npos;
  };
  int failed = 0, released = 0;
  auto const ask = [&] {
    boost::asio::co_spawn(
        actions.io.get_executor(),
        actions.control->release(XsiUserId("q7w2e9rt5y@1.us10"), actions.leg()),
        [&](std::exception_ptr, Result<ReleaseOutcome> done) { ++(done ? released : failed); });
  };
  for (int i = 0; i < 20; ++i) ask();
  actions.clock.advance(Milliseconds(3000));
  EXPECT_EQ(failed, 20);
  for (int i = 0; i < 20; ++i) ask();
  actions.clock.advance(Milliseconds(10));
  EXPECT_EQ(released, 20) << "an even number of failures must not lead back to the broken one";
}

TEST(XsiCallControl, asks_fifty_times_a_second_at_most_and_never_lets_a_release_wait) {
  Actions actions;
  actions.lists.rule = [](FakeXsps::Seen const&) -> Special {
    return FakeXsps::answer(200, xsi_fixture("calls_none.xml"));
  };
  int done = 0;
  for (int i = 0; i < 300; ++i)
    boost::asio::co_spawn(actions.io.get_executor(),
                          actions.control->live_calls(XsiUserId("u" + std::to_string(i))),
                          [&](std::exception_ptr, auto const&) { ++done; });
  actions.clock.advance(Milliseconds(2000));
  EXPECT_GE(done, 100);
  EXPECT_LE(done, 121);
  auto const before = actions.clock.uptime();
  EXPECT_TRUE(actions.release());
  EXPECT_EQ(actions.clock.uptime(), before);
  actions.clock.advance(Milliseconds(4000));
  EXPECT_EQ(done, 300);
}

TEST(ActionsPace, thousands_of_releases_hold_up_what_asks_for_the_truth_for_seconds_only) {
  boost::asio::io_context io{1};
  test::FakeClock clock(io);
  ActionsPace pace(clock);
  for (int i = 0; i < 5'000; ++i) pace.release();
  bool done = false;
  boost::asio::co_spawn(io.get_executor(), pace.turn(), [&](std::exception_ptr) { done = true; });
  clock.advance(Milliseconds(1'000));
  EXPECT_FALSE(done);
  clock.advance(Milliseconds(2'000));
  EXPECT_TRUE(done);
}

TEST(XsiCallControl, tells_its_base_before_the_first_call_has_to_end) {
  Actions actions;
  std::vector<std::string> told;
  actions.control = std::make_unique<XsiCallControl>(
      XsiCallControl::Ports{actions.clock, actions.dice, actions.lists, actions.lane,
                            actions.tokens, actions.organisation,
                            [&](std::string const& url) { told.push_back(url); }},
      actions.settings);
  (void)test::run_task(actions.io, actions.control->live_calls(XsiUserId("u1")));
  EXPECT_EQ(told, std::vector<std::string>{"http://xsp1/com.broadsoft.xsi-actions"});
  EXPECT_TRUE(actions.release());
  EXPECT_EQ(told.size(), 1u);
}

TEST(ActionsPace, halves_while_the_platform_complains_and_recovers) {
  boost::asio::io_context io{1};
  test::FakeClock clock(io);
  ActionsPace pace(clock);
  for (int i = 0; i < 10; ++i) pace.complained(429);
  EXPECT_EQ(pace.interval(), Milliseconds(40)) << "one crowd is one complaint";
  for (int i = 0; i < 5; ++i) {
    clock.advance(std::chrono::seconds(1));
    pace.complained(429);
  }
  EXPECT_EQ(pace.interval(), Milliseconds(200)) << "five a second at least";
  clock.advance(std::chrono::seconds(45));
  pace.release();
  EXPECT_EQ(pace.interval(), Milliseconds(20));
}

TEST(ActionsPace, is_itself_again_within_seconds_after_an_outage) {
  boost::asio::io_context io{1};
  test::FakeClock clock(io);
  ActionsPace pace(clock);
  for (int i = 0; i < 30; ++i) {
    pace.complained(503);
    clock.advance(Milliseconds(999));
  }
  EXPECT_EQ(pace.interval(), Milliseconds(200));
  clock.advance(std::chrono::seconds(4));
  pace.release();
  EXPECT_EQ(pace.interval(), Milliseconds(20));
}

TEST(XsiCallControl, turns_to_the_other_xsp_after_a_failure) {
  Actions actions;
  actions.lane.down["xsp1"] = true;
  EXPECT_FALSE(actions.release());
  EXPECT_EQ(actions.release(), ReleaseOutcome::released);
  EXPECT_EQ(actions.lane.count("DELETE http://xsp2"), 1u);
}

TEST(XsiCallControl, uses_the_endpoint_of_the_organisation_without_fixed_ones) {
  Actions actions;
  actions.settings = {};
  actions.make();
  EXPECT_TRUE(actions.release());
  EXPECT_EQ(actions.lane.count("DELETE https://api.example.net/actions/v2.0/user/"), 1u);
  EXPECT_TRUE(actions.release());
  EXPECT_EQ(actions.organisation.asked, 1);
}

TEST(XsiCallControl, X3_no_release_waits_long_for_the_organisations_endpoints) {
  Actions actions;
  actions.settings = {};
  actions.make();
  EXPECT_TRUE(actions.release());
  // XSI fails for a while, and Webex REST has asked everybody for a pause of five minutes.
  actions.organisation.clock = &actions.clock;
  actions.organisation.delay = std::chrono::minutes(5);
  actions.lane.down["api.example.net"] = true;
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(actions.release());
  actions.lane.down.clear();
  int released = 0;
  for (int i = 0; i < 3; ++i)
    boost::asio::co_spawn(actions.io.get_executor(),
                          actions.control->release(XsiUserId("q7w2e9rt5y@1.us10"), actions.leg()),
                          [&](std::exception_ptr, Result<ReleaseOutcome> done) {
                            released += done == ReleaseOutcome::released;
                          });
  actions.clock.drain();
  EXPECT_EQ(released, 2) << "only one of them asks";
  actions.clock.advance(Milliseconds(1000));
  EXPECT_EQ(released, 3);
  EXPECT_EQ(actions.organisation.asked, 2);
}

TEST(XsiCallControl, lists_live_calls_with_their_details_and_leaves_out_those_just_gone) {
  Actions actions;
  auto const two = test::replaced(xsi_fixture("calls.xml"), "</call></Calls>",
                                  "</call><call><callId>gone:1</callId></call></Calls>");
  actions.lists.rule = [two](FakeXsps::Seen const& seen) -> Special {
    if (seen.what.ends_with("/calls")) return FakeXsps::answer(200, two);
    if (seen.what.ends_with("gone:1")) return FakeXsps::answer(404);
    return FakeXsps::answer(200, xsi_fixture("call.xml"));
  };
  auto const live = test::run_task(actions.io, actions.control->live_calls(XsiUserId("u@1")));
  ASSERT_TRUE(live);
  ASSERT_EQ(live->size(), 1u);
  EXPECT_EQ(live->front().id, CallId("callhalf-20450000101:0"));
  EXPECT_EQ(live->front().state, CallState::remote_held);
}

std::string directory_page(int start, int records, int total) {
  std::string out = "<Enterprise xmlns=\"http://schema.broadsoft.com/xsi\"><startIndex>" +
                    std::to_string(start) + "</startIndex><numberOfRecords>" +
                    std::to_string(records) + "</numberOfRecords><totalAvailableRecords>" +
                    std::to_string(total) + "</totalAvailableRecords><enterpriseDirectory>";
  for (int i = 0; i < records; ++i)
    out += "<directoryDetails><userId>u" + std::to_string(start + i) +
           "@1</userId></directoryDetails>";
  return out + "</enterpriseDirectory></Enterprise>";
}

TEST(XsiDirectory, reads_all_pages_in_order) {
  Actions actions;
  actions.lists.rule = [](FakeXsps::Seen const& seen) -> Special {
    if (seen.what.find("start=1&") != std::string::npos)
      return FakeXsps::answer(200, directory_page(1, 50, 70));
    return FakeXsps::answer(200, directory_page(51, 20, 70));
  };
  std::vector<CallingUser> all;
  auto const read = test::run_task(
      actions.io, actions.directory->users("any@1", [&](std::vector<CallingUser> page) {
        all.insert(all.end(), page.begin(), page.end());
      }));
  ASSERT_TRUE(read);
  ASSERT_EQ(all.size(), 70u);
  EXPECT_EQ(all.back().id, XsiUserId("u70@1"));
  auto const asked = actions.lists.all("GET");
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_NE(asked[1].what.find("/user/any@1/directories/Enterprise?start=51&results=50"),
            std::string::npos);
}

TEST(XsiDirectory, takes_a_listing_that_does_not_add_up_for_incomplete) {
  for (auto const& second :
       {directory_page(51, 0, 70), directory_page(1, 50, 70), std::string("<html/>")}) {
    Actions actions;
    actions.lists.rule = [second](FakeXsps::Seen const& seen) -> Special {
      bool const first = seen.what.find("start=1&") != std::string::npos;
      return FakeXsps::answer(200, first ? directory_page(1, 50, 70) : second);
    };
    auto const read = test::run_task(
        actions.io, actions.directory->users("any@1", [](std::vector<CallingUser>) {}));
    EXPECT_FALSE(read) << second;
  }
}

TEST(XsiDirectory, asks_again_for_a_page_when_the_platform_says_when) {
  Actions actions;
  int refusals = 2;
  actions.lists.rule = [&](FakeXsps::Seen const& seen) -> Special {
    bool const first = seen.what.find("start=1&") != std::string::npos;
    if (first) return FakeXsps::answer(200, directory_page(1, 50, 70));
    if (refusals-- > 0) return FakeXsps::answer(429, "", {{"Retry-After", "7"}});
    return FakeXsps::answer(200, directory_page(51, 20, 70));
  };
  std::optional<Result<void>> read;
  std::size_t users = 0;
  auto work = [](XsiDirectory& directory, std::size_t& count,
                 std::optional<Result<void>>& out) -> Task<void> {
    out = co_await directory.users(
        "any@1", [&count](std::vector<CallingUser> page) { count += page.size(); });
  };
  test::start_task(actions.io, work(*actions.directory, users, read));
  actions.clock.advance(std::chrono::seconds(13));
  EXPECT_FALSE(read) << "sooner than the platform wants";
  EXPECT_EQ(users, 50u);
  actions.clock.advance(std::chrono::seconds(20));
  ASSERT_TRUE(read);
  EXPECT_TRUE(*read);
  EXPECT_EQ(users, 70u);
  EXPECT_EQ(actions.lists.count("start=51"), 3u);
}

TEST(XsiDirectory, ends_a_listing_that_became_shorter) {
  Actions actions;
  actions.lists.rule = [](FakeXsps::Seen const& seen) -> Special {
    bool const first = seen.what.find("start=1&") != std::string::npos;
    return FakeXsps::answer(200, first ? directory_page(1, 50, 70) : directory_page(51, 19, 69));
  };
  EXPECT_FALSE(test::run_task(actions.io,
                              actions.directory->users("any@1", [](std::vector<CallingUser>) {})));
}

TEST(XsiDirectory, reads_one_profile) {
  Actions actions;
  actions.lists.rule = [](FakeXsps::Seen const&) -> Special {
    return FakeXsps::answer(200, xsi_fixture("profile.xml"));
  };
  auto const dana = test::run_task(actions.io, actions.directory->user("5f0a-uuid"));
  ASSERT_TRUE(dana);
  EXPECT_EQ(dana->email, "dana.okafor@example.com");
  EXPECT_EQ(actions.lists.count("/v2.0/user/5f0a-uuid/profile"), 1u);
  actions.lists.rule = [](FakeXsps::Seen const&) -> Special { return FakeXsps::answer(404); };
  auto const nobody = test::run_task(actions.io, actions.directory->user("x"));
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().kind, ErrorKind::not_found);
}

TEST(XsiCallControl, tells_tracking_ids_with_every_failure) {
  Actions actions;
  actions.lane_answers(500, "", {{"TrackingID", "NA_1f7c"}});
  auto const refused = actions.release();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("XSI answered 500 (tracking id NA_1f7c)"), std::string::npos)
      << refused.error().what;
  EXPECT_TRUE(actions.lane.all("")[0].request.headers.get("TrackingID").starts_with("WARD_"));
  EXPECT_TRUE(actions.lane.all("")[0].request.idempotent);
  actions.lane.rule = [](FakeXsps::Seen const&) -> Special {
    return failure(ErrorKind::timed_out, "no answer within 3000 ms");
  };
  auto const silent = actions.release();
  auto const last = actions.lane.all("").back().request;
  std::string const ours(last.headers.get("TrackingID"));
  EXPECT_NE(silent.error().what.find("our tracking id " + ours), std::string::npos)
      << silent.error().what;
}

TEST(XsiCallControl, follows_no_redirect_and_names_where_it_points) {
  Actions actions;
  actions.lane_answers(302, "", {{"Location", "https://user:pw@xsp9.example.net/x?secret=1"}});
  auto const moved = actions.release();
  ASSERT_FALSE(moved);
  EXPECT_NE(moved.error().what.find("it points to another place"), std::string::npos)
      << moved.error().what;
  actions.lane_answers(302, "", {{"Location", "https://XSP9.example.net/x?secret=1"}});
  auto const elsewhere = actions.release();
  EXPECT_NE(elsewhere.error().what.find("it points to xsp9.example.net"), std::string::npos);
  EXPECT_EQ(elsewhere.error().what.find("secret"), std::string::npos);
  EXPECT_EQ(actions.lane.count(""), 2u);
}

TEST(XsiEndpointsCheck, lets_a_token_go_to_https_or_to_this_machine_only) {
  auto const with = [](std::string url) {
    XsiEndpoints out{"https://api.example.net/a", "https://api.example.net/e",
                     "https://api.example.net/c", "example.net"};
    out.events = std::move(url);
    return out;
  };
  for (auto const* good : {"https://api.example.net/e", "https://API.example.net:8443/e",
                           "http://127.0.0.1:8482/e", "http://localhost:1/e", "https://[::1]/e"})
    EXPECT_TRUE(check(with(good))) << good;
  for (auto const* bad :
       {"", "http://api.example.net/e", "http://192.0.2.1/e", "//api.example.net/e",
        "ftp://api.example.net/e", "https://user@api.example.net/e",
        "https://u:p@api.example.net/e", "https://api.example.net@evil.example/e",
        "https://api.example.net/e?x=1", "https://api.example.net/e#x",
        "https://api.example.net:0/e", "https:///e", "https://api.example.net\\@evil.example/e",
        "https://api.example.net/e\r\nX: y", "http://127.0.0.1.evil.example/e",
        "javascript:alert(1)"}) {
    auto const refused = check(with(bad));
    ASSERT_FALSE(refused) << bad;
    EXPECT_NE(refused.error().what.find("xsiEventsEndpoint"), std::string::npos);
  }
}

TEST(XsiCallControl, sends_no_token_to_an_endpoint_that_is_not_acceptable) {
  Actions actions;
  actions.settings.endpoints.clear();
  actions.organisation.known.actions = "http://actions.evil.example/com.broadsoft.xsi-actions";
  actions.make();
  auto const refused = actions.release();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("xsiActionsEndpoint"), std::string::npos);
  EXPECT_EQ(actions.lane.count(""), 0u);
}

}  // namespace
}  // namespace wardroom::xsi
