/// What a person is told about themselves on their location page: GET /api/v1/me.
#pragma once
#include "domain/person.hpp"
#include "http/message.hpp"
#include "runtime/task.hpp"

namespace wardroom::call_blocking {

class CallBlocking;

/// Own standing only: no place, nobody else. 401 for a session that belongs to nobody known.
Task<http::Response> own_page(CallBlocking& feature, PersonNo person);

}  // namespace wardroom::call_blocking
