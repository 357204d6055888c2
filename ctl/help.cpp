// Help and completion, generated from the verb table.
#include "command_line.hpp"
#include "terminal.hpp"

#include <fmt/format.h>

#include <array>
#include <map>

namespace wardroom::ctl {
namespace {

using control::ParamKind;
using control::Right;
using control::VerbRow;

constexpr std::string_view global_options =
    "Options for every command\n"
    "  --json            the daemon's answer as JSON, with its schema\n"
    "  --socket PATH     the control socket; /run/wardroom/control.sock unless given\n"
    "  --no-color        no colours (also by NO_COLOR, and when the output is no terminal)\n"
    "  -h, --help        help for a command\n"
    "      --version     the tool's version\n";

constexpr std::string_view exit_codes =
    "Exit codes\n"
    "  0 ok   1 failed   2 usage   3 daemon not reachable   4 not permitted   5 not found\n"
    "  6 changes pending   7 held by a safety limit   8 stale or conflicting   10 degraded "
    "(health)\n"
    "  130 ended by Ctrl-C\n";

constexpr std::string_view quiet_words = "only failures and the sum, for cron";

constexpr std::array flags_of_the_tool{
    OwnFlag{"status", "--watch", "draws it again every 2 s, until Ctrl-C", &Command::watch},
    OwnFlag{"login", "--no-qr", "no QR code", &Command::no_qr},
    OwnFlag{"logout", "--yes", "does not ask whether it is meant", &Command::yes},
    OwnFlag{"doctor", "-v", "every check, not only what is wrong", &Command::verbose},
    OwnFlag{"sync run", "--quiet", quiet_words, &Command::quiet},
    OwnFlag{"sync approve", "--quiet", quiet_words, &Command::quiet},
    OwnFlag{"sync undo", "--quiet", quiet_words, &Command::quiet}};

std::string_view right_words(Right right) {
  switch (right) {
    case Right::read:
      return "wardroom, wardroom-operator or wardroom-admin";
    case Right::act:
      return "wardroom-operator or wardroom-admin";
    case Right::admin:
      return "wardroom-admin";
  }
  return "";
}

std::string line(std::string_view left, std::string_view right, std::size_t width) {
  return "  " + pad(left, width) + "  " + std::string(right) + "\n";
}

}  // namespace

std::span<OwnFlag const> own_flags() { return flags_of_the_tool; }

std::string usage_line(VerbRow const& row) {
  std::string out(row.words);
  for (auto const& param : row.params) {
    auto const name = "--" + std::string(param.name);
    auto const form = param.kind == ParamKind::positional ? std::string(param.value)
                      : param.kind == ParamKind::flag     ? name
                                                          : name + " " + std::string(param.value);
    out += param.required && !param.asked ? " " + form : " [" + form + "]";
  }
  for (auto const& own : own_flags())
    if (own.words == row.words) out += " [" + std::string(own.name) + "]";
  return out;
}

std::string top_help() {
  std::string_view constexpr completion = "completion bash";
  std::size_t width = completion.size();
  for (auto const& row : control::verb_table()) width = std::max(width, row.words.size());
  std::string out =
      "wardroomctl talks to the Wardroom daemon on this machine.\n\n"
      "Usage: wardroomctl COMMAND [OPTIONS]\n\nCommands\n";
  for (auto const& row : control::verb_table()) out += line(row.words, row.summary, width);
  out += line(completion, "Completion for the shell: source <(wardroomctl completion bash)", width);
  return out + "\n" + std::string(global_options) + "\n" + std::string(exit_codes) +
         "\nwardroomctl COMMAND --help shows a command's options and examples.\n";
}

std::string verb_help(VerbRow const& row) {
  std::string out = std::string(row.summary) + ".\n\nUsage: wardroomctl " + usage_line(row) + "\n";
  std::string params;
  for (auto const& param : row.params) {
    auto const left = param.kind == ParamKind::positional ? std::string(param.value)
                      : param.kind == ParamKind::flag
                          ? "--" + std::string(param.name)
                          : "--" + std::string(param.name) + " " + std::string(param.value);
    params += line(left, param.help, 18);
  }
  for (auto const& own : own_flags())
    if (own.words == row.words) params += line(own.name, own.help, 18);
  if (!params.empty()) out += "\n" + params;
  if (!row.examples.empty()) out += "\nExamples\n";
  for (auto const example : row.examples) out += "  wardroomctl " + std::string(example) + "\n";
  if (row.local && row.changes)
    return out + "\nFor whoever may read and write the files in question; no daemon is needed.\n";
  return out +
         fmt::format("\nFor root, and for members of the group {}.\n", right_words(row.right));
}

std::string bash_completion() {
  std::map<std::string, std::string> firsts;
  std::string options;
  for (auto const& row : control::verb_table()) {
    auto const space = row.words.find(' ');
    auto& seconds = firsts[std::string(row.words.substr(0, space))];
    if (space != row.words.npos) seconds += " " + std::string(row.words.substr(space + 1));
    std::string words_own;
    for (auto const& param : row.params)
      if (param.kind != ParamKind::positional) words_own += " --" + std::string(param.name);
    for (auto const& flag : own_flags())
      if (flag.words == row.words) words_own += " " + std::string(flag.name);
    if (!words_own.empty())
      options += fmt::format("    \"{}\") own=\"{}\" ;;\n", row.words, words_own.substr(1));
  }
  std::string words, cases;
  for (auto const& [first, seconds] : firsts) {
    words += first + " ";
    if (!seconds.empty())
      cases += fmt::format("    {}) more=\"{}\" ;;\n", first, seconds.substr(1));
  }
  return fmt::format(R"(# bash completion for wardroomctl; generated from its verb table
_wardroomctl() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} first="" second="" more="" own="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${{COMP_WORDS[i]}} in
      --socket) ((i++)) ;;
      -*) ;;
      *) if [ -z "$first" ]; then first=${{COMP_WORDS[i]}}; elif [ -z "$second" ]; then second=${{COMP_WORDS[i]}}; fi ;;
    esac
  done
  if [ "${{COMP_WORDS[COMP_CWORD-1]}}" = --socket ]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
    return
  fi
  case $first in
{}    completion) more="bash" ;;
    help) more="{}" ;;
  esac
  case "$first${{more:+ $second}}" in
{}  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$own --json --socket --no-color --help" -- "$current")
  elif [ -z "$first" ]; then
    mapfile -t COMPREPLY < <(compgen -W "{}completion help" -- "$current")
  elif [ -n "$more" ] && [ -z "$second" ]; then
    mapfile -t COMPREPLY < <(compgen -W "$more" -- "$current")
  fi
}}
complete -F _wardroomctl wardroomctl
)",
                     cases, words, options, words);
}

}  // namespace wardroom::ctl
