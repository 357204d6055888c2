#include "login_screen.hpp"

#include "qr.hpp"
#include "render.hpp"

#include <fmt/format.h>

namespace wardroom::ctl {
namespace {

std::string with_whom(std::string const& identity) {
  return identity == "admin"
             ? "and sign in as a full administrator of the organisation."
             : "Then sign in with the account that identity " + identity + " shall act for.";
}

std::string own_line(Look const& look, std::string const& text) {
  return "\n    " + paint(look, Tone::strong, text) + "\n\n";
}

}  // namespace

std::string spaced_code(std::string_view code) {
  std::size_t const group = code.size() % 3 == 0 ? 3 : 4;
  bool const grouped = code.contains('-') || code.contains(' ');
  std::string out;
  std::size_t in_group = 0;
  for (char c : code) {
    bool const gap = grouped ? c == '-' || c == ' ' : in_group == group;
    if (gap) out += "  ", in_group = 0;
    if (grouped && gap) continue;
    out += (out.empty() ? "" : " ") + std::string(1, c);
    ++in_group;
  }
  return out;
}

std::string LoginScreen::take(Json const& line, Look const& look) {
  auto const step = text(line, "step");
  if (auto const left = number(line, "left_s")) {
    auto const ends = look.now + Milliseconds(std::llround(*left * 1000));
    // The daemon counts in whole seconds: a difference below two is no news.
    if (!ends_ || std::chrono::abs(ends - *ends_) >= std::chrono::seconds(2)) ends_ = ends;
  }
  if (step == "device") return leave() + device(line, look);
  if (step == "browser" || step == "done") {
    done_ = true;
    return leave() +
           (step == "done" ? render_logged_in(line, look) : render_browser_login(line, look));
  }
  return tick(look);  // "waiting", and "slow_down", which nobody can do anything about
}

std::string LoginScreen::device(Json const& line, Look const& look) {
  auto const identity = text(line, "identity");
  auto const address = text(line, "url");
  auto const complete = text(line, "url_complete");
  if (auto const life = number(line, "expires_in_s"))
    ends_ = look.now + Milliseconds(std::llround(*life * 1000));
  std::string out = paint(look, Tone::title, "Login for identity " + identity) + "\n\n";
  auto const qr = manner_.qr && !complete.empty() ? qr_text(complete, look) : std::string();
  if (!qr.empty())
    out += qr + "\n  Point a phone at this, or open on any device\n";
  else
    out += "  Open on any device\n";
  out += own_line(look, address) + "  and enter the code\n";
  out += own_line(look, spaced_code(text(line, "user_code")));
  out += "  " + wrap(with_whom(identity), look.width, 2) + "\n";
  if (qr.empty() && !complete.empty() && complete != address)
    out += "  This address has the code in it already:\n" + own_line(look, complete);
  else
    out += "\n";
  return out + tick(look);
}

std::string LoginScreen::countdown(std::int64_t seconds, Look const& look) const {
  if (seconds <= 0) return "  The time for this sign-in is over.";
  auto const left = fmt::format("{}:{:02}", seconds / 60, seconds % 60);
  auto const painted = paint(look, seconds < 60 ? Tone::warning : Tone::strong, left);
  if (look.width > 0 && look.width < 60) return "  Waiting, " + painted + " left";
  return "  Waiting for the sign-in, " + painted + " left; Ctrl-C gives up.";
}

std::string LoginScreen::tick(Look const& look) {
  if (!ends_ || done_) return {};
  auto const seconds =
      std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::seconds>(*ends_ - look.now).count());
  if (!manner_.live) {
    auto const minute = (seconds + 59) / 60;
    if (told_minute_ >= 0 && minute >= told_minute_) return {};
    told_minute_ = minute;
    return seconds == 0
               ? "  The time for this sign-in is over.\n"
               : "  Waiting for the sign-in; " + duration_words(double(seconds)) + " left.\n";
  }
  auto now = countdown(seconds, look);
  if (now == shown_) return {};
  shown_ = now;
  return "\r" + now + "\033[K";
}

std::string LoginScreen::leave() {
  if (shown_.empty()) return {};
  shown_.clear();
  return "\r\033[K";
}

}  // namespace wardroom::ctl
