/// Call detail records out of the bytes of a post, as a port.
#pragma once
#include "domain/conference.hpp"

#include <functional>
#include <string_view>

namespace wardroom {

/// Pure, any thread. Never fails: what is wrong is in `fault`. About 15 us a record, so posts over
/// some 32 KiB belong on a helper.
using ReadRecords = std::function<conference::RecordBatch(std::string_view body)>;

}  // namespace wardroom
