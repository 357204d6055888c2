#include "audit.hpp"

#include "complaint.hpp"
#include "render.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>

namespace wardroom::ctl {
namespace {

using control::ControlClient;

/// A million records take some seconds.
constexpr Milliseconds limit{600'000};
/// The daemon takes 1 MiB at once, and a head has some 300 bytes.
constexpr std::size_t heads_at_once = 2'500;

/// What to ask with: one text for each request. An error has been told.
std::optional<std::vector<std::string>> heads_to_send(Command const& command,
                                                      Surroundings const& around) {
  auto const given = command.params.find("heads");
  if (given == command.params.end()) return std::vector<std::string>{""};
  bool const standard_input = given->second == "-";
  std::ifstream log(standard_input ? "/dev/stdin" : given->second);
  auto const look = look_of(command, around);
  if (!log) {
    complain(around, look,
             "cannot read the heads from " + clean(given->second) + ": " + std::strerror(errno),
             "name a file that holds lines of wardroomd's log, or - for standard input");
    return std::nullopt;
  }
  auto const heads = heads_in(log);
  if (heads.empty()) {
    complain(around, look,
             (standard_input ? std::string("standard input") : clean(given->second)) +
                 " holds no published head",
             "journalctl -u wardroomd | wardroomctl audit verify --heads -");
    return std::nullopt;
  }
  std::vector<std::string> out;
  for (std::size_t i = 0; i < heads.size(); ++i) {
    if (i % heads_at_once == 0) out.emplace_back();
    out.back() += heads[i] + "\n";
  }
  return out;
}

}  // namespace

std::vector<std::string> heads_in(std::istream& log) {
  std::set<std::string> seen;
  std::vector<std::string> out;
  for (std::string line; std::getline(log, line);) {
    auto const begin = line.find("audit-head v1 ");
    if (begin == line.npos) continue;
    auto head = line.substr(begin, line.find_first_of("\r\"\\", begin) - begin);
    // Other lines could be made long to keep the true ones out.
    if (head.size() <= 512 && seen.insert(head).second) out.push_back(std::move(head));
  }
  return out;
}

Json merged(std::vector<Json> const& answers) {
  Json out = answers.front();
  for (std::size_t i = 1; i < answers.size(); ++i) {
    auto const& next = answers[i];
    for (auto const* sum : {"heads", "foreign_heads", "heads_given"})
      out[sum] = count(out, sum) + count(next, sum);
    bool const earlier =
        !flag(next, "ok") &&
        (flag(out, "ok") || count(part(next, "first"), "seq") < count(part(out, "first"), "seq"));
    if (!earlier) continue;
    for (auto const* of_the_finding : {"ok", "sentence", "bad", "first"})
      if (has(next, of_the_finding)) out[of_the_finding] = next[of_the_finding];
  }
  return out;
}

int verify_audit(Command const& command, Surroundings const& around) {
  auto const texts = heads_to_send(command, around);
  if (!texts) return exit_failed;
  std::vector<Json> answers;
  for (auto const& heads : *texts) {
    if (around.stopped()) return exit_interrupted;
    auto params = command.params;
    params.erase("heads");
    if (!heads.empty()) params["heads"] = heads;
    auto const answer = ControlClient(command.socket)
                            .ask(*command.row, params, limit,
                                 {.every = around.tick, .call = [&] { return !around.stopped(); }});
    auto const look = look_of(command, around);
    if (!answer) return tell(answer.error(), around, look);
    if (answer->status == 0) return exit_interrupted;
    if (answer->status != 200) return refused(*answer, command, around, look);
    auto body = Json::parse(answer->body, nullptr, false);
    if (!body.is_object()) return not_json(command, around, look);
    answers.push_back(std::move(body));
  }
  auto const whole = merged(answers);
  if (command.json)
    around.out << whole.dump() << "\n";
  else
    around.out << render(command.row->schema, whole, look_of(command, around));
  around.out.flush();
  return flag(whole, "ok") ? exit_ok : exit_failed;
}

}  // namespace wardroom::ctl
