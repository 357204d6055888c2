#include "alerts/alert_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace wardroom::alerts {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_headline = 600;
constexpr std::size_t longest_subject = 140;

std::string without_dot(std::string text) {
  while (text.ends_with('.') || text.ends_with(' ')) text.pop_back();
  return text;
}

/// "call_blocking.channels" → "Call blocking, channels".
std::string part_words(std::string_view part) {
  std::string out;
  for (char const c : part) {
    if (c == '.')
      out += ", ";
    else
      out += c == '_' ? ' ' : c;
  }
  if (!out.empty()) out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
  return out;
}

std::string one_line(std::string_view text) {
  std::string out;
  for (char const c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

/// Without what stands in brackets, which explains: for the subject.
std::string brief(std::string const& headline) {
  return cut(headline.substr(0, headline.find(" (")), longest_subject);
}

/// How the item stands: "red", "still red", "was red", "over" …
std::string standing(Item const& item) {
  auto const& alert = *item.alert;
  auto const colour = std::string(name(alert.fact.colour));
  if (item.notice == Notice::cleared) return "over";
  if (alert.cleared_at) return "was " + colour;
  switch (item.notice) {
    case Notice::reminder:
      return "still " + colour;
    case Notice::still_flapping:
      return "still comes and goes";
    case Notice::eased:
      return "now only " + colour;
    default:
      return colour;
  }
}

struct Row {
  std::string_view label;
  std::string words;
};

std::vector<Row> rows(Item const& item, Instant now) {
  auto const& alert = *item.alert;
  auto const& fact = alert.fact;
  if (alert.cleared_at) {
    auto const lasted = std::max<Milliseconds>(*alert.cleared_at - fact.since, 0ms);
    return {{"Lasted", fmt::format("{}, from {} to {}", span_text(lasted), moment_text(fact.since),
                                   moment_text(*alert.cleared_at))},
            {"Now", "It is green again; there is nothing to do."}};
  }
  std::vector<Row> out;
  if (auto const whole = one_line(fact.sentence); whole.size() + 40 > longest_headline)
    out.push_back({"In full", whole});
  auto const age = std::max<Milliseconds>(now - fact.since, 0ms);
  out.push_back({"Since", fmt::format("{} ({} ago)", moment_text(fact.since), span_text(age))});
  if (fact.flapping)
    out.push_back({"Note",
                   "It comes and goes. You are told again at most once an hour, and of its "
                   "end once it has been green for half an hour."});
  out.push_back({"Protection", meaning(fact)});
  if (!fact.remedy.empty()) out.push_back({"To do", one_line(fact.remedy)});
  return out;
}

int rank(Item const& item) {
  if (item.alert->cleared_at) return 2;
  return item.alert->fact.colour == HealthColour::red ? 0 : 1;
}

std::string text_of(Item const& item, Instant now) {
  std::string out = upper(standing(item)) + ": " + headline(item.alert->fact) + "\n\n";
  for (auto const& row : rows(item, now))
    out += fmt::format("  {:<12}{}\n", std::string(row.label) + ":", row.words);
  return out + "\n";
}

std::string markdown_of(Item const& item, Instant now) {
  std::string out = "**" + escape_markdown(upper(standing(item))) + ": " +
                    escape_markdown(headline(item.alert->fact)) + "**\n\n";
  for (auto const& row : rows(item, now))
    out += fmt::format("- {}: {}\n", row.label, escape_markdown(row.words));
  return out + "\n";
}

std::string footer(Site const& site) {
  return fmt::format(
      "Host {}. The present state: wardroomctl status. What was told to whom: "
      "wardroomctl alerts list.",
      site.host);
}

/// Items as long as they fit, then how many are left, then the footer.
template <class Write>
std::string body(std::span<Item const> items, std::string const& end, Write write) {
  constexpr std::size_t reserve = 120;
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto const piece = write(items[i]);
    if (out.size() + piece.size() + end.size() + reserve > longest_message) {
      if (i == 0) out = cut(piece, longest_message - end.size() - reserve) + "\n\n";
      if (i > 0 || items.size() > 1)
        out += fmt::format("... and {} more: wardroomctl alerts list\n\n",
                           items.size() - std::max<std::size_t>(i, 1));
      break;
    }
    out += piece;
  }
  return out + end + "\n";
}

}  // namespace

std::string headline(OpenFact const& fact) {
  auto sentence = without_dot(one_line(fact.sentence));
  std::string title = part_words(fact.part);
  if (fact.part.starts_with("login.")) {
    auto const identity = fact.part.substr(6);
    title = "Webex login of " + identity;
    if (sentence.starts_with(identity + ": ")) sentence.erase(0, identity.size() + 2);
  }
  return cut(sentence.empty() ? title : title + ": " + sentence, longest_headline);
}

std::string meaning(OpenFact const& fact) {
  bool const red = fact.colour == HealthColour::red;
  if (fact.part == "login.admin")
    return red ? "Wardroom acts in Webex under this login. Without it no call is watched or "
                 "blocked; "
                 "an access token it still holds puts that off until the token ends."
               : "Protection goes on. It ends if this login does.";
  if (fact.part.starts_with("login."))
    return red ? "What is done under this login stops with the access token it still holds."
               : "Nothing has stopped yet. What is done under this login ends if it does.";
  if (fact.part.starts_with("call_blocking"))
    return red ? "Calls that ought to be blocked may pass."
               : "Calls are judged by what is known and configured; that may be less than you "
                 "want.";
  if (fact.part == "store")
    return red ? "New positions cannot be kept. Decisions go on from memory until the positions "
                 "there "
                 "are too old."
               : "Protection goes on.";
  if (fact.part.starts_with("task."))
    return red ? "This part does nothing until it runs again." : "It works again.";
  return red ? "A part of Wardroom does not do its work."
             : "Protection goes on, with less in reserve.";
}

std::string span_text(Milliseconds span) {
  auto const s = span.count() / 1000;
  auto const two = [](std::int64_t a, char const* big, std::int64_t b, char const* small) {
    return b ? fmt::format("{} {} {} {}", a, big, b, small) : fmt::format("{} {}", a, big);
  };
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min", s / 60);
  if (s < 86'400) return two(s / 3600, "h", s % 3600 / 60, "min");
  return two(s / 86'400, "d", s % 86'400 / 3600, "h");
}

std::string moment_text(Instant at) {
  auto const day = std::chrono::floor<std::chrono::days>(at);
  std::chrono::year_month_day const date(day);
  std::chrono::hh_mm_ss const time(std::chrono::floor<std::chrono::minutes>(at - day));
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02} UTC", int(date.year()), unsigned(date.month()),
                     unsigned(date.day()), time.hours().count(), time.minutes().count());
}

std::string escape_markdown(std::string_view text) {
  std::string out;
  bool begins = true;  // of a line: lists, headings, numbers
  for (char const c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (std::string_view("\\`*_[]~|").contains(c) ||
             (begins && std::string_view("#+-=").contains(c)))
      out.append("\\").append(1, c);
    else
      out += c;
    begins = c == '\n' || (begins && c == ' ');
  }
  return out;
}

std::string cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  auto end = most - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

Bulletin compose(Site const& site, std::span<Item const> given, Instant now) {
  std::vector<Item> items(given.begin(), given.end());
  std::ranges::sort(items, {},
                    [](Item const& item) { return std::pair(rank(item), item.alert->id); });
  auto const& first = items.front();
  Bulletin out;
  out.subject = fmt::format("[Wardroom {}] {}: {}", site.name, standing(first),
                            brief(headline(first.alert->fact)));
  if (items.size() > 1) out.subject += fmt::format(" (and {} more)", items.size() - 1);
  auto const end = footer(site);
  out.text = body(items, end, [&](Item const& item) { return text_of(item, now); });
  out.markdown =
      body(items, escape_markdown(end), [&](Item const& item) { return markdown_of(item, now); });
  return out;
}

Bulletin compose_test(Site const& site, Instant now) {
  auto const words = fmt::format(
      "This is a test of Wardroom's alerts, asked for at {}. Whoever reads it will be told of "
      "trouble. There is nothing to do.",
      moment_text(now));
  return {.subject = fmt::format("[Wardroom {}] test of the alerts", site.name),
          .text = words + "\n\n" + footer(site) + "\n",
          .markdown = words + "\n\n" + escape_markdown(footer(site)) + "\n",
          .id = fmt::format("test.{}", unix_ms(now))};
}

}  // namespace wardroom::alerts
