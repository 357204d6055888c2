#include "sync_run.hpp"

#include "complaint.hpp"
#include "control/control_client.hpp"
#include "progress_line.hpp"
#include "render.hpp"
#include "render_sync.hpp"

namespace wardroom::ctl {
namespace {

/// Until the first line: logins and the space are looked at before.
constexpr Milliseconds head_limit{90'000};
/// On a terminal each person is named while there are at most so many; more would only fly by.
constexpr std::int64_t named_on_a_terminal = 200;

/// By how the run stands at the end; `words` = of the verb.
int exit_of_run(std::string_view words, Json const& run) {
  auto const state = text(run, "state");
  auto const& counts = part(run, "counts");
  if (is_held(run)) return exit_held;
  if (state == "failed" || state == "partly") return exit_failed;
  if (state == "superseded") return exit_conflict;
  bool const changes = count(counts, "to_add") > 0 || count(counts, "to_remove") > 0;
  return words == "sync plan" && changes ? exit_pending : exit_ok;
}

/// One run, watched.
class SyncRun {
 public:
  SyncRun(Command const& command, Surroundings const& around)
      : command_(command), around_(around), live_(around.terminal && !around.dumb) {}

  int run() {
    if (around_.stopped()) return exit_interrupted;
    auto const answer =
        control::ControlClient(command_.socket)
            .follow(*command_.row, command_.params, head_limit,
                    [this](std::string_view line) { return take(line) && !around_.stopped(); },
                    {.every = around_.tick, .call = [this] {
                       around_.out.flush();
                       return !around_.stopped();
                     }});
    leave();
    around_.out.flush();
    if (code_) return *code_;
    if (around_.stopped()) return let_go();
    if (!answer) return tell(answer.error(), around_, look());
    if (answer->status != 200) return refused(*answer, command_, around_, look());
    complain(around_, look(), "the daemon ended before the run was over; it goes on with it later",
             run_.empty() ? "wardroomctl sync history" : "wardroomctl sync watch " + run_);
    return exit_failed;
  }

 private:
  Look look() const { return look_of(command_, around_); }
  bool plans() const { return command_.row->words == "sync plan"; }
  bool tells_steps() const { return !command_.json && !command_.quiet && !plans(); }

  void leave() {
    if (live_ && !command_.json) around_.out << line_.leave();
  }

  int let_go() {
    complain(around_, look(),
             run_.empty() ? "given up before the run had a number; it may have begun"
             : plans()    ? "given up; nothing is changed by a plan"
                          : "the run goes on",
             run_.empty() ? "wardroomctl sync list"
             : plans()    ? "wardroomctl sync plan " + job_
                          : "wardroomctl sync watch " + run_);
    return exit_interrupted;
  }

  bool take(std::string_view wire) {
    auto const line = Json::parse(wire, nullptr, false);
    if (!line.is_object()) {
      leave();
      code_ = not_json(command_, around_, look());
      return false;
    }
    if (auto const& error = part(line, "error"); !error.empty()) {
      leave();
      if (command_.json) around_.out << wire << "\n";
      code_ = refused_by_line(error, around_, look());
    } else if (has(line, "done")) {
      leave();
      end(line["done"]);
    } else if (has(line, "progress")) {
      progress(line["progress"]);
    } else if (has(line, "step")) {
      step(line["step"]);
    } else if (has(line, "missed")) {
      missed_ += count(line, "missed");
    } else if (has(line, "run")) {
      begin(line);
    }
    return !code_ && static_cast<bool>(around_.out);
  }

  void begin(Json const& line) {
    run_ = text(line, "run");
    job_ = text(line, "job");
    if (tells_steps() && !command_.params.contains("no-wait"))
      around_.out << "Run " << run_ << " of " << job_ << ".\n" << std::flush;
  }

  void progress(Json const& now) {
    total_ = count(now, "total");
    if (!live_ || command_.json) return;
    around_.out << line_.take_stage(now, around_.utf8, look(), std::chrono::steady_clock::now())
                << std::flush;
  }

  void step(Json const& step) {
    if (!tells_steps()) return;
    if (around_.terminal && total_ > named_on_a_terminal && text(step, "state") != "failed") return;
    leave();
    named_failures_ += text(step, "state") == "failed";
    around_.out << step_line(step, look());
  }

  void end(Json const& done) {
    auto const& run = plans() ? part(done, "run") : done;
    code_ =
        command_.params.contains("no-wait") ? int(exit_ok) : exit_of_run(command_.row->words, run);
    if (command_.json) {
      Json body{{"schema", command_.row->schema}};
      body.update(done);
      around_.out << body.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
      return;
    }
    if (missed_ > 0 && tells_steps())
      around_.out << "  " << count_words(missed_) << " more people: wardroomctl sync show " << run_
                  << "\n";
    around_.out << (plans() ? render(command_.row->schema, done, look())
                            : render_run_end(done, look(), names_failures(done)));
  }

  /// Unless each was named on its way.
  bool names_failures(Json const& run) const {
    return named_failures_ < count(part(run, "counts"), "failed");
  }

  Command const& command_;
  Surroundings const& around_;
  bool const live_;
  ProgressLine line_;
  std::string run_, job_;
  std::int64_t total_ = 0, missed_ = 0, named_failures_ = 0;
  std::optional<int> code_;
};

}  // namespace

int sync(Command& command, Surroundings const& around) { return SyncRun(command, around).run(); }

}  // namespace wardroom::ctl
