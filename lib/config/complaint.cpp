#include "config/complaint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace wardroom::config {

std::string Complaint::place() const {
  return line > 0 ? fmt::format("{}:{}:{}", file, line, column) : file;
}

std::string Complaint::text() const {
  return place() + ": " + (key.empty() ? "" : key + ": ") + message;
}

void sort(Complaints& complaints) {
  std::ranges::sort(complaints, {}, [](Complaint const& one) {
    return std::tuple(std::string_view(one.file), one.line, one.column, std::string_view(one.key),
                      std::string_view(one.message));
  });
}

namespace {

/// "user:password@host:port" at the begin of a text. A password may hold what ends it in a URL.
std::string_view authority_of(std::string_view text) {
  auto const strict = text.substr(0, text.find_first_of("/?# '\",\n"));
  auto const colon = strict.find(':');
  if (colon == strict.npos || strict.contains('@') || strict.starts_with('[')) return strict;
  auto const port = strict.substr(colon + 1);
  if (!port.empty() && port.find_first_not_of("0123456789") == port.npos) return strict;
  auto const word = text.substr(0, text.find_first_of(" '\",\n"));
  auto const at = word.rfind('@');
  if (at == word.npos) return strict;
  return word.substr(0, word.find_first_of("/?#", at));
}

}  // namespace

std::string without_passwords(std::string_view text) {
  std::string out;
  for (;;) {
    auto const scheme = text.find("://");
    if (scheme == text.npos) return out.append(text);
    auto const begin = scheme + 3;
    auto const authority = authority_of(text.substr(begin));
    auto const at = authority.rfind('@');
    auto const colon = authority.find(':');
    out.append(text.substr(0, begin));
    if (at != authority.npos && colon < at)
      out.append(authority.substr(0, colon)).append(":***").append(authority.substr(at));
    else
      out.append(authority);
    text.remove_prefix(begin + authority.size());
  }
}

}  // namespace wardroom::config
