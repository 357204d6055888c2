#include "lib/cms/cdr_writer.hpp"

#include "base/encoding.hpp"
#include "base/xml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace wardroom::test {
namespace {

using Pair = std::pair<std::string, std::string>;

constexpr std::array attribute_names = {"session",
                                        "callBridge",
                                        "type",
                                        "time",
                                        "recordIndex",
                                        "correlatorIndex",
                                        "numPreceedingRecordsMissing",
                                        "id",
                                        "durationPercentage"};

std::vector<char32_t> characters(std::string_view utf8) {
  std::vector<char32_t> out;
  for (std::size_t i = 0; i < utf8.size();) {
    auto const c = static_cast<unsigned char>(utf8[i]);
    std::size_t const more = c < 0x80 ? 0 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
    char32_t value = more == 0 ? c : c & (0x3Fu >> more);
    for (std::size_t k = 1; k <= more; ++k)
      value = value << 6 | (static_cast<unsigned char>(utf8[i + k]) & 0x3Fu);
    out.push_back(value);
    i += more + 1;
  }
  return out;
}

/// The highest character the encoding has; others are written as numbers.
char32_t limit_of(Encoding encoding) {
  switch (encoding) {
    case Encoding::latin1:
      return 0xFF;
    case Encoding::windows1252:
    case Encoding::ascii:
      return 0x7F;
    default:
      return 0x10FFFF;
  }
}

std::string_view name_of(Encoding encoding) {
  switch (encoding) {
    case Encoding::undeclared_utf8:
      return "";
    case Encoding::utf8:
      return "UTF-8";
    case Encoding::utf8_with_mark:
      return "utf-8";
    case Encoding::latin1:
      return "ISO-8859-1";
    case Encoding::windows1252:
      return "windows-1252";
    case Encoding::ascii:
      return "US-ASCII";
    case Encoding::utf16_little:
    case Encoding::utf16_big:
      return "UTF-16";
  }
  return "";
}

std::string encode(std::string const& utf8, Encoding encoding) {
  if (encoding == Encoding::utf8_with_mark) return "\xEF\xBB\xBF" + utf8;
  if (encoding == Encoding::undeclared_utf8 || encoding == Encoding::utf8) return utf8;
  std::string out;
  bool const wide = encoding == Encoding::utf16_little || encoding == Encoding::utf16_big;
  auto const unit = [&](char32_t value) {
    char const low = static_cast<char>(value & 0xFF), high = static_cast<char>(value >> 8 & 0xFF);
    out += encoding == Encoding::utf16_little ? low : high;
    out += encoding == Encoding::utf16_little ? high : low;
  };
  if (wide) unit(0xFEFF);
  for (auto const c : characters(utf8)) {
    if (!wide) {
      out += static_cast<char>(c);
    } else if (c < 0x10000) {
      unit(c);
    } else {
      unit(0xD800 + ((c - 0x10000) >> 10));
      unit(0xDC00 + ((c - 0x10000) & 0x3FF));
    }
  }
  return out;
}

class Writer {
 public:
  Writer(Style const& style, Dice* dice) : style_(style), dice_(dice) {}

  std::string document(xml::Element root) {
    std::string out;
    auto const encoding = name_of(style_.encoding);
    if (style_.declaration || !encoding.empty()) {
      out = "<?xml version=\"1.0\"";
      if (!encoding.empty()) out += fmt::format(" encoding=\"{}\"", encoding);
      out += "?>";
    }
    out += between();
    out += element(root, true);
    out += between();
    if (!style_.crlf) return out;
    std::string lines;
    for (char const c : out) lines += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return lines;
  }

 private:
  bool one_in(std::uint64_t n) { return dice_ && dice_->one_in(n); }

  std::string gap() {
    constexpr std::array gaps = {"", " ", "\n", "\t", "\n\n  "};
    return style_.spaces && dice_ ? gaps[dice_->below(gaps.size())] : "";
  }
  std::string between() {
    auto out = style_.spaces ? gap() : std::string("\n");
    if (style_.comments && one_in(3)) out += "<!-- <record type='callEnd'/> & so on -->" + gap();
    if (style_.comments && one_in(6)) out += "<?note something?>" + gap();
    return out;
  }
  std::string escaped(std::string_view text, char quote = 0) {
    std::string out;
    for (auto const c : characters(text)) {
      bool const special = c == '<' || c == '>' || c == '&' || c == '"' || c == '\'';
      if (c > limit_of(style_.encoding) || (style_.escapes && one_in(5)))
        out += one_in(2) ? fmt::format("&#x{:X};", std::uint32_t(c))
                         : fmt::format("&#{};", std::uint32_t(c));
      else if (c == '<')
        out += "&lt;";
      else if (c == '&')
        out += "&amp;";
      else if (special && (quote != 0 || one_in(2)))
        out += fmt::format("&#{};", std::uint32_t(c));
      else
        out += utf8(c);
    }
    return out;
  }
  static std::string utf8(char32_t c) {
    std::string out;
    if (c < 0x80) return std::string(1, static_cast<char>(c));
    int const more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    out += static_cast<char>((0xFF00u >> (more + 1) & 0xFF) | c >> (6 * more));
    for (int k = more - 1; k >= 0; --k) out += static_cast<char>(0x80 | (c >> (6 * k) & 0x3F));
    return out;
  }
  std::string content(std::string_view text) {
    bool const plain = std::ranges::all_of(
        characters(text), [&](char32_t c) { return c <= limit_of(style_.encoding); });
    if (style_.escapes && plain && !text.contains("]]>") && one_in(4))
      return fmt::format("<![CDATA[{}]]>", text);
    return escaped(text);
  }

  std::string attributes(xml::Element element, bool root) {
    std::vector<Pair> all;
    for (auto const* name : attribute_names)
      if (auto const value = element.attribute(name); !value.empty())
        all.emplace_back(name, std::string(value));
    if (root && style_.prefixed) all.emplace_back("xmlns:cdr", "urn:example:cdr");
    if (root && style_.comments) all.emplace_back("xml:lang", "en");
    if (style_.shuffled && dice_)
      for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[dice_->below(i)]);
    char const quote = style_.apostrophes ? '\'' : '"';
    std::string out;
    for (auto const& [name, value] : all)
      out += " " + gap() + name + gap() + "=" + gap() + quote + escaped(value, quote) + quote;
    return out + gap();
  }

  std::string element(xml::Element element, bool root) {
    std::string const name = (style_.prefixed ? "cdr:" : "") + std::string(element.name());
    auto out = "<" + name + attributes(element, root);
    std::vector<xml::Element> children;
    for (auto child = element.first(); child; child = child.next()) children.push_back(child);
    if (children.empty() && element.text().empty() && !style_.bare_empty) return out + "/>";
    out += ">";
    if (children.empty()) {
      out += gap() + content(element.text()) + gap();
    } else {
      // Fields stand in any order; records do not.
      bool const fields = children.front().name() != "record";
      if (style_.shuffled && dice_ && fields)
        for (std::size_t i = children.size(); i > 1; --i)
          std::swap(children[i - 1], children[dice_->below(i)]);
      for (auto const child : children) out += between() + this->element(child, false);
      out += between();
    }
    return out + "</" + name + gap() + ">";
  }

  Style const& style_;
  Dice* dice_;
};

xml::Document parsed(std::string const& text) {
  auto document = xml::parse(text);
  if (!document) throw std::runtime_error(document.error().what);
  return std::move(*document);
}

}  // namespace

std::vector<Encoding> all_encodings() {
  using enum Encoding;
  return {undeclared_utf8, utf8,  utf8_with_mark, latin1,
          windows1252,     ascii, utf16_little,   utf16_big};
}

Written write_again(std::string const& text, Style const& style, Dice* dice) {
  auto const document = parsed(text);
  auto const utf8 = Writer(style, dice).document(document.root());
  return {encode(utf8, style.encoding),
          fmt::format("[{}{}] {}", name_of(style.encoding), style.crlf ? ", CRLF" : "", utf8)};
}

Written write_again(std::string const& text, Dice& dice) {
  auto const encodings = all_encodings();
  Style const style{.encoding = encodings[dice.below(encodings.size())],
                    .crlf = dice.one_in(2),
                    .declaration = dice.one_in(2),
                    .prefixed = dice.one_in(2),
                    .apostrophes = dice.one_in(2),
                    .escapes = dice.one_in(2),
                    .spaces = dice.one_in(2),
                    .comments = dice.one_in(2),
                    .shuffled = dice.one_in(2),
                    .bare_empty = dice.one_in(2)};
  return write_again(text, style, &dice);
}

std::vector<std::string> one_record_each(std::string const& text) {
  std::vector<std::string> out;
  auto const head_end = text.find('>', text.find("<records")) + 1;
  auto const head = text.substr(0, head_end);
  for (auto at = text.find("<record ", head_end); at != text.npos;
       at = text.find("<record ", at + 1)) {
    auto const end = text.find("</record>", at) + 9;
    out.push_back(head + text.substr(at, end - at) + "</records>");
  }
  return out;
}

}  // namespace wardroom::test
