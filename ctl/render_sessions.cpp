// Web sessions: who is logged in where, and what a revocation ended.
#include "render.hpp"

namespace wardroom::ctl {
namespace {

/// "Firefox on Linux, IPv4"
std::string from_words(Json const& session) {
  auto const browser = text(session, "browser");
  auto const network = text(session, "network");
  return browser.empty() || network.empty() ? browser + network : browser + ", " + network;
}

std::string role_words(Json const& session) {
  auto const role = text(session, "role");
  return role == "administrator" ? "admin" : role;
}

/// What people post is written down once a day, so their last use is known to the day.
std::string last_words(Json const& session, Look const& look) {
  if (has(session, "last_seen")) return ago(session, "last_seen", look);
  auto const used = time(session, "last_used");
  if (!used) return {};
  return look.now - *used < std::chrono::days(1) ? "in the last day"
                                                 : ago(session, "last_used", look);
}

std::string table_of(Json const& sessions, Look const& look) {
  Table table({{"SESSION"},
               {"WHO", false, 16},
               {"ROLE", false, 0, 2},
               {"SINCE"},
               {"LAST SEEN", false, 0, 3},
               {"ENDS", false, 0, 1},
               {"FROM", false, 14, 4}});
  for (auto const& session : sessions)
    table.add({text(session, "id"), Cell(text(session, "who"), Tone::strong), role_words(session),
               ago(session, "since", look), last_words(session, look), ago(session, "ends", look),
               Cell(from_words(session), Tone::faint)});
  return table.text(look);
}

}  // namespace

std::string render_sessions_list(Json const& answer, Look const& look) {
  auto const& sessions = list(answer, "sessions");
  auto const people = count(answer, "location_sessions");
  auto out = sessions.empty() ? std::string("Nobody is logged in on the web as an administrator.\n")
                              : table_of(sessions, look);
  return out + "\n  " +
         paint(look, Tone::faint,
               wrap("People share their location in " + plural(people, "browser", "browsers") +
                        "; wardroomctl people sessions P shows whose.",
                    look.width, 2)) +
         "\n";
}

std::string render_people_sessions(Json const& answer, Look const& look) {
  auto const who = text(answer, "person");
  auto sessions = list(answer, "sessions");
  if (sessions.empty()) return who + " is logged in nowhere.\n";
  for (auto& session : sessions) session.erase("who");  // they are all theirs
  return paint(look, Tone::strong, who) + "\n" + table_of(sessions, look) + "\n  " +
         paint(look, Tone::faint,
               "→ wardroomctl people revoke " + text(answer, "person_no") + " ends them all") +
         "\n";
}

std::string render_sessions_revoke(Json const& answer, Look const& look) {
  auto const ended = count(answer, "ended");
  auto const who = text(answer, "person");
  auto const whose = who.empty() ? std::string() : " of " + who;
  if (ended == 0) return "There was no session" + whose + ".\n";
  return paint(look, Tone::good, "Ended") + " " + plural(ended, "session", "sessions") + whose +
         "; whoever used " + (ended == 1 ? "it" : "them") + " must log in again.\n";
}

}  // namespace wardroom::ctl
