// What happened, line by line: the daemon says each in a sentence, here it is fitted in.
#include "render.hpp"

namespace wardroom::ctl {
namespace {

Tone tone_of_event(Json const& event) {
  auto const tone = text(event, "tone");
  return tone == "good"      ? Tone::good
         : tone == "warning" ? Tone::warning
         : tone == "bad"     ? Tone::bad
                             : Tone::title;
}

std::string whose(Json const& event) {
  if (auto const name = text(event, "person"); !name.empty()) return name;
  auto const number = text(event, "person_no");
  return number.empty() || number == "0" ? std::string() : "person " + number;
}

/// On a terminal only the end of a call id, which is enough to name the call.
std::string call_of(Json const& event, Look const& look) {
  auto const id = text(event, "call");
  auto const dash = id.rfind('-');
  bool const enough = dash != id.npos && id.size() - dash > 8;
  return look.width && enough ? id.substr(dash + 1) : id;
}

}  // namespace

std::string render_event(Json const& event, Look const& look) {
  auto const at = time(event, "at");
  auto const seq = text(event, "seq");
  auto const when = at ? short_clock_words(*at, look.now) + "  " : std::string();
  auto const number = seq.empty() ? std::string() : pad("#" + seq, 6) + "  ";
  auto const kind = pad(text(event, "kind"), 8) + "  ";
  auto const who = whose(event);
  auto said = who + (who.empty() ? "" : ": ") + text(event, "line");
  if (auto const call = call_of(event, look); !call.empty()) said += " (" + call + ")";
  return paint(look, Tone::faint, when + number) + paint(look, tone_of_event(event), kind) +
         wrap(said, look.width, columns(when) + columns(number) + columns(kind));
}

}  // namespace wardroom::ctl
