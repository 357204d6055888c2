// Who may change a space's members, and whether a list of them can be all.
#include "features/space_sync/access.hpp"

#include "features/space_sync/plan_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wardroom::space_sync::test {
namespace {

using ::testing::HasSubstr;

Space space() { return {.id = "S", .title = "All hands"}; }
Membership own(bool moderator) {
  return {.id = "M", .person = id_of(1), .org = our_org, .moderator = moderator};
}

TEST(Access, a_member_may_act_in_an_open_group_space) {
  EXPECT_TRUE(may_act(space(), own(false)));
  EXPECT_TRUE(may_act(space(), own(true)));
}

TEST(Access, a_direct_space_is_refused) {
  auto direct = space();
  direct.group = false;
  auto const answer = may_act(direct, own(true));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::denied);
  EXPECT_THAT(answer.error().what, HasSubstr("\"All hands\" is a direct one"));
  EXPECT_THAT(answer.error().what, HasSubstr("name a group space"));
}

TEST(Access, a_read_only_space_is_refused) {
  auto closed = space();
  closed.read_only = true;
  auto const answer = may_act(closed, own(true));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().what, HasSubstr("read-only"));
}

TEST(Access, somebody_who_is_no_member_is_refused_with_what_to_do) {
  auto const answer = may_act(space(), std::nullopt);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::denied);
  EXPECT_THAT(answer.error().what, HasSubstr("add that account to the space"));
}

TEST(Access, a_moderated_space_wants_a_moderator) {
  auto locked = space();
  locked.moderated = true;
  EXPECT_TRUE(may_act(locked, own(true)));
  auto const answer = may_act(locked, own(false));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().what, HasSubstr("is no moderator of it; make it one in Webex"));
}

TEST(Access, a_space_for_announcements_is_like_any_other) {
  auto board = space();
  board.announcements = true;
  EXPECT_TRUE(may_act(board, own(false)));
  board.moderated = true;
  EXPECT_TRUE(may_act(board, own(true)));
}

TEST(Access, S1_a_list_without_ourselves_is_not_believed) {
  auto const with = members_of({{.id = id_of(1), .email = "a@b.c"}, {.id = id_of(2)}});
  auto const without = members_of({{.id = id_of(2), .moderator = true}});
  EXPECT_TRUE(is_whole_list(space(), with, id_of(1)));
  auto const answer = is_whole_list(space(), without, id_of(1));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::malformed);
  EXPECT_THAT(answer.error().what, HasSubstr("not believed"));
  auto of_team = space();
  of_team.team_id = "T";
  of_team.moderated = true;
  EXPECT_THAT(is_whole_list(of_team, without, id_of(1)).error().what,
              HasSubstr("add the account to the space itself"));
}

}  // namespace
}  // namespace wardroom::space_sync::test
