#include "fence_simulate.hpp"

#include "complaint.hpp"
#include "config/config_file.hpp"
#include "long_job.hpp"
#include "render.hpp"

#include <fmt/format.h>

namespace wardroom::ctl {
namespace {

/// Of the control socket's bodies, as JSON.
constexpr std::size_t kLongestBody = 1u << 20;
constexpr std::size_t kOtherParams = 512;

constexpr LongJob::Words kWords{.given_up = "nothing was changed; run it again when you like",
                                .broken_off = "nothing was changed; run it again"};

/// As `config check` names them: file, line and column.
int name_mistakes(Json const& done, std::string const& file, Command const& command,
                  Surroundings const& around, Look const& look) {
  std::string all;
  for (auto const& one : list(done, "complaints")) {
    auto const key = text(one, "key");
    auto const line = count(one, "line");
    all += all.empty() ? "" : "\n";
    all += line > 0 ? fmt::format("{}:{}:{}: ", file, line, count(one, "column")) : file + ": ";
    all += (key.empty() ? "" : key + ": ") + text(one, "message");
  }
  if (command.json) {
    Json body{{"schema", command.row->schema}, {"file", file}};
    body.update(done);
    around.out << body.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
  }
  complain(around, look, all, "");
  return exit_failed;
}

}  // namespace

int simulate_fences(Command& command, Surroundings const& around) {
  LongJob job(command, around, kWords);
  auto const given = command.params.find("file");
  auto const file = given == command.params.end() ? std::string() : given->second;
  auto const content = config::read_text(file);
  if (!content) {
    complain(around, job.look(), file + ": " + clean(content.error().what),
             "give a file with fences, a section call_blocking, or a whole wardroom.yaml");
    return exit_failed;
  }
  if (Json(*content).dump(-1, ' ', false, Json::error_handler_t::replace).size() + kOtherParams >
      kLongestBody) {
    complain(around, job.look(), file + " is too long: the daemon takes 1 MiB",
             "draw large areas in a file of GeoJSON and name it by geojson_file");
    return exit_failed;
  }
  // The daemon may not read what this person may: the text goes there, not the name.
  command.params["file"] = *content;
  if (auto const code = job.run(); code != exit_ok) return code;
  auto const& done = job.done();
  if (!flag(done, "ok")) return name_mistakes(done, file, command, around, job.look());
  Json body{{"schema", command.row->schema}, {"file", file}};
  body.update(done);
  body.erase("ok");
  if (command.json)
    around.out << body.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
  else
    around.out << render(command.row->schema, body, job.look());
  around.out.flush();
  return exit_ok;
}

}  // namespace wardroom::ctl
