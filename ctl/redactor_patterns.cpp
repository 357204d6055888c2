#include "redactor_patterns.hpp"

#include <algorithm>
#include <cctype>

namespace wardroom::ctl {

bool in_word(char c) {
  auto const byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) || byte >= 0x80;
}

namespace {

/// A word beyond it is no word.
constexpr std::size_t longest_word = 300;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Long, and mixed as only random things are; names of figures are not.
bool looks_random(std::string_view text) {
  return text.size() >= 16 && std::ranges::count_if(text, is_digit) >= 4 &&
         std::ranges::count_if(text, is_letter) >= 4;
}

/// A word between blanks, without the marks of the sentence around it.
std::string judged(std::string_view word) {
  if (auto const at = word.find_first_of("@"); at != word.npos && at + 1 < word.size())
    return "<mail address>";
  if (word.contains("%40")) return "<mail address>";
  if (word.size() < 24 || !looks_random(word)) return std::string(word);
  // Of a path the random part alone.
  std::string out;
  for (std::size_t at = 0; at <= word.size();) {
    auto const end = std::min(word.find('/', at), word.size());
    auto const part = word.substr(at, end - at);
    out += (at ? "/" : "") + (looks_random(part) ? std::string("<secret>") : std::string(part));
    at = end + 1;
  }
  return out;
}

/// Reads what looks like a number of people; each `take_` goes on from `at` or leaves it.
class Digits {
 public:
  explicit Digits(std::string_view text) : text_(text) {}

  std::size_t run(std::size_t at) const {
    auto end = at;
    while (end < text_.size() && is_digit(text_[end])) ++end;
    return end - at;
  }
  bool ends(std::size_t at) const { return at >= text_.size() || !in_word(text_[at]); }

  /// "2026-11-22T00:10", with what follows of it; 0 = it is none.
  std::size_t moment(std::size_t at) const {
    std::string_view constexpr form = "dddd-dd-dd?dd:dd";
    if (at + form.size() > text_.size()) return 0;
    for (std::size_t i = 0; i < form.size(); ++i) {
      char const c = text_[at + i];
      bool const fits = form[i] == 'd'   ? is_digit(c)
                        : form[i] == '?' ? c == 'T' || c == ' '
                                         : c == form[i];
      if (!fits) return 0;
    }
    auto end = at + form.size();
    while (end < text_.size() &&
           (is_digit(text_[end]) || text_[end] == ':' || text_[end] == '.' || text_[end] == 'Z'))
      ++end;
    return end - at;
  }
  /// "192.0.2.7:443"
  std::size_t machine(std::size_t at) const {
    auto end = at;
    for (int part = 0; part < 4; ++part) {
      if (part > 0 && (end >= text_.size() || text_[end++] != '.')) return 0;
      auto const digits = run(end);
      if (digits == 0 || digits > 3) return 0;
      end += digits;
    }
    if (end < text_.size() && text_[end] == ':' && run(end + 1) > 0) end += 1 + run(end + 1);
    return ends(end) ? end - at : 0;
  }
  /// Degrees with so many places behind the point.
  std::size_t degrees(std::size_t at, std::size_t places) const {
    auto end = at;
    if (end < text_.size() && (text_[end] == '-' || text_[end] == '+')) ++end;
    auto const whole = run(end);
    if (whole == 0 || whole > 3) return 0;
    end += whole;
    if (end >= text_.size() || text_[end] != '.') return 0;
    auto const behind = run(end + 1);
    end += 1 + behind;
    return behind >= places && ends(end) ? end - at : 0;
  }
  /// One exact coordinate, or two of any kind beside each other.
  std::size_t place(std::size_t at) const {
    if (auto const first = degrees(at, 2); first > 0) {
      auto next = at + first;
      while (next < text_.size() && std::string_view(",; ").contains(text_[next])) ++next;
      if (next > at + first && next < text_.size())
        if (auto const second = degrees(next, 2); second > 0) return next + second - at;
    }
    return degrees(at, 4);
  }
  /// Seven digits or more, with single marks between them.
  std::size_t phone(std::size_t at) const {
    auto end = at;
    if (end < text_.size() && text_[end] == '+') ++end;
    std::size_t digits = 0, last = end;
    for (bool mark = true; end < text_.size(); ++end) {
      if (is_digit(text_[end])) {
        ++digits;
        last = end + 1;
        mark = false;
      } else if (mark || !std::string_view(" ()/-").contains(text_[end])) {
        break;
      } else {
        mark = true;
      }
    }
    return digits >= 7 && ends(last) ? last - at : 0;
  }

 private:
  std::string_view text_;
};

}  // namespace

std::string without_keys(std::string_view text) {
  auto const in_key = [](char c) {
    return is_digit(c) || is_letter(c) || std::string_view("_~+/=.%@-").contains(c);
  };
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    auto end = at;
    while (end < text.size() && in_key(text[end])) ++end;
    auto const word = text.substr(at, end - at);
    out += judged(word);
    if (end < text.size()) out += text[end++];
    at = end;
  }
  return out;
}

std::string without_numbers(std::string_view text) {
  Digits const digits(text);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    char const c = text[at];
    bool const begins = (is_digit(c) || ((c == '+' || c == '-') && digits.run(at + 1) > 0)) &&
                        (at == 0 || (!in_word(text[at - 1]) && text[at - 1] != '.'));
    if (!begins) {
      out += c;
      ++at;
      continue;
    }
    auto const kept = std::max(digits.moment(at), digits.machine(at));
    if (kept > 0) {
      out += text.substr(at, kept);
      at += kept;
    } else if (auto const place = digits.place(at); place > 0) {
      out += "<place>";
      at += place;
    } else if (auto const phone = digits.phone(at); phone > 0) {
      out += "<number>";
      at += phone;
    } else {
      out += c;
      ++at;
    }
  }
  return out;
}

std::string without_long(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    auto const end = std::min(text.find_first_of(" \t\n\"", at), text.size());
    out += end - at > longest_word ? std::string_view("<long text>") : text.substr(at, end - at);
    if (end < text.size()) out += text[end];
    at = end + 1;
  }
  return out;
}

}  // namespace wardroom::ctl
