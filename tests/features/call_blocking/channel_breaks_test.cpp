// X1, X3 and X4 over broken channels: the real session, call control and feature against the
// simulator's state machines in virtual time.
#include "channel_breaks.hpp"

namespace wardroom::call_blocking {
namespace {

constexpr std::uint64_t breaks_a_world = 10;

/// The kinds go round, so that few breaks show each of them.
TEST(ChannelBreaks, X1_X3_X4_every_call_to_be_blocked_is_released_after_channels_broke_in_any_way) {
  auto const seed = test::random_seed();
  auto const count = test::random_count(100);
  BreakFigures figures;
  for (std::uint64_t world = 0; world * breaks_a_world < count; ++world) {
    ChannelBreaks breaks(seed + world, figures);
    for (std::uint64_t i = 0; i < breaks_a_world && world * breaks_a_world + i < count; ++i)
      if (!breaks.play(kBreaks[((seed + world) * breaks_a_world + i) % std::size(kBreaks)])) break;
    if (testing::Test::HasFailure()) break;
  }
  figures.print();
}

}  // namespace
}  // namespace wardroom::call_blocking
