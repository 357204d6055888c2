#include "store/journal_kinds.hpp"

#include "store/journal_levels.hpp"
#include "store/journal_sync.hpp"
#include "store/journal_words.hpp"

#include <algorithm>
#include <array>

namespace wardroom::store {
namespace {

/// "outgoing call to +1 408 555 0142"
std::string call_words(JournalBody const& body) {
  auto const direction = member(body, "direction");
  auto out = direction == "click_to_dial" ? std::string("click to dial")
             : direction.empty()          ? std::string("call")
                                          : direction + " call";
  return out + with(direction == "incoming" ? " from " : " to ", body, "remote");
}

std::string call_line(JournalBody const& body) {
  return (truth(body, "emergency") ? "emergency: " : "") + call_words(body) +
         with(": ", body, "state");
}

std::string decision_line(JournalBody const& body) {
  auto const decision = member(body, "decision");
  auto const reason = member(body, "reason");
  bool const emergency = truth(body, "emergency");
  auto out = call_words(body) + " " +
             (decision == "reject_failed" ? "NOT REJECTED"
              : decision == "observed"    ? "would be rejected (observed only)"
              : decision.empty()          ? "decided"
                                          : decision);
  if (emergency && decision == "passed") return out + ": emergency";
  if (!reason.empty()) out += ": " + reason;
  if (truth(body, "answered_before_release")) out += ", after it was answered";
  return out + with(", after ", body, "latency_ms", " ms");
}

std::string_view decision_tone(JournalBody const& body) {
  auto const decision = member(body, "decision");
  if (decision == "reject_failed") return "bad";
  if (decision == "rejected" || decision == "observed") return "warning";
  return decision == "passed" ? "good" : "";
}

/// "2026-11-22T12:03:11.120Z" → "2026-11-22 12:03:11 UTC".
std::string moment(std::string const& iso) {
  if (iso.size() < 19) return iso;
  return iso.substr(0, 10) + " " + iso.substr(11, 8) + " UTC";
}

/// Whether any event could reach us, which is more than one channel's fate.
std::string sight_line(JournalBody const& body) {
  auto const since = moment(member(body, "since"));
  auto const why = with(": ", body, "why");
  if (!truth(body, "sight"))
    return "CALLS ARE NOT WATCHED" + (since.empty() ? "" : " since " + since) + why;
  if (truth(body, "start"))
    return "calls are watched" + with(", ", body, "blind_s", " s after monitoring began");
  return "calls are watched again; they were not for " + member(body, "blind_s") + " s" +
         (since.empty() ? "" : ", since " + since) + why;
}

std::string channel_line(JournalBody const& body) {
  if (body.contains("sight")) return sight_line(body);
  return "event channel" + with(" to ", body, "host") +
         (truth(body, "up") ? " is up" + with(" again, after: ", body, "last_error")
                            : " is down" + with(": ", body, "last_error"));
}
std::string_view channel_tone(JournalBody const& body) {
  return truth(body, "up") || truth(body, "sight") ? "good" : "bad";
}

std::string by(JournalBody const& body) { return with(", by ", body, "by"); }

std::string monitor_line(JournalBody const& body) {
  return (truth(body, "on") ? "monitoring was started"
                            : "monitoring was stopped: every call passes") +
         by(body);
}
std::string_view monitor_tone(JournalBody const& body) {
  return truth(body, "on") ? "good" : "warning";
}

std::string override_line(JournalBody const& body) {
  auto const what = member(body, "what");
  auto const kind = member(body, "override");
  if (what != "set")
    return "the override '" + kind + "' " + (what == "over" ? "is over" : "was removed");
  return "calls: '" + kind + "' by override" + with(" until ", body, "until") + by(body);
}
std::string_view override_tone(JournalBody const& body) {
  return member(body, "what") == "set" ? "warning" : "";
}

std::string notice_line(JournalBody const& body) {
  auto const told = member(body, "told");
  auto const what = told == "sent"        ? std::string("told by message that a call was ended")
                    : told == "uncertain" ? std::string("perhaps told by message, no answer came")
                    : told == "dropped"   ? std::string("not told by message")
                                          : std::string("could not be told by message");
  return what + with(" (", body, "reason", ")") +
         (told == "sent" ? std::string() : with(": ", body, "detail"));
}
std::string_view notice_tone(JournalBody const& body) {
  auto const told = member(body, "told");
  return told == "sent" ? "good" : told == "dropped" ? "" : "warning";
}

std::string login_line(JournalBody const& body) {
  auto out = truth(body, "accepted") ? "login" + with(" as ", body, "as")
                                     : "login refused" + with(" as ", body, "as");
  out += with(" for the identity ", body, "identity") + with(", through ", body, "door");
  return out + with(": ", body, "reason") + by(body);
}
std::string_view login_tone(JournalBody const& body) {
  return truth(body, "accepted") ? "" : "warning";
}

std::string logout_line(JournalBody const& body) {
  return "logout" + with(" of the identity ", body, "identity") +
         (truth(body, "revoked") ? ", revoked at Webex" : "") + by(body);
}

std::string reload_line(JournalBody const& body) {
  if (truth(body, "refused"))
    return "a new configuration was refused: " + member(body, "mistakes") + " mistakes";
  auto const changed = members(body, "changed");
  auto const waits = members(body, "needs_restart");
  return "configuration read again: " + (changed.empty() ? "no change" : "changed " + changed) +
         (waits.empty() ? "" : "; needs a restart: " + waits);
}
std::string_view reload_tone(JournalBody const& body) {
  return truth(body, "refused") ? "warning" : "";
}

std::string alert_line(JournalBody const& body) {
  auto const notice = member(body, "notice");
  return (notice == "cleared" ? "over"
          : notice.empty()    ? "raised"
                              : notice) +
         with(": ", body, "part") + with(": ", body, "sentence");
}
std::string_view alert_tone(JournalBody const& body) {
  if (member(body, "notice") == "cleared") return "good";
  return member(body, "colour") == "red" ? "bad" : "warning";
}

std::string store_line(JournalBody const& body) {
  if (member(body, "state") == "recovered")
    return "the store takes writes again" + with(" after ", body, "lasted_s", " s");
  return "the store took no writes" + with(": ", body, "sentence");
}
std::string_view store_tone(JournalBody const& body) {
  return member(body, "state") == "recovered" ? "good" : "bad";
}

std::string config_line(JournalBody const& body) {
  if (!body.contains("key")) return any_line(body);
  return with("", body, "key") + with(" set to ", body, "after") + with(", was ", body, "before") +
         by(body);
}

std::string session_line(JournalBody const& body) {
  auto const what = member(body, "what");
  auto out = with("", body, "as", " session ") + (what.empty() ? "ended" : what);
  if (what == "revoked") {
    auto const sessions = members(body, "sessions");
    auto const on_phones = member(body, "location_sessions");
    out = "web sessions revoked" + (sessions.empty() ? sessions : ": " + sessions);
    if (!on_phones.empty() && on_phones != "0")
      out += ", and " + on_phones + " that share a position";
  }
  return out + with(", from ", body, "from") + with(", at ", body, "route") +
         with(": ", body, "reason") + by(body);
}
std::string_view session_tone(JournalBody const& body) {
  auto const what = member(body, "what");
  return what == "refused" || what == "revoked" ? "warning" : "";
}

std::string_view no_tone(JournalBody const&) { return ""; }

constexpr std::array kinds{
    JournalKind{"call", "Calls", "a call began, was answered, went on or ended", call_line,
                no_tone},
    JournalKind{"decision", "Decisions", "what was decided about a call, and why", decision_line,
                decision_tone},
    JournalKind{"channel", "Event channels",
                "a channel to Webex Calling came up or went down; whether calls were watched",
                channel_line, channel_tone},
    JournalKind{"monitor", "Monitoring", "the watching of calls was started or stopped",
                monitor_line, monitor_tone},
    JournalKind{"override", "Overrides", "an operator allowed, blocked or exempted somebody",
                override_line, override_tone},
    JournalKind{"notice", "Caller notices", "a blocked person was told by a message, or not",
                notice_line, notice_tone},
    JournalKind{"login", "Logins", "somebody logged in, or was refused", login_line, login_tone},
    JournalKind{"logout", "Logouts", "a login was given up", logout_line, no_tone},
    JournalKind{"session", "Web sessions", "web sessions were opened, ended or revoked",
                session_line, session_tone},
    JournalKind{"alert", "Alerts", "an alert was raised, changed or cleared", alert_line,
                alert_tone},
    JournalKind{"store", "Store", "the store took no writes, and took them again", store_line,
                store_tone},
    JournalKind{"reload", "Reloads", "the configuration was read again", reload_line, reload_tone},
    JournalKind{"config", "Configuration", "a key was changed by a command", config_line, no_tone},
    JournalKind{"sync", "Space syncs",
                "a run of a space's sync began, was held or ended; its schedule was paused",
                sync_line, sync_tone},
    JournalKind{"level", "Security levels", "a conference is to show another security level",
                level_line, level_tone},
    JournalKind{"bridge", "Meeting servers",
                "records of a meeting server were lost, it was restarted, silent or back",
                bridge_line, bridge_tone},
};

}  // namespace

std::span<JournalKind const> journal_kinds() { return kinds; }

JournalKind const* find_journal_kind(std::string_view name) {
  auto const found = std::ranges::find(kinds, name, &JournalKind::name);
  return found == kinds.end() ? nullptr : &*found;
}

std::string journal_line(std::string_view kind, JournalBody const& body) {
  if (!body.is_object()) return {};
  auto const* row = find_journal_kind(kind);
  auto out = row ? row->line(body) : any_line(body);
  // What others said (reasons, sentences) may have several lines; this has one.
  std::ranges::replace_if(out, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return out;
}

std::string_view journal_tone(std::string_view kind, JournalBody const& body) {
  auto const* row = find_journal_kind(kind);
  return row && body.is_object() ? row->tone(body) : std::string_view();
}

}  // namespace wardroom::store
