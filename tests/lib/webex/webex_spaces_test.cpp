// Spaces and memberships: what is asked, and what each answer, or its lack, means for a sync.
#include "cisco/webex/webex_spaces.hpp"

#include "api_kit.hpp"
#include "paged_service.hpp"

#include <gmock/gmock.h>

#include <set>

namespace wardroom::webex {
namespace {
using namespace std::chrono_literals;
using nlohmann::json;
using test::FakeHttpClient;
using testing::HasSubstr;

constexpr auto not_found =
    R"({"message":"Failed to get membership","errors":[],"trackingId":"ROUTER_1"})";

struct SpacesOfWebex : Api {
  Helpers helpers{io.get_executor(), 0};
  WebexSpaces spaces{api, helpers};
  std::string const member_id = written("MEMBERSHIP", "x");

  void answer(int status, std::string body = "", http::Headers headers = {}) {
    http.next("", FakeHttpClient::reply(status, std::move(body), std::move(headers)));
  }
  void lose() { http.next("", FakeHttpClient::fail(ErrorKind::unavailable)); }
  Result<Added> add() { return run(spaces.add(room_id, written("PEOPLE", id_of(1)))); }
  Result<Removed> remove() { return run(spaces.remove(member_id)); }
};

TEST_F(SpacesOfWebex, know_who_asks) {
  answer(200, person_json(7));
  EXPECT_EQ(run(spaces.self()), id_of(7));
  answer(200, R"({"id":"?"})");
  EXPECT_EQ(run(spaces.self()).error().kind, ErrorKind::malformed);
}

TEST_F(SpacesOfWebex, tell_what_a_space_is_like) {
  json room{{"id", room_id},    {"title", "All hands"}, {"type", "group"},
            {"isLocked", true}, {"isReadOnly", "true"}, {"isAnnouncementOnly", true},
            {"teamId", "T"},    {"ownerId", org_id}};
  answer(200, room.dump());
  auto const space = run(spaces.space(room_id));
  ASSERT_TRUE(space) << space.error().what;
  EXPECT_EQ(*space, (Space{.id = room_id,
                           .title = "All hands",
                           .group = true,
                           .moderated = true,
                           .read_only = true,
                           .announcements = true,
                           .team_id = "T",
                           .owner_org = id_of(1'000'000).text()}));
  EXPECT_EQ(http.last().url, "https://webexapis.com/v1/rooms/" + room_id);
  for (auto const* key : {"type", "isLocked", "id"}) {
    auto less = room;
    less.erase(key);
    answer(200, less.dump());
    EXPECT_EQ(run(spaces.space(room_id)).error().kind, ErrorKind::malformed) << key;
  }
  answer(404, not_found);
  EXPECT_EQ(run(spaces.space(room_id)).error().kind, ErrorKind::not_found);
  answer(404, "<html>");
  EXPECT_EQ(run(spaces.space(room_id)).error().kind, ErrorKind::unavailable);
}

TEST_F(SpacesOfWebex, find_one_membership) {
  answer(200, page_json({member_json(3)}));
  auto const found = run(spaces.member(room_id, id_of(3)));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->person, id_of(3));
  EXPECT_EQ((*found)->org, id_of(1'000'000));
  EXPECT_EQ((*found)->email, "p3@acme.example");
  EXPECT_THAT(http.last().url, HasSubstr("/memberships?roomId=" + room_id + "&personId="));
  answer(200, page_json({}));
  EXPECT_EQ(run(spaces.member(room_id, id_of(3))), std::nullopt);
  answer(404, not_found);
  EXPECT_EQ(run(spaces.member(room_id, id_of(3))), std::nullopt);
  for (auto const& wrong : {page_json({member_json(4)}), page_json({member_json(3, "other")}),
                            std::string("{}"), std::string()}) {
    answer(200, wrong);
    EXPECT_EQ(run(spaces.member(room_id, id_of(3))).error().kind, ErrorKind::malformed) << wrong;
  }
  answer(404, "<html>");
  EXPECT_EQ(run(spaces.member(room_id, id_of(3))).error().kind, ErrorKind::unavailable);
}

TEST_F(SpacesOfWebex, add_somebody_or_find_them_there) {
  answer(200, member_json(1));
  auto const added = add();
  ASSERT_TRUE(added) << added.error().what;
  EXPECT_FALSE(added->was_there);
  EXPECT_FALSE(added->membership.empty());
  EXPECT_EQ(json::parse(http.last().body),
            (json{{"roomId", room_id}, {"personId", written("PEOPLE", id_of(1))}}));
  answer(409, R"({"message":"Person is already in the room."})");
  EXPECT_TRUE(add()->was_there);
}

TEST_F(SpacesOfWebex, repeat_an_add_whose_answer_was_lost_and_know_it_as_theirs) {
  lose();
  answer(409, R"({"message":"Person is already in the room."})");
  auto const added = add();
  ASSERT_TRUE(added);
  EXPECT_FALSE(added->was_there);
  EXPECT_EQ(http.requests.size(), 2u);
  answer(429, "", {{"Retry-After", "1"}});
  answer(409, R"({"message":"Person is already in the room."})");
  EXPECT_TRUE(add()->was_there) << "a 429 did nothing";
}

TEST_F(SpacesOfWebex, try_three_times_to_add_whom_webex_cannot_add) {
  for (int i = 0; i < 3; ++i) answer(502, R"({"message":"Add participant failed."})");
  auto const refused = add();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::denied);
  EXPECT_EQ(http.requests.size(), 3u);
  answer(502, R"({"message":"Add participant failed."})");
  answer(200, member_json(1));
  EXPECT_TRUE(add()) << "it may heal";
  for (int i = 0; i < 3; ++i) answer(502, "<html>Bad gateway</html>");
  EXPECT_EQ(add().error().kind, ErrorKind::unavailable);
}

TEST_F(SpacesOfWebex, say_why_somebody_is_not_added) {
  for (auto const& [status, kind] : {std::pair(403, ErrorKind::denied),
                                     {400, ErrorKind::malformed},
                                     {404, ErrorKind::not_found},
                                     {401, ErrorKind::unauthorized}}) {
    answer(status, not_found);
    if (status == 401) answer(status, not_found);
    auto const refused = add();
    ASSERT_FALSE(refused) << status;
    EXPECT_EQ(refused.error().kind, kind) << status;
  }
  answer(404, "<html>");
  EXPECT_EQ(add().error().kind, ErrorKind::unavailable);
  answer(200, "<html>Please sign in</html>");
  EXPECT_EQ(add().error().kind, ErrorKind::malformed);
  answer(200, "{}");
  EXPECT_EQ(add().error().kind, ErrorKind::malformed);
}

TEST_F(SpacesOfWebex, remove_somebody_or_find_them_gone) {
  answer(204);
  EXPECT_EQ(remove(), Removed::removed);
  EXPECT_EQ(http.last().method, http::Method::delete_);
  EXPECT_EQ(http.last().url, "https://webexapis.com/v1/memberships/" + member_id);
  answer(404, not_found);
  EXPECT_EQ(remove(), Removed::was_gone);
  lose();
  answer(404, not_found);
  EXPECT_EQ(remove(), Removed::removed) << "by the attempt whose answer was lost";
}

TEST_F(SpacesOfWebex, send_no_change_that_is_not_wanted_any_more_when_its_turn_comes) {
  auto const remove_while = [&](std::size_t requests) {
    return run(
        spaces.remove(member_id, [this, requests] { return http.requests.size() < requests; }));
  };
  auto const never = remove_while(0);
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error().kind, ErrorKind::cancelled);
  EXPECT_TRUE(never.error().not_done);
  EXPECT_EQ(http.requests.size(), 0u);
  answer(429, "", {{"Retry-After", "200"}});
  EXPECT_EQ(remove_while(1).error().kind, ErrorKind::cancelled) << "a 429 did nothing";
  EXPECT_EQ(http.requests.size(), 1u);
  lose();
  auto const lost = remove_while(2);
  EXPECT_EQ(lost.error().kind, ErrorKind::conflict) << "it may have been carried out";
  EXPECT_THAT(lost.error().what, HasSubstr("may have been carried out"));
  EXPECT_EQ(http.requests.size(), 2u);
}

TEST_F(SpacesOfWebex, do_not_take_a_proxys_page_for_a_removal) {
  for (auto const* body : {"<html>404</html>", "", "{}"}) {
    answer(404, body);
    EXPECT_EQ(remove().error().kind, ErrorKind::unavailable) << body;
  }
  answer(200, "<html>Please sign in</html>");
  EXPECT_EQ(remove().error().kind, ErrorKind::malformed);
  answer(403, R"({"message":"not a moderator"})");
  EXPECT_EQ(remove().error().kind, ErrorKind::denied);
}

struct Members : SpacesOfWebex {
  PagedService service{"/v1/memberships"};
  std::set<Uuid> seen;

  Members() { http.always("/memberships", service.answer()); }
  Result<void> read() {
    seen.clear();
    return run(spaces.members(room_id,
                              [this](std::span<MemberFacts const> page) -> Result<void> {
                                for (auto const& member : page) seen.insert(member.person);
                                return {};
                              }),
               1h);
  }
};

TEST_F(Members, are_read_to_their_end) {
  for (std::size_t i = 0; i < 2'500; ++i) service.items.push_back(member_json(i));
  ASSERT_TRUE(read());
  EXPECT_EQ(seen.size(), 2'500u);
  for (auto const& url : service.urls) {
    EXPECT_THAT(url, HasSubstr("roomId=" + room_id));
    EXPECT_THAT(url, HasSubstr("max=1000"));
  }
}

TEST_F(Members, of_another_space_make_the_list_an_error) {
  service.items = {member_json(1), member_json(2, written("ROOM", id_of(5)))};
  EXPECT_EQ(read().error().kind, ErrorKind::malformed);
}

TEST_F(Members, are_still_of_this_space_when_a_page_forgets_the_filter) {
  service.most = 10;
  for (std::size_t i = 0; i < 25; ++i) service.items.push_back(member_json(i));
  service.faults = {{0, Fault::lost_filter}};
  ASSERT_TRUE(read());
  EXPECT_EQ(seen.size(), 25u);
  for (auto const& url : service.urls) EXPECT_THAT(url, HasSubstr("roomId=" + room_id));
  service.requests = 0;
  service.faults = {{1, Fault::other_filter}};
  EXPECT_FALSE(read());
}

TEST_F(Members, of_a_large_space_come_by_smaller_pages_when_they_must) {
  for (std::size_t i = 0; i < 700; ++i) service.items.push_back(member_json(i));
  service.too_many = 600;
  ASSERT_TRUE(read());
  EXPECT_EQ(seen.size(), 700u);
  EXPECT_THAT(service.urls.back(), HasSubstr("max=500"));
}

TEST_F(SpacesOfWebex, and_other_clients_share_one_limit) {
  auto const shared = std::make_shared<RateBuckets>(clock, random, RateBuckets::Limits{});
  WebexApi one({http, tokens, clock, random, shared}, {});
  WebexApi other({http, tokens, clock, random, shared}, {});
  http.always("/", FakeHttpClient::after(clock, 1s, FakeHttpClient::reply(200, "{}")));
  int done = 0;
  auto start = [&](WebexApi& webex) {
    test::start_task(io, [](WebexApi& via, int& out) -> Task<void> {
      if (co_await via.send(http::Method::post, "/memberships", json{{"a", 1}})) ++out;
    }(webex, done));
    clock.drain();
  };
  for (int i = 0; i < 20; ++i) {
    start(one);
    start(other);
  }
  EXPECT_EQ(http.in_flight, 12);
  auto const before = clock.uptime();
  EXPECT_TRUE(run(other.get_urgently("/people")));
  EXPECT_LE(clock.uptime() - before, 1200ms);
  clock.advance(30s);
  EXPECT_EQ(done, 40);
  EXPECT_EQ(http.most_in_flight, 13);
}

}  // namespace
}  // namespace wardroom::webex
