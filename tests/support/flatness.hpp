/// Whether a figure that goes up and down stays where it is, or climbs: for leaks. Pure.
#pragma once
#include <algorithm>
#include <cstddef>
#include <vector>

namespace wardroom::test {

struct FlatSample {
  double hours, value;
};

/// The median of the slopes between all pairs, a unit an hour (Theil and Sen): a third of the
/// samples may be spikes without bending it.
inline double slope_per_hour(std::vector<FlatSample> const& samples) {
  std::vector<double> slopes;
  for (std::size_t i = 0; i < samples.size(); ++i)
    for (std::size_t j = i + 1; j < samples.size(); ++j)
      if (samples[j].hours > samples[i].hours)
        slopes.push_back((samples[j].value - samples[i].value) /
                         (samples[j].hours - samples[i].hours));
  if (slopes.empty()) return 0;
  auto const middle = slopes.begin() + static_cast<std::ptrdiff_t>(slopes.size() / 2);
  std::nth_element(slopes.begin(), middle, slopes.end());
  return *middle;
}

}  // namespace wardroom::test
