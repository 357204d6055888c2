#include "sim/mail_text.hpp"

#include "base/encoding.hpp"
#include "http/message.hpp"

#include <algorithm>

namespace wardroom::sim {
namespace {

constexpr int deepest = 8;  // parts within parts

std::string_view trimmed(std::string_view text) {
  auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string to_utf8(std::string text, std::string_view charset) {
  bool const latin = http::equal_ignoring_case(charset, "iso-8859-1") ||
                     http::equal_ignoring_case(charset, "windows-1252");
  if (!latin) return text;
  std::string out;
  for (char c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | (byte >> 6));
      out += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return out;
}

std::string without_blanks(std::string_view text) {
  std::string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out),
               [](char c) { return c != '\r' && c != '\n' && c != ' ' && c != '\t'; });
  return out;
}

// "=41" is A, "=" at the end of a line joins it to the next; `underscore` is a blank in headers.
std::string from_quoted_printable(std::string_view text, bool underscore) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_' && underscore) {
      out += ' ';
    } else if (text[i] != '=') {
      out += text[i];
    } else if (text.substr(i + 1, 2) == "\r\n") {
      i += 2;
    } else if (text.substr(i + 1, 1) == "\n") {
      i += 1;
    } else if (auto const byte = from_hex(text.substr(i + 1, 2)); byte && byte->size() == 1) {
      out += *byte;
      i += 2;
    } else {
      out += '=';
    }
  }
  return out;
}

std::string decoded_body(std::string_view body, std::string_view encoding) {
  if (http::equal_ignoring_case(encoding, "base64"))
    return from_base64(without_blanks(body)).value_or(std::string(body));
  if (http::equal_ignoring_case(encoding, "quoted-printable"))
    return from_quoted_printable(body, false);
  return std::string(body);
}

// The value of `key` in "text/plain; charset=utf-8"; quotes removed.
std::string parameter(std::string_view field, std::string_view key) {
  for (auto at = field.find(';'); at != std::string_view::npos; at = field.find(';', at + 1)) {
    auto const rest = trimmed(field.substr(at + 1));
    auto const equals = rest.find('=');
    if (equals == std::string_view::npos ||
        !http::equal_ignoring_case(trimmed(rest.substr(0, equals)), key))
      continue;
    auto value = trimmed(rest.substr(equals + 1));
    if (value.starts_with('"'))
      return std::string(value.substr(1, std::min(value.find('"', 1), value.size()) - 1));
    return std::string(trimmed(value.substr(0, value.find(';'))));
  }
  return {};
}

std::string_view type_of(std::string_view field) {
  return field.empty() ? "text/plain" : trimmed(field.substr(0, field.find(';')));
}

struct Cut {
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view body;
};

Cut cut(std::string_view raw) {
  Cut out;
  while (!raw.empty()) {
    auto const end = std::min(raw.find('\n'), raw.size());
    auto line = raw.substr(0, end);
    raw.remove_prefix(std::min(end + 1, raw.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;
    if ((line[0] == ' ' || line[0] == '\t') && !out.headers.empty()) {
      out.headers.back().second += " " + std::string(trimmed(line));
    } else if (auto const colon = line.find(':'); colon != std::string_view::npos) {
      out.headers.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
    }
  }
  out.body = raw;
  return out;
}

std::string header_in(Cut const& c, std::string_view name) {
  for (auto const& [key, value] : c.headers)
    if (http::equal_ignoring_case(key, name)) return value;
  return {};
}

std::vector<std::string_view> parts_of(std::string_view body, std::string const& boundary) {
  auto const mark = "--" + boundary;
  std::vector<std::string_view> out;
  for (auto at = body.find(mark); at != std::string_view::npos;) {
    auto const start = at + mark.size();
    if (body.substr(start, 2) == "--") break;
    auto const line = body.find('\n', start);
    if (line == std::string_view::npos) break;
    at = body.find(mark, line);
    auto part = body.substr(line + 1, at == std::string_view::npos ? at : at - line - 1);
    if (part.ends_with('\n')) part.remove_suffix(1);
    if (part.ends_with('\r')) part.remove_suffix(1);
    out.push_back(part);
  }
  return out;
}

std::string plain_text(std::string_view raw, int depth) {
  auto const c = cut(raw);
  auto const type = header_in(c, "Content-Type");
  auto const boundary = parameter(type, "boundary");
  if (type_of(type).starts_with("multipart/") && !boundary.empty() && depth < deepest) {
    for (auto part : parts_of(c.body, boundary))
      if (auto text = plain_text(part, depth + 1); !text.empty()) return text;
    return {};
  }
  if (!http::equal_ignoring_case(type_of(type), "text/plain")) return {};
  return to_utf8(decoded_body(c.body, trimmed(header_in(c, "Content-Transfer-Encoding"))),
                 parameter(type, "charset"));
}

}  // namespace

std::string decode_words(std::string_view text) {
  std::string out;
  bool after_word = false;  // blanks between two encoded words do not count
  while (!text.empty()) {
    auto const start = text.find("=?");
    auto const q1 = text.find('?', start == std::string_view::npos ? start : start + 2);
    auto const q2 = q1 == std::string_view::npos ? q1 : text.find('?', q1 + 1);
    auto const end = q2 == std::string_view::npos ? q2 : text.find("?=", q2 + 1);
    if (end == std::string_view::npos) break;
    auto const before = text.substr(0, start);
    if (!after_word || !trimmed(before).empty()) out += before;
    auto const how = text.substr(q1 + 1, q2 - q1 - 1);
    auto const word = text.substr(q2 + 1, end - q2 - 1);
    bool const base64 = how == "B" || how == "b";
    out += to_utf8(
        base64 ? from_base64(word).value_or(std::string(word)) : from_quoted_printable(word, true),
        text.substr(start + 2, q1 - start - 2));
    text.remove_prefix(end + 2);
    after_word = true;
  }
  return out + std::string(text);
}

std::string MailText::header(std::string_view name) const {
  for (auto const& [key, value] : headers)
    if (http::equal_ignoring_case(key, name)) return value;
  return {};
}

MailText read_mail(std::string_view raw) {
  MailText out;
  out.headers = cut(raw).headers;
  for (auto& header : out.headers) header.second = decode_words(header.second);
  out.text = plain_text(raw, 0);
  return out;
}

}  // namespace wardroom::sim
