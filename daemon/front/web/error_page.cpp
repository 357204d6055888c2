#include "front/web/error_page.hpp"

#include "front/web/assets.hpp"

#include <array>
#include <string>
#include <utility>

namespace wardroom::front {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

using Blank = std::pair<std::string_view, std::string>;

/// Fills in each blank once, in one pass: a value that looks like a blank stays as it is.
std::string filled(std::string_view page, std::array<Blank, 4> const& blanks) {
  std::string out;
  while (!page.empty()) {
    auto const at = page.find("[[");
    out += page.substr(0, at);
    if (at == std::string_view::npos) break;
    page.remove_prefix(at);
    auto rest = page.substr(2);
    for (auto const& [name, value] : blanks) {
      if (!page.starts_with(name)) continue;
      out += value;
      rest = page.substr(name.size());
      break;
    }
    page = rest;
  }
  return out;
}

}  // namespace

http::Response error_page(int status, std::string_view title, std::string_view message,
                          std::string_view remedy) {
  std::array<Blank, 4> const blanks{{{"[[status]]", std::to_string(status)},
                                     {"[[title]]", escaped(title)},
                                     {"[[message]]", escaped(message)},
                                     {"[[remedy]]", escaped(remedy)}}};
  http::Response response;
  response.status = status;
  response.headers.set("Content-Type", "text/html; charset=utf-8");
  response.headers.set("Cache-Control", "no-store");
  response.body = filled(error_page_template(), blanks);
  return response;
}

}  // namespace wardroom::front
