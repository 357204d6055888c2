/// Which element of a record or an answer means which fact of a call or leg. Pure.
#pragma once
#include "domain/conference.hpp"

#include <string_view>

namespace wardroom::cms {

/// Takes what the element `name` with this text tells. Returns false when nobody told us of such an
/// element. Elements that are known and of no use are known, too. Source: cms.md 3.1, 3.2, 6.2.
bool take_field(conference::CallFacts& call, std::string_view name, std::string_view text);
/// Source: cms.md 3.3 to 3.5, 6.2.
bool take_field(conference::LegFacts& leg, std::string_view name, std::string_view text);

}  // namespace wardroom::cms
