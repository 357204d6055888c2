// Logins: who the daemon is logged in as, what a login gave and lacks, when each one ends.
#include "http/message.hpp"
#include "render.hpp"

#include <algorithm>

namespace wardroom::ctl {
namespace {

std::string for_identity(std::string const& identity) {
  return identity.empty() || identity == "admin" ? "" : " --identity " + identity;
}

/// "Ada Lovelace <ada@acme.example>", or whatever of it is known.
std::string person_words(Json const& answer) {
  auto const name = text(answer, "person");
  auto const email = text(answer, "email");
  if (name.empty() || email.empty()) return name + email;
  return name + " <" + email + ">";
}

/// A list's length, or the number itself.
std::int64_t how_many(Json const& json, std::string_view name) {
  auto const& value = part(json, name);
  return value.is_array() ? static_cast<std::int64_t>(value.size()) : count(json, name);
}

std::string granted_words(Json const& answer) {
  auto const missing = list(answer, "missing_scopes").size();
  auto out = count_words(how_many(answer, "scopes")) + " granted";
  return missing == 0 ? out + ", none missing" : out + ", " + std::to_string(missing) + " missing";
}

/// Scope and who needs it; a plain list of names will do as well.
void add_missing(Table& table, Json const& missing, std::string const& identity) {
  for (auto const& row : missing) {
    auto const scope = row.is_object() ? text(row, "scope") : joined(row);
    auto const users = row.is_object() ? joined(part(row, "needed_by")) : std::string();
    table.add({identity, Cell(scope, Tone::warning), users});
  }
}

/// The scopes that one login lacks; empty when it has all.
std::string missing_section(Json const& answer, Look const& look) {
  auto const& missing = list(answer, "missing_scopes");
  if (missing.empty()) return {};
  Table table({{"IDENTITY"}, {"SCOPE", false, 24}, {"NEEDED BY", false, 14}});
  add_missing(table, missing, "");
  return "\n  " + paint(look, Tone::title, "Missing scopes") + "\n" + table.text(look, 4) + "    " +
         paint(look, Tone::strong,
               "→ " + wrap("Add them to the integration at developer.webex.com, then run "
                           "wardroomctl login" +
                               for_identity(text(answer, "identity")) +
                               "; until then these features work only in part.",
                           look.width, 6)) +
         "\n";
}

/// Yellow from 14 days on, red from 7.
Tone tone_of_days(std::optional<double> days) {
  if (!days || *days > 14) return Tone::plain;
  return *days > 7 ? Tone::warning : Tone::bad;
}

std::optional<double> days_left(Json const& grant, Look const& look) {
  if (auto const days = number(grant, "refresh_days_left")) return days;
  auto const ends = time(grant, "refresh_expires_at");
  if (!ends) return std::nullopt;
  return std::chrono::duration<double, std::chrono::days::period>(*ends - look.now).count();
}

bool needs_login(Json const& grant) {
  auto const state = text(grant, "state");
  return state == "missing" || state == "needs_login";
}

/// When the access token or the login ends; of no use once the login is over.
std::string end_of(Json const& grant, std::string_view name, Look const& look) {
  return needs_login(grant) ? std::string() : ago(grant, name, look);
}

enum class Whose { all, not_on_top };
/// A line for each grant with something to do; `not_on_top` leaves out what render_needs_login
/// says.
std::string remedies_of(Json const& grants, Look const& look, Whose whose) {
  std::string out;
  for (auto const& grant : grants)
    if (whose == Whose::not_on_top && needs_login(grant)) {
      continue;
    } else if (auto const remedy = text(grant, "remedy"); !remedy.empty()) {
      auto const identity = text(grant, "identity");
      out += "  " +
             paint(look, Tone::strong, "→ " + wrap(identity + ": " + remedy, look.width, 4)) + "\n";
    }
  return out;
}

/// The address that the browser ends on, without its query; empty when the authorize URL says none.
std::string landing_of(std::string const& authorize) {
  auto const query = authorize.find('?');
  if (query == authorize.npos) return {};
  auto const pairs = http::parse_query(std::string_view(authorize).substr(query + 1));
  if (!pairs) return {};
  for (auto const& [key, value] : *pairs)
    if (key == "redirect_uri") return clean(value);
  return {};
}

}  // namespace

std::string state_words(std::string_view state) {
  if (state == "missing") return "no login";
  std::string out(state);
  std::ranges::replace(out, '_', ' ');
  return out;
}

Tone tone_of_state(std::string_view state) {
  if (state == "valid" || state == "signs_by_itself") return Tone::good;
  if (state == "missing" || state == "needs_login" || state == "expired") return Tone::bad;
  return state == "renewing_fails" ? Tone::warning : Tone::plain;
}

std::string render_logged_in(Json const& answer, Look const& look) {
  auto const identity = text(answer, "identity");
  auto const replaced = text(answer, "replaced");
  return paint(look, Tone::good, "Logged in") + " as " +
         paint(look, Tone::strong, person_words(answer)) + "\n" +
         render_facts({{"Identity", identity},
                       {"Organisation", text(answer, "org_id")},
                       {"Scopes", granted_words(answer)},
                       {"Replaces", replaced.empty() ? "" : "the login of " + replaced}},
                      look) +
         missing_section(answer, look);
}

std::string render_browser_login(Json const& answer, Look const& look) {
  auto const identity = text(answer, "identity");
  auto const page = text(answer, "page");
  auto const code = text(answer, "code");
  auto const landing = landing_of(text(answer, "url"));
  auto const left = number(answer, "expires_in_s");
  auto const who = identity == "admin" ? std::string("a full administrator of the organisation")
                                       : "the account that identity " + identity + " shall act for";
  auto way = [&](char letter, std::string const& words) {
    return "  " +
           (page.empty() ? "   " : paint(look, Tone::strong, std::string(1, letter)) + "  ") +
           words + "\n";
  };
  auto paragraph = [&](std::string const& words) {
    return "     " + wrap(words, look.width, 5) + "\n";
  };
  // Never cut, broken or indented: they are to be copied.
  auto own_line = [&](std::string const& words) {
    return "\n" + paint(look, Tone::strong, words) + "\n\n";
  };
  std::string out =
      paint(look, Tone::title, "Login for identity " + identity + ", by browser") + "\n\n";
  if (!page.empty()) {
    out += way('A', "In a browser that reaches this daemon, open") + own_line(page);
    if (!code.empty() && !page.contains(code))
      out += paragraph("give the one-time code " + code + ",");
    out += paragraph("and sign in as " + who + ". The page says when it is done.") + "\n";
  }
  out += way('B', page.empty() ? "In any browser, open" : "In any other browser, open") +
         own_line(text(answer, "url"));
  out +=
      paragraph("and sign in as " + who + ". You end on a page that may not show at all" +
                (landing.empty() ? ": never mind." : "; its address begins with " + landing + "?"));
  out += paragraph("Copy that whole address from the browser, and" +
                   (left ? " within " + duration_words(*left) : std::string()) + " run");
  out += own_line("wardroomctl auth" + for_identity(identity));
  return out + paragraph(
                   "which asks for it. (Given behind the command, in quotes, it works as "
                   "well, but it would stay in the shell's history.)");
}

std::string render_logout(Json const& answer, Look const& look) {
  auto const who = text(answer, "person");
  bool const revoked = flag(answer, "revoked");
  std::string out =
      text(answer, "identity") + ": " + paint(look, Tone::good, "logged out") +
      (who.empty() ? "" : ", was " + who) + "; " +
      (revoked ? "revoked at Webex too" : paint(look, Tone::warning, "not revoked at Webex")) +
      "\n";
  if (auto const message = text(answer, "message"); !message.empty())
    out += "  " + wrap(message, look.width, 2) + "\n";
  return out;
}

std::string render_whoami(Json const& answer, Look const& look) {
  return render_facts({{"Identity", text(answer, "identity")},
                       {"Kind", state_words(text(answer, "kind"))},
                       {"Person", Cell(text(answer, "person"), Tone::strong)},
                       {"E-mail", text(answer, "email")},
                       {"Person id", text(answer, "person_id")},
                       {"Organisation", text(answer, "org_id")},
                       {"Roles", joined(part(answer, "roles"))},
                       {"Scopes", joined(part(answer, "scopes"), " ")}},
                      look) +
         missing_section(answer, look);
}

std::string render_token_check(Json const& answer, Look const& look) {
  bool const valid = flag(answer, "valid");
  std::string out = text(answer, "identity") + ": " +
                    paint(look, valid ? Tone::good : Tone::bad, valid ? "valid" : "not valid");
  if (auto const who = text(answer, "who"); !who.empty()) out += ", logged in as " + who;
  for (auto const* more : {"message", "remedy"})
    if (auto const words = text(answer, more); !words.empty())
      out += "\n  → " + wrap(words, look.width, 4);
  return out + "\n";
}

std::string render_token_refresh(Json const& answer, Look const& look) {
  auto const until = ago(answer, "access_expires_at", look);
  return text(answer, "identity") + ": " + paint(look, Tone::good, "renewed") +
         (until.empty() ? "" : ", the new access token ends " + until) + "\n";
}

std::string render_grants(Json const& grants, Look const& look) {
  Table table({{"IDENTITY", false, 12},
               {"STATE"},
               {"WHO", false, 12},
               {"ACCESS ENDS", false, 0, 1},
               {"LOGIN ENDS"}});
  for (auto const& grant : grants) {
    auto const state = text(grant, "state");
    table.add(
        {text(grant, "identity"), Cell(state_words(state), tone_of_state(state)),
         text(grant, "who"), end_of(grant, "access_expires_at", look),
         Cell(end_of(grant, "refresh_expires_at", look), tone_of_days(days_left(grant, look)))});
  }
  return table.empty() ? "" : table.text(look, 2) + remedies_of(grants, look, Whose::not_on_top);
}

std::string render_needs_login(Json const& grants, Look const& look) {
  std::string out;
  for (auto const& grant : grants) {
    if (!needs_login(grant)) continue;
    auto const remedy = text(grant, "remedy");
    out += "\n" + paint(look, Tone::bad, "NEEDS LOGIN") + "  " +
           paint(look, Tone::strong, text(grant, "identity"));
    if (auto const who = text(grant, "who"); !who.empty()) out += " (was " + who + ")";
    if (!remedy.empty())
      out += "\n  " + paint(look, Tone::strong, "→ " + wrap(remedy, look.width, 4));
    out += "\n";
  }
  return out;
}

std::string render_token_show(Json const& answer, Look const& look) {
  auto const& grants = list(answer, "grants");
  if (grants.empty()) return "No identity is configured, so nobody can log in.\n";
  Table table({{"IDENTITY", false, 15},
               {"KIND", false, 0, 1},
               {"STATE"},
               {"WHO", false, 12},
               {"ACCESS ENDS", false, 0, 3},
               {"LOGIN ENDS"},
               {"SCOPES", true, 0, 2}});
  Table missing({{"IDENTITY", false, 15}, {"SCOPE", false, 24}, {"NEEDED BY", false, 14}});
  for (auto const& grant : grants) {
    auto const state = text(grant, "state");
    auto const scopes = how_many(grant, "scopes");
    table.add(
        {text(grant, "identity"), state_words(text(grant, "kind")),
         Cell(state_words(state), tone_of_state(state)), text(grant, "who"),
         end_of(grant, "access_expires_at", look),
         Cell(end_of(grant, "refresh_expires_at", look), tone_of_days(days_left(grant, look))),
         scopes > 0 ? count_words(scopes) : ""});
    add_missing(missing, list(grant, "missing_scopes"), text(grant, "identity"));
  }
  std::string out = table.text(look, 2) + remedies_of(grants, look, Whose::all);
  if (!missing.empty())
    out += "\n" + paint(look, Tone::title, "Missing scopes") + "\n" + missing.text(look, 2);
  if (auto const key = text(answer, "key_id"); !key.empty())
    out += "\n  " + paint(look, Tone::faint, "Sealed with the master key " + key) + "\n";
  return out;
}

}  // namespace wardroom::ctl
