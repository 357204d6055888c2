/// Groups of the organisation: found by name or id, and their members read to the end or not at
/// all. Source: webex-rest.md 2.8, 3.4.
#pragma once
#include "cisco/webex/webex_api.hpp"
#include "ports/directory.hpp"

namespace wardroom::webex {

/// By id (a UUID, or as the API writes ids), else by name: as it is written, or when nobody has
/// exactly that, without regard to the case of ASCII letters. Errors: not_found, conflict.
Task<Result<DirectoryGroup>> find_group(WebexApi& api, std::string name_or_id);

/// Pages of `page_size`, at most 500. Incomplete, and so an error, when the total changes meanwhile
/// or is not reached, another page comes than was asked for, or one comes twice.
Task<Result<void>> group_members(WebexApi& api, std::string group_id, int page_size,
                                 std::function<void(GroupPage)> page);

}  // namespace wardroom::webex
