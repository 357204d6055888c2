#include "oauth/token.hpp"

#include <algorithm>

namespace wardroom::oauth {

std::vector<std::string> split_scopes(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    auto const end = std::min(text.find(' '), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string join_scopes(std::vector<std::string> const& scopes) {
  std::string out;
  for (auto const& scope : scopes) out += (out.empty() ? "" : " ") + scope;
  return out;
}

std::vector<std::string> missing_scopes(std::vector<std::string> const& wanted,
                                        std::vector<std::string> const& granted) {
  std::vector<std::string> out;
  for (auto const& scope : wanted)
    if (std::ranges::find(granted, scope) == granted.end()) out.push_back(scope);
  return out;
}

}  // namespace wardroom::oauth
