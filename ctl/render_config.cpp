// The configuration as people read it: settings, mistakes, differences, explanations.
#include "render.hpp"

#include <algorithm>

namespace wardroom::ctl {
namespace {

std::string shown(std::string value) { return value.empty() ? "(empty)" : value; }

/// "45s", or "(not there)" when null.
std::string value_of(Json const& row, std::string_view name) {
  return has(row, name) ? shown(text(row, name)) : "(not there)";
}

/// "ok  the sentence, broken below itself"
std::string labelled(Look const& look, Tone tone, std::string const& label,
                     std::string_view sentence) {
  return paint(look, tone, label) + "  " + wrap(sentence, look.width, label.size() + 2) + "\n";
}

/// The line it is about, with a mark below the column.
std::string snippet(Json const& complaint, Look const& look) {
  auto const line = text(complaint, "text");
  if (line.empty()) return {};
  auto const number = text(complaint, "line");
  auto const column =
      static_cast<std::size_t>(std::max<std::int64_t>(1, count(complaint, "column")));
  auto const before = line.substr(0, std::min(column - 1, line.size()));
  auto const width =
      look.width == 0 ? line.size() : look.width - std::min<std::size_t>(look.width, 10);
  std::string out = "    " + pad(number, 4, true) + " | " + shorten(line, width) + "\n";
  if (columns(before) < width)
    out += std::string(8, ' ') + " | " + std::string(columns(before), ' ') + "^\n";
  return paint(look, Tone::faint, out);
}

std::string render_complaint(Json const& complaint, Look const& look) {
  auto place = text(complaint, "file");
  if (count(complaint, "line") > 0)
    place += ":" + text(complaint, "line") + ":" + text(complaint, "column");
  place += ":";
  auto const key = text(complaint, "key");
  auto const sentence = (key.empty() ? "" : key + ": ") + text(complaint, "message");
  auto const whole = wrap(place + " " + sentence, look.width, 4);
  // The place is painted by itself, wherever the terminal broke the line.
  std::string out = whole.starts_with(place)
                        ? paint(look, Tone::strong, place) + whole.substr(place.size())
                        : whole;
  return out + "\n" + snippet(complaint, look);
}

/// "changed  call_blocking.timeout: 5m → 10m"
std::string difference(Look const& look, Tone tone, std::string const& word, Json const& row) {
  auto const what = row.is_object() ? text(row, "key") + ": " + value_of(row, "before") + " → " +
                                          value_of(row, "after")
                                    : joined(row);
  return "  " + paint(look, tone, word) + "  " + wrap(what, look.width, word.size() + 4) + "\n";
}

/// The example as it would stand in the file: "call_blocking:\n  timeout: 300s".
std::string in_the_file(std::string_view key, std::string_view value, std::string_view type) {
  std::string out;
  std::size_t indent = 0;
  for (std::size_t at = 0; at <= key.size();) {
    auto const end = std::min(key.find('.', at), key.size());
    out += (indent ? "\n" : "") + std::string(12 + indent, ' ') +
           std::string(key.substr(at, end - at)) + ":";
    indent += 2;
    at = end + 1;
  }
  bool const bare_list = type.starts_with("a list") && !value.starts_with('[');
  return out.substr(12) + " " + (bare_list ? "[" + std::string(value) + "]" : std::string(value));
}

std::string render_topic(Json const& answer, Look const& look) {
  auto const key = text(answer, "key");
  auto const restart = text(answer, "takes") == "restart";
  std::string out = paint(look, Tone::strong, key) + "\n";
  out += "  " + wrap(text(answer, "text"), look.width, 2) + "\n\n";
  auto type = text(answer, "type");
  if (auto const choices = text(answer, "choices"); !choices.empty())
    type = text(answer, "type") == "one word of several" || text(answer, "type") == "a text"
               ? choices
               : type + ", " + choices;
  auto standard =
      flag(answer, "required") ? "none: it must be given" : shown(text(answer, "default"));
  if (auto const from = text(answer, "follows"); !from.empty())
    standard = "follows " + from + ": " + standard;
  std::string const in_force = has(answer, "in_force") ? shown(text(answer, "in_force")) + "  (" +
                                                             text(answer, "source") + ")"
                               : flag(answer, "daemon") ? "the running daemon has no such entry"
                                                        : "not known: no daemon answers";
  std::vector<std::pair<std::string, Cell>> const facts{
      {"type", Cell(type)},
      {"default", Cell(standard)},
      {"in force", Cell(in_force)},
      {"a change", restart ? Cell("needs a restart, which loses nothing: systemctl restart "
                                  "wardroomd")
                           : Cell("is taken by a reload: wardroomctl reload")}};
  out += render_facts(facts, look);
  return out + "\n  " + paint(look, Tone::faint, "example") + "   " +
         in_the_file(key, text(answer, "example"), text(answer, "type")) + "\n";
}

}  // namespace

std::string render_config_show(Json const& answer, Look const& look) {
  auto const file = text(answer, "file");
  struct Row {
    std::string key, value, source;
    bool changed;
  };
  std::vector<Row> rows;
  std::size_t keys = 3, values = 5, sources = 4;
  for (auto const& one : list(answer, "settings")) {
    Row row{text(one, "key"), text(one, "value"), text(one, "source"), flag(one, "changed")};
    // The file is named once, below.
    if (!file.empty() && row.source.starts_with(file + ":"))
      row.source = "line " + row.source.substr(file.size() + 1);
    keys = std::max(keys, columns(row.key));
    values = std::max(values, columns(row.value));
    sources = std::max(sources, columns(row.source));
    rows.push_back(std::move(row));
  }
  if (rows.empty()) return "Everything is as by default.\n";
  // Where not all of it fits, long values have lines of their own.
  std::size_t constexpr least = 10;
  if (look.width > 0)
    values =
        std::min(values, std::max(look.width, keys + sources + least + 4) - keys - sources - 4);
  auto out =
      paint(look, Tone::title, pad("KEY", keys) + "  " + pad("VALUE", values) + "  FROM") + "\n";
  for (auto const& [key, value, source, changed] : rows) {
    bool const fits = columns(value) <= values;
    out += paint(look, changed ? Tone::strong : Tone::plain, pad(key, keys)) + "  " +
           pad(fits ? value : "", values) + "  " + paint(look, Tone::faint, source) + "\n";
    if (!fits) out += "    " + wrap(value, look.width, 4) + "\n";
  }
  return out + (file.empty() ? "" : paint(look, Tone::faint, "Lines are of " + file) + "\n");
}

std::string render_config_check(Json const& answer, Look const& look) {
  std::string out;
  for (auto const& complaint : list(answer, "complaints")) out += render_complaint(complaint, look);
  auto const mistakes = static_cast<std::int64_t>(list(answer, "complaints").size());
  auto const file = text(answer, "file");
  for (auto const& one : list(answer, "not_looked_at"))
    out +=
        labelled(look, Tone::warning, "not looked at", text(one, "key") + ": " + text(one, "why"));
  if (mistakes == 0) return out + labelled(look, Tone::good, "ok", file + " has no mistakes");
  return out + paint(look, Tone::bad, plural(mistakes, "mistake", "mistakes")) + "\n";
}

std::string render_config_diff(Json const& answer, Look const& look) {
  auto const file = text(answer, "file");
  if (flag(answer, "equal"))
    return labelled(look, Tone::good, "equal", "what " + file + " says is in force");
  auto const& rows = list(answer, "differences");
  auto const restarts =
      std::ranges::count_if(rows, [](Json const& row) { return text(row, "takes") == "restart"; });
  auto out = wrap("In force now → in " + file, look.width, 2) + "\n";
  for (auto const& row : rows)
    out += text(row, "takes") == "restart" ? difference(look, Tone::warning, "needs restart", row)
                                           : difference(look, Tone::good, "on reload    ", row);
  if (restarts < std::ssize(rows)) out += "  → wardroomctl reload\n";
  if (restarts > 0) out += "  → systemctl restart wardroomd (it loses nothing)\n";
  return out;
}

std::string render_config_explain(Json const& answer, Look const& look) {
  if (!has(answer, "keys")) return render_topic(answer, look);
  std::string out;
  if (auto const about = text(answer, "text"); !about.empty())
    out = paint(look, Tone::strong, text(answer, "section")) + "\n  " + wrap(about, look.width, 2) +
          "\n\n";
  Table table({{"KEY"}, {"DEFAULT", false, 9, 1}, {"WHAT FOR", false, 20}});
  for (auto const& row : list(answer, "keys"))
    table.add({text(row, "key"),
               flag(row, "required") ? Cell("(needed)", Tone::warning) : text(row, "default"),
               text(row, "text")});
  return out + table.text(look) + "  → wardroomctl config explain KEY tells all of it\n";
}

std::string render_config_set(Json const& answer, Look const& look) {
  auto const key = text(answer, "key");
  std::string out;
  for (auto const& why : list(answer, "warnings"))
    out += labelled(look, Tone::warning, "but", joined(why));
  if (!flag(answer, "written")) {
    out += key + " is " + shown(text(answer, "after")) + " in the file already.\n";
  } else {
    out += text(answer, "file") + ":" + text(answer, "line") + "\n";
    for (auto const& line : list(answer, "removed"))
      out += paint(look, Tone::bad, "-" + clean(line.get<std::string>())) + "\n";
    for (auto const& line : list(answer, "added"))
      out += paint(look, Tone::good, "+" + clean(line.get<std::string>())) + "\n";
  }
  if (flag(answer, "reloads") && text(answer, "takes") == "reload") return out;
  return out + (text(answer, "takes") == "reload"
                    ? "  → wardroomctl reload puts it in force\n"
                    : "  → systemctl restart wardroomd puts it in force (it loses nothing)\n");
}

std::string render_reload(Json const& answer, Look const& look) {
  std::string out = wrap(text(answer, "message"), look.width, 0);
  if (!out.empty()) out += "\n";
  for (auto const& row : list(answer, "changed"))
    out += difference(look, Tone::good, "changed      ", row);
  for (auto const& row : list(answer, "needs_restart"))
    out += difference(look, Tone::warning, "needs restart", row);
  return out;
}

}  // namespace wardroom::ctl
