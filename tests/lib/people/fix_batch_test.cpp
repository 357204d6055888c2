// The stored form of a batch: round trips, damage of every kind, size.
#include "people/fix_batch.hpp"

#include "support/random_runs.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace wardroom::people {
namespace {

std::vector<StoredFix> random_rows(test::Dice& dice, std::size_t count) {
  std::vector<StoredFix> rows;
  auto const boot = dice.between(-5, 1'000);
  for (std::size_t i = 0; i < count; ++i) {
    auto const wild = dice.one_in(10);
    rows.push_back(
        {.person = static_cast<PersonNo>(dice.bits()),
         .latitude_e7 = static_cast<std::int32_t>(dice.bits()),
         .longitude_e7 = static_cast<std::int32_t>(dice.bits()),
         .accuracy_dm = static_cast<std::uint32_t>(wild ? dice.bits() : dice.below(1'000)),
         .boot_ms = wild ? static_cast<std::int64_t>(dice.bits()) : dice.between(0, 90'000),
         .wall_ms = wild ? static_cast<std::int64_t>(dice.bits())
                         : 1'795'255'200'000 + dice.between(0, 90'000),
         .boot_no = boot});
  }
  return rows;
}

TEST(FixBatch, gives_back_what_it_was_given) {
  auto const seed = test::random_seed();
  test::Dice dice(seed);
  for (int i = 0; i < 300; ++i) {
    auto const rows = random_rows(dice, dice.below(50));
    auto const back = decode_batch(encode_batch(rows));
    ASSERT_TRUE(back) << back.error().what;
    ASSERT_EQ(*back, rows) << "seed " << seed;
  }
}

TEST(FixBatch, spends_about_15_bytes_on_an_ordinary_fix) {
  std::vector<StoredFix> rows;
  for (PersonNo no = 1; no <= 64; ++no)
    rows.push_back({.person = 500'000 + no,
                    .latitude_e7 = 482'000'000,
                    .longitude_e7 = 163'700'000,
                    .accuracy_dm = 150,
                    .boot_ms = 90'000'000 + no / 16,
                    .wall_ms = 1'795'255'200'000 + no / 16,
                    .boot_no = 3});
  EXPECT_LE(encode_batch(rows).size(), 64u * 15u + 24u);
}

TEST(FixBatch, notices_every_flipped_bit_and_every_cut) {
  auto const seed = test::random_seed();
  test::Dice dice(seed);
  auto const blob = encode_batch(random_rows(dice, 20));
  for (std::size_t bit = 0; bit < blob.size() * 8; ++bit) {
    auto damaged = blob;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    auto const result = decode_batch(damaged);
    ASSERT_FALSE(result) << "bit " << bit << " seed " << seed;
    EXPECT_EQ(result.error().kind, ErrorKind::malformed);
  }
  for (std::size_t size = 0; size < blob.size(); ++size)
    ASSERT_FALSE(decode_batch(blob.substr(0, size))) << size;
  EXPECT_FALSE(decode_batch(blob + '\0'));
}

TEST(FixBatch, names_the_version_it_does_not_know) {
  auto blob = encode_batch({});
  blob[0] = 9;
  EXPECT_NE(decode_batch(blob).error().what.find("version 9"), std::string::npos);
}

}  // namespace
}  // namespace wardroom::people
