#include "features/space_sync/rule_lists.hpp"

#include "base/encoding.hpp"
#include "config/config_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace wardroom::space_sync {
namespace {

constexpr std::size_t most_told = 5;
constexpr std::size_t longest_address = 320, longest_department = 512;

/// Empty = nothing is wrong.
std::string mistake_in(RuleKind kind, std::string const& line) {
  auto const shown = line.substr(0, 60);
  if (kind == RuleKind::email_file && !is_address(line))
    return fmt::format("'{}' is no e-mail address; write one a line, such as ada@acme.example",
                       shown);
  if (kind == RuleKind::department_file && line.size() > longest_department)
    return fmt::format("'{}…' is too long for a part of a department's name", shown);
  return "";
}

}  // namespace

bool is_list(RuleKind kind) {
  return kind == RuleKind::email_file || kind == RuleKind::department_file;
}

bool is_address(std::string_view text) {
  auto const at = text.find('@');
  return at != text.npos && at > 0 && at + 1 < text.size() && text.find('@', at + 1) == text.npos &&
         text.size() <= longest_address && std::ranges::none_of(text, [](char c) {
           return (c >= 0 && c <= ' ') || c == 0x7F ||
                  std::string_view("<>,;:\"()[]\\").contains(c);
         });
}

Result<std::vector<std::string>> parse_list(RuleKind kind, std::string_view text,
                                            std::string const& file) {
  if (text.contains('\0') || !is_valid_utf8(text))
    return failure(ErrorKind::malformed,
                   fmt::format("{} is no UTF-8 text: save it as UTF-8, one entry a line", file));
  std::vector<std::string> out, mistakes;
  std::size_t more = 0;
  for (auto& line : numbered_lines_of_list(text)) {
    if (auto mistake = mistake_in(kind, line.text); mistake.empty())
      out.push_back(std::move(line.text));
    else if (mistakes.size() < most_told)
      mistakes.push_back(fmt::format("{}:{}: {}", file, line.number, mistake));
    else
      ++more;
  }
  if (mistakes.empty()) return out;
  return failure(ErrorKind::malformed,
                 fmt::format("{}{}", fmt::join(mistakes, "; "),
                             more == 0 ? "" : fmt::format("; and {} more such lines", more)));
}

Result<std::vector<std::string>> read_list(RuleKind kind, std::string const& file) {
  auto const text = config::read_text(file, longest_list);
  if (text) return parse_list(kind, *text, file);
  // It may name people: not for everybody's eyes.
  if (text.error().kind == ErrorKind::denied)
    return failure(ErrorKind::denied,
                   fmt::format("{} cannot be read by this user: chgrp wardroom {} and chmod 0640 "
                               "{}, or run this as root",
                               file, file, file));
  return failure(text.error().kind, fmt::format("{}: {}", file, text.error().what));
}

}  // namespace wardroom::space_sync
