/// How entries of the kind "sync" are drawn: what became of a run, and of a job's schedule. Pure.
#pragma once
#include "store/journal_kinds.hpp"

#include <string>
#include <string_view>

namespace wardroom::store {

/// "all-hands: run 17 HELD, nothing was changed: 41 of 80 members would be removed"
std::string sync_line(JournalBody const& body);
std::string_view sync_tone(JournalBody const& body);

}  // namespace wardroom::store
