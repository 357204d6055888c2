#include "doctor.hpp"

#include "complaint.hpp"
#include "render.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::ctl {
namespace {

using control::ControlClient;
using control::Unreachable;

constexpr std::string_view usual_config = "/etc/wardroom/wardroom.yaml";
constexpr Milliseconds head_limit{10'000};
/// Longer than any check may take.
constexpr Milliseconds silence{90'000}, silence_when_deep{1'200'000};

std::string param(Command const& command, std::string_view name) {
  auto const given = command.params.find(name);
  return given == command.params.end() ? "" : given->second;
}

bool is_local(std::string_view area) {
  return area == "service" || area == "files" || area == "machine";
}

/// A daemon at another socket is not the usual service.
std::string unit_of(Command const& command) {
  auto const given = param(command, "unit");
  return !given.empty() ? given : command.socket == default_socket ? "wardroomd" : std::string();
}

/// The daemon's part of an examination, as it comes.
class DaemonPart {
 public:
  DaemonPart(Command const& command, Surroundings const& around,
             std::function<void(Json const&)> const& hear, Examination& out, Here& here)
      : command_(command), around_(around), hear_(hear), out_(out), here_(here) {}

  void run() {
    auto params = command_.params;
    params.erase("config");
    params.erase("unit");
    heard_ = around_.now();
    auto const answer = ControlClient(command_.socket)
                            .follow(*command_.row, params, head_limit,
                                    [this](std::string_view line) { return take(line); },
                                    {.every = around_.tick, .call = [this] { return idle(); }});
    if (around_.stopped()) {
      out_.interrupted = true;
    } else if (!answer) {
      away(answer.error());
    } else if (answer->status != 200 && answer->status != 0) {
      refused(*answer);
    } else if (!done_ && !out_.usage) {
      broken_off();
    }
  }

 private:
  void add(Json line) {
    if (hear_) hear_(line);
    out_.lines.push_back(std::move(line));
  }

  bool idle() {
    if (around_.stopped()) return false;
    return around_.now() - heard_ < (param(command_, "deep").empty() ? silence : silence_when_deep);
  }

  bool take(std::string_view bytes) {
    heard_ = around_.now();
    auto line = Json::parse(bytes, nullptr, false);
    if (auto const& error = part(line, "error"); !error.empty()) {
      out_.usage = error;
      return false;
    }
    auto const step = text(line, "step");
    if (step == "begin") {
      for (auto const& area : list(line, "areas")) out_.areas.push_back(joined(area));
      if (auto const file = text(line, "config_file"); !file.empty()) here_.config_file = file;
      if (hear_) hear_(line);
    } else if (step == "check") {
      add(std::move(line));
    } else if (step == "done") {
      done_ = true;
    }
    return !around_.stopped();
  }

  void away(Unreachable const& why) {
    if (heard_any()) return broken_off();
    here_.unreachable = why;
  }
  bool heard_any() const { return !out_.areas.empty(); }

  void broken_off() {
    add(check_line("service", "service.stream", "failed",
                   "The daemon ended, or fell silent, while it was being examined.",
                   "systemctl status wardroomd; journalctl -u wardroomd -n 50"));
  }

  void refused(control::ControlAnswer const& answer) {
    here_.refused = true;
    auto const body = Json::parse(answer.body, nullptr, false);
    auto const& error = part(body, "error");
    if (answer.status == 404 || error.empty())
      return add(check_line("service", "service.version", "warning",
                            "The daemon that runs does not know this command: it is of another "
                            "version than this tool.",
                            "systemctl restart wardroomd   # loses nothing"));
    add(check_line("service", "service.permission", "failed", text(error, "message") + ".",
                   pasteable(text(error, "remedy"))));
  }

  Command const& command_;
  Surroundings const& around_;
  std::function<void(Json const&)> const& hear_;
  Examination& out_;
  Here& here_;
  Instant heard_{};
  bool done_ = false;
};

/// For areas that are none of the daemon's: only whether it is there.
void knock(Command const& command, Here& here) {
  auto const answer =
      ControlClient(command.socket).ask(*control::find_verb("health"), {}, Milliseconds(5'000));
  if (!answer)
    here.unreachable = answer.error();
  else if (answer->status == 403)
    here.refused = true;
}

Json totals(Examination const& found) {
  auto const number = [&](std::string_view result) {
    return std::ranges::count_if(found.lines,
                                 [&](Json const& line) { return text(line, "result") == result; });
  };
  return Json{{"step", "done"},
              {"ok", number("ok")},
              {"warnings", number("warning")},
              {"failed", number("failed")},
              {"skipped", number("skipped")},
              {"took_ms", found.took_ms}};
}

void pass_on(Command const& command, Surroundings const& around, Json const& line) {
  Json out{{"schema", command.row->schema}};
  out.update(line);
  around.out << out.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n" << std::flush;
}

/// One line that is drawn over, on a terminal.
class Progress {
 public:
  Progress(Surroundings const& around, bool wanted)
      : around_(around), live_(wanted && around.terminal && !around.dumb) {}
  void show(Json const& line) {
    if (!live_) return;
    if (auto const all = count(line, "checks")) all_ = all;
    if (text(line, "step") == "check") ++seen_;
    auto const words =
        fmt::format("examining … {} of {}  {}", seen_, std::max(all_, seen_), text(line, "name"));
    around_.out << "\r\033[K" << shorten(words, around_.width()) << std::flush;
  }
  void leave() {
    if (live_) around_.out << "\r\033[K" << std::flush;
  }

 private:
  Surroundings const& around_;
  bool live_;
  std::int64_t all_ = 0, seen_ = 0;
};

}  // namespace

Examination examine(Command const& command, Surroundings const& around,
                    std::function<void(Json const& line)> const& hear) {
  auto const begun = around.now();
  auto const area = param(command, "area");
  auto const config = param(command, "config");
  Examination out;
  Here here{.socket = command.socket,
            .config_file = config.empty() ? std::string(usual_config) : config,
            .unit = unit_of(command)};
  if (is_local(area))
    knock(command, here);
  else
    DaemonPart(command, around, hear, out, here).run();
  if (out.usage || out.interrupted) return out;
  // Without the daemon nothing can be said about its parts but that it is not there.
  bool const theirs = !area.empty() && !is_local(area) && area != "config";
  auto local = look_here(here, here.unreachable && theirs ? "service" : area);
  for (auto& line : local) {
    if (hear) hear(line);
    out.lines.push_back(std::move(line));
  }
  auto areas = areas_here();
  for (auto const& known : out.areas)
    if (std::ranges::find(areas, known) == areas.end()) areas.push_back(known);
  out.areas = std::move(areas);
  out.took_ms = double((around.now() - begun).count());
  return out;
}

int exit_of_examination(CheckLines const& lines) {
  bool warned = false;
  for (auto const& line : lines) {
    auto const result = text(line, "result");
    if (result == "failed") return exit_failed;
    warned = warned || result == "warning";
  }
  return warned ? exit_degraded : exit_ok;
}

int doctor(Command& command, Surroundings const& around) {
  if (around.stopped()) return exit_interrupted;
  Progress progress(around, !command.json);
  auto const found = examine(command, around, [&](Json const& line) {
    if (command.json && text(line, "step") == "check")
      pass_on(command, around, line);
    else
      progress.show(line);
  });
  progress.leave();
  auto const look = look_of(command, around);
  if (found.interrupted) {
    complain(around, look, "given up before everything was looked at", "");
    return exit_interrupted;
  }
  if (found.usage) {
    auto error = *found.usage;
    error["message"] = text(error, "message") + "; and, seen from here, " +
                       fmt::format("{}", fmt::join(areas_here(), ", "));
    return refused_by_line(error, around, look);
  }
  if (command.json) {
    pass_on(command, around, totals(found));
  } else {
    around.out << render_doctor(Json{{"checks", found.lines},
                                     {"areas", found.areas},
                                     {"took_ms", found.took_ms},
                                     {"verbose", command.verbose}},
                                look);
  }
  around.out.flush();
  return exit_of_examination(found.lines);
}

}  // namespace wardroom::ctl
