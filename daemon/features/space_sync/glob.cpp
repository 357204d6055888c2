#include "features/space_sync/glob.hpp"

#include <cstddef>

namespace wardroom::space_sync {
namespace {

bool goes_on(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// One past the letter that begins at `at`.
std::size_t after_letter(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && goes_on(text[at])) ++at;
  return at;
}

}  // namespace

bool fits_glob(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0;
  std::size_t star = pattern.npos, taken = 0;  // the last '*', and where what it takes ends
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && pattern[p] == '?') {
      t = after_letter(text, t);
      ++p;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = taken = after_letter(text, taken);
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace wardroom::space_sync
