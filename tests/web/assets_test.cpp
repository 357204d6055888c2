/// The embedded pages: complete, typed and tagged.
#include "front/web/assets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace wardroom::front {
namespace {

http::Asset const* asset(std::string_view path) {
  auto const all = web_assets();
  auto const found = std::ranges::find(all, path, &http::Asset::path);
  return found == all.end() ? nullptr : &*found;
}

TEST(WebAssets, holds_the_pages_and_every_file_they_name) {
  for (auto const* path : {"/", "/me", "/dashboard", "/dashboard/history", "/dashboard/logins",
                           "/dashboard/sessions", "/dashboard/spaces", "/dashboard/conferences"}) {
    auto const* page = asset(path);
    ASSERT_NE(page, nullptr) << path;
    EXPECT_FALSE(page->immutable);
    EXPECT_TRUE(page->bytes.starts_with("<!doctype html>"));
    constexpr std::string_view prefix = "\"/assets/";
    for (auto at = page->bytes.find(prefix); at != std::string_view::npos;
         at = page->bytes.find(prefix, at + 1)) {
      auto const name = page->bytes.substr(at + 1, page->bytes.find('"', at + 1) - at - 1);
      ASSERT_NE(asset(name), nullptr) << name;
      EXPECT_EQ(asset(name)->immutable, name != "/assets/app.css") << name;
    }
  }
}

TEST(WebAssets, have_types_and_a_tag_for_each_content) {
  std::map<std::string_view, std::string_view> content_of;
  for (auto const& each : web_assets()) {
    EXPECT_FALSE(each.content_type.empty()) << each.path;
    EXPECT_FALSE(each.bytes.empty()) << each.path;
    EXPECT_TRUE(each.etag.starts_with('"') && each.etag.ends_with('"')) << each.path;
    auto const [known, is_new] = content_of.emplace(each.etag, each.bytes);
    EXPECT_TRUE(is_new || known->second == each.bytes) << each.path;
  }
}

}  // namespace
}  // namespace wardroom::front
