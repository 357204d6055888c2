#include "complaint.hpp"

namespace wardroom::ctl {
namespace {

using control::Unreachable;

int exit_of_code(std::string_view code) {
  if (code == "malformed") return exit_usage;
  if (code == "denied" || code == "unauthorized") return exit_not_permitted;
  if (code == "not_found") return exit_not_found;
  if (code == "conflict") return exit_conflict;
  if (code == "held") return exit_held;
  if (code == "pending") return exit_pending;
  return exit_failed;
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

/// Broken for the terminal; a sentence of several lines is a list already.
std::string fitted(std::string_view sentence, Look const& look) {
  std::size_t constexpr indent = 2;
  return sentence.contains('\n') ? std::string(sentence) : wrap(sentence, look.width, indent);
}

void complain_of(Json const& error, Surroundings const& around, Look const& look) {
  auto const& message = part(error, "message");
  complain(around, look,
           clean_lines(message.is_string()
                           ? message.get_ref<std::string const&>()
                           : message.dump(-1, ' ', false, Json::error_handler_t::replace)),
           text(error, "remedy"));
}

}  // namespace

Look look_of(Command const& command, Surroundings const& around) {
  return {.colour = around.terminal && !command.no_color && !around.wants_no_color,
          .width = around.terminal ? around.width() : 0,
          .now = around.now()};
}

void complain(Surroundings const& around, Look const& look, std::string_view sentence,
              std::string_view remedy) {
  around.out.flush();
  std::string const name = "wardroomctl:";
  auto const whole = fitted(name + " " + std::string(sentence), look);
  around.err << paint(look, Tone::bad, name) << whole.substr(name.size()) << "\n";
  if (!remedy.empty()) around.err << "  → " << wrap(remedy, look.width, 4) << "\n";
}

int tell(Unreachable const& why, Surroundings const& around, Look const& look) {
  complain(around, look, why.sentence, why.remedy);
  return why.why == Unreachable::Why::forbidden ? exit_not_permitted : exit_unreachable;
}

int refused(control::ControlAnswer const& answer, Command const& command,
            Surroundings const& around, Look const& look) {
  auto const body = Json::parse(answer.body, nullptr, false);
  auto const& error = part(body, "error");
  if (command.json && body.is_object()) around.out << answer.body << "\n";
  if (error.empty())
    complain(around, look,
             "the daemon answered " + std::to_string(answer.status) + " to \"" +
                 std::string(command.row->words) + "\" without saying why",
             "journalctl -u wardroomd -n 50; is the daemon of the same version as this tool?");
  else
    complain_of(error, around, look);
  return exit_of_status(answer.status, text(error, "code"));
}

int refused_by_line(Json const& error, Surroundings const& around, Look const& look) {
  complain_of(error, around, look);
  return exit_of_code(text(error, "code"));
}

int not_json(Command const& command, Surroundings const& around, Look const& look) {
  complain(around, look,
           "the daemon at " + command.socket + " gave no valid answer: it is not JSON",
           "is another program listening there? systemctl status wardroomd");
  return exit_unreachable;
}

}  // namespace wardroom::ctl
