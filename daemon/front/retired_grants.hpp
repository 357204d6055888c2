/// Tells the audit of each grant that ended at Webex by itself: from then on somebody has to log in
/// again.
#pragma once
#include "front/trail.hpp"
#include "oauth/token_vault.hpp"

#include <map>
#include <string>
#include <vector>

namespace wardroom::front {

class RetiredGrants {
 public:
  explicit RetiredGrants(std::vector<oauth::GrantFigures> const& before) {
    for (auto const& one : before) seen_[one.identity] = one.retired;
  }
  void tell(std::vector<oauth::GrantFigures> const& now, Trail& trail) {
    for (auto const& one : now) {
      if (one.retired <= std::exchange(seen_[one.identity], one.retired)) continue;
      trail.daemon("token retire",
                   {.object = "identity " + one.identity,
                    .before = R"({"state":"valid"})",
                    .after = R"({"state":")" + std::string(oauth::name(one.state)) + R"("})"});
    }
  }

 private:
  std::map<std::string, std::uint64_t> seen_;
};

}  // namespace wardroom::front
