/// A POST over a socket of its own, so that it can be cut, dripped or sent in chunks.
#pragma once
#include "base/result.hpp"
#include "runtime/task.hpp"
#include "sim/cms_receiver.hpp"

namespace wardroom::sim {

/// `post.wire`: chunked (17 bytes each), slow (a byte each 3 ms) or cut (half of the body, then
/// the connection closes). Plain http to an IP address. The status of the answer; 0 = none came.
Task<Result<int>> odd_post(Executor loop, Clock& clock, CmsPost post);

}  // namespace wardroom::sim
