#include "config/yaml_text.hpp"

#include <algorithm>

namespace wardroom::config {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

std::string plain_lines(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\r' || i + 1 >= text.size() || text[i + 1] != '\n') out += text[i];
  return out;
}

YamlText::YamlText(std::string_view text) : text_(text), lines_{0} {
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n') lines_.push_back(i + 1);
}

std::size_t YamlText::at(YAML::Mark mark) const {
  auto const line = std::min(static_cast<std::size_t>(std::max(mark.line, 0)), lines_.size() - 1);
  return std::min(lines_[line] + static_cast<std::size_t>(std::max(mark.column, 0)), text_.size());
}

std::size_t YamlText::line_of(std::size_t offset) const {
  auto const after = std::ranges::upper_bound(lines_, offset);
  return static_cast<std::size_t>(after - lines_.begin()) - 1;
}

std::size_t YamlText::end_of_line(std::size_t offset) const {
  return std::min(text_.find('\n', offset), text_.size());
}

std::optional<std::size_t> YamlText::end_of_quoted(std::size_t begin) const {
  char const quote = text_[begin];
  for (auto i = begin + 1; i < text_.size(); ++i) {
    if (quote == '"' && text_[i] == '\\') {
      ++i;
    } else if (text_[i] == quote) {
      if (quote == '"' || i + 1 >= text_.size() || text_[i + 1] != quote) return i + 1;
      ++i;  // '' inside single quotes
    }
  }
  return std::nullopt;
}

std::optional<std::size_t> YamlText::end_of_flow(std::size_t begin) const {
  std::size_t depth = 0;
  char before = '[';  // the last character that counts: a quote opens a text only after some
  for (auto i = begin; i < text_.size(); ++i) {
    char const c = text_[i];
    if (is_blank(c) || c == '\n') continue;
    if (c == '#' && (is_blank(text_[i - 1]) || text_[i - 1] == '\n')) {
      i = end_of_line(i);
      continue;
    }
    if ((c == '"' || c == '\'') && std::string_view("[{,:").contains(before)) {
      auto const end = end_of_quoted(i);
      if (!end) return std::nullopt;
      i = *end - 1;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if ((c == ']' || c == '}') && --depth == 0) {
      return i + 1;
    }
    before = c;
  }
  return std::nullopt;
}

std::size_t YamlText::end_of_plain(std::size_t begin, bool in_flow) const {
  auto end = begin;
  for (auto i = begin; i < text_.size() && text_[i] != '\n'; ++i) {
    if (text_[i] == '#' && i > begin && is_blank(text_[i - 1])) break;
    if (in_flow && std::string_view(",[]{}").contains(text_[i])) break;
    if (!is_blank(text_[i])) end = i + 1;
  }
  return end;
}

std::size_t YamlText::end_of_block_text(std::size_t begin, std::size_t key_column) const {
  auto end = end_of_line(begin);
  for (auto line = end; line < text_.size();) {
    auto const next = end_of_line(line + 1);
    auto const content = text_.find_first_not_of(' ', line + 1);
    bool const blank = content == text_.npos || content >= next;
    if (!blank && content - (line + 1) <= key_column) break;
    if (!blank) end = next;
    line = next;
  }
  return end;
}

std::size_t YamlText::value_of(YAML::Mark key) const {
  auto i = at(key);
  if (i < text_.size() && (text_[i] == '"' || text_[i] == '\''))
    i = end_of_quoted(i).value_or(text_.size());
  while (i < text_.size() && text_[i] != ':' && text_[i] != '\n') ++i;
  if (i < text_.size() && text_[i] == ':') ++i;
  while (i < text_.size() && is_blank(text_[i])) ++i;
  if (i < text_.size() && text_[i] == '#') i = end_of_line(i);
  return i;
}

}  // namespace wardroom::config
