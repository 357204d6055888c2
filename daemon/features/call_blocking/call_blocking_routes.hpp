/// The web API of call blocking: location posts, one's own standing, the dashboard. See
/// docs/api.md.
#pragma once
#include "http/router.hpp"

namespace wardroom::call_blocking {

class CallBlocking;
void add_call_blocking_routes(http::Router& router, CallBlocking& feature);

}  // namespace wardroom::call_blocking
