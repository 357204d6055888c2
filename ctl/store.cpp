#include "store.hpp"

#include "backup_file.hpp"
#include "base/encoding.hpp"
#include "complaint.hpp"
#include "progress_line.hpp"
#include "render.hpp"

#include <functional>

namespace wardroom::ctl {
namespace {

using control::ControlClient;

/// Until the first line.
constexpr Milliseconds head_limit{60'000};

/// A stream of progress lines that ends with {"done": …} or an error.
class LongJob {
 public:
  using Take = std::function<bool(Json const& line)>;  ///< a line of another kind; false = enough

  LongJob(Command const& command, Surroundings const& around)
      : command_(command), around_(around), live_(around.terminal && !around.dumb) {}

  /// The exit code so far; what the job said when it was done is in done().
  int run(Take const& other = {}) {
    if (around_.stopped()) return exit_interrupted;
    auto const answer =
        ControlClient(command_.socket)
            .follow(*command_.row, command_.params, head_limit,
                    [&](std::string_view line) { return take(line, other) && !around_.stopped(); },
                    {.every = around_.tick, .call = [this] { return !around_.stopped(); }});
    leave();
    if (code_) return *code_;
    if (around_.stopped() && done_.is_null()) {
      complain(around_, look(), "given up; the daemon gives it up, too",
               "the store is as it was; run it again when you like");
      return exit_interrupted;
    }
    if (!answer) return tell(answer.error(), around_, look());
    if (answer->status != 200) return refused(*answer, command_, around_, look());
    if (!done_.is_null()) return exit_ok;
    complain(around_, look(), "the daemon ended before it was done",
             "wardroomctl store show says which store is in use");
    return exit_failed;
  }
  Json const& done() const { return done_; }
  Look look() const { return look_of(command_, around_); }
  void show(std::string const& text) {
    if (live_ && !command_.json) around_.out << text << std::flush;
  }
  void octets(std::int64_t count) {
    show(line_.take_octets(count, look(), std::chrono::steady_clock::now()));
  }
  void leave() { show(line_.leave()); }

 private:
  bool take(std::string_view text, Take const& other) {
    auto const line = Json::parse(text, nullptr, false);
    if (!line.is_object()) {
      leave();
      code_ = not_json(command_, around_, look());
      return false;
    }
    if (auto const& error = part(line, "error"); !error.empty()) {
      leave();
      code_ = refused_by_line(error, around_, look());
      return false;
    }
    if (has(line, "done")) {
      done_ = line["done"];
      return true;
    }
    if (has(line, "phase"))
      show(line_.take(line, look(), std::chrono::steady_clock::now()));
    else if (other)
      return other(line);
    return true;
  }

  Command const& command_;
  Surroundings const& around_;
  bool live_;
  ProgressLine line_;
  Json done_;
  std::optional<int> code_;
};

void print(Json done, Command const& command, Surroundings const& around, Look const& look) {
  if (command.json) {
    Json body{{"schema", command.row->schema}};
    body.update(done);
    around.out << body.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
  } else {
    around.out << render(command.row->schema, done, look);
  }
  around.out.flush();
}

/// "config set KEY VALUE" as a person would type it.
std::string command_to_set(Json const& line) {
  auto const value = text(line, "value");
  return "wardroomctl config set " + text(line, "key") + " '" + value + "'";
}

/// The configuration follows the store; until it does, the daemon does not start again.
int set_configuration(Json const& done, Command const& command, Surroundings const& around,
                      Look const& look) {
  for (auto const& line : list(done, "set")) {
    std::vector<std::string> const words{"--socket", command.socket,    "config",
                                         "set",      text(line, "key"), text(line, "value")};
    if (run(words, around) == exit_ok) continue;
    std::string todo;
    for (auto const& open : list(done, "set"))
      todo += (todo.empty() ? "" : " && ") + ("sudo " + command_to_set(open));
    complain(around, look,
             "the store was moved, but its new address could not be set in the configuration: "
             "until it is, the daemon does not start again",
             todo);
    return exit_failed;
  }
  return exit_ok;
}

}  // namespace

int backup(Command const& command, Surroundings const& around) {
  auto const given = command.params.find("file");
  auto const place = given == command.params.end() ? std::string() : given->second;
  LongJob job(command, around);
  auto file = BackupFile::begin(place, command.params.contains("force"));
  if (!file) {
    complain(around, job.look(), clean(file.error()), "");
    return exit_failed;
  }
  std::string trouble;
  auto const code = job.run([&](Json const& line) {
    auto const octets = from_base64(has(line, "data") ? line["data"].get<std::string>() : "");
    auto const added =
        octets ? file->add(*octets) : std::unexpected(std::string("the backup arrived damaged"));
    if (!added) trouble = added.error();
    job.octets(file->octets());
    return added.has_value();
  });
  if (trouble.empty() && code != exit_ok) return code;
  if (trouble.empty()) {
    auto const finished = file->finish(count(job.done(), "bytes"), text(job.done(), "digest"));
    if (!finished) trouble = finished.error();
  }
  if (!trouble.empty()) {
    complain(around, job.look(), clean(trouble), "nothing was left behind; try another place");
    return exit_failed;
  }
  auto done = job.done();
  done["file"] = place;
  print(std::move(done), command, around, job.look());
  return exit_ok;
}

int migrate_store(Command const& command, Surroundings const& around) {
  LongJob job(command, around);
  if (auto const code = job.run(); code != exit_ok) return code;
  print(job.done(), command, around, job.look());
  if (command.json) return exit_ok;  // a program sets the configuration itself
  return set_configuration(job.done(), command, around, job.look());
}

}  // namespace wardroom::ctl
