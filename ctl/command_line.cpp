#include "command_line.hpp"

#include "base/encoding.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <deque>
#include <set>

namespace wardroom::ctl {
namespace {

using control::Param;
using control::ParamKind;
using control::VerbRow;

/// First words of all verbs, and the tool's own.
std::vector<std::string> first_words() {
  std::set<std::string> out{"help", "completion"};
  for (auto const& row : control::verb_table())
    out.emplace(row.words.substr(0, row.words.find(' ')));
  return {out.begin(), out.end()};
}

/// "list", "show", "why" for "calls"; empty when the word is a verb by itself.
std::vector<std::string> second_words(std::string_view first) {
  std::vector<std::string> out;
  for (auto const& row : control::verb_table())
    if (row.words.starts_with(std::string(first) + " "))
      out.emplace_back(row.words.substr(first.size() + 1));
  return out;
}

UsageError unknown(std::string_view word, std::vector<std::string> const& known,
                   std::string const& before) {
  auto const near = nearest(word, known);
  return {"there is no command \"" + before + std::string(word) + "\"" +
              (near ? "; did you mean \"" + before + *near + "\"?" : ""),
          "wardroomctl --help lists them all"};
}

/// The words that are no options, in order; `--socket` takes one with it.
std::vector<std::string> plain_words(std::vector<std::string> const& args) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < args.size() && out.size() < 2; ++i) {
    if (args[i] == "--socket")
      ++i;
    else if (!args[i].starts_with('-'))
      out.push_back(args[i]);
  }
  return out;
}

/// The verb meant by the first words.
std::expected<VerbRow const*, UsageError> find_row(std::vector<std::string> const& words) {
  auto const firsts = first_words();
  if (std::ranges::find(firsts, words[0]) == firsts.end())
    return std::unexpected(unknown(words[0], firsts, ""));
  auto const seconds = second_words(words[0]);
  if (seconds.empty()) return control::find_verb(words[0]);
  std::string all;
  for (auto const& second : seconds) all += (all.empty() ? "" : ", ") + second;
  if (words.size() < 2)
    return std::unexpected(UsageError{"\"" + words[0] + "\" needs a second word: " + all,
                                      "wardroomctl --help says what each does"});
  auto const* row = control::find_verb(words[0] + " " + words[1]);
  if (row) return row;
  auto error = unknown(words[1], seconds, words[0] + " ");
  if (!error.sentence.ends_with('?')) error.sentence += "; there are " + all;
  return std::unexpected(std::move(error));
}

/// Where CLI11 puts the values of one verb's parameters.
struct Values {
  std::deque<std::pair<Param const*, std::string>> texts;
  std::deque<std::pair<Param const*, bool>> flags;

  void declare(CLI::App& app, VerbRow const& row) {
    for (auto const& param : row.params) {
      std::string const name(param.name);
      if (param.kind == ParamKind::flag) {
        auto& [which, value] = flags.emplace_back(&param, false);
        app.add_flag("--" + name, value);
        continue;
      }
      auto& [which, value] = texts.emplace_back(&param, "");
      // What must be given may be given without its name too: `wait xsi`.
      auto const form = param.kind == ParamKind::positional ? name
                        : param.required                    ? "--" + name + "," + name
                                                            : "--" + name;
      app.add_option(form, value)->required(param.required && !param.asked);
    }
  }
  void collect(control::VerbParams& out) const {
    for (auto const& [param, value] : texts)
      if (!value.empty()) out.emplace(param->name, value);
    for (auto const& [param, value] : flags)
      if (value) out.emplace(param->name, "true");
  }
};

/// CLI11's complaint in our words.
UsageError complain(VerbRow const& row, CLI::ParseError const& error,
                    std::vector<std::string> const& rest) {
  UsageError out{error.what(), "wardroomctl " + std::string(row.words) + " --help"};
  if (dynamic_cast<CLI::RequiredError const*>(&error)) {
    std::string needs;
    for (auto const& param : row.params)
      if (param.required) needs += " " + std::string(param.value);
    out.sentence = "\"" + std::string(row.words) + "\" needs" + needs;
  } else if (dynamic_cast<CLI::ExtrasError const*>(&error)) {
    std::vector<std::string> known{"--help", "--json", "--socket", "--no-color"};
    for (auto const& param : row.params) known.push_back("--" + std::string(param.name));
    for (auto const& own : own_flags())
      if (own.words == row.words) known.emplace_back(own.name);
    for (auto const& word : rest) {
      auto const name = word.substr(0, word.find('='));
      if (!word.starts_with("--") || std::ranges::find(known, name) != known.end()) continue;
      auto const near = nearest(name, known);
      out.sentence = "\"" + std::string(row.words) + "\" has no option " + name +
                     (near ? "; did you mean " + *near + "?" : "");
      return out;
    }
    out.sentence = "too many words for \"" + std::string(row.words) + "\"";
  }
  return out;
}

std::expected<std::variant<Command, Text>, UsageError> parse_verb(VerbRow const& row,
                                                                  std::vector<std::string> rest) {
  Command command;
  command.row = &row;
  CLI::App app;
  app.set_help_flag("-h,--help");
  app.add_option("--socket", command.socket);
  app.add_flag("--json", command.json);
  app.add_flag("--no-color,--no-colour", command.no_color);
  for (auto const& own : own_flags())
    if (own.words == row.words) app.add_flag(std::string(own.name), command.*own.member);
  Values values;
  values.declare(app, row);
  auto const given = rest;
  try {
    std::ranges::reverse(rest);  // as CLI11 wants them
    app.parse(std::move(rest));
  } catch (CLI::CallForHelp const&) {
    return Text{verb_help(row)};
  } catch (CLI::ParseError const& error) {
    return std::unexpected(complain(row, error, given));
  }
  values.collect(command.params);
  return command;
}

/// The arguments without the verb's own words.
std::vector<std::string> without_words(std::vector<std::string> args, VerbRow const& row) {
  std::size_t left = row.words.contains(' ') ? 2 : 1;
  for (std::size_t i = 0; i < args.size() && left > 0;) {
    if (args[i] == "--socket") {
      i += 2;
    } else if (args[i].starts_with('-')) {
      ++i;
    } else {
      args.erase(args.begin() + static_cast<std::ptrdiff_t>(i));
      --left;
    }
  }
  return args;
}

}  // namespace

std::expected<std::variant<Command, Text>, UsageError> parse(std::vector<std::string> const& args) {
  auto const words = plain_words(args);
  auto given = [&](std::string_view option) {
    return std::ranges::find(args, option) != args.end();
  };
  if (words.empty()) {
    if (given("--version")) return Text{"wardroomctl " WARDROOM_VERSION "\n"};
    if (args.empty() || given("--help") || given("-h")) return Text{top_help()};
    return std::unexpected(UsageError{"a command is missing", "wardroomctl --help lists them all"});
  }
  if (words[0] == "help") {
    if (words.size() < 2) return Text{top_help()};
    std::vector<std::string> const asked(std::ranges::find(args, "help") + 1, args.end());
    auto const row = find_row(plain_words(asked));
    if (row) return Text{verb_help(**row)};
    return std::unexpected(row.error());
  }
  if (words[0] == "completion") {
    if (words.size() == 2 && words[1] == "bash") return Text{bash_completion()};
    return std::unexpected(UsageError{"\"completion\" knows one shell: bash",
                                      "source <(wardroomctl completion bash)"});
  }
  if (words.size() == 1 && !second_words(words[0]).empty() && (given("--help") || given("-h"))) {
    std::string out;
    for (auto const& second : second_words(words[0]))
      out += (out.empty() ? "" : "\n") + verb_help(*control::find_verb(words[0] + " " + second));
    return Text{out};
  }
  auto const row = find_row(words);
  if (!row) return std::unexpected(row.error());
  return parse_verb(**row, without_words(args, **row));
}

}  // namespace wardroom::ctl
