// People.
#include "render.hpp"

namespace wardroom::ctl {
namespace {

Cell allowed_cell(Json const& person) {
  if (!has(person, "allowed")) return {};
  return flag(person, "allowed") ? Cell("allowed", Tone::good) : Cell("blocked", Tone::bad);
}

std::string metres(Json const& json, std::string_view name) {
  auto const value = number(json, name);
  return value ? distance_words(*value) : "";
}

std::string age(Json const& json, std::string_view name) {
  auto const value = number(json, name);
  return value ? duration_words(*value) + " ago" : "";
}

Cell mapping_cell(Json const& person) {
  auto const mapping = text(person, "mapping");
  if (mapping == "conflict") return {"conflict", Tone::bad};
  if (mapping == "no_calling_user") return {"no phone", Tone::faint};
  if (mapping == "no_person") return {"no person", Tone::warning};
  return {mapping == "gone" ? "gone" : "", Tone::faint};
}

/// How many browsers may post this person's position.
std::string sessions_words(Json const& person) {
  if (!has(person, "sessions")) return "";
  auto const& sessions = part(person, "sessions");
  if (!sessions.is_array()) return joined(sessions);
  return sessions.empty()
             ? "none"
             : plural(static_cast<std::int64_t>(sessions.size()), "browser", "browsers");
}

std::string place_words(Json const& person) {
  auto out = text(person, "location");
  auto const country = text(person, "country");
  if (country.empty()) return out;
  return out.empty() ? country : out + ", " + country;
}

/// What this person was told of calls of theirs that were ended.
std::string notice_words(Json const& person, Look const& look) {
  auto const& notice = part(person, "notice");
  if (notice.empty()) return "";
  auto const told = text(notice, "told");
  auto out = "last ended " + ago(notice, "last_call", look) + " (" + text(notice, "reason") + "), ";
  if (told == "sent") return out + "told by message " + ago(notice, "told_at", look);
  if (told == "pending") out += "the message waits";
  if (told == "uncertain") out += "perhaps told by message";
  if (told == "failed") out += "the message failed";
  if (told == "dropped") out += "not told by message";
  auto const detail = text(notice, "detail");
  return detail.empty() ? out : out + ": " + detail;
}

}  // namespace

std::string directory_words(Json const& directory, Look const& look) {
  if (directory.empty()) return "";
  auto const& last = part(directory, "last");
  std::string out;
  if (auto const& now = part(directory, "reading"); !now.empty()) {
    out = text(directory, "state") + ": " + plural(count(now, "pages"), "page", "pages") + ", " +
          plural(count(now, "people"), "person", "people") + " and " +
          plural(count(now, "calling_users"), "calling user", "calling users") + " so far, begun " +
          ago(now, "since", look);
  } else if (!last.empty()) {
    out = "read " + ago(last, "at", look) + " in " +
          duration_words(number(last, "took_ms").value_or(0) / 1000);
  } else {
    out = "not read yet";
  }
  out += "; " + count_words(count(directory, "mapped")) + " of " +
         plural(count(directory, "people"), "person", "people") + " known as callers";
  if (auto const conflicts = count(directory, "conflicts"); conflicts > 0)
    out += ", " + plural(conflicts, "conflict", "conflicts");
  if (auto const trouble = text(directory, "trouble"); !trouble.empty())
    out += "; the last try failed: " + trouble;
  return out;
}

namespace {

/// Above the list while it may be incomplete.
std::string directory_line(Json const& directory, Look const& look) {
  bool const well =
      part(directory, "reading").empty() && !has(directory, "trouble") && has(directory, "last");
  if (directory.empty() || well) return "";
  return paint(look, has(directory, "trouble") ? Tone::warning : Tone::faint,
               wrap("Directory " + directory_words(directory, look), look.width, 2)) +
         "\n";
}

std::string below_list(Json const& answer, Look const& look) {
  std::string out;
  auto const total = count(answer, "total"), before = count(answer, "before");
  auto const shown = static_cast<std::int64_t>(list(answer, "people").size());
  if (shown < total) {
    auto const next = text(answer, "next");
    out = (before > 0 ? count_words(before + 1) + " to " + count_words(before + shown)
                      : count_words(shown)) +
          " of " + count_words(total) +
          (next.empty() ? "" : "; --after " + next + " shows the next, --limit more at once");
    out = paint(look, Tone::faint, out) + "\n";
  }
  if (auto const conflicts = count(part(answer, "directory"), "conflicts"); conflicts > 0)
    out += paint(look, Tone::warning,
                 plural(conflicts, "calling user is", "calling users are") +
                     " taken for nobody: see people list --mapping conflict") +
           "\n";
  return out;
}

}  // namespace

std::string render_people_list(Json const& answer, Look const& look) {
  Table table({{"NO", true},
               {"NAME", false, 16},
               {"STANDING"},
               {"CALLS"},
               {"LAST FIX"},
               {"ACCURACY", true, 0, 2},
               {"FENCE", false, 8, 4},
               {"NUMBER", false, 0, 6},
               {"EXT", true, 0, 7},
               {"LOCATION", false, 8, 5},
               {"MAPPING"},
               {"LIVE", true},
               {"E-MAIL", false, 20, 3},
               {"XSI USER", false, 16, 1}});
  for (auto const& person : list(answer, "people")) {
    auto const standing = text(person, "standing");
    auto const live = count(person, "live_calls");
    table.add({text(person, "person_no"), text(person, "name"), Cell(standing, tone_of(standing)),
               allowed_cell(person), age(person, "fix_age_s"), metres(person, "accuracy_m"),
               text(person, "fence"), text(person, "number"), text(person, "extension"),
               Cell(place_words(person), Tone::faint), mapping_cell(person),
               live ? count_words(live) : "", Cell(text(person, "email"), Tone::faint),
               Cell(text(person, "xsi_user"), Tone::faint)});
  }
  auto const header = directory_line(part(answer, "directory"), look);
  if (table.empty()) return header + "Nobody matches.\n";
  return header + table.text(look) + below_list(answer, look);
}

namespace {

/// "vienna (everybody), campus (group Sales)".
std::string bound_words(Json const& person) {
  std::string out;
  for (auto const& fence : list(person, "fences"))
    out += (out.empty() ? "" : ", ") + text(fence, "name") + " (" + joined(part(fence, "because")) +
           ")";
  return out.empty() && has(person, "fences") ? "no fence: calls always pass" : out;
}

std::string enforced_words(Json const& person) {
  if (!has(person, "enforced")) return "";
  return flag(person, "enforced") ? "yes" : "no, only observed";
}

}  // namespace

std::string render_people_show(Json const& answer, Look const& look) {
  auto const standing = text(answer, "standing");
  auto const mapping = mapping_cell(answer);
  auto const also = part(answer, "emails").size() > 1 ? joined(part(answer, "emails")) : "";
  auto const name = text(answer, "name");
  return paint(look, Tone::strong, name.empty() ? text(answer, "email") : name) + "\n" +
         render_facts({{"Person number", text(answer, "person_no")},
                       {"E-mail", text(answer, "email")},
                       {"All addresses", also},
                       {"Department", text(answer, "department")},
                       {"Location", place_words(answer)},
                       {"Standing", Cell(standing, tone_of(standing))},
                       {"Calls", allowed_cell(answer)},
                       {"Override", text(part(answer, "override"), "kind")},
                       {"Last fix", age(answer, "fix_age_s")},
                       {"Accuracy", metres(answer, "accuracy_m")},
                       {"Fence", text(answer, "fence")},
                       {"Bound by", bound_words(answer)},
                       {"Groups", joined(part(answer, "groups"))},
                       {"Enforced", enforced_words(answer)},
                       {"Ended calls", notice_words(answer, look)},
                       {"Live calls", text(answer, "live_calls")},
                       {"Number", text(answer, "number")},
                       {"Extension", text(answer, "extension")},
                       {"Mapping",
                        mapping.text.empty() ? Cell(text(answer, "mapping"), Tone::good) : mapping},
                       {"Conflict", Cell(text(answer, "conflict"), Tone::warning)},
                       {"XSI user", text(answer, "xsi_user")},
                       {"Known there as", text(answer, "calling_email")},
                       {"Webex id", text(answer, "person_id")},
                       {"UUID", text(answer, "uuid")},
                       {"Sessions", sessions_words(answer)}},
                      look);
}

}  // namespace wardroom::ctl
