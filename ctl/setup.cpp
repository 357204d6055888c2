#include "setup.hpp"

#include "complaint.hpp"
#include "config/config_file.hpp"
#include "setup_answers.hpp"
#include "setup_checks.hpp"
#include "setup_start.hpp"
#include "setup_write.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <sys/un.h>
#include <unistd.h>

namespace wardroom::ctl {
namespace {

namespace fs = std::filesystem;

bool given(Command const& command, std::string_view flag) { return command.params.contains(flag); }

/// One run of setup.
class Setup {
 public:
  Setup(Command const& command, Surroundings const& around, Places places, Draft draft)
      : command_(command),
        around_(around),
        look_(look_of(command, around)),
        places_(std::move(places)),
        site_{std::move(draft)},
        before_(site_.draft.text()) {}

  int run() {
    if (around_.stopped()) return interrupted();
    auto const gathered = given(command_, "answers") ? by_file() : by_person();
    if (gathered != exit_ok) return gathered;
    if (auto own = add_own_keys(site_, places_); !own) return failed(own.error().what, "");
    std::erase_if(site_.secrets, [](auto const& typed) {
      auto const there = config::read_secret(typed.first);
      return there && same(*there, typed.second);
    });
    config::Complaints complaints;
    settings_ = site_.draft.read(complaints);
    if (!complaints.empty()) return still_wrong(complaints);
    if (settings_.control_socket.size() >= sizeof(sockaddr_un::sun_path))
      return failed("the path of the control socket is longer than the system takes: " +
                        settings_.control_socket,
                    "choose a shorter --dir");
    if (!try_out()) return interrupted();
    return finish();
  }

 private:
  Look const& look() const { return look_; }
  bool quiet() const { return command_.json; }
  void note(std::string const& text) {
    if (!quiet()) around_.err << text << std::flush;
  }
  bool unchanged() const {
    std::error_code trouble;
    return site_.draft.text() == before_ && site_.secrets.empty() && !site_.draft.fresh() &&
           fs::exists(settings_.master_key_file, trouble);
  }

  int interrupted() {
    around_.err << "\n";
    complain(around_, look_, "given up; nothing was changed", again() + "   (begins again)");
    return exit_interrupted;
  }
  int failed(std::string const& sentence, std::string const& remedy, int code = exit_failed) {
    complain(around_, look_, sentence, remedy);
    if (command_.json)
      print({{"ok", false}, {"error", {{"message", sentence}, {"remedy", remedy}}}});
    return code;
  }
  std::string again() const {
    return "wardroomctl setup" + (places_.system ? "" : " --config " + places_.config);
  }
  void print(Json const& members) {
    Json all{{"schema", command_.row->schema}};
    all.update(members);
    around_.out << all.dump(2, ' ', false, Json::error_handler_t::replace) << "\n" << std::flush;
  }

  // --- gathering --------------------------------------------------------------------------------

  int by_person() {
    bool first = true;
    Talk talk(around_, look_);
    for (auto const& question : questions()) {
      auto const why = asked_because(question, site_.draft);
      if (!why) continue;
      if (!around_.asks)
        return failed(fmt::format("{} is missing, and nobody is here to be asked", question.key),
                      again() +
                          " in a terminal; or --answers FILE, for which --print-answers "
                          "prints a template",
                      exit_usage);
      if (std::exchange(first, false)) introduce();
      if (talk.ask(site_, places_, question, *why) != TalkEnd::done) return interrupted();
      asked_.emplace_back(question.key);
    }
    return exit_ok;
  }

  void introduce() {
    around_.err << paint(look_, Tone::title,
                         site_.draft.fresh() ? "A new site: " : "What is missing in ")
                << places_.config << "\n"
                << wrap(
                       "Enter takes what is in brackets, ? says more, Ctrl-C leaves everything as "
                       "it was.",
                       look_.width, 0)
                << "\n";
  }

  int by_file() {
    auto const answers = read_answers(command_.params.find("answers")->second);
    if (!answers) return wrong_answers(answers.error());
    auto taken = take_answers(site_, places_, *answers);
    if (!taken) return wrong_answers(taken.error());
    asked_ = std::move(*taken);
    return exit_ok;
  }

  int wrong_answers(std::vector<std::string> const& sentences) {
    Json list = Json::array();
    for (auto const& sentence : sentences) {
      complain(around_, look_, sentence, "");
      list.push_back(sentence);
    }
    around_.err << "  → nothing was changed; wardroomctl setup --print-answers shows every key\n";
    if (command_.json) print({{"ok", false}, {"errors", list}});
    return exit_usage;
  }

  int still_wrong(config::Complaints const& complaints) {
    Json list = Json::array();
    for (auto const& complaint : complaints) {
      complain(around_, look_, complaint.text(), "");
      list.push_back(complaint.text());
    }
    around_.err << "  → setup asks about none of these: change the file, then " << again() << "\n";
    if (command_.json) print({{"ok", false}, {"errors", list}});
    return exit_failed;
  }

  // --- trying out -------------------------------------------------------------------------------

  std::optional<Secret> secret_in(std::string const& file) const {
    if (auto const typed = site_.secrets.find(file); typed != site_.secrets.end())
      return typed->second;
    if (file.empty()) return std::nullopt;
    auto read = config::read_secret(file);
    return read ? std::optional(std::move(*read)) : std::nullopt;
  }

  bool try_out() {
    note("\n" + paint(look_, Tone::title, "Trying it out") + "\n");
    SiteSecrets secrets;
    if (auto const admin = settings_.identities.find("admin"); admin != settings_.identities.end())
      secrets.client_secret = secret_in(admin->second.client_secret_file);
    secrets.database_password = secret_in(settings_.store_password_file);
    checks_ = check_site(
        settings_, secrets, daemon_user(), [this](Check const& c) { tell(c); }, around_.stopped);
    return !around_.stopped();
  }

  void tell(Check const& check) {
    auto const mark =
        check.ok ? paint(look_, Tone::good, "ok    ") : paint(look_, Tone::bad, "failed");
    note(fmt::format("  {} {} {}\n", mark, pad(check.name, 14),
                     wrap(clean(check.sentence), look_.width, 24)));
    if (!check.ok) note(fmt::format("{:24}→ {}\n", "", wrap(clean(check.remedy), look_.width, 26)));
  }

  bool all_well() const { return std::ranges::all_of(checks_, &Check::ok); }

  // --- writing ----------------------------------------------------------------------------------

  int finish() {
    if (unchanged()) {
      note("\nNothing is missing in " + places_.config + "; nothing was changed.\n");
      return all_well() ? after({}) : after({}, exit_failed);
    }
    if (auto const no = not_to_write()) return *no;
    if (auto const now = Draft::open(places_.config); !now || now->text() != before_)
      return failed("somebody else changed " + places_.config + " meanwhile; nothing was written",
                    again() + "   (begins again)", exit_conflict);
    auto written = write_site(site_, places_, true);
    if (!written) return failed(written.error().what, "nothing is lost: " + again());
    note("\n");
    for (auto const& file : *written)
      note(fmt::format("  {} {} {}{}\n", paint(look_, Tone::good, "written"), file.mode, file.path,
                       file.owner.empty() ? "" : "  (" + file.owner + ")"));
    if (std::ranges::any_of(*written,
                            [&](auto const& f) { return f.path == settings_.master_key_file; }))
      note(wrap("  Keep a copy of the master key where the backups of the store are not: without "
                "it the "
                "logins in the store cannot be read.",
                look_.width, 2) +
           "\n");
    return after(*written);
  }

  /// The exit code when it stays unwritten.
  std::optional<int> not_to_write() {
    bool const anyway = given(command_, "write-anyway");
    if (given(command_, "answers") || !around_.asks) {
      if (all_well() || anyway) return std::nullopt;
      report({}, false);
      complain(around_, look_, "not everything was found right; nothing was changed",
               "put it right, or add --write-anyway");
      return exit_failed;
    }
    Talk talk(around_, look_);
    auto const question = all_well() || anyway
                              ? "\nWrite " + places_.config + "?"
                              : std::string("\nNot everything was found right. Write anyway?");
    auto const yes = talk.yes_or_no(question, all_well() || anyway);
    if (!yes) return interrupted();
    if (*yes) return std::nullopt;
    around_.err << "Nothing was changed.\n";
    return exit_failed;
  }

  void report(std::vector<WrittenFile> const& written, bool ok) {
    if (!command_.json) return;
    Json checks = Json::array(), files = Json::array();
    for (auto const& check : checks_) {
      Json row{{"name", check.name}, {"ok", check.ok}, {"sentence", check.sentence}};
      if (!check.ok) row["remedy"] = check.remedy;
      checks.push_back(std::move(row));
    }
    for (auto const& file : written)
      files.push_back({{"path", file.path}, {"mode", file.mode}, {"owner", file.owner}});
    print({{"ok", ok},
           {"config", places_.config},
           {"socket", settings_.control_socket},
           {"redirect_uri", settings_.public_url + "/oauth/callback"},
           {"answered", asked_},
           {"checks", checks},
           {"written", files},
           {"started", started_},
           {"next", next_}});
  }

  int after(std::vector<WrittenFile> const& written, int code = exit_ok) {
    auto const starter = find_starter(places_);
    bool const running = daemon_answers(settings_.control_socket);
    if (given(command_, "start") && !running) {
      note("\nStarting: " + starter.command(places_) + "\n");
      auto const started = start_daemon(places_, settings_.control_socket, starter, around_);
      if (!started) {
        next_ = next_steps(places_, settings_, starter, false);
        report(written, false);
        complain(around_, look_, "the daemon did not start: " + started.error().what,
                 starter.command(places_));
        return exit_failed;
      }
      started_ = true;
      note("  " + paint(look_, Tone::good, "ready") + "   it runs at " + settings_.public_url +
           "\n");
    }
    next_ = next_steps(places_, settings_, starter, running || started_);
    if (started_) next_.erase(next_.begin());  // nothing to reload
    report(written, code == exit_ok);
    if (quiet()) return code;
    around_.out << "\nNext\n";
    for (auto const& step : next_) around_.out << "  " << step << "\n";
    around_.out << "The integration's redirect URI must be " << settings_.public_url
                << "/oauth/callback\n"
                << std::flush;
    return code;
  }

  Command const& command_;
  Surroundings const& around_;
  Look look_;
  Places places_;
  Site site_;
  std::string before_;
  DaemonSettings settings_;
  Checks checks_;
  std::vector<std::string> asked_, next_;
  bool started_ = false;
};

}  // namespace

int setup(Command const& command, Surroundings const& around) {
  auto const look = look_of(command, around);
  auto places = places_of(command);
  if (!places) {
    complain(around, look, places.error(), "wardroomctl setup --help");
    return exit_usage;
  }
  auto draft = Draft::open(places->config);
  if (!draft) {
    complain(around, look, draft.error().what,
             draft.error().kind == ErrorKind::malformed
                 ? "it is no YAML: put that right first, or move the file away and run setup again"
                 : "run it with sudo, or choose a place of your own with --dir");
    return draft.error().kind == ErrorKind::denied ? exit_not_permitted : exit_failed;
  }
  if (given(command, "print-answers")) {
    around.out << answers_template(*draft, *places) << std::flush;
    return exit_ok;
  }
  return Setup(command, around, std::move(*places), std::move(*draft)).run();
}

}  // namespace wardroom::ctl
