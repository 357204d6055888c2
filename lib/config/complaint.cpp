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

std::string without_passwords(std::string_view text) {
  std::string out;
  for (;;) {
    auto const scheme = text.find("://");
    if (scheme == text.npos) return out.append(text);
    auto const begin = scheme + 3;
    auto const authority = text.substr(begin, text.find_first_of("/?# '\",", begin) - begin);
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
