#include "cisco/cms/notice_text.hpp"

#include "base/encoding.hpp"

namespace wardroom::cms {
namespace {

/// How many bytes at the beginning are a control character or the end of a line; 0 = none. Also
/// U+0080 to U+009F, U+2028 and U+2029.
std::size_t control_at(std::string_view text) {
  auto const c = static_cast<unsigned char>(text.front());
  if (c < 0x20 || c == 0x7F) return 1;
  if (c == 0xC2 && text.size() > 1 && static_cast<unsigned char>(text[1]) < 0xA0) return 2;
  if (text.starts_with("\xE2\x80\xA8") || text.starts_with("\xE2\x80\xA9")) return 3;
  return 0;
}

}  // namespace

Result<std::string> one_line(std::string_view text) {
  if (!is_valid_utf8(text))
    return failure(ErrorKind::malformed,
                   "the text of the notice is not UTF-8; mend security_notices.texts");
  std::string out;
  while (!text.empty()) {
    auto const control = control_at(text);
    char const c = control > 0 ? ' ' : text.front();
    text.remove_prefix(control > 0 ? control : 1);
    if (c != ' ' || !out.empty()) out += c;
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

Result<http::QueryPairs> form_of(conference::Message const& message) {
  auto text = one_line(message.text);
  if (!text) return std::unexpected(std::move(text.error()));
  if (text->empty() || message.duration == "0")
    return http::QueryPairs{{"messageText", ""}, {"messageDuration", "0"}};
  http::QueryPairs out{{"messageText", std::move(*text)}};
  if (!message.position.empty()) out.emplace_back("messagePosition", message.position);
  out.emplace_back("messageDuration", message.duration.empty() ? "permanent" : message.duration);
  return out;
}

}  // namespace wardroom::cms
