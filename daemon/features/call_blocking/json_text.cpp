#include "features/call_blocking/json_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

namespace wardroom::call_blocking {
namespace {

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    auto const byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
  });
}

}  // namespace

void JsonText::comma() {
  if (!first_) out_ += ',';
  first_ = false;
}

void JsonText::name(std::string_view key) {
  comma();
  out_ += '"';
  out_ += key;
  out_ += "\":";
}

void JsonText::text(std::string_view value) {
  if (is_plain(value)) {
    out_ += '"';
    out_ += value;
    out_ += '"';
    return;
  }
  out_ += nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void JsonText::begin() {
  comma();
  out_ += '{';
  first_ = true;
}

void JsonText::begin(std::string_view key) {
  name(key);
  out_ += '{';
  first_ = true;
}

void JsonText::end() {
  out_ += '}';
  first_ = false;
}

void JsonText::begin_list(std::string_view key) {
  name(key);
  out_ += '[';
  first_ = true;
}

void JsonText::end_list() {
  out_ += ']';
  first_ = false;
}

void JsonText::add(std::string_view key, std::string_view value) {
  name(key);
  text(value);
}

void JsonText::add(std::string_view key, bool value) {
  name(key);
  out_ += value ? "true" : "false";
}

void JsonText::add(std::string_view key, std::int64_t value) {
  name(key);
  char digits[24];
  auto const [end, error] = std::to_chars(std::begin(digits), std::end(digits), value);
  out_.append(digits, error == std::errc{} ? end : digits);
}

void JsonText::add(std::string_view key, double value) {
  name(key);
  if (!std::isfinite(value)) {
    out_ += "null";
    return;
  }
  auto const number = fmt::format("{}", value);
  out_ += number;
  if (number.find_first_of(".e") == number.npos) out_ += ".0";
}

void JsonText::add_members(std::string_view members) {
  if (members.empty()) return;
  comma();
  out_ += members;
}

void JsonText::add_json(std::string_view key, std::string_view json) {
  name(key);
  out_ += json;
}

}  // namespace wardroom::call_blocking
