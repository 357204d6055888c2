// Whether calls are watched, and how well: one sentence, the channels, and every figure.
#include "render.hpp"

#include <set>
#include <vector>

namespace wardroom::ctl {
namespace {

Tone watch_tone(Json const& monitoring) {
  if (!has(monitoring, "watching")) return monitoring_tone(monitoring);
  if (!flag(monitoring, "watching")) return Tone::bad;
  for (auto const& channel : list(monitoring, "channels"))
    if (!flag(channel, "up")) return Tone::warning;
  return Tone::good;
}

std::string without_host(Json const& channel) {
  auto error = text(channel, "last_error");
  auto const host = text(channel, "host") + ": ";
  return error.starts_with(host) ? error.substr(host.size()) : error;
}

std::string until(Json const& json, std::string_view member, Look const& look) {
  auto const at = time(json, member);
  return at ? relative_words(*at, look.now) : "";
}

std::string table_of(Json const& monitoring, Look const& look) {
  Table table({{"CHANNEL", false, 14},
               {"STATE", false, 10},
               {"SINCE"},
               {"EVENTS", true, 0, 3},
               {"HEARD", false, 0, 2},
               {"REFRESH", false, 0, 1}});
  for (auto const& channel : list(monitoring, "channels")) {
    bool const up = flag(channel, "up");
    auto const state = text(channel, "state");
    table.add({text(channel, "host"),
               Cell(state.empty() ? (up ? "up" : "down") : state, tone_of(up ? "up" : "down")),
               ago(channel, "since", look),
               has(channel, "events") ? count_words(count(channel, "events")) : "",
               up ? ago(channel, "last_heard", look) : "",
               up ? until(channel, "refresh_due", look) : ""});
  }
  return table.empty() ? "" : "\n" + table.text(look, 2);
}

/// Errors are sentences: they stand below the table in full, once when all have the same.
std::string errors_of(Json const& monitoring, Look const& look) {
  std::vector<std::pair<std::string, bool>> lines;  // and whether it is up
  std::set<std::pair<std::string, bool>> different;
  auto const& channels = list(monitoring, "channels");
  for (auto const& channel : channels) {
    auto const error = without_host(channel);
    if (error.empty()) continue;
    bool const up = flag(channel, "up");
    different.emplace(error, up);
    lines.emplace_back(text(channel, "host") + (up ? " is up; before that: " : ": ") + error, up);
  }
  if (lines.size() > 1 && lines.size() == channels.size() && different.size() == 1)
    lines = {{(lines[0].second ? "All are up; before that: " : "All: ") + different.begin()->first,
              lines[0].second}};
  std::string out;
  for (auto const& [line, up] : lines)
    out += "  " + paint(look, up ? Tone::faint : Tone::warning, wrap(line, look.width, 4)) + "\n";
  return out.empty() ? out : "\n" + out;
}

/// "12:03:11 to 12:03:19 (8 s): the daemon was not running"
std::string period_words(Json const& period, Look const& look) {
  auto const from = time(period, "from");
  auto const to = time(period, "to");
  std::string out = from ? short_clock_words(*from, look.now) : "";
  if (to) out += " to " + short_clock_words(*to, look.now);
  out += " UTC";
  if (auto const seconds = number(period, "seconds")) out += " (" + duration_words(*seconds) + ")";
  auto const why = text(period, "why");
  return out + (why.empty() ? "" : ": " + why);
}

Cell blind_cell(Json const& monitoring, Look const& look) {
  auto const& blind = part(monitoring, "blind");
  if (!has(monitoring, "blind")) return Cell();
  bool const now = has(blind, "now");
  auto const total = number(blind, "total_s").value_or(0);
  std::string out;
  if (now) {  // why is said on top
    auto period = part(blind, "now");
    period.erase("why");
    out = "now, since " + period_words(period, look) + "; ";
  }
  out += total < 0.1 ? "never since the start"
                     : duration_words(total) + " in all since the start, " +
                           plural(count(blind, "times"), "time", "times");
  if (has(blind, "last")) out += "; last from " + period_words(part(blind, "last"), look);
  return Cell(out, now ? Tone::bad : Tone::plain);
}

std::string subscription_words(Json const& monitoring, Look const& look) {
  auto const& subscription = part(monitoring, "subscription");
  auto const id = text(subscription, "id");
  if (!flag(monitoring, "subscribed")) return id.empty() ? "none" : "not confirmed";
  std::string out = id.empty() ? "there" : id.size() > 8 ? id.substr(0, 8) : id;
  auto const due = until(subscription, "refresh_due", look);
  return out + (due.empty() ? "" : ", refreshed " + due);
}

/// "3 twice, 1 unreadable": only what is there.
std::string others(Json const& json,
                   std::initializer_list<std::pair<char const*, char const*>> parts) {
  std::string out;
  for (auto const& [member, word] : parts)
    if (auto const n = count(json, member); n > 0) out += ", " + count_words(n) + " " + word;
  return out;
}

Cell acks_cell(Json const& monitoring) {
  auto const failed = count(monitoring, "ack_failures") + count(monitoring, "unresponsive");
  return Cell(
      count_words(count(monitoring, "acks")) + " answered" +
          others(monitoring, {{"ack_failures", "failed"},
                              {"acks_waiting", "waiting"},
                              {"unresponsive", "times a channel was ended for want of them"}}),
      failed > 0 ? Tone::warning : Tone::plain);
}

std::string resync_words(Json const& monitoring) {
  auto const& survey = part(monitoring, "survey");
  auto out = count_words(count(monitoring, "resyncs"));
  auto const asked = count(survey, "asked");
  if (asked > 0)
    out += ", for which " + plural(asked, "person was", "people were") + " asked" +
           others(survey, {{"failed", "in vain"}});
  if (flag(survey, "running"))
    out += "; now asking, " + count_words(count(survey, "waiting")) + " to go";
  return out;
}

Cell warnings_cell(Json const& monitoring) {
  return Cell(joined(list(monitoring, "warnings"), "; "), Tone::warning);
}

}  // namespace

std::string render_monitor(Json const& answer, Look const& look) {
  auto const& monitoring = part(answer, "monitoring");
  std::string out;
  if (auto const said = text(answer, "said"); !said.empty())
    out += wrap(said, look.width, 0) + "\n";
  auto const sentence = has(monitoring, "sentence") ? text(monitoring, "sentence")
                                                    : "Monitoring: " + monitoring_words(monitoring);
  out += paint(look, watch_tone(monitoring), wrap(sentence, look.width, 0)) + "\n";
  out += table_of(monitoring, look) + errors_of(monitoring, look);
  if (!has(monitoring, "sentence")) return out;
  return out + "\n" +
         render_facts(
             {{"Subscription", flag(monitoring, "on") ? subscription_words(monitoring, look) : ""},
              {"Not watched", blind_cell(monitoring, look)},
              {"Events", count_words(count(monitoring, "events")) +
                             others(monitoring, {{"events_waiting", "waiting"},
                                                 {"duplicates", "came twice"},
                                                 {"malformed", "unreadable"},
                                                 {"gaps", "never came"}})},
              {"Acknowledged", acks_cell(monitoring)},
              {"Overflows", count(monitoring, "overflows") > 0
                                ? Cell(count_words(count(monitoring, "overflows")) +
                                           " events dropped because too many waited",
                                       Tone::warning)
                                : Cell()},
              {"Reconnects", count_words(count(monitoring, "reconnects"))},
              {"Resyncs", resync_words(monitoring)},
              {"Warning", warnings_cell(monitoring)}},
             look);
}

}  // namespace wardroom::ctl
