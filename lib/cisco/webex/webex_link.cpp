#include "cisco/webex/webex_link.hpp"

#include "base/encoding.hpp"
#include "cisco/webex/webex_json.hpp"
#include "http/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace wardroom::webex {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Where `mark` first stands outside of quotes; the end when it does not.
std::size_t unquoted(std::string_view text, char mark) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      quoted = !quoted;
    else if (!quoted && text[i] == mark)
      return i;
  }
  return text.size();
}

/// Whether the parameters after `>` say rel="next" (or next among several relations).
bool is_next(std::string_view parameters) {
  while (!parameters.empty()) {
    auto const end = unquoted(parameters, ';');
    auto const parameter = trimmed(parameters.substr(0, end));
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    auto const equals = parameter.find('=');
    if (equals == std::string_view::npos) continue;
    if (!http::equal_ignoring_case(trimmed(parameter.substr(0, equals)), "rel")) continue;
    auto value = trimmed(parameter.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    while (!value.empty()) {
      auto const space = std::min(value.find(' '), value.size());
      if (http::equal_ignoring_case(value.substr(0, space), "next")) return true;
      value.remove_prefix(std::min(space + 1, value.size()));
    }
  }
  return false;
}

std::optional<std::string> next_in(std::string_view header) {
  while (!header.empty()) {
    auto const open = header.find('<');
    if (open == std::string_view::npos) return std::nullopt;
    auto const close = header.find('>', open);
    if (close == std::string_view::npos) return std::nullopt;
    auto const end = close + unquoted(header.substr(close), ',');
    if (is_next(header.substr(close + 1, end - close - 1)))
      return std::string(header.substr(open + 1, close - open - 1));
    header.remove_prefix(std::min(end + 1, header.size()));
  }
  return std::nullopt;
}

std::string_view path_of(std::string_view url) {
  url = url.substr(0, url.find('?'));
  auto const scheme = url.find("://");
  auto const slash =
      scheme == std::string_view::npos ? std::string_view::npos : url.find('/', scheme + 3);
  return slash == std::string_view::npos ? std::string_view("/") : url.substr(slash);
}

std::vector<std::string_view> parameters_of(std::string_view url) {
  std::vector<std::string_view> out;
  auto const question = url.find('?');
  if (question == url.npos) return out;
  for (auto rest = url.substr(question + 1); !rest.empty();) {
    auto const end = std::min(rest.find('&'), rest.size());
    if (end > 0) out.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

std::string_view key_of(std::string_view parameter) {
  return parameter.substr(0, parameter.find('='));
}

/// Without `max=null`, and with the filters of the first request that this one has lost.
std::string repaired(std::string_view next, std::string_view first) {
  auto kept = parameters_of(next);
  std::erase(kept, "max=null");
  for (auto const filter : parameters_of(first))
    if (key_of(filter) != "max" && std::ranges::find(kept, key_of(filter), key_of) == kept.end())
      kept.push_back(filter);
  std::string out(next.substr(0, next.find('?')));
  char joint = '?';
  for (auto const parameter : kept) {
    out += std::exchange(joint, '&');
    out += parameter;
  }
  return out;
}

std::string_view value_of(std::string_view parameter) {
  auto const equals = parameter.find('=');
  return equals == parameter.npos ? std::string_view() : parameter.substr(equals + 1);
}

/// However a value is escaped, and an id is written.
bool same_value(std::string_view a, std::string_view b) {
  if (a == b) return true;
  auto const x = percent_decode(a, true), y = percent_decode(b, true);
  return x && y && (http::equal_ignoring_case(*x, *y) || same_id(*x, *y));
}

/// Whether what is said of a filter of the first request is what was said there.
bool keeps_filters(std::string_view next, std::string_view first) {
  auto const now = parameters_of(next);
  return std::ranges::all_of(parameters_of(first), [&](auto const filter) {
    return key_of(filter) == "max" || std::ranges::all_of(now, [&](auto const parameter) {
             return key_of(parameter) != key_of(filter) ||
                    same_value(value_of(parameter), value_of(filter));
           });
  });
}

/// A Link header that was cut says nothing of a next page, and neither that there is none.
bool is_cut(std::string_view header) {
  auto const opened = std::ranges::count(header, '<');
  return !header.empty() && (opened == 0 || opened != std::ranges::count(header, '>') ||
                             std::ranges::count(header, '"') % 2 != 0 || !header.contains("rel"));
}

}  // namespace

Result<std::optional<std::string>> next_link(http::Headers const& headers) {
  for (auto const header : headers.get_all("Link")) {
    if (auto next = next_in(header)) return next;
    if (is_cut(header))
      return failure(ErrorKind::malformed, "the link to the next page cannot be read");
  }
  return std::nullopt;
}

std::string cursor_of(std::string_view url) {
  auto parameters = parameters_of(url.substr(0, url.find('#')));
  std::erase_if(parameters, [](auto const parameter) { return key_of(parameter) == "max"; });
  std::ranges::sort(parameters);
  std::string out(path_of(url));
  for (auto const parameter : parameters) out.append("&").append(parameter);
  return out;
}

Result<std::string> follow(std::string const& next, std::string const& first) {
  for (unsigned char c : next)
    if (c <= 0x20 || c == 0x7F)
      return failure(ErrorKind::malformed, "a link to the next page is not a URL");
  auto const origin = http::origin_of(next);
  if (!origin) return failure(ErrorKind::malformed, "a link to the next page is not a URL");
  if (origin != http::origin_of(first))
    return failure(ErrorKind::denied,
                   fmt::format("the next page is said to be at {}, which is not the "
                               "configured service: refused, the token stays here",
                               origin->host));
  if (path_of(next) != path_of(first))
    return failure(ErrorKind::denied, "the next page is said to be on another path: refused");
  if (!keeps_filters(std::string_view(next).substr(0, next.find('#')), first))
    return failure(ErrorKind::malformed,
                   "the link to the next page asks for something else than the first one");
  return repaired(std::string_view(next).substr(0, next.find('#')), first);
}

}  // namespace wardroom::webex
