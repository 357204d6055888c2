/// The web API of security notices for administrators: conferences, one in full, the live stream,
/// the report, and reading a bridge anew. See docs/api.md.
///
///   GET  /api/v1/conferences             {now, mode, conferences, bridges, more?}
///   GET  /api/v1/conferences/live        SSE: `state` {conferences:[changed], gone:[ids],
///                                        bridges:[changed], mode?}
///   GET  /api/v1/conferences/{id}        {conference, people, levels}; audited once a viewing
///   GET  /api/v1/conferences/report.csv  ?since&until; audited
///   POST /api/v1/conferences/bridges/{name}/resync  {}: 200 {bridge}, or 202 while it goes on
#pragma once
#include "http/router.hpp"

namespace wardroom::security_notices {

class SecurityNotices;
/// The feature outlives the router.
void add_security_notices_routes(http::Router& router, SecurityNotices& feature);

}  // namespace wardroom::security_notices
