/// The report as CSV: who was in which conference, and the levels it showed. Pure.
#pragma once
#include "features/security_notices/security_notices_store.hpp"

#include <string>
#include <string_view>

namespace wardroom::security_notices {

/// RFC 4180; lines end with CR LF. No cell is taken for a formula by a spreadsheet.
std::string_view report_csv_head();
/// One line a stay and one a level, those of a conference together.
std::string report_csv(SecurityNoticesStore::Report const& report);
/// Says in the report's own form that it broke off.
std::string report_csv_error(Error const& why);

}  // namespace wardroom::security_notices
