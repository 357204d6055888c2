#include "python_literals.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>

namespace wardroom::ctl {
namespace {

constexpr int deepest = 32;

struct NotUnderstood {
  std::string why;
};

void append_utf8(std::string& out, unsigned long code) {
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
    throw NotUnderstood{"a broken \\u escape"};
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

/// A place in the text that knows its line.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  std::vector<PythonSetting> read() {
    while (!over()) {
      statement();
      to_next_line();
    }
    return std::move(out_);
  }

 private:
  bool over() const { return at_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  char take() {
    char const c = text_[at_++];
    if (c == '\n') ++line_;
    return c;
  }
  bool at_end_of_line() const { return over() || peek() == '\n' || peek() == '\r'; }
  void to_next_line() {
    while (!over() && peek() != '\n') take();
    if (!over()) take();
  }
  std::string word() {
    std::string out;
    while (is_name(peek())) out += take();
    return out;
  }
  /// Blanks; inside brackets lines end nowhere, and comments are blanks too.
  void skip(bool bracketed) {
    for (;;) {
      if (peek() == ' ' || peek() == '\t' || (peek() == '\\' && peek(1) == '\n'))
        take();
      else if (bracketed && (peek() == '\n' || peek() == '\r'))
        take();
      else if (bracketed && peek() == '#')
        while (!over() && peek() != '\n') take();
      else
        return;
    }
  }

  void statement() {
    if (at_end_of_line() || peek() == '#' || peek() == ' ' || peek() == '\t') return;
    int const line = line_;
    if (peek() == '"' || peek() == '\'') return docstring(line);
    auto const name = word();
    if (name == "import" || name == "from" || name == "pass") return;
    skip(false);
    if (name.empty()) return trouble(line, "", "this line is no assignment");
    if (peek() == ':') annotation();
    if (peek() != '=' || peek(1) == '=')
      return trouble(line, "", "'" + name + " …' is no assignment");
    take();
    skip(false);
    try {
      auto value = expression(false, 0);
      skip(false);
      if (peek() == ';') take();
      skip(false);
      if (!at_end_of_line() && peek() != '#')
        throw NotUnderstood{"it is computed, not written down"};
      out_.push_back({line, name, std::move(value)});
    } catch (NotUnderstood const& e) {
      trouble(line, name, e.why);
    }
  }

  void docstring(int line) {
    try {
      expression(false, 0);
    } catch (NotUnderstood const& e) {
      trouble(line, "", e.why);
    }
  }
  /// "NAME: List[str] = …": up to the = outside of brackets.
  void annotation() {
    int depth = 0;
    while (!at_end_of_line() && (depth > 0 || peek() != '=')) {
      char const c = take();
      depth += c == '[' || c == '(' ? 1 : c == ']' || c == ')' ? -1 : 0;
    }
  }
  void trouble(int line, std::string name, std::string why) {
    out_.push_back({line, std::move(name), {}, std::move(why)});
  }

  PythonValue expression(bool bracketed, int depth) {
    if (depth > deepest) throw NotUnderstood{"it is nested too deeply"};
    char const c = peek();
    if (c == '[') return list(']', depth);
    if (c == '{') return list('}', depth);
    if (c == '(') return list(')', depth);
    if (c == '"' || c == '\'') return texts("", bracketed);
    if (std::isdigit(static_cast<unsigned char>(c)) || c == '-' || c == '+' || c == '.')
      return number();
    auto const name = word();
    if (peek() == '"' || peek() == '\'') return texts(name, bracketed);
    if (name == "True") return {PythonValue::Kind::flag, "true"};
    if (name == "False") return {PythonValue::Kind::flag, "false"};
    if (name == "None") return {};
    throw NotUnderstood{name.empty() ? "it is no literal"
                                     : "it is computed ('" + name + "'), not written down"};
  }

  PythonValue list(char closing, int depth) {
    take();
    PythonValue out{.kind = PythonValue::Kind::list};
    bool comma = false;
    for (skip(true); peek() != closing; skip(true)) {
      if (over()) throw NotUnderstood{"a bracket never closes"};
      out.items.push_back(expression(true, depth + 1));
      skip(true);
      comma = peek() == ',';
      if (comma)
        take();
      else if (peek() != closing)
        throw NotUnderstood{peek() == ':' ? "it is a dictionary"
                                          : "it is computed, not written down"};
    }
    take();
    // (1) is 1; (1,) is a tuple.
    if (closing == ')' && !comma && out.items.size() == 1) {
      auto only = std::move(out.items.front());
      return only;
    }
    return out;
  }

  /// Texts that follow each other are one.
  PythonValue texts(std::string prefix, bool bracketed) {
    PythonValue out{.kind = PythonValue::Kind::text};
    for (;;) {
      one_text(prefix, out.text);
      auto const back = std::pair(at_, line_);
      skip(bracketed);
      prefix = word();
      if (peek() == '"' || peek() == '\'') continue;
      std::tie(at_, line_) = back;
      return out;
    }
  }

  void one_text(std::string prefix, std::string& out) {
    std::ranges::transform(prefix, prefix.begin(), [](unsigned char c) { return std::tolower(c); });
    bool const raw = prefix == "r";
    if (!raw && !prefix.empty() && prefix != "u")
      throw NotUnderstood{prefix.contains('f') ? "it is an f-string, computed when it runs"
                                               : "it is no plain text"};
    char const quote = take();
    bool const triple = peek() == quote && peek(1) == quote;
    if (triple) {
      take();
      take();
    }
    for (;;) {
      if (over() || (!triple && at_end_of_line())) throw NotUnderstood{"a quote never closes"};
      if (peek() == quote && (!triple || (peek(1) == quote && peek(2) == quote))) break;
      char const c = take();
      if (c == '\r' && peek() == '\n') continue;
      if (c == '\\' && raw) {
        out += c;
        if (!over()) out += take();
      } else if (c == '\\') {
        escape(out);
      } else {
        out += c;
      }
    }
    for (int i = triple ? 3 : 1; i > 0; --i) take();
  }

  void escape(std::string& out) {
    if (over()) throw NotUnderstood{"a quote never closes"};
    char const c = take();
    static constexpr std::string_view names = "abfnrtv\\'\"", means = "\a\b\f\n\r\t\v\\'\"";
    if (auto const known = names.find(c); known != names.npos) {
      out += means[known];
    } else if (c == '\n') {
      return;
    } else if (c == 'x' || c == 'u' || c == 'U') {
      append_utf8(out, hex(c == 'x' ? 2 : c == 'u' ? 4 : 8));
    } else if (c >= '0' && c <= '7') {
      unsigned long code = static_cast<unsigned long>(c - '0');
      for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7'; ++i)
        code = code * 8 + static_cast<unsigned long>(take() - '0');
      append_utf8(out, code);
    } else {
      (out += '\\') += c;
    }
  }
  unsigned long hex(int digits) {
    std::string text;
    while (digits-- > 0 && std::isxdigit(static_cast<unsigned char>(peek()))) text += take();
    if (digits >= 0) throw NotUnderstood{"a broken \\x or \\u escape"};
    return std::strtoul(text.c_str(), nullptr, 16);
  }

  PythonValue number() {
    std::string out;
    if (peek() == '+')
      take();
    else if (peek() == '-')
      out += take();
    skip(false);
    while (is_name(peek()) || peek() == '.' ||
           ((peek() == '-' || peek() == '+') && (out.ends_with('e') || out.ends_with('E'))))
      if (char const c = take(); c != '_') out += c;
    if (out.starts_with('.')) out.insert(0, "0");
    if (out.starts_with("-.")) out.insert(1, "0");
    if (out.ends_with('.')) out += "0";
    double value = 0;
    auto const [end, bad] = std::from_chars(out.data(), out.data() + out.size(), value);
    if (bad != std::errc{} || end != out.data() + out.size() || !std::isfinite(value))
      throw NotUnderstood{"it is no plain number"};
    return {PythonValue::Kind::number, out};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  std::vector<PythonSetting> out_;
};

}  // namespace

std::vector<PythonSetting> parse_python_settings(std::string_view text) {
  return Reader(text).read();
}

}  // namespace wardroom::ctl
