// Bytes as text and back.
#include "base/encoding.hpp"

#include <gtest/gtest.h>

#include <array>

namespace wardroom {
namespace {

TEST(Encoding, hex_and_base64_come_back_as_they_went) {
  std::string const bytes("\x00\xff\x10wardroom", 11);
  EXPECT_EQ(from_hex(to_hex(bytes)), bytes);
  EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
  EXPECT_EQ(from_base64(to_base64url(bytes)), bytes);
}

TEST(Encoding, webex_ids_decode_without_padding) {
  EXPECT_EQ(from_base64("Y2lzY29zcGFyazovL3VzL1JPTEUvaWRfZnVsbF9hZG1pbg"),
            "ciscospark://us/ROLE/id_full_admin");
}

TEST(Encoding, broken_input_is_refused) {
  EXPECT_FALSE(from_hex("abc"));
  EXPECT_FALSE(from_hex("zz"));
  EXPECT_FALSE(from_base64("a b"));
  EXPECT_FALSE(percent_decode("%4"));
  EXPECT_FALSE(percent_decode("%zz"));
}

TEST(Encoding, percent_encoding_keeps_only_what_it_may) {
  EXPECT_EQ(percent_encode("a b/ü"), "a%20b%2F%C3%BC");
  EXPECT_EQ(percent_encode("a@b:c", "@:"), "a@b:c");
  EXPECT_EQ(percent_decode("a+b%20c", true), "a b c");
}

TEST(Encoding, utf8_is_checked_strictly) {
  EXPECT_TRUE(is_valid_utf8("Zoë Müller \xF0\x9F\x98\x80"));
  EXPECT_FALSE(is_valid_utf8("\xC0\xAF"));          // overlong
  EXPECT_FALSE(is_valid_utf8("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(is_valid_utf8("\xE2\x82"));          // cut
  EXPECT_FALSE(is_valid_utf8("\xF5\x80\x80\x80"));  // beyond Unicode
}

TEST(Encoding, did_you_mean_takes_only_near_words) {
  std::array<std::string_view, 2> const words{"timeout", "post_interval"};
  EXPECT_EQ(nearest("timeuot", words), "timeout");
  EXPECT_EQ(nearest("zebra", words), std::nullopt);
}

TEST(Encoding, sha256_matches_the_standard) {
  EXPECT_EQ(to_hex(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Encoding, html_is_escaped) {
  EXPECT_EQ(html_escape("<a href='x'>&"), "&lt;a href=&#39;x&#39;&gt;&amp;");
}

}  // namespace
}  // namespace wardroom
