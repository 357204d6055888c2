#include "run.hpp"

#include "command_line.hpp"
#include "render.hpp"

namespace wardroom::ctl {
namespace {

using control::ControlAnswer;
using control::ControlClient;
using control::Unreachable;

constexpr Milliseconds answer_limit{15'000};
constexpr Milliseconds watch_interval{2'000};

Look look_of(Command const& command, Surroundings const& around) {
  return {.colour = around.terminal && !command.no_color && !around.wants_no_color,
          .width = around.terminal ? around.width() : 0,
          .now = around.now()};
}

/// `wait` is answered when it is done waiting.
Milliseconds limit_of(Command const& command) {
  if (command.row->words != "wait") return answer_limit;
  auto const given = command.params.find("timeout");
  auto const wait = given == command.params.end() ? std::nullopt : parse_duration(given->second);
  return wait.value_or(std::chrono::seconds(30)) + answer_limit;
}

void complain(Surroundings const& around, Look const& look, std::string_view sentence,
              std::string_view remedy) {
  around.err << paint(look, Tone::bad, "wardroomctl:") << " " << sentence << "\n";
  if (!remedy.empty()) around.err << "  → " << remedy << "\n";
}

int tell(Unreachable const& why, Surroundings const& around, Look const& look) {
  complain(around, look, why.sentence, why.remedy);
  return why.why == Unreachable::Why::forbidden ? exit_not_permitted : exit_unreachable;
}

int exit_of_status(int status, std::string_view code) {
  if (code == "held") return exit_held;
  if (code == "pending") return exit_pending;
  switch (status) {
    case 400:
      return exit_usage;
    case 401:
    case 403:
      return exit_not_permitted;
    case 404:
      return exit_not_found;
    case 409:
      return exit_conflict;
    default:
      return exit_failed;
  }
}

/// Errors are sentences of several lines at times (configuration mistakes); each line is made safe.
std::string clean_lines(std::string_view message) {
  std::string out;
  for (std::size_t at = 0; at <= message.size();) {
    auto const end = std::min(message.find('\n', at), message.size());
    out += (at ? "\n  " : "") + clean(message.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

int refused(ControlAnswer const& answer, Command const& command, Surroundings const& around,
            Look const& look) {
  auto const body = Json::parse(answer.body, nullptr, false);
  auto const& error = part(body, "error");
  if (command.json && body.is_object()) around.out << answer.body << "\n";
  if (error.empty()) {
    complain(around, look,
             "the daemon answered " + std::to_string(answer.status) + " to \"" +
                 std::string(command.row->words) + "\" without saying why",
             "journalctl -u wardroomd -n 50; is the daemon of the same version as this tool?");
  } else {
    auto const& message = part(error, "message");
    complain(
        around, look,
        clean_lines(message.is_string() ? message.get_ref<std::string const&>() : message.dump()),
        text(error, "remedy"));
  }
  return exit_of_status(answer.status, text(error, "code"));
}

int exit_of_answer(std::string_view words, Json const& answer) {
  if (words == "health" && text(answer, "health") != "green") return exit_degraded;
  if (words == "config check" && !flag(answer, "ok")) return exit_failed;
  if (words == "token check" && !flag(answer, "valid")) return exit_failed;
  if (words == "wait" && !flag(answer, "reached")) return exit_failed;
  return exit_ok;
}

int not_json(Command const& command, Surroundings const& around, Look const& look) {
  complain(around, look,
           "the daemon at " + command.socket + " gave no valid answer: it is not JSON",
           "is another program listening there? systemctl status wardroomd");
  return exit_unreachable;
}

int ask(Command const& command, Surroundings const& around) {
  auto const answer =
      ControlClient(command.socket).ask(*command.row, command.params, limit_of(command));
  auto const look = look_of(command, around);
  if (!answer) return tell(answer.error(), around, look);
  if (answer->status != 200) return refused(*answer, command, around, look);
  auto const body = Json::parse(answer->body, nullptr, false);
  if (!body.is_object()) return not_json(command, around, look);
  if (command.json)
    around.out << answer->body << "\n";
  else if (command.row->words == "login" && command.params.contains("browser"))
    around.out << text(body, "url") << "\n";  // for $(…) and xdg-open
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
              complain(around, look, text(error, "message"), text(error, "remedy"));
              auto const what = text(error, "code");
              code = what == "not_found"  ? exit_not_found
                     : what == "conflict" ? exit_conflict
                                          : exit_failed;
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
  auto const& command = std::get<Command>(*parsed);
  if (command.row->stream) return follow(command, around);
  return command.watch ? watch(command, around) : ask(command, around);
}

}  // namespace wardroom::ctl
