/// The report of conferences as a download: page by page from the store, audited before it begins.
#pragma once
#include "features/security_notices/security_notices.hpp"
#include "http/server_request.hpp"

namespace wardroom::security_notices {

/// `?since&until` as `events` takes them; `until` is not part of it. The download ends when its
/// session does.
void send_report(SecurityNotices& feature, http::ServerRequest& request, http::Responder responder);

}  // namespace wardroom::security_notices
