/// How entries of the kinds "level" and "bridge" are drawn: what a conference is to show, and what
/// happened to a meeting server. Pure.
#pragma once
#include "store/journal_kinds.hpp"

#include <string>
#include <string_view>

namespace wardroom::store {

/// "conference 7e6d5c4b: level 3 (external), before 2: leg 1e60… (sip, partner.example.net)"
std::string level_line(JournalBody const& body);
/// Level 3 is a warning, whether by an outsider or by doubt.
std::string_view level_tone(JournalBody const& body);

/// "cms2: 17 records were lost"
std::string bridge_line(JournalBody const& body);
std::string_view bridge_tone(JournalBody const& body);

}  // namespace wardroom::store
