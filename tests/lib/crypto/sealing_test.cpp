// Sealing: what was sealed opens in its own cell with its own key, and nowhere else.
#include "crypto/sealing.hpp"

#include <gtest/gtest.h>

namespace wardroom::crypto {
namespace {

MasterKey key(char fill) { return *MasterKey::from_bytes(std::string(32, fill)); }
Cell const cell{"grants", "admin", "access", 7};

struct Sealing : testing::Test {
  SeededRandom random{1};
  Sealer sealer{key('k'), random};
};

TEST_F(Sealing, opens_what_it_sealed) {
  for (std::size_t size : {0u, 1u, 15u, 64u, 5000u}) {
    Secret const plain(std::string(size, 'x'));
    auto const opened = sealer.open(sealer.seal(plain, cell), cell);
    ASSERT_TRUE(opened);
    EXPECT_TRUE(same(*opened, plain));
  }
}

TEST_F(Sealing, T3_the_sealed_bytes_do_not_hold_the_text) {
  auto const sealed = sealer.seal(Secret("canary-token-4711"), cell);
  EXPECT_EQ(sealed.find("canary"), std::string::npos);
  EXPECT_EQ(sealed.find("4711"), std::string::npos);
}

TEST_F(Sealing, never_gives_the_same_bytes_twice) {
  EXPECT_NE(sealer.seal(Secret("a"), cell), sealer.seal(Secret("a"), cell));
}

TEST_F(Sealing, T3_refuses_a_value_from_another_cell_or_generation) {
  auto const sealed = sealer.seal(Secret("token"), cell);
  for (Cell const& other :
       {Cell{"grant", "admin", "access", 7}, Cell{"grants", "guests", "access", 7},
        Cell{"grants", "admin", "refresh", 7}, Cell{"grants", "admin", "access", 6},
        Cell{"grantsa", "dmin", "access", 7}}) {
    auto const opened = sealer.open(sealed, other);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, ErrorKind::malformed);
  }
}

TEST_F(Sealing, notices_every_flipped_bit) {
  auto const sealed = sealer.seal(Secret("token"), cell);
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    auto changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(sealer.open(changed, cell)) << bit;
  }
  for (std::size_t length = 0; length < sealed.size(); ++length)
    EXPECT_FALSE(sealer.open(std::string_view(sealed).substr(0, length), cell)) << length;
}

TEST_F(Sealing, T3_names_both_keys_when_the_key_is_wrong) {
  auto const sealed = sealer.seal(Secret("token"), cell);
  Sealer const other(key('o'), random);
  auto const opened = other.open(sealed, cell);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::denied);
  EXPECT_NE(opened.error().what.find(sealer.key_id()), std::string::npos);
  EXPECT_NE(opened.error().what.find(other.key_id()), std::string::npos);
}

TEST_F(Sealing, opens_what_an_old_key_sealed_once_told_and_seals_with_the_new) {
  auto const sealed = sealer.seal(Secret("token"), cell);
  Sealer newer(key('n'), random);
  EXPECT_EQ(sealing_key_id(sealed), sealer.key_id());
  EXPECT_FALSE(newer.open(sealed, cell));
  newer.also_open(key('k'));
  auto const opened = newer.open(sealed, cell);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->reveal(), "token");
  EXPECT_FALSE(newer.open(sealed, {"grants", "admin", "access", 8}));
  auto const again = newer.seal(*opened, cell);
  EXPECT_EQ(sealing_key_id(again), newer.key_id());
  EXPECT_FALSE(sealer.open(again, cell));
  // An id is only a label: bytes of one key under the label of the other do not open.
  EXPECT_FALSE(newer.open(again.substr(0, 1) + sealed.substr(1, 8) + again.substr(9), cell));
  EXPECT_EQ(sealing_key_id("too short"), std::nullopt);
}

TEST(MasterKeys, give_a_different_sub_key_for_each_purpose) {
  auto const master = key('k');
  auto bytes = [](LockedKey const& k) {
    return std::string(reinterpret_cast<char const*>(k.data()), key_bytes);
  };
  EXPECT_NE(bytes(master.derive(SubKey::sealing)), bytes(master.derive(SubKey::audit)));
  EXPECT_EQ(bytes(master.derive(SubKey::audit)), bytes(key('k').derive(SubKey::audit)));
  EXPECT_EQ(bytes(master.derive(SubKey::audit)).find("kkkk"), std::string::npos);
}

}  // namespace
}  // namespace wardroom::crypto
