/// Places where people of a world may be, and what is known of the positions they posted.
#pragma once
#include "chance.hpp"
#include "domain/person.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace wardroom::world {

/// The only fence there is: everybody's home, a box. All places are within 16 km of each other, so
/// that no way between two of them is impossible.
inline constexpr double kHomeSouth = 48.0, kHomeNorth = 49.0, kHomeWest = 16.0, kHomeEast = 17.0;

/// Kilometres inside its southern border.
inline GeoPoint place_at_home(Chance& chance) {
  return {48.05 + 0.0001 * double(chance.below(100)), 16.5 + 0.0001 * double(chance.below(300))};
}
/// Kilometres beyond it.
inline GeoPoint place_abroad(Chance& chance) {
  return {47.95 - 0.0001 * double(chance.below(100)), 16.5 + 0.0001 * double(chance.below(300))};
}
/// So near to the border that one cannot say.
inline GeoPoint place_at_the_border(Chance& chance) {
  return {48.0 + 0.0001 * double(chance.between(-15, 15)), 16.5};
}

/// One post of a position by somebody's browser.
struct PositionPost {
  std::uint64_t number = 0;  ///< names it, among all posts of a world
  std::string email;
  GeoPoint where;
  double accuracy = 20;  ///< metres
  int status = -1;       ///< -1 = it leaves the browser now; 0 = no answer came; 204 = acknowledged
};

/// Tells those who watch what the daemon was told: each post twice, as it leaves and as its answer
/// comes (or does not).
class PositionPosts {
 public:
  using Hearer = std::function<void(PositionPost const&)>;
  void hear(Hearer hearer) { hearers_.push_back(std::move(hearer)); }
  /// The post with its number, to be told again with its status.
  PositionPost leaves(std::string email, GeoPoint where, double accuracy) {
    PositionPost post{++posts_, std::move(email), where, accuracy};
    for (auto const& hearer : hearers_) hearer(post);
    return post;
  }
  void answered(PositionPost post, int status) {
    post.status = status;
    for (auto const& hearer : hearers_) hearer(post);
  }

 private:
  std::vector<Hearer> hearers_;
  std::uint64_t posts_ = 0;
};

}  // namespace wardroom::world
