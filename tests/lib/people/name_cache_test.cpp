// The bounded cache of names.
#include "people/name_cache.hpp"

#include <gtest/gtest.h>

namespace wardroom::people {
namespace {

TEST(NameCache, drops_the_name_not_asked_for_longest) {
  NameCache cache(2);
  cache.put(1, {"Ada", "ada@acme.example"});
  cache.put(2, {"Bob", ""});
  ASSERT_NE(cache.find(1), nullptr);
  cache.put(3, {"Cy", ""});
  EXPECT_EQ(cache.find(2), nullptr);
  EXPECT_EQ(cache.find(1)->name, "Ada");
  EXPECT_EQ(cache.size(), 2u);
}

TEST(NameCache, replaces_and_forgets) {
  NameCache cache(2);
  cache.put(1, {"Ada", ""});
  cache.put(1, {"Ada L.", ""});
  EXPECT_EQ(cache.find(1)->name, "Ada L.");
  cache.forget(1);
  cache.forget(1);
  EXPECT_EQ(cache.find(1), nullptr);
}

}  // namespace
}  // namespace wardroom::people
