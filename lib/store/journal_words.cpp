#include "store/journal_words.hpp"

#include <array>

namespace wardroom::store {
namespace {

constexpr std::array<std::string_view, 3> sentences{"sentence", "message", "words"};

std::string text_of(JournalBody const& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number()) return value.dump();
  return "";
}

}  // namespace

std::string member(JournalBody const& body, std::string_view name) {
  auto const it = body.find(name);
  return it == body.end() ? std::string() : text_of(*it);
}

bool truth(JournalBody const& body, std::string_view name) {
  auto const it = body.find(name);
  return it != body.end() && it->is_boolean() && it->get<bool>();
}

std::string members(JournalBody const& body, std::string_view name) {
  std::string out;
  auto const it = body.find(name);
  if (it == body.end() || !it->is_array()) return out;
  for (auto const& value : *it)
    if (auto const text = text_of(value); !text.empty()) out += (out.empty() ? "" : ", ") + text;
  return out;
}

std::string with(std::string_view before, JournalBody const& body, std::string_view name,
                 std::string_view after) {
  auto const text = member(body, name);
  if (text.empty()) return text;
  return std::string(before) + text + std::string(after);
}

std::string any_line(JournalBody const& body) {
  std::string out;
  std::string_view told;
  for (auto const name : sentences)
    if (out.empty())
      if (out = member(body, name); !out.empty()) told = name;
  for (auto const& [key, value] : body.items()) {
    if (key == told) continue;
    if (auto const text = text_of(value); !text.empty())
      out += (out.empty() ? "" : " ") + key + "=" + text;
  }
  return out;
}

}  // namespace wardroom::store
