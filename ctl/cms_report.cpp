#include "cms_report.hpp"

#include "complaint.hpp"
#include "render_cms.hpp"

namespace wardroom::ctl {
namespace {

/// The daemon may have to look through a lot before the first line.
constexpr Milliseconds first_line_limit{60'000};

class CmsReport {
 public:
  CmsReport(Command const& command, Surroundings const& around)
      : command_(command), around_(around), csv_(command.params.contains("csv")) {}

  int run() {
    if (csv_ && command_.json) {
      complain(around_, look(), "--csv and --json are two forms; choose one",
               "wardroomctl cms report --help");
      return exit_usage;
    }
    if (around_.stopped()) return exit_interrupted;
    auto const answer = control::ControlClient(command_.socket)
                            .follow(*command_.row, command_.params, first_line_limit,
                                    [this](std::string_view line) { return take(line); },
                                    {.every = around_.tick, .call = [this] { return going_on(); }});
    around_.out.flush();
    if (around_.stopped()) return exit_interrupted;
    if (code_) return *code_;
    if (!answer) return tell(answer.error(), around_, look());
    if (answer->status != 200) return refused(*answer, command_, around_, look());
    if (!csv_ && !command_.json && conferences_ == 0) around_.out << nothing();
    around_.out.flush();
    return exit_ok;
  }

 private:
  Look look() const { return look_of(command_, around_); }
  bool going_on() const { return !around_.stopped() && static_cast<bool>(around_.out); }

  bool take(std::string_view line) {
    // Rows of CSV begin with a cell, never like this.
    bool const may_be_error = line.starts_with(R"({"error")");
    if (csv_ && !may_be_error) return pass_on(line);
    auto const told = Json::parse(line, nullptr, false);
    if (!told.is_object()) {
      code_ = not_json(command_, around_, look());
      return false;
    }
    if (auto const& error = part(told, "error"); !error.empty()) {
      around_.out.flush();
      code_ = refused_by_line(error, around_, look());
      return false;
    }
    ++conferences_;
    if (command_.json) return pass_on(line);
    around_.out << (conferences_ > 1 ? "\n" : "") << render_cms_report(told, look());
    return going_on();
  }

  bool pass_on(std::string_view line) {
    around_.out << line << '\n';
    return going_on();
  }

  std::string nothing() const {
    return command_.params.contains("since") || command_.params.contains("conference")
               ? "No conference was like that.\n"
               : "No conference was in the last day; go further back with --since 7d.\n";
  }

  Command const& command_;
  Surroundings const& around_;
  bool const csv_;
  std::optional<int> code_{};
  std::size_t conferences_ = 0;
};

}  // namespace

int cms_report(Command& command, Surroundings const& around) {
  return CmsReport(command, around).run();
}

}  // namespace wardroom::ctl
