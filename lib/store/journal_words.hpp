/// What the lines of several kinds of journal entries are put together from. Pure.
#pragma once
#include "store/journal_kinds.hpp"

#include <string>
#include <string_view>

namespace wardroom::store {

/// A scalar member as text; empty when absent.
std::string member(JournalBody const& body, std::string_view name);
bool truth(JournalBody const& body, std::string_view name);
/// The texts of a list, "a, b".
std::string members(JournalBody const& body, std::string_view name);
/// `before` + the member + `after`; empty when it is absent.
std::string with(std::string_view before, JournalBody const& body, std::string_view name,
                 std::string_view after = "");
/// Its sentence when it has one, then whatever else it tells: "The space was read. job=all adds=3".
std::string any_line(JournalBody const& body);

}  // namespace wardroom::store
