/// Each part's health: green, yellow or red, with a sentence and a remedy.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace wardroom {

enum class HealthColour { green, yellow, red };

struct HealthSign {
  std::string part;  ///< "store", "webex", "call_blocking.channels"
  HealthColour colour = HealthColour::green;
  std::string sentence;
  std::string remedy{};  ///< empty when green
  /// What tells this trouble from another of the same part and colour, such as "14d": people are
  /// told again when it changes. Numbers that run on belong into the sentence only.
  std::string key{};
  bool operator==(HealthSign const&) const = default;
};

inline std::string_view name(HealthColour c) {
  return c == HealthColour::green ? "green" : c == HealthColour::yellow ? "yellow" : "red";
}
inline HealthColour worst(std::vector<HealthSign> const& signs) {
  auto out = HealthColour::green;
  for (auto const& sign : signs)
    if (sign.colour > out) out = sign.colour;
  return out;
}

}  // namespace wardroom
