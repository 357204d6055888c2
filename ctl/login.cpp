#include "login.hpp"

#include "complaint.hpp"
#include "login_screen.hpp"

namespace wardroom::ctl {
namespace {

using control::ControlClient;

// The daemon asks Webex before it answers.
constexpr Milliseconds first_line_limit{60'000};

std::string identity_of(Command const& command) {
  auto const given = command.params.find("identity");
  return given == command.params.end() ? "admin" : given->second;
}

/// One run of `login`: what was shown, and how it ended.
class Login {
 public:
  Login(Command const& command, Surroundings const& around)
      : command_(command),
        around_(around),
        screen_({.live = around.terminal && !around.dumb,
                 .qr = around.terminal && around.utf8 && !command.no_qr}) {}

  int run() {
    if (around_.stopped()) return given_up();
    auto const answer = ControlClient(command_.socket)
                            .follow(*command_.row, command_.params, first_line_limit,
                                    [this](std::string_view line) { return take(line); },
                                    {.every = around_.tick, .call = [this] { return idle(); }});
    if (around_.stopped() && !code_ && !screen_.done()) return given_up();
    leave();
    if (code_) return *code_;
    if (!answer) return broken_off(answer.error());
    if (answer->status != 200) return refused(*answer, command_, around_, look());
    if (screen_.done()) return exit_ok;
    complain(around_, look(), "the daemon ended the login before it was finished",
             "wardroomctl whoami says whether it went through; wardroomctl login begins again");
    return exit_failed;
  }

 private:
  Look look() const { return look_of(command_, around_); }

  void show(std::string const& text) {
    if (!text.empty() && !command_.json) around_.out << text << std::flush;
  }
  void leave() { show(screen_.leave()); }

  bool idle() {
    if (around_.stopped()) return false;
    show(screen_.tick(look()));
    return static_cast<bool>(around_.out);
  }

  bool take(std::string_view line) {
    auto body = Json::parse(line, nullptr, false);
    if (!body.is_object()) {
      leave();
      code_ = not_json(command_, around_, look());
      return false;
    }
    if (command_.json) pass_on(body);
    if (auto const& error = part(body, "error"); !error.empty()) {
      leave();
      code_ = refused_by_line(with_remedy(error), around_, look());
      return false;
    }
    begun_ = true;
    show(screen_.take(body, look()));
    return static_cast<bool>(around_.out) && !around_.stopped();
  }

  void pass_on(Json const& body) {
    Json line{{"schema", command_.row->schema}};
    line.update(body);
    around_.out << line.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n" << std::flush;
  }

  Json with_remedy(Json error) const {
    if (text(error, "remedy").empty())
      error["remedy"] = "nothing was stored; " + again() + " begins again";
    return error;
  }
  std::string again() const {
    auto const identity = identity_of(command_);
    return "wardroomctl login" + (identity == "admin" ? "" : " --identity " + identity);
  }

  int given_up() {
    leave();
    complain(around_, look(), "given up; nothing was stored", again() + "   (begins again)");
    return exit_interrupted;
  }

  int broken_off(control::Unreachable const& why) {
    if (!begun_) return tell(why, around_, look());
    complain(around_, look(), "the daemon went away during the login (" + why.sentence + ")",
             "systemctl status wardroomd; when it runs again, " + again() + " begins again");
    return exit_unreachable;
  }

  Command const& command_;
  Surroundings const& around_;
  LoginScreen screen_;
  std::optional<int> code_;
  bool begun_ = false;  ///< a line has come
};

std::string trimmed(std::string_view text) {
  auto constexpr blank = " \t\r\n'\"";
  auto const begin = text.find_first_not_of(blank);
  if (begin == text.npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(blank) - begin + 1));
}

}  // namespace

int login(Command const& command, Surroundings const& around) {
  return Login(command, around).run();
}

std::optional<int> ask_for_code(Command& command, Surroundings const& around) {
  auto& code = command.params["code"];
  auto const look = look_of(command, around);
  if (code.empty() && !around.asks) {
    complain(around, look, "\"auth\" needs CODE|URL",
             "wardroomctl auth -   reads it from standard input");
    return exit_usage;
  }
  if (code.empty() || code == "-") {
    auto const line =
        around.asks ? around.read_line(
                          "Paste the address of the page you ended on (it is not shown): ", true)
                    : around.read_line("", false);
    if (around.stopped()) return exit_interrupted;
    code = trimmed(line.value_or(""));
  } else {
    code = trimmed(code);
  }
  if (!code.empty()) return std::nullopt;
  complain(around, look, "nothing was given, so nothing was done",
           "wardroomctl login --browser   (shows the address to begin at)");
  return exit_usage;
}

std::optional<int> confirm_logout(Command const& command, Surroundings const& around) {
  if (command.yes || !around.asks) return std::nullopt;
  auto const question = "The daemon forgets the login of identity " + clean(identity_of(command)) +
                        ";\nwhat needs it stands still until somebody logs in again. Log out? "
                        "[y/N] ";
  auto const line = trimmed(around.read_line(question, false).value_or(""));
  if (around.stopped()) return exit_interrupted;
  if (line == "y" || line == "Y" || line == "yes" || line == "Yes") return std::nullopt;
  around.err << "Nothing was changed.\n";
  return exit_failed;
}

}  // namespace wardroom::ctl
