#include "base/uuid.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <string>

namespace wardroom {
namespace {

constexpr std::string_view text = "f5b36187-c8dd-4727-8b2f-f9c447f29046";

TEST(UuidTest, is_read_in_any_case_and_written_in_lower_case) {
  auto const id = Uuid::parse(text);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->bytes[0], 0xF5);
  EXPECT_EQ(id->bytes[15], 0x46);
  EXPECT_EQ(id->text(), text);
  std::string upper(text);
  for (auto& c : upper) c = char(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ(Uuid::parse(upper), id);
}

TEST(UuidTest, nothing_else_is_one) {
  EXPECT_FALSE(Uuid::parse(""));
  EXPECT_FALSE(Uuid::parse(text.substr(1)));
  EXPECT_FALSE(Uuid::parse(std::string(text) + "0"));
  EXPECT_FALSE(Uuid::parse("f5b36187c8dd-4727-8b2f-f9c447f29046-"));
  for (std::size_t at = 0; at < text.size(); ++at)
    for (int c = 0; c < 256; ++c) {
      std::string other(text);
      other[at] = char(c);
      bool const dash = text[at] == '-';
      bool const fits = dash ? c == '-' : std::isxdigit(c) != 0;
      ASSERT_EQ(Uuid::parse(other).has_value(), fits) << at << ": " << c;
    }
}

TEST(UuidTest, bytes_and_text_go_both_ways) {
  Uuid id;
  for (int i = 0; i < 256; ++i) {
    for (std::size_t at = 0; at < id.bytes.size(); ++at)
      id.bytes[at] = std::uint8_t(i + int(at) * 37);
    ASSERT_EQ(Uuid::parse(id.text()), id);
  }
}

}  // namespace
}  // namespace wardroom
