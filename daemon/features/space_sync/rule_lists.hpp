/// Lists of addresses and departments in files of their own, one a line, as the prototype kept
/// them.
#pragma once
#include "base/result.hpp"
#include "features/space_sync/rule.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace wardroom::space_sync {

inline constexpr std::size_t longest_list = 8u << 20;

bool is_list(RuleKind kind);
/// "ada@acme.example": one '@' with something on both sides, no blanks, no more than 320 bytes.
bool is_address(std::string_view text);

/// What the file holds; it may be nothing. Errors (malformed, not_found, denied, unavailable): a
/// sentence with the file, of mistakes in it the first few with their lines, and what to do.
Result<std::vector<std::string>> read_list(RuleKind kind, std::string const& file);
/// The same of a text that was read.
Result<std::vector<std::string>> parse_list(RuleKind kind, std::string_view text,
                                            std::string const& file);

}  // namespace wardroom::space_sync
