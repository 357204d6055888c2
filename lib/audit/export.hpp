/// Records as JSON and CSV. Pure.
#pragma once
#include "audit/entries.hpp"

#include <string>

namespace wardroom::audit {

/// One object, without a line break: {"seq","at","happened_at","actor":{…},"action","object",
/// "before","after","correlation","text","erased":[…]}; what is not there is left out.
std::string to_json(Entry const& entry);

/// RFC 4180, lines end with CR LF.
std::string csv_header();
std::string csv_line(Entry const& entry);

/// A cell that no spreadsheet takes for a formula: what begins with = + - @, tab, CR or LF gets a '
/// in front; quotes where they are needed.
std::string csv_cell(std::string_view text);

}  // namespace wardroom::audit
