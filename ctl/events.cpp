#include "events.hpp"

#include "complaint.hpp"
#include "render.hpp"

namespace wardroom::ctl {
namespace {

/// The daemon may have to look a long way back before the first line.
constexpr Milliseconds first_line_limit{60'000};

/// One run of `events`: what came, and how it ended.
class Events {
 public:
  Events(Command const& command, Surroundings const& around)
      : command_(command), around_(around), csv_(given("csv")) {}

  int run() {
    if (csv_ && command_.json) {
      complain(around_, look(), "--csv and --json are two forms; choose one",
               "wardroomctl events --help");
      return exit_usage;
    }
    if (around_.stopped()) return exit_interrupted;
    auto const answer = control::ControlClient(command_.socket)
                            .follow(*command_.row, command_.params, first_line_limit,
                                    [this](std::string_view line) { return take(line); },
                                    {.every = around_.tick, .call = [this] { return idle(); }});
    around_.out.flush();
    if (around_.stopped()) return exit_interrupted;
    if (code_) return *code_;
    if (!answer) return tell(answer.error(), around_, look());
    if (answer->status != 200) return refused(*answer, command_, around_, look());
    say_where_to_go_on();
    return exit_ok;
  }

 private:
  Look look() const { return look_of(command_, around_); }
  bool given(char const* param) const { return command_.params.contains(param); }

  bool idle() {
    around_.out.flush();
    return !around_.stopped() && static_cast<bool>(around_.out);
  }

  bool take(std::string_view line) {
    // Rows of CSV begin with a number or a column's name.
    bool const may_be_error = line.starts_with(R"({"error")");
    if (csv_ && !may_be_error) return pass_on(line);
    auto const event = Json::parse(line, nullptr, false);
    if (!event.is_object()) {
      code_ = not_json(command_, around_, look());
      return false;
    }
    if (auto const& error = part(event, "error"); !error.empty()) {
      around_.out.flush();
      code_ = refused_by_line(error, around_, look());
      return false;
    }
    if (!first_ && has(event, "seq")) first_ = count(event, "seq");
    ++lines_;
    return command_.json ? pass_on(line) : pass_on(render_event(event, look()));
  }

  /// Somebody who watches sees each line at once; a file need not.
  bool pass_on(std::string_view line) {
    around_.out << line << '\n';
    if (around_.terminal || given("follow")) around_.out.flush();
    return !around_.stopped() && static_cast<bool>(around_.out);
  }

  void say_where_to_go_on() const {
    if (!around_.terminal || command_.json || csv_) return;
    auto const look = this->look();
    if (lines_ == 0) around_.out << "Nothing of that happened.\n";
    bool const newest_only = !given("since") && !given("follow");
    auto const limit = command_.params.find("limit");
    auto const most = limit == command_.params.end() ? "50" : limit->second;
    if (newest_only && first_ && std::to_string(lines_) == most)
      around_.out << paint(look, Tone::faint, "Older ones: --until " + std::to_string(*first_))
                  << '\n';
    around_.out.flush();
  }

  Command const& command_;
  Surroundings const& around_;
  bool const csv_;
  std::optional<int> code_{};
  std::optional<std::int64_t> first_{};
  std::int64_t lines_ = 0;
};

}  // namespace

int events(Command& command, Surroundings const& around) { return Events(command, around).run(); }

}  // namespace wardroom::ctl
