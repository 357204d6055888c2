#include "mail/message.hpp"

#include <algorithm>

namespace wardroom::mail {
namespace {

bool letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Words of allowed characters with single dots between. Source: RFC 5321 4.1.2 Dot-string.
bool is_dotted(std::string_view text, std::string_view also) {
  if (text.empty() || text.front() == '.' || text.back() == '.' || text.contains(".."))
    return false;
  return std::ranges::all_of(
      text, [&](char c) { return letter_or_digit(c) || c == '.' || also.contains(c); });
}

}  // namespace

Part text_part(std::string text) { return {.body = std::move(text)}; }

Part calendar_part(std::string icalendar, std::string method) {
  return {.type = "text/calendar",
          .parameters = {{"method", std::move(method)}},
          .body = std::move(icalendar)};
}

Part attachment(std::string file_name, std::string type, std::string bytes) {
  return {.type = std::move(type),
          .parameters = {{"name", file_name}},
          .headers = {{"Content-Disposition", "attachment"}},
          .body = std::move(bytes)};
}

Part multipart(std::string kind, std::vector<Part> parts) {
  return {.type = "multipart/" + std::move(kind), .parts = std::move(parts)};
}

bool is_address(std::string_view text) {
  auto const at = text.find('@');
  if (at == text.npos || text.size() > 254) return false;
  auto const local = text.substr(0, at);
  auto const domain = text.substr(at + 1);
  if (local.size() > 64 || !is_dotted(local, "!#$%&'*+-/=?^_`{|}~")) return false;
  return is_dotted(domain, "-") && domain.front() != '-' && domain.back() != '-';
}

}  // namespace wardroom::mail
