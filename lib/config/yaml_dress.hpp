/// Which lines of a text an edit changed, and an edited text in the dress of the original: its byte
/// order mark, its line ends. Pure.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::config {

/// The lines that differ between two texts: where they begin (from 1), how they were, how they are.
struct ChangedLines {
  std::size_t line = 0;
  std::vector<std::string> before, after;
};
ChangedLines changed_lines(std::string_view before, std::string_view after);

/// `edited`, which came from plain_lines(original), as `original` is written.
std::string dressed_as(std::string_view original, std::string_view edited);

}  // namespace wardroom::config
