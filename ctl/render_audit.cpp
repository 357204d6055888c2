// The audit: who changed what, and whether the records are as they were written.
#include "render.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

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

std::string value_words(std::string const& key, Json const& value) {
  if (key == "on" && value.is_boolean()) return value.get<bool>() ? "on" : "off";
  if (value.is_null()) return "none";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.is_object() ? clean(value.dump()) : joined(value);
}

std::string named_words(std::string const& key, std::string const& words) {
  if (key == "on") return words;
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
      add(named_words(key, value_words(key, value)));
    else if (*old != value)
      add(named_words(key, value_words(key, *old) + " → " + value_words(key, value)));
  }
  for (auto const& [key, value] : before.items())
    if (!after.contains(key)) add(named_words(key, value_words(key, value) + " → gone"));
  return out;
}

/// "monitor stop" of "monitor stop asked".
std::string_view begun(std::string_view action) {
  constexpr std::string_view ending = " asked";
  return action.ends_with(ending) ? action.substr(0, action.size() - ending.size())
                                  : std::string_view{};
}

std::string what_words(Json const& record) {
  auto out = change_words(record);
  auto note =
      was_erased(record, "text") ? std::string("(a text was erased)") : text(record, "text");
  if (!note.empty()) out += (out.empty() ? "" : "; ") + note;
  if (!begun(text(record, "action")).empty())
    out = "asked, and no outcome is known" + (out.empty() ? "" : ": " + out);
  if (has(record, "happened_at")) out += (out.empty() ? "" : "; ") + std::string("written late");
  return out;
}

Cell action_cell(std::string const& action) {
  if (auto const words = begun(action); !words.empty()) return {std::string(words), Tone::warning};
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

/// A record as it is drawn: five cells side by side, and what it changed beside or below them.
struct Line {
  std::array<Cell, 5> cells;
  std::string what;
};
constexpr std::array<std::string_view, 5> titles{"RECORD", "AT (UTC)", "WHO", "ACTION", "ON"};
using Widths = std::array<std::size_t, 5>;

std::vector<Line> lines_of(Json const& records, Look const& look) {
  auto const outcomes = ended(records);
  std::vector<Line> out;
  for (auto const& record : records) {
    auto const action = text(record, "action");
    if (!begun(action).empty() && outcomes.contains(text(record, "correlation"))) continue;
    auto const at = time(record, has(record, "happened_at") ? "happened_at" : "at");
    out.push_back({{text(record, "seq"), at ? short_clock_words(*at, look.now) : "",
                    who_cell(record), action_cell(action), text(record, "object")},
                   what_words(record)});
  }
  return out;
}

std::string cells_of(std::array<Cell, 5> const& cells, Widths const& widths, Look const& look,
                     bool more_follows) {
  auto last = cells.size();
  while (!more_follows && last > 1 && cells[last - 1].text.empty()) --last;
  std::string out;
  for (std::size_t i = 0; i < last; ++i) {
    auto const words = shorten(cells[i].text, widths[i]);
    bool const padded = more_follows || i + 1 < last;
    out += (i == 0 ? "" : "  ") +
           paint(look, cells[i].tone, padded ? pad(words, widths[i], i == 0) : words);
  }
  return out;
}

/// Nothing of what was changed is cut: where there is no room for a column it goes below.
constexpr std::size_t least_room = 36;

std::string draw(std::vector<Line> const& lines, Look const& look) {
  std::array<Cell, 5> head;
  Widths widths{};
  for (std::size_t i = 0; i < titles.size(); ++i) {
    head[i] = {std::string(titles[i]), Tone::faint};
    widths[i] = columns(titles[i]);
    for (auto const& line : lines) widths[i] = std::max(widths[i], columns(line.cells[i].text));
    if (look.width != 0 && i >= 2) widths[i] = std::min(widths[i], look.width / 4);
  }
  auto const below = widths[0] + widths[1] + 4;
  auto const side = below + widths[2] + widths[3] + widths[4] + 6;
  bool const beside = look.width == 0 || side + least_room <= look.width;
  auto out = cells_of(head, widths, look, beside) +
             (beside ? "  " + paint(look, Tone::faint, "WHAT") : "") + "\n";
  for (auto const& line : lines) {
    bool const here = beside && !line.what.empty();
    out += cells_of(line.cells, widths, look, here);
    if (here)
      out += "  " + wrap(line.what, look.width, side);
    else if (!line.what.empty())
      out += "\n" + std::string(below, ' ') +
             paint(look, Tone::faint, wrap(line.what, look.width, below));
    out += "\n";
  }
  return out;
}

}  // namespace

std::string render_audit_list(Json const& answer, Look const& look) {
  auto const lines = lines_of(list(answer, "records"), look);
  if (lines.empty()) return "No such record.\n";
  auto out = draw(lines, look);
  auto const& records = list(answer, "records");
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
  if (flag(answer, "ok") && count(answer, "heads_given") > 0) return out;
  std::string const remedy =
      !flag(answer, "ok")
          ? "What comes before that record holds. Copy the store away as it is, then hold it "
            "against the last backup: docs/audit.md says what each fault means."
          : "Heads that were kept on another machine prove more: journalctl -u wardroomd | "
            "wardroomctl audit verify --heads -";
  return out + paint(look, Tone::strong, "→ " + wrap(remedy, look.width, 2)) + "\n";
}

}  // namespace wardroom::ctl
