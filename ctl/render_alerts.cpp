// Alerts: what is wrong now, who was told, and what was wrong lately.
#include "render.hpp"

#include <algorithm>
#include <vector>

namespace wardroom::ctl {
namespace {

Tone tone_of_delivery(std::string_view state) {
  if (state == "sent") return Tone::good;
  if (state == "superseded") return Tone::faint;
  return state == "failed" ? Tone::bad : Tone::warning;
}

std::string place_words(Json const& delivery) {
  auto const channel = text(delivery, "channel");
  auto const to = text(delivery, "to");
  return channel.empty() || to.empty() ? channel + to : channel + " " + to;
}

std::string state_of(Json const& delivery) {
  auto state = text(delivery, "state");
  std::ranges::replace(state, '_', ' ');
  return state;
}

/// "for 12 min; told 11 min ago", or "lasted 40 min, all clear 3 h ago; told 4 h ago", indented.
std::string when_line(Json const& alert, Look const& look, std::size_t indent) {
  auto const since = time(alert, "since");
  auto const cleared = time(alert, "cleared_at");
  auto const ended = cleared.value_or(look.now);
  std::string words;
  if (since)
    words = (cleared ? "lasted " : "for ") +
            duration_words(static_cast<double>((ended - *since).count()) / 1000);
  if (cleared)
    words += (words.empty() ? "all clear " : ", all clear ") + ago(alert, "cleared_at", look);
  words += has(alert, "told_at") ? "; told " + ago(alert, "told_at", look)
           : cleared             ? "; nobody was told: it was over too soon"
                                 : "; nobody was told yet";
  if (flag(alert, "flapping")) words += "; it comes and goes";
  if (words.starts_with("; ")) words.erase(0, 2);
  return std::string(indent, ' ') + paint(look, Tone::faint, wrap(words, look.width, indent)) +
         "\n";
}

/// The reason of a failure as far as it says which one; `alerts test` shows it whole.
constexpr std::size_t longest_detail = 100;

/// "webex space Operations, the all-clear: Connection refused; next try in 30 s"
std::string delivery_words(Json const& delivery, Look const& look) {
  auto out = place_words(delivery);
  if (auto const notice = text(delivery, "notice"); !notice.empty() && notice != "raised")
    out += ", " + (notice == "cleared" ? "the all-clear" : state_words(notice));
  auto const detail = text(delivery, "detail");
  if (!detail.empty() && text(delivery, "state") != "sent")
    out += ": " + shorten(detail, longest_detail);
  if (auto const next = time(delivery, "next_at"))
    out +=
        *next > look.now ? "; next try " + relative_words(*next, look.now) : "; about to be tried";
  return out;
}

/// For each place the newest message, of those that were worth sending.
std::vector<Json> newest_of_each_place(Json const& deliveries) {
  std::vector<Json> out;
  for (auto const& delivery : deliveries) {
    auto const there = std::ranges::find(out, place_words(delivery), place_words);
    if (there == out.end())
      out.push_back(delivery);
    else if (text(delivery, "state") != "superseded")
      *there = delivery;
  }
  return out;
}

std::string delivery_lines(Json const& deliveries, Look const& look, std::size_t indent) {
  auto const rows = newest_of_each_place(deliveries);
  std::size_t widest = 0;
  for (auto const& row : rows) widest = std::max(widest, columns(state_of(row)));
  std::string out;
  for (auto const& row : rows)
    out += std::string(indent, ' ') +
           paint(look, tone_of_delivery(text(row, "state")), pad(state_of(row), widest)) + "  " +
           wrap(delivery_words(row, look), look.width, indent + widest + 2) + "\n";
  return out;
}

std::string alert_lines(Json const& alerts, Look const& look) {
  std::size_t widest = 0;
  for (auto const& alert : alerts) widest = std::max(widest, columns(text(alert, "part")));
  auto const indent = widest + 12;
  std::string out;
  for (auto const& alert : alerts) {
    auto const colour = text(alert, "colour");
    out += "  " + paint(look, tone_of(colour), pad(colour, 6)) + "  " +
           pad(text(alert, "part"), widest) + "  " +
           wrap(text(alert, "sentence"), look.width, indent) + "\n";
    auto const remedy = text(alert, "remedy");
    if (!remedy.empty() && !has(alert, "cleared_at"))
      out += std::string(indent, ' ') +
             paint(look, Tone::strong, "→ " + wrap(remedy, look.width, indent + 2)) + "\n";
    out += when_line(alert, look, indent) + delivery_lines(list(alert, "deliveries"), look, indent);
  }
  return out;
}

}  // namespace

Cell alerts_cell(Json const& alerts) {
  auto const open = count(alerts, "open");
  std::string working, broken;
  for (auto const& channel : list(alerts, "channels")) {
    auto& names = flag(channel, "works") ? working : broken;
    names += (names.empty() ? "" : ", ") + place_words(channel);
  }
  if (working.empty() && broken.empty() && !has(alerts, "open")) return {};
  std::string out = open == 0 ? "none open" : count_words(open) + " open";
  if (!working.empty()) out += ", told to " + working;
  if (!broken.empty()) out += "; NOT REACHED: " + broken;
  if (working.empty() && broken.empty()) out += ", nobody is told: no place is configured";
  return {out, !broken.empty() ? Tone::bad : open > 0 ? Tone::warning : Tone::plain};
}

std::string render_alerts_list(Json const& answer, Look const& look) {
  auto const& open = list(answer, "open");
  auto const& recent = list(answer, "recent");
  std::string out = open.empty()
                        ? paint(look, Tone::good, "No alert is open.") + "\n"
                        : paint(look, Tone::title, "Open") + "\n" + alert_lines(open, look);
  if (!recent.empty())
    out += "\n" + paint(look, Tone::title, "Recent") + "\n" + alert_lines(recent, look);
  if (auto const message = text(answer, "message"); !message.empty())
    out += "\n  " + wrap(message, look.width, 2) + "\n";
  return out;
}

std::string render_alerts_test(Json const& answer, Look const& look) {
  auto const& deliveries = list(answer, "deliveries");
  if (deliveries.empty())
    return paint(look, Tone::bad, "Alerts go nowhere") + ": no place is configured.\n  " +
           paint(look, Tone::strong,
                 "→ " + wrap("Set alerts.webex_space, alerts.webex_admins or alerts.mail in the "
                             "configuration; etc/wardroom.yaml shows how.",
                             look.width, 4)) +
           "\n";
  std::string out;
  for (auto const& delivery : deliveries) {
    bool const ok = flag(delivery, "ok");
    auto const detail = text(delivery, "detail");
    out += "  " + paint(look, ok ? Tone::good : Tone::bad, ok ? "ok    " : "failed") + "  " +
           wrap(place_words(delivery) + (detail.empty() ? "" : ": " + detail), look.width, 10) +
           "\n";
  }
  return out;
}

}  // namespace wardroom::ctl
