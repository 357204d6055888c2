#include "run.hpp"

#include "by_itself.hpp"
#include "complaint.hpp"
#include "render.hpp"

#include <algorithm>
#include <array>

namespace wardroom::ctl {
namespace {

using control::ControlClient;

constexpr Milliseconds answer_limit{15'000};
/// The daemon asks Webex, or sends mail, before it answers.
constexpr Milliseconds outside_limit{90'000};
constexpr Milliseconds watch_interval{2'000};

/// `wait` is answered when it is done waiting.
Milliseconds limit_of(Command const& command) {
  static std::array<std::string_view, 8> constexpr outside{
      "auth",          "logout",      "whoami",     "token check",
      "token refresh", "alerts test", "cms resync", "cms register"};
  auto const words = command.row->words;
  if (std::ranges::find(outside, words) != outside.end()) return outside_limit;
  if (words != "wait") return answer_limit;
  auto const given = command.params.find("timeout");
  auto const wait = given == command.params.end() ? std::nullopt : parse_duration(given->second);
  return wait.value_or(std::chrono::seconds(30)) + answer_limit;
}

/// Every place was told, and there is one.
bool all_told(Json const& deliveries) {
  bool all = !deliveries.empty();
  for (auto const& delivery : deliveries) all = all && flag(delivery, "ok");
  return all;
}

int exit_of_answer(std::string_view words, Json const& answer) {
  if (words == "health" && text(answer, "health") != "green") return exit_degraded;
  if (words == "config diff" && !flag(answer, "equal")) return exit_pending;
  if (words == "token check" && !flag(answer, "valid")) return exit_failed;
  if (words == "alerts test" && !all_told(list(answer, "deliveries"))) return exit_failed;
  if (words == "wait" && !flag(answer, "reached")) return exit_failed;
  if ((words == "cms resync" || words == "cms register") && count(answer, "failed") > 0)
    return exit_failed;
  return exit_ok;
}

/// Ctrl-C while the daemon was asked.
int interrupted(Command const& command, Surroundings const& around, Look const& look) {
  complain(around, look, "given up before the daemon answered",
           command.row->changes ? "it may have been done all the same: look" : "");
  return exit_interrupted;
}

int ask(Command const& command, Surroundings const& around) {
  if (around.stopped()) return exit_interrupted;
  auto const answer = ControlClient(command.socket)
                          .ask(*command.row, command.params, limit_of(command),
                               {.every = around.tick, .call = [&] { return !around.stopped(); }});
  auto const look = look_of(command, around);
  if (!answer) return tell(answer.error(), around, look);
  if (answer->status == 0) return interrupted(command, around, look);
  if (answer->status != 200) {
    auto const code = refused(*answer, command, around, look);
    // A check answers yes or no, whatever the reason for the no.
    if (command.row->words == "token check" && code != exit_usage) return exit_failed;
    // Nothing was given that could be wrong: it is the file that is.
    return command.row->params.empty() && code == exit_usage ? int(exit_failed) : code;
  }
  auto const body = Json::parse(answer->body, nullptr, false);
  if (!body.is_object()) return not_json(command, around, look);
  if (command.json)
    around.out << answer->body << "\n";
  else
    around.out << render(command.row->schema, body, look);
  around.out.flush();
  return exit_of_answer(command.row->words, body);
}

int follow(Command const& command, Surroundings const& around) {
  auto const look = look_of(command, around);
  int code = exit_ok;
  auto const answer =
      ControlClient(command.socket)
          .follow(*command.row, command.params, answer_limit, [&](std::string_view line) {
            auto const event = Json::parse(line, nullptr, false);
            if (auto const& error = part(event, "error"); !error.empty()) {
              code = refused_by_line(error, around, look);
              return false;
            }
            if (command.json)
              around.out << line << "\n";
            else if (event.is_object())
              around.out << render_event(event, look_of(command, around)) << "\n";
            around.out.flush();
            return static_cast<bool>(around.out);
          });
  if (!answer) return tell(answer.error(), around, look);
  if (answer->status != 200) return refused(*answer, command, around, look);
  return code;
}

/// Draws the answer again and again, over itself on a terminal.
int watch(Command const& command, Surroundings const& around) {
  ControlClient const client(command.socket);
  int code = exit_ok;
  if (around.terminal) around.out << "\033[?25l\033[2J";
  do {
    auto const look = look_of(command, around);
    auto const answer = client.ask(*command.row, command.params, answer_limit);
    std::string screen;
    if (!answer) {
      screen =
          paint(look, Tone::bad, answer.error().sentence) + "\n  → " + answer.error().remedy + "\n";
      code = exit_unreachable;
    } else if (answer->status != 200) {
      code = refused(*answer, command, around, look);
      break;
    } else {
      screen = command.json
                   ? answer->body + "\n"
                   : render(command.row->schema, Json::parse(answer->body, nullptr, false), look);
      code = exit_ok;
    }
    if (around.terminal) {
      std::string lines;  // each line clears what the last drawing left behind it
      for (char c : screen) lines += c == '\n' ? std::string("\033[K\n") : std::string(1, c);
      around.out << "\033[H" << lines << "\033[J";
    } else {
      around.out << screen;
    }
    around.out.flush();
  } while (around.out && around.pause(watch_interval));
  if (around.terminal) around.out << "\033[?25h" << std::flush;
  return code;
}

}  // namespace

int run(std::vector<std::string> const& args, Surroundings const& around) {
  auto const parsed = parse(args);
  if (!parsed) {
    Look const look{.colour = around.terminal && !around.wants_no_color, .now = {}};
    complain(around, look, parsed.error().sentence, parsed.error().hint);
    return exit_usage;
  }
  if (auto const* said = std::get_if<Text>(&*parsed)) {
    around.out << said->text << std::flush;
    return exit_ok;
  }
  auto command = std::get<Command>(*parsed);
  if (auto const code = by_itself(command, around)) return *code;
  if (command.row->stream) return follow(command, around);
  return command.watch ? watch(command, around) : ask(command, around);
}

}  // namespace wardroom::ctl
