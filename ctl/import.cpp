#include "import.hpp"

#include "complaint.hpp"
#include "config/config_file.hpp"
#include "import_cms.hpp"
#include "import_sync_space.hpp"
#include "setup_talk.hpp"
#include "setup_write.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace wardroom::ctl {
namespace {

namespace fs = std::filesystem;
using Fate = ImportLine::Fate;

/// YAML texts that mean the same.
bool same_yaml(YAML::Node const& there, std::string const& yaml) {
  return yaml_flow(there) == yaml_flow(YAML::Load(yaml));
}

/// A value that means nothing yet, and may be replaced without asking.
bool is_empty(Draft const& draft, std::string const& key) {
  if (!draft.has(key)) return true;
  auto const node = draft.node(key);
  return (node.IsScalar() && node.Scalar().empty()) || (node.IsSequence() && node.size() == 0);
}

class Import {
 public:
  Import(Command const& command, Surroundings const& around, Places places, Draft draft)
      : command_(command),
        around_(around),
        look_(look_of(command, around)),
        places_(std::move(places)),
        site_{std::move(draft)},
        folder_(command.params.find("dir")->second),
        before_(site_.draft.text()) {}

  int run() {
    std::error_code trouble;
    if (!fs::is_directory(folder_, trouble))
      return failed("there is no folder " + folder_, "name the prototype's folder", exit_not_found);
    for (auto const& importer : importers()) {
      if (!importer.fits(folder_)) continue;
      kinds_.emplace_back(importer.name);
      std::ranges::move(importer.plan(folder_, places_), std::back_inserter(plan_));
    }
    if (kinds_.empty())
      return failed(
          folder_ + " holds nothing that can be imported",
          "known: the call-block prototype (.env, settings.py), the sync-space prototype (.env, "
          "excluded_users_by_email.txt, excluded_departments.txt) and the meeting server prototype "
          "(credentials.yml)",
          exit_not_found);
    compare();
    return command_.params.contains("apply") ? write() : offer();
  }

 private:
  bool forced() const { return command_.params.contains("force"); }
  bool to_take(ImportLine const& line) const {
    return line.fate == Fate::taken || (line.fate == Fate::differs && forced());
  }

  int failed(std::string const& sentence, std::string const& remedy, int code = exit_failed) {
    complain(around_, look_, sentence, remedy);
    if (command_.json)
      print({{"ok", false}, {"error", {{"message", sentence}, {"remedy", remedy}}}});
    return code;
  }
  void print(Json const& members) {
    Json all{{"schema", command_.row->schema}};
    all.update(members);
    around_.out << all.dump(2, ' ', false, Json::error_handler_t::replace) << "\n" << std::flush;
  }

  /// What stands in the configuration already.
  void compare() {
    for (auto& line : plan_) {
      line.shown = config::without_passwords(line.shown);
      line.why = config::without_passwords(line.why);
      if (line.fate != Fate::taken) continue;
      if (line.secret) {
        compare_secret(line);
        continue;
      }
      if (line.list) {
        compare_list(line);
        continue;
      }
      bool same = true, empty = true;
      for (auto const& [key, yaml] : line.settled) {
        empty = empty && is_empty(site_.draft, key);
        same = same && site_.draft.has(key) && same_yaml(site_.draft.node(key), yaml);
      }
      auto const other = other_secret(line);
      if (same && other.empty() && has_its_secrets(line)) line.fate = Fate::there;
      if (same || empty) {
        if (!other.empty()) differs(line, "another secret in " + other);
        continue;
      }
      if (line.new_key == sync_jobs_key || line.new_key == notice_bridges_key)
        stands_beside(line);
      else
        differs(line, site_.draft.value(line.new_key));
    }
  }
  void compare_secret(ImportLine& line) {
    auto const file = site_.draft.value(line.new_key);
    if (file.empty()) return;
    auto const there = config::read_secret(file);
    if (there && same(*there, *line.secret))
      line.fate = Fate::there;
    else if (there || there.error().kind != ErrorKind::not_found)
      differs(line, "the secret in " + file);
  }
  void compare_list(ImportLine& line) {
    auto const file = places_.secret(line.list_name);
    auto const there = config::read_text(file, 8u << 20);
    if (there && *there == *line.list)
      line.fate = Fate::there;
    else if (there || there.error().kind != ErrorKind::not_found)
      differs(line, "another list in " + file);
  }
  /// The file of a secret that goes along and holds something else already.
  static std::string other_secret(ImportLine const& line) {
    for (auto const& [file, secret] : line.secret_files) {
      auto const there = config::read_secret(file);
      if (there ? !same(*there, secret) : there.error().kind != ErrorKind::not_found) return file;
    }
    return {};
  }
  static bool has_its_secrets(ImportLine const& line) {
    return std::ranges::all_of(line.secret_files, [](auto const& one) {
      return config::read_secret(one.first).has_value();
    });
  }
  /// A site's jobs and bridges are never replaced by the prototype's.
  static void stands_beside(ImportLine& line) {
    line.fate = Fate::cannot;
    if (line.new_key == sync_jobs_key || !line.secret_files.empty())
      line.shown = line.settled.front().second;
    if (line.new_key == sync_jobs_key)
      line.why = "other jobs stand there: add this one to them by hand";
    else if (line.secret_files.empty())
      line.why = "other bridges stand there";
    else
      line.why =
          "other bridges stand there: add these to them by hand, the password into its file and "
          "what `openssl rand -hex 24` gives into each cdr_secret_file";
  }
  void differs(ImportLine& line, std::string const& present) {
    line.fate = Fate::differs;
    line.why = (present.empty() ? "another value" : present) + std::string(" stands there; ") +
               (forced() ? "it is replaced" : "it stays, unless --force is given");
  }

  // --- showing ----------------------------------------------------------------------------------

  static Tone tone_of_fate(Fate fate) {
    return fate == Fate::taken     ? Tone::good
           : fate == Fate::differs ? Tone::warning
           : fate == Fate::cannot  ? Tone::bad
                                   : Tone::faint;
  }

  void show() {
    if (command_.json) return;
    auto& out = around_.out;
    out << paint(look_, Tone::title, fmt::format("{} in {}", fmt::join(kinds_, ", "), folder_))
        << "\n";
    for (auto fate : {Fate::taken, Fate::differs, Fate::there, Fate::cannot, Fate::not_needed}) {
      bool first = true;
      for (auto const& line : plan_) {
        if (line.fate != fate) continue;
        if (std::exchange(first, false))
          out << "\n" << paint(look_, tone_of_fate(fate), heading(fate)) << "\n";
        show(line);
      }
    }
  }
  static std::string heading(Fate fate) {
    auto out = std::string(name(fate));
    out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
    return out;
  }
  void show(ImportLine const& line) {
    auto text = line.file + (line.line > 0 ? fmt::format(":{}", line.line) : "") + "  ";
    text += line.old_key.empty() ? "(a line)" : clean(line.old_key);
    if (!line.new_key.empty()) text += " → " + line.new_key;
    if (!line.shown.empty()) text += " = " + clean(line.shown);
    around_.out << "  " << wrap(text, look_.width, 4) << "\n";
    if (!line.why.empty()) around_.out << "    " << wrap(clean(line.why), look_.width, 4) << "\n";
  }

  void report(bool applied, std::vector<WrittenFile> const& written) {
    if (!command_.json) return;
    Json lines = Json::array(), files = Json::array();
    for (auto const& line : plan_) {
      Json row{{"file", line.file}};
      if (line.line > 0) row["line"] = line.line;
      row["old_key"] = line.old_key;
      row["fate"] = name(line.fate);
      if (!line.new_key.empty()) row["new_key"] = line.new_key;
      if (!line.shown.empty()) row["value"] = line.shown;
      if (!line.why.empty()) row["why"] = line.why;
      lines.push_back(std::move(row));
    }
    for (auto const& file : written)
      files.push_back({{"path", file.path}, {"mode", file.mode}, {"owner", file.owner}});
    print({{"ok", true},
           {"prototypes", kinds_},
           {"config", places_.config},
           {"applied", applied},
           {"plan", lines},
           {"written", files}});
  }

  // --- writing ----------------------------------------------------------------------------------

  bool anything() const {
    return std::ranges::any_of(plan_, [&](auto const& l) { return to_take(l); });
  }

  int offer() {
    show();
    if (!anything() || command_.params.contains("dry-run") || !around_.asks || command_.json) {
      report(false, {});
      if (!command_.json)
        around_.out << "\n"
                    << (anything() ? "Nothing was written; --apply writes it to " + places_.config
                                   : "There is nothing to write")
                    << ".\n"
                    << std::flush;
      return exit_ok;
    }
    around_.out << std::flush;
    auto const yes =
        Talk(around_, look_).yes_or_no("\nWrite this to " + places_.config + "?", false);
    if (!yes) return interrupted();
    if (*yes) return apply();
    around_.err << "Nothing was changed.\n";
    return exit_failed;
  }

  int interrupted() {
    complain(around_, look_, "given up; nothing was changed", "");
    return exit_interrupted;
  }

  int write() {
    show();
    if (anything()) return apply();
    report(false, {});
    if (!command_.json) around_.out << "\nThere is nothing to write.\n" << std::flush;
    return exit_ok;
  }

  int apply() {
    config::Complaints before;
    if (!site_.draft.fresh()) site_.draft.read(before);
    for (auto const& line : plan_)
      if (to_take(line))
        if (auto set = put(line); !set) return failed(set.error().what, "nothing was changed");
    config::Complaints after;
    site_.draft.read(after);
    for (auto const& complaint : after)
      if (is_ours(complaint) && !known(complaint, before) && !of_coming_list(complaint))
        return failed(complaint.text(),
                      "nothing was changed; give the other value, too, or use setup");
    if (auto const now = Draft::open(places_.config); !now || now->text() != before_)
      return failed("somebody else changed " + places_.config + " meanwhile; nothing was written",
                    "import again", exit_conflict);
    auto const written = write_site(site_, places_, false);
    if (!written) return failed(written.error().what, "");
    report(true, *written);
    if (command_.json) return exit_ok;
    around_.out << "\n";
    for (auto const& file : *written)
      around_.out << "  " << paint(look_, Tone::good, "written") << " " << file.mode << " "
                  << file.path << (file.owner.empty() ? "" : "  (" + file.owner + ")") << "\n";
    around_.out << "\nNext\n  wardroomctl setup"
                << (places_.system ? "" : " --config " + places_.config)
                << "   (asks for what is still missing, and tries it out)\n"
                << std::flush;
    return exit_ok;
  }

  /// A gap that setup will ask about is none of ours.
  bool is_ours(config::Complaint const& complaint) const {
    return std::ranges::any_of(plan_, [&](ImportLine const& line) {
      return to_take(line) && !line.new_key.empty() &&
             (complaint.key == line.new_key || complaint.key.starts_with(line.new_key + "[") ||
              complaint.key.starts_with(line.new_key + "."));
    });
  }
  /// It misses a list that is written together with the configuration.
  bool of_coming_list(config::Complaint const& complaint) const {
    return std::ranges::any_of(site_.lists, [&](auto const& list) {
      return complaint.message.starts_with(list.first + ": cannot be read: there is no such file");
    });
  }
  static bool known(config::Complaint const& complaint, config::Complaints const& before) {
    return std::ranges::any_of(before, [&](auto const& one) {
      return one.key == complaint.key && one.message == complaint.message;
    });
  }

  Result<void> put(ImportLine const& line) {
    auto const* question = find_question(line.new_key);
    std::string const comment(question ? question->why : std::string_view());
    if (line.secret) {
      auto file = site_.draft.value(line.new_key);
      if (file.find('/') == file.npos) file = places_.secret(line.secret_name);
      site_.secrets.insert_or_assign(file, *line.secret);
      return site_.draft.set(line.new_key, yaml_text(file), comment);
    }
    if (line.list) {
      site_.lists.insert_or_assign(places_.secret(line.list_name), *line.list);
      return {};
    }
    for (auto const& [file, secret] : line.secret_files)
      site_.secrets.insert_or_assign(file, secret);
    for (auto const& [key, yaml] : line.settled)
      if (auto set = site_.draft.set(key, yaml, key == line.new_key ? comment : ""); !set)
        return set;
    return {};
  }

  Command const& command_;
  Surroundings const& around_;
  Look look_;
  Places places_;
  Site site_;
  std::string folder_, before_;
  std::vector<std::string> kinds_;
  ImportPlan plan_;
};

}  // namespace

std::span<Importer const> importers() {
  static constexpr std::array all{
      Importer{"the call-block prototype", call_block_fits,
               [](std::string const& folder, Places const&) { return call_block_plan(folder); }},
      Importer{"the sync-space prototype", sync_space_fits, sync_space_plan},
      Importer{"the meeting server prototype", cms_fits, cms_plan},
  };
  return all;
}

int import_site(Command const& command, Surroundings const& around) {
  auto const look = look_of(command, around);
  auto const config = command.params.find("config");
  Places const places(config == command.params.end() ? "/etc/wardroom/wardroom.yaml"
                                                     : config->second);
  auto draft = Draft::open(places.config);
  if (!draft) {
    complain(around, look, draft.error().what,
             draft.error().kind == ErrorKind::malformed
                 ? "it is no YAML: put that right first"
                 : "run it with sudo, or give --config FILE");
    return draft.error().kind == ErrorKind::denied ? exit_not_permitted : exit_failed;
  }
  return Import(command, around, places, std::move(*draft)).run();
}

}  // namespace wardroom::ctl
