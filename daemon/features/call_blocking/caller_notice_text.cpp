#include "features/call_blocking/caller_notice_text.hpp"

#include "base/time_text.hpp"

#include <fmt/format.h>

#include <string_view>

namespace wardroom::call_blocking {
namespace {

/// Names of fences are the operator's, and may hold what Markdown takes for markup.
std::string escaped(std::string_view text) {
  std::string out;
  for (char const c : text) {
    if (std::string_view("\\`*_{}[]<>#|~").contains(c)) out += '\\';
    out += c;
  }
  return out;
}

/// Words for the page, read elsewhere.
std::string away_from_page(std::string words) {
  constexpr std::string_view here = "this page";
  for (auto at = words.find(here); at != std::string::npos; at = words.find(here, at))
    words.replace(at, here.size(), "your location page");
  return words;
}

/// "14:03 UTC"
std::string time_words(Instant at) { return iso_text(at).substr(11, 5) + " UTC"; }

}  // namespace

Message caller_message(Episode const& episode, NoticeSite const& site) {
  auto const head = fmt::format("A call of yours was ended at {}.", time_words(episode.since));
  constexpr std::string_view who =
      "Wardroom ended it: it applies your organisation's rules on where calls may be made.";
  constexpr std::string_view once =
      "You get this message once: until your calls are allowed again, further calls that are ended "
      "are told on that page only.";
  auto const why = away_from_page(episode.words);
  Message out;
  out.text = fmt::format("{}\n\n{} {}\n\nWhat holds now, and what to do: {}\n\n", head, who, why,
                         site.page);
  out.markdown = fmt::format("**{}**\n\n{} {}\n\nWhat holds now, and what to do: [{}]({})\n\n",
                             head, who, escaped(why), site.page, site.page);
  if (!site.text.empty()) {
    out.text += site.text + "\n\n";
    out.markdown += site.text + "\n\n";
  }
  out.text += once;
  out.markdown += once;
  return out;
}

}  // namespace wardroom::call_blocking
