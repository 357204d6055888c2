#include "config/yaml_quote.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

namespace wardroom::config {
namespace {

bool plain_is_safe(std::string_view text, bool in_flow) {
  if (text.empty() || text == "null" || text == "Null" || text == "NULL") return false;
  auto const first = static_cast<unsigned char>(text.front());
  if (!std::isalnum(first) && first != '/' && first != '_') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const c = static_cast<unsigned char>(text[i]);
    bool const word = std::isalnum(c) || std::string_view("/_.@+-=()").contains(text[i]);
    bool const colon = c == ':' && !in_flow && i + 1 < text.size() && text[i + 1] != ' ';
    if (!word && !colon) return false;
  }
  return true;
}

std::string in_double_quotes(std::string_view text) {
  std::string out = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out + '"';
}

std::string flow_list(std::vector<std::string> const& items, char old_quote) {
  std::vector<std::string> out;
  for (auto const& item : items) out.push_back(yaml_scalar_like(old_quote, item, true));
  return fmt::format("[{}]", fmt::join(out, ", "));
}

}  // namespace

std::string yaml_scalar(std::string_view text, bool in_flow) {
  return plain_is_safe(text, in_flow) ? std::string(text) : in_double_quotes(text);
}

std::string yaml_scalar_like(char old_quote, std::string_view text, bool in_flow) {
  bool const one_line =
      std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (old_quote == '"') return in_double_quotes(text);
  if (old_quote != '\'' || !one_line) return yaml_scalar(text, in_flow);
  std::string out = "'";
  for (char const c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + '\'';
}

std::string yaml_value(NewValue const& value, char old_quote, bool in_flow) {
  if (auto const* list = std::get_if<std::vector<std::string>>(&value))
    return flow_list(*list, old_quote);
  return yaml_scalar_like(old_quote, std::get<std::string>(value), in_flow);
}

}  // namespace wardroom::config
