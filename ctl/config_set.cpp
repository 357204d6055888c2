// `config set`: changes one value in the file itself, with the caller's rights, and only when the
// whole file is right afterwards.
#include "complaint.hpp"
#include "config.hpp"
#include "config/config_file.hpp"
#include "config/replace_file.hpp"
#include "config/yaml_dress.hpp"
#include "config/yaml_edit.hpp"
#include "render.hpp"
#include "settings.hpp"
#include "settings_files.hpp"
#include "settings_manual.hpp"
#include "settings_reload.hpp"

#include <algorithm>
#include <expected>

namespace wardroom::ctl {
namespace {

using config::Entry;
using config::Kind;
using config::NewValue;

constexpr Milliseconds answer_limit{15'000};

/// Why nothing was written: for people, and as an exit code.
struct Refusal {
  int code = exit_failed;
  std::string sentence, remedy;
};
template <class T>
using Or = std::expected<T, Refusal>;

std::unexpected<Refusal> refuse(int code, std::string sentence, std::string remedy) {
  return std::unexpected(Refusal{code, std::move(sentence), std::move(remedy)});
}

int exit_of(ErrorKind kind) {
  if (kind == ErrorKind::denied) return exit_not_permitted;
  if (kind == ErrorKind::not_found) return exit_not_found;
  return kind == ErrorKind::conflict ? exit_conflict : exit_failed;
}

std::string listed(config::Complaints const& complaints) {
  std::string out;
  for (auto const& one : complaints) out += "\n" + one.text();
  return out;
}

std::string param(Command const& command, std::string_view name) {
  auto const found = command.params.find(name);
  return found == command.params.end() ? std::string() : found->second;
}

Or<Entry> settable(std::string const& key, DaemonSettings const& settings,
                   std::string const& file) {
  auto const* entry = settings.record.find(key);
  if (entry && entry->kind != Kind::section && entry->kind != Kind::entries) return *entry;
  auto const manual = Manual::of(example_configuration());
  if (!entry && manual.find(key) && !manual.find(key)->is_section())
    return refuse(exit_not_found,
                  "nothing in " + file + " takes " + key +
                      ": there is no such entry, or its kind has other keys",
                  "sudoedit " + file + ", then wardroomctl config check");
  if (entry || manual.find(key))
    return refuse(exit_usage, key + " has several values, which an editor changes best",
                  "sudoedit " + file + ", then wardroomctl config check");
  if (auto const* secret = manual.find(key + "_file");
      secret && secret->entry.kind == Kind::secret_file)
    return refuse(exit_usage, "a secret does not stand in the configuration",
                  "put it into a file with mode 0600, then: wardroomctl config set " + key +
                      "_file " + secret->example);
  auto const near = manual.near(key);
  return refuse(
      exit_not_found,
      "there is no key \"" + key + "\"" + (near ? "; did you mean \"" + *near + "\"?" : ""),
      "wardroomctl config explain lists them all");
}

/// "a,b" or "[a, b]".
Or<std::vector<std::string>> list_of(std::string_view value) {
  std::vector<std::string> out;
  if (value.starts_with('[')) {
    config::Complaints complaints;
    auto const node = config::parse_yaml(value, "VALUE", complaints);
    bool const flat = node.IsSequence() && std::all_of(node.begin(), node.end(),
                                                       [](auto const& i) { return i.IsScalar(); });
    if (!complaints.empty() || !flat)
      return refuse(exit_usage, "the value is no list of texts", "write it as a,b or '[a, b]'");
    for (auto const& item : node) out.push_back(item.Scalar());
    return out;
  }
  for (std::size_t at = 0; at < value.size();) {
    auto const end = std::min(value.find(',', at), value.size());
    auto item = value.substr(at, end - at);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    out.emplace_back(item);
    at = end + 1;
  }
  return out;
}

Or<NewValue> new_value(Entry const& entry, std::string const& value) {
  if (entry.kind == Kind::texts || entry.kind == Kind::numbers) {
    auto list = list_of(value);
    if (!list) return std::unexpected(list.error());
    return NewValue(std::move(*list));
  }
  bool const name_of_file = value.empty() || value.contains('/') || value.size() <= 32;
  if (entry.kind == Kind::secret_file && !name_of_file)
    return refuse(exit_usage,
                  "this looks like the secret itself; " + entry.key +
                      " takes the name of the file that holds it",
                  "write the secret to a file with mode 0600, and take it out of the history of "
                  "your shell");
  return NewValue(value);
}

/// Whether only this key came to mean something else, and what follows it.
bool nothing_else(std::vector<ChangedKey> const& changed, Entry const& entry,
                  config::Record const& after) {
  return std::ranges::all_of(changed, [&](ChangedKey const& one) {
    auto const* now = after.find(one.key);
    bool const follows = now && now->origin == config::Origin::derived;
    bool const below_renamed = !entry.owner.empty() && entry.path.back() == "name";
    return one.key == entry.key || follows || below_renamed;
  });
}

struct Edit {
  Entry entry;
  std::string before, after;  ///< the whole file
  std::string old_value, new_value;
  std::vector<Unseen> warnings;
};

Or<Edit> edit(std::string const& file, std::string const& key, std::string const& value) {
  auto const text = config::read_text(file);
  if (!text)
    return refuse(exit_of(text.error().kind), file + " " + text.error().what,
                  "wardroomctl config set … --file FILE names another one");
  config::Complaints complaints;
  auto const old = read_settings(*text, file, complaints);
  if (!complaints.empty())
    return refuse(exit_failed, "the file has mistakes already:" + listed(complaints),
                  "mend them with an editor first; nothing was written");
  auto const entry = settable(key, old, file);
  if (!entry) return std::unexpected(entry.error());
  auto const wanted = new_value(*entry, value);
  if (!wanted) return std::unexpected(wanted.error());
  auto edited = config::set_value(*text, entry->path, *wanted);
  if (!edited)
    return refuse(exit_failed, key + " cannot be changed in place: " + edited.error().what,
                  "sudoedit " + file + ", then wardroomctl config check");
  auto const fresh = read_settings(*edited, file, complaints);
  if (!complaints.empty())
    return refuse(exit_failed, "with that value the file would be wrong:" + listed(complaints),
                  "nothing was written");
  if (!nothing_else(changed_keys(old.record, fresh.record), *entry, fresh.record))
    return refuse(exit_failed, key + " cannot be changed in place without changing more",
                  "sudoedit " + file + ", then wardroomctl config check");
  Edit out{*entry, *text, std::move(*edited), entry->value, "", {}};
  if (auto const* now = fresh.record.find(key)) {
    out.new_value = now->value;
    config::Record only;
    only.put(*now);
    auto found = look_at_files(file, only);
    for (auto const& one : found.mistakes) out.warnings.push_back({key, now->value, one.message});
    std::ranges::move(found.unseen, std::back_inserter(out.warnings));
  }
  return out;
}

Json answer_of(Edit const& edit, std::string const& file) {
  auto const lines = config::changed_lines(edit.before, edit.after);
  Json out{{"file", file},
           {"line", lines.line},
           {"key", edit.entry.key},
           {"before", edit.old_value},
           {"after", edit.new_value},
           {"written", edit.before != edit.after},
           {"takes", reload_takes(edit.entry.key) ? "reload" : "restart"}};
  auto const shown = [](std::vector<std::string> const& all) {
    auto out = Json::array();
    for (auto const& line : all) out.push_back(config::without_passwords(line));
    return out;
  };
  out["removed"] = shown(lines.before);
  out["added"] = shown(lines.after);
  out["warnings"] = Json::array();
  for (auto const& one : edit.warnings) out["warnings"].push_back(one.why);
  return out;
}

/// `--reload`: what the daemon says to it.
int then_reload(Command const& command, Surroundings const& around, Json& answer) {
  auto const look = look_of(command, around);
  auto reload = command;
  reload.row = control::find_verb("reload");
  reload.params.clear();
  auto const said = control::ControlClient(command.socket).ask(*reload.row, {}, answer_limit);
  if (!said) return tell(said.error(), around, look);
  if (said->status != 200) {
    auto const code = refused(*said, reload, around, look);
    return code == exit_usage ? int(exit_failed) : code;
  }
  answer["reload"] = Json::parse(said->body, nullptr, false);
  return exit_ok;
}

}  // namespace

int set_config(Command const& command, Surroundings const& around) {
  auto const file = configuration_file(command);
  auto done = edit(file, param(command, "key"), param(command, "value"));
  if (done && done->before != done->after) {
    if (auto const written = config::replace_file(file, done->before, done->after); !written)
      done = refuse(exit_of(written.error().kind), written.error().what, "nothing was written");
  }
  if (!done) {
    auto const& why = done.error();
    complain(around, look_of(command, around), why.sentence, why.remedy);
    return why.code;
  }
  Json answer{{"schema", command.row->schema}};
  answer.update(answer_of(*done, file));
  if (!command.params.contains("reload")) {
    print(answer, command, around);
    return exit_ok;
  }
  if (!command.json) {  // the change is seen, whatever the daemon says to it
    auto shown = answer;
    shown["reloads"] = true;
    print(shown, command, around);
  }
  auto const code = then_reload(command, around, answer);
  if (command.json)
    print(answer, command, around);
  else if (code == exit_ok)
    around.out << render("wardroom.reload/1", answer["reload"], look_of(command, around))
               << std::flush;
  return code;
}

}  // namespace wardroom::ctl
