// The configuration as people read it: settings, mistakes, differences, explanations.
#include "render.hpp"

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

std::string arrow(Json const& row) {
  return value_of(row, "before") + " → " + value_of(row, "after");
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
  auto const in_force = has(answer, "in_force")
                            ? shown(text(answer, "in_force")) + "  (" + text(answer, "source") + ")"
                            : std::string("not known: no daemon answers, or it has no such entry");
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
  Table table({{"KEY"}, {"VALUE", false, 12}, {"FROM", false, 12}});
  auto const file = text(answer, "file");
  for (auto const& row : list(answer, "settings")) {
    bool const changed = flag(row, "changed");
    auto source = text(row, "source");
    // The file is named once, below.
    if (!file.empty() && source.starts_with(file + ":"))
      source = "line " + source.substr(file.size() + 1);
    table.add({Cell(text(row, "key"), changed ? Tone::strong : Tone::plain),
               joined(part(row, "value")), Cell(source, Tone::faint)});
  }
  if (table.empty()) return "Everything is as by default.\n";
  return table.text(look) +
         (file.empty() ? "" : paint(look, Tone::faint, "Lines are of " + file) + "\n");
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
    return paint(look, Tone::good, "equal") + ": what " + file + " says is in force\n";
  Table table({{"KEY"}, {"IN FORCE", false, 10}, {"IN THE FILE", false, 10}, {"TAKEN"}});
  bool reload = false, restart = false;
  for (auto const& row : list(answer, "differences")) {
    bool const waits = text(row, "takes") == "restart";
    (waits ? restart : reload) = true;
    table.add({text(row, "key"), value_of(row, "before"), value_of(row, "after"),
               waits ? Cell("needs restart", Tone::warning) : Cell("on reload", Tone::good)});
  }
  auto out = table.text(look);
  if (reload) out += "  → wardroomctl reload\n";
  if (restart) out += "  → systemctl restart wardroomd (it loses nothing)\n";
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
  auto const rows = [&](std::string_view list_name, Tone tone, std::string const& word) {
    for (auto const& row : list(answer, list_name)) {
      auto const what = row.is_object() ? text(row, "key") + ": " + arrow(row) : joined(row);
      out += "  " + paint(look, tone, word) + "  " + wrap(what, look.width, word.size() + 4) + "\n";
    }
  };
  rows("changed", Tone::good, "changed      ");
  rows("needs_restart", Tone::warning, "needs restart");
  return out;
}

}  // namespace wardroom::ctl
