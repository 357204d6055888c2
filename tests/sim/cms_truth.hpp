/// How trusted somebody is, said a second time and independently of the daemon: the oracle of
/// tests. Source: cms.md 4.
#pragma once
#include "sim/cms_model.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace wardroom::sim {

/// Entries as in the configuration: "d" itself, "*.d" below it, ".d" both.
struct CmsDomains {
  std::vector<std::string> secure{}, internal{};
};

/// 1, 2 or 3.
int true_level(CmsPerson const& person, std::string_view call_type, CmsDomains const& domains);
/// The domain an address certainly belongs to; empty = none can be named.
std::string certain_domain(std::string_view address);

}  // namespace wardroom::sim
