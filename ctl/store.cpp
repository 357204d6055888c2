#include "store.hpp"

#include "backup_file.hpp"
#include "base/encoding.hpp"
#include "complaint.hpp"
#include "long_job.hpp"
#include "render.hpp"

namespace wardroom::ctl {
namespace {

constexpr LongJob::Words kWords{.given_up = "the store is as it was; run it again when you like",
                                .broken_off = "wardroomctl store show says which store is in use"};

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
  LongJob job(command, around, kWords);
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
  LongJob job(command, around, kWords);
  if (auto const code = job.run(); code != exit_ok) return code;
  print(job.done(), command, around, job.look());
  if (command.json) return exit_ok;  // a program sets the configuration itself
  return set_configuration(job.done(), command, around, job.look());
}

}  // namespace wardroom::ctl
