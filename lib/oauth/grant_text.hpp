/// A whole grant as JSON and back, for what is kept of it outside the store's columns.
#pragma once
#include "oauth/token.hpp"

#include <optional>

namespace wardroom::oauth {

Secret grant_to_json(Grant const& grant);
/// nullopt when it is not such a text.
std::optional<Grant> grant_from_json(Secret const& text);

}  // namespace wardroom::oauth
