// Secrets move without leaving a copy and compare without telling where they differ.
#include "base/secret.hpp"

#include <gtest/gtest.h>

namespace wardroom {
namespace {

TEST(Secret, leaves_nothing_behind_when_moved) {
  Secret a(std::string("short"));
  Secret const b(std::move(a));
  EXPECT_EQ(b.reveal(), "short");
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): that is the point
}

TEST(Secret, compares_by_value) {
  EXPECT_TRUE(same(Secret("abc"), Secret("abc")));
  EXPECT_FALSE(same(Secret("abc"), Secret("abd")));
  EXPECT_FALSE(same(Secret("abc"), Secret("ab")));
}

}  // namespace
}  // namespace wardroom
