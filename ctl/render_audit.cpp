// The audit: who changed what, and whether the records are as they were written.
#include "render.hpp"

#include <set>

namespace wardroom::ctl {
namespace {

bool was_erased(Json const& record, std::string_view what) {
  for (auto const& gone : list(record, "erased"))
    if (gone.is_string() && gone == what) return true;
  return false;
}

Cell who_cell(Json const& record) {
  auto const& actor = part(record, "actor");
  auto const login = text(actor, "login");
  if (!login.empty()) return clean(login);
  if (was_erased(record, "login")) return {"(erased)", Tone::faint};
  if (has(actor, "uid")) return "uid " + text(actor, "uid");
  if (has(actor, "person_no")) return "person " + text(actor, "person_no");
  auto const kind = text(actor, "kind");
  return {kind == "web" ? "somebody at the web" : kind, Tone::faint};
}

std::string value_words(Json const& value) {
  if (value.is_null()) return "none";
  if (value.is_boolean()) return value.get<bool>() ? "on" : "off";
  return value.is_object() ? clean(value.dump()) : joined(value);
}

std::string named_words(std::string const& key, std::string const& words) {
  auto name = clean(key);
  std::ranges::replace(name, '_', ' ');
  return words.empty() ? name + ": none" : name + " " + words;
}

/// "on off → on, level info → debug"; members that stayed the same are left out.
std::string change_words(Json const& record) {
  auto const& before = part(record, "before");
  auto const& after = part(record, "after");
  std::string out;
  auto const add = [&](std::string const& words) { out += (out.empty() ? "" : ", ") + words; };
  for (auto const& [key, value] : after.items()) {
    auto const old = before.find(key);
    if (old == before.end())
      add(named_words(key, value_words(value)));
    else if (*old != value)
      add(named_words(key, value_words(*old) + " → " + value_words(value)));
  }
  for (auto const& [key, value] : before.items())
    if (!after.contains(key)) add(named_words(key, value_words(value) + " → gone"));
  return out;
}

std::string what_words(Json const& record) {
  auto out = change_words(record);
  auto note =
      was_erased(record, "text") ? std::string("(a text was erased)") : text(record, "text");
  if (!note.empty()) out += (out.empty() ? "" : "; ") + note;
  if (has(record, "happened_at")) out += (out.empty() ? "" : "; ") + std::string("written late");
  return out;
}

/// "monitor stop" of "monitor stop asked".
std::string_view begun(std::string_view action) {
  constexpr std::string_view ending = " asked";
  return action.ends_with(ending) ? action.substr(0, action.size() - ending.size())
                                  : std::string_view{};
}

Cell action_cell(std::string const& action) {
  if (auto const words = begun(action); !words.empty())
    return {std::string(words) + ": no outcome is known", Tone::warning};
  if (action.ends_with(" failed") || action == "reject_failed") return {action, Tone::bad};
  if (action == "refusal") return {action, Tone::warning};
  return action;
}

/// What was asked and has its outcome among `records` is one line.
std::set<std::string> ended(Json const& records) {
  std::set<std::string> out;
  for (auto const& record : records)
    if (begun(text(record, "action")).empty()) out.insert(text(record, "correlation"));
  out.erase("");
  return out;
}

}  // namespace

std::string render_audit_list(Json const& answer, Look const& look) {
  auto const& records = list(answer, "records");
  auto const outcomes = ended(records);
  Table table({{"RECORD", true},
               {"AT (UTC)"},
               {"WHO", false, 8},
               {"ACTION", false, 12},
               {"ON", false, 10},
               {"WHAT", false, 16, 1}});
  for (auto const& record : records) {
    auto const action = text(record, "action");
    if (!begun(action).empty() && outcomes.contains(text(record, "correlation"))) continue;
    auto const at = time(record, has(record, "happened_at") ? "happened_at" : "at");
    table.add({text(record, "seq"), at ? short_clock_words(*at, look.now) : "", who_cell(record),
               action_cell(action), text(record, "object"), what_words(record)});
  }
  if (table.empty()) return "No such record.\n";
  auto out = table.text(look);
  if (flag(answer, "more") && !records.empty())
    out += paint(look, Tone::faint,
                 "There are older ones: --before " + text(records.back(), "seq") +
                     ", or a higher --limit.") +
           "\n";
  return out;
}

std::string render_audit_verify(Json const& answer, Look const& look) {
  auto const looked = plural(count(answer, "records"), "record", "records") + " looked at" +
                      (count(answer, "erased") > 0
                           ? ", " + plural(count(answer, "erased"), "text", "texts") + " erased"
                           : "");
  std::string out;
  if (flag(answer, "ok")) {
    out = paint(look, Tone::good, "ok") + ": the audit is as it was written, records " +
          count_words(count(answer, "from")) + " to " + count_words(count(answer, "last")) + "\n";
  } else {
    auto const& first = part(answer, "first");
    auto fault = text(first, "fault");
    std::ranges::replace(fault, '_', ' ');
    out = paint(look, Tone::bad, "NOT as it was written") + ": the first bad record is " +
          paint(look, Tone::strong, count_words(count(first, "seq"))) +
          (fault.empty() ? "" : " (" + fault + ")") + "\n";
    if (auto const what = text(first, "what"); !what.empty())
      out += "  " + wrap(what, look.width, 2) + "\n";
  }
  auto const heads = count(answer, "heads");
  out += render_facts(
      {{"Records", looked},
       {"Bad", flag(answer, "ok") ? Cell() : Cell(count_words(count(answer, "bad")), Tone::bad)},
       {"Signed heads", heads == 0 ? Cell("none was at hand", Tone::warning)
                                   : Cell(plural(heads, "agrees", "agree"))},
       {"Heads not used", count(answer, "foreign_heads") == 0
                              ? Cell()
                              : Cell(count_words(count(answer, "foreign_heads")) +
                                         ": not signed with the key of this audit",
                                     Tone::warning)}},
      look);
  std::string const remedy =
      !flag(answer, "ok")
          ? "What comes before that record holds. Copy the store away as it is, then hold it "
            "against the last backup: docs/audit.md says what each fault means."
          : "Heads that were kept on another machine prove more: journalctl -u wardroomd | "
            "wardroomctl audit verify --heads -";
  return out + paint(look, Tone::strong, "→ " + wrap(remedy, look.width, 2)) + "\n";
}

}  // namespace wardroom::ctl
