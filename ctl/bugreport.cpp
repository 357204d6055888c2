#include "bugreport.hpp"

#include "complaint.hpp"
#include "doctor.hpp"
#include "program.hpp"
#include "redactor.hpp"
#include "tarball.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <functional>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace wardroom::ctl {
namespace {

using control::ControlClient;

constexpr Milliseconds patience{20'000};
constexpr std::int64_t newest_entries = 500;
constexpr std::size_t most_entries = 5'000;

struct Content {
  std::string_view name, what;
};
/// In the order they are put in.
constexpr std::array contents{
    Content{"README.txt", "what is in here, and how it was made"},
    Content{"about.json", "version, system, memory, sizes of the store's files"},
    Content{"status.json", "wardroomctl status, people as numbers"},
    Content{"health.json", "wardroomctl health"},
    Content{"doctor.ndjson", "wardroomctl doctor, every check"},
    Content{"config.json", "wardroomctl config show, without people and places"},
    Content{"store.json", "wardroomctl store show: engine, schema, sizes, the last backup"},
    Content{"metrics.txt", "wardroomctl metrics"},
    Content{"events.ndjson", "the last 500 entries of the journal, people as numbers"},
    Content{"log.ndjson", "the last 500 lines of the daemon's log, people left out"},
};

std::string lines_of(std::vector<Json> const& rows) {
  std::string out;
  for (auto const& row : rows)
    out += row.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return out;
}

std::string indented(Json const& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string file_text(char const* path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string without_quotes(std::string text) {
  std::erase(text, '"');
  return text;
}

/// Gathers everything first, so that a name seen in one place is taken out of all others.
class Report {
 public:
  Report(Command const& command, Surroundings const& around) : command_(command), around_(around) {}

  bool gather() {
    say("status");
    status_ = ask("status");
    health_ = ask("health");
    config_ = ask("config show");
    metrics_ = ask("metrics");
    store_ = ask("store show");
    // Only to know whom to take out of texts.
    redactor_.learn(ask("token show"));
    redactor_.learn(ask("people list", {{"limit", "10000"}}));
    redactor_.learn(ask("alerts list"));
    redactor_.learn(status_);
    learn_settings();
    say("events");
    gather_events();
    say("doctor");
    examine_all();
    say("log");
    gather_log();
    say("");
    return !around_.stopped();
  }

  std::vector<Packed> files() const {
    std::vector<Packed> out;
    auto const add = [&](std::string name, std::string content) {
      out.push_back({std::move(name), std::move(content)});
    };
    add("README.txt", read_me());
    add("about.json", indented(about()));
    add("status.json", indented(redactor_.clean(status_)));
    add("health.json", indented(redactor_.clean(health_)));
    add("doctor.ndjson", lines_of(cleaned(doctor_)));
    add("config.json", indented(redactor_.clean_settings(config_)));
    add("store.json", indented(redactor_.clean(store_)));
    add("metrics.txt", redactor_.clean_metrics(text_of_metrics()));
    std::vector<Json> entries, log;
    for (auto const& entry : events_) entries.push_back(redactor_.clean_entry(entry));
    for (auto const& entry : log_) log.push_back(redactor_.clean_entry(entry));
    add("events.ndjson", lines_of(entries));
    add("log.ndjson", lines_of(log));
    return out;
  }

 private:
  void say(std::string_view part) const {
    if (!around_.terminal || around_.dumb || command_.json) return;
    around_.out << "\r\033[K" << (part.empty() ? "" : "gathering … ") << part << std::flush;
  }

  /// An object that says why when there is no answer.
  Json ask(std::string_view words, control::VerbParams const& params = {}) const {
    if (around_.stopped()) return Json::object();
    auto const* row = control::find_verb(words);
    auto const answer = ControlClient(command_.socket).ask(*row, params, patience);
    if (!answer) return Json{{"unreachable", answer.error().sentence}};
    auto body = Json::parse(answer->body, nullptr, false);
    if (answer->status != 200 || !body.is_object()) return Json{{"refused", answer->status}};
    return body;
  }

  void learn_settings() {
    auto people = Json::array();
    for (auto const& row : list(config_, "settings")) {
      auto const key = text(row, "key");
      if (!key.ends_with(".admins") && !key.ends_with("mail") && !key.ends_with("people") &&
          !key.ends_with("username") && !key.ends_with(".from"))
        continue;
      std::string word;
      for (char c : joined(part(row, "value")) + ",") {
        if (c != ',' && c != ' ' && c != '[' && c != ']') {
          word += c;
          continue;
        }
        if (word.size() > 3) people.push_back(word);
        word.clear();
      }
    }
    redactor_.learn(Json{{"emails", people}});
  }

  void read_events(control::VerbParams const& params) {
    auto const* row = control::find_verb("events");
    auto const answer =
        ControlClient(command_.socket).follow(*row, params, patience, [&](std::string_view line) {
          auto entry = Json::parse(line, nullptr, false);
          if (entry.is_object() && !entry.contains("error")) events_.push_back(std::move(entry));
          return events_.size() < most_entries && !around_.stopped();
        });
    if (!answer) events_.push_back(Json{{"message", answer.error().sentence}});
  }

  void gather_events() {
    read_events({{"limit", std::to_string(newest_entries)}});
    if (std::ssize(events_) > newest_entries)
      events_.erase(events_.begin(), events_.end() - newest_entries);
    for (auto const& entry : events_) redactor_.learn(entry);
  }

  void examine_all() {
    Command all = command_;
    all.row = control::find_verb("doctor");
    all.params.clear();
    auto found = examine(all, around_, {});
    doctor_ = std::move(found.lines);
  }

  void gather_log() {
    auto const said = run_program(
        {"journalctl", "-u", "wardroomd", "-n", "500", "-o", "json", "--no-pager", "-q"}, patience);
    if (!said.ran || said.code != 0) {
      log_.push_back(Json{{"message", "the system's journal cannot be read from here"}});
      return;
    }
    std::string_view rest = said.out;
    while (!rest.empty()) {
      auto const end = std::min(rest.find('\n'), rest.size());
      auto const line = Json::parse(rest.substr(0, end), nullptr, false);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (line.is_object()) log_.push_back(log_entry(line));
    }
    if (log_.empty())
      log_.push_back(Json{{"message", "the system's journal has nothing of wardroomd"}});
    for (auto const& entry : log_) redactor_.learn(entry);
  }

  /// journald's fields as the daemon named them.
  static Json log_entry(Json const& line) {
    Json out{{"time", journal_time(text(line, "__REALTIME_TIMESTAMP"))},
             {"priority", text(line, "PRIORITY")},
             {"message", text(line, "MESSAGE")}};
    std::string_view constexpr own = "WARDROOM_";
    for (auto const& [key, value] : line.items()) {
      if (!key.starts_with(own)) continue;
      std::string name = key.substr(own.size());
      std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
      out[name] = value.is_string() ? value : Json(value.dump());
    }
    return out;
  }
  static std::string journal_time(std::string const& microseconds) {
    std::int64_t value = 0;
    std::from_chars(microseconds.data(), microseconds.data() + microseconds.size(), value);
    return clock_words(from_unix_ms(value / 1000)) + " UTC";
  }

  std::vector<Json> cleaned(std::vector<Json> const& lines) const {
    std::vector<Json> out;
    for (auto const& line : lines) out.push_back(redactor_.clean(line));
    return out;
  }

  std::string text_of_metrics() const {
    auto const& exposition = part(metrics_, "text");
    return exposition.is_string() ? exposition.get<std::string>() : indented(metrics_);
  }

  Json about() const {
    utsname system{};
    ::uname(&system);
    auto const release = file_text("/etc/os-release");
    auto const pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
    Json out{{"made_at", clock_words(around_.now()) + " UTC"},
             {"tool", WARDROOM_VERSION},
             {"daemon", text(status_, "version")},
             {"daemon_started_at", text(status_, "started_at")},
             {"compiler", __VERSION__},
             {"system", without_quotes(value_of(release, "PRETTY_NAME"))},
             {"kernel", std::string(system.release) + " " + system.machine},
             {"processors", ::sysconf(_SC_NPROCESSORS_ONLN)},
             {"memory_mib", pages > 0 && page > 0 ? pages / 1024 * page / 1024 : 0}};
    out["store"] = sizes_of_store();
    return out;
  }

  Json sizes_of_store() const {
    auto out = Json::object();
    auto const url = text(part(status_, "store"), "url");
    if (!url.starts_with("sqlite:")) return out;
    for (auto const* end : {"", "-wal", "-shm"}) {
      struct stat about{};
      auto const path = url.substr(7) + end;
      if (::stat(path.c_str(), &about) == 0)
        out[*end ? std::string(end) : std::string("file")] = about.st_size;
    }
    return out;
  }

  static std::string read_me() {
    std::string out =
        "A report about a Wardroom site, made by `wardroomctl bugreport`.\n\n"
        "People appear as numbers: names, mail addresses, phone numbers and positions were taken\n"
        "out, and so were tokens, passwords and keys. Words in <brackets> stand for what went.\n"
        "It was made by a program: look through it before you send it to anybody.\n\n";
    for (auto const& content : contents)
      out += fmt::format("{:<14} {}\n", content.name, content.what);
    return out;
  }

  Command const& command_;
  Surroundings const& around_;
  Redactor redactor_;
  Json status_, health_, config_, metrics_, store_;
  std::vector<Json> events_, doctor_, log_;
};

std::string stamp_of(Instant at) {
  auto text = clock_words(at);  // "2026-11-22 00:10:05"
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  std::ranges::replace(text, ' ', '-');
  return text;
}

int list_contents(Command const& command, Surroundings const& around) {
  if (command.json) {
    auto files = Json::array();
    for (auto const& content : contents)
      files.push_back({{"name", content.name}, {"what", content.what}});
    around.out << Json{{"schema", command.row->schema}, {"files", files}}.dump() << "\n";
  } else {
    for (auto const& content : contents)
      around.out << "  " << pad(content.name, 14) << "  " << content.what << "\n";
  }
  around.out.flush();
  return exit_ok;
}

void tell_of(Command const& command, Surroundings const& around, std::string const& path,
             std::vector<Packed> const& files, std::size_t bytes) {
  auto const look = look_of(command, around);
  if (command.json) {
    auto names = Json::array();
    for (auto const& file : files)
      names.push_back({{"name", file.name}, {"bytes", file.content.size()}});
    around.out << Json{{"schema", command.row->schema},
                       {"file", path},
                       {"bytes", bytes},
                       {"files", names}}
                      .dump()
               << "\n"
               << std::flush;
    return;
  }
  for (std::size_t i = 0; i < files.size(); ++i)
    around.out << "  " << pad(files[i].name, 14) << "  "
               << pad(count_words(std::ssize(files[i].content)), 9, true) << " bytes   "
               << paint(look, Tone::faint, contents[i].what) << "\n";
  around.out << "\n"
             << paint(look, Tone::good, "written") << "  " << path << "  ("
             << count_words(static_cast<std::int64_t>(bytes)) << " bytes, for your eyes only)\n"
             << "  " << paint(look, Tone::strong, "→ tar -xzOf " + path + " | less") << "   "
             << paint(look, Tone::faint, "# look through it before you send it to anybody") << "\n"
             << std::flush;
}

}  // namespace

int bugreport(Command& command, Surroundings const& around) {
  if (command.params.contains("list")) return list_contents(command, around);
  auto const look = look_of(command, around);
  auto const name = "wardroom-bugreport-" + stamp_of(around.now());
  auto const given = command.params.find("file");
  auto const path = given == command.params.end() ? name + ".tar.gz" : given->second;
  if (::access(path.c_str(), F_OK) == 0) {
    complain(around, look, path + " is there already, and nothing is ever overwritten",
             "name another file: wardroomctl bugreport FILE");
    return exit_conflict;
  }
  Report report(command, around);
  if (!report.gather()) {
    complain(around, look, "given up; nothing was written", "");
    return exit_interrupted;
  }
  auto const files = report.files();
  auto const packed = gzipped(tar_of(name, files, around.now()));
  auto const written = packed ? write_new_file(path, *packed) : Result<void>();
  if (!packed || !written) {
    auto const& why = packed ? written.error() : packed.error();
    complain(around, look, why.what,
             "name another place: wardroomctl bugreport /tmp/report.tar.gz");
    return why.kind == ErrorKind::conflict ? exit_conflict : exit_failed;
  }
  tell_of(command, around, path, files, packed->size());
  return exit_ok;
}

}  // namespace wardroom::ctl
