/// A request as bytes, for the lane's own connections.
#pragma once
#include "http/client.hpp"

#include <string>
#include <string_view>

namespace wardroom::http {

/// Host, and port where it is not the scheme's own: the Host header.
std::string authority(Origin const& origin);
/// Head and body; a Secret because the credential is in it.
Secret to_wire(ClientRequest const& request, Origin const& origin, std::string_view user_agent);

}  // namespace wardroom::http
