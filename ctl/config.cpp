#include "config.hpp"

#include "complaint.hpp"
#include "config/config_file.hpp"
#include "render.hpp"
#include "settings.hpp"
#include "settings_files.hpp"
#include "settings_manual.hpp"
#include "settings_reload.hpp"

namespace wardroom::ctl {
namespace {

constexpr Milliseconds answer_limit{5'000};

/// The line of a mistake as it stands there, without what may be a secret by its key.
std::string shown_line(std::string_view text, int number) {
  for (int line = 1; line < number; ++line) {
    auto const end = text.find('\n');
    if (end == text.npos) return {};
    text.remove_prefix(end + 1);
  }
  auto line = text.substr(0, text.find('\n'));
  while (line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
  for (std::string_view word : {"secret", "password", "token", "login", "master_key"})
    for (auto at = line.find(word); at != line.npos; at = line.find(word, at + 1)) {
      auto const colon = line.find_first_not_of(" \t\"'", at + word.size());
      if (colon != line.npos && line[colon] == ':')
        return std::string(line.substr(0, colon + 1)) + " …";
    }
  return config::without_passwords(line);
}

Json complaint_json(config::Complaint const& complaint, std::string_view text) {
  Json out{{"file", complaint.file}, {"line", complaint.line}, {"column", complaint.column}};
  if (!complaint.key.empty()) out["key"] = complaint.key;
  out["message"] = complaint.message;
  if (complaint.line > 0) out["text"] = shown_line(text, complaint.line);
  return out;
}

Json topic_json(Topic const& topic) {
  Json out{{"key", topic.entry.pattern}, {"text", topic.text}};
  if (topic.is_section()) return out;
  out["type"] = config::name(topic.entry.kind);
  if (!topic.entry.choices.empty()) out["choices"] = topic.entry.choices;
  out["required"] = topic.entry.required;
  if (!topic.entry.required) out["default"] = topic.entry.standard;
  if (!topic.entry.derived_from.empty()) out["follows"] = topic.entry.derived_from;
  out["example"] = topic.example;
  return out;
}

/// The row of `config show` about a key; empty when the daemon knows none.
Json const& row_of(Json const& shown, std::string_view key) {
  static Json const none = Json::object();
  for (auto const& row : list(shown, "settings"))
    if (text(row, "key") == key) return row;
  return none;
}

Json explanation(Topic const& topic, std::string const& key, std::optional<Json> const& shown) {
  auto out = topic_json(topic);
  out["key"] = key;
  out["takes"] = reload_takes(key) ? "reload" : "restart";
  out["daemon"] = shown.has_value();
  if (!shown) return out;
  if (auto const& row = row_of(*shown, key); !row.empty()) {
    out["in_force"] = text(row, "value");
    out["source"] = text(row, "source");
  }
  return out;
}

}  // namespace

std::optional<Json> asked(Command const& command, std::string_view words) {
  auto const answer =
      control::ControlClient(command.socket).ask(*control::find_verb(words), {}, answer_limit);
  if (!answer || answer->status != 200) return std::nullopt;
  auto body = Json::parse(answer->body, nullptr, false);
  return body.is_object() ? std::optional(std::move(body)) : std::nullopt;
}

std::string configuration_file(Command const& command) {
  if (auto const given = command.params.find("file"); given != command.params.end())
    return given->second;
  auto const shown = asked(command, "config show");
  auto const file = shown ? text(*shown, "file") : std::string();
  return file.empty() ? "/etc/wardroom/wardroom.yaml" : file;
}

void print(Json const& answer, Command const& command, Surroundings const& around) {
  if (command.json)
    around.out << answer.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
  else
    around.out << render(command.row->schema, answer, look_of(command, around));
  around.out.flush();
}

int check_config(Command const& command, Surroundings const& around) {
  auto const file = configuration_file(command);
  config::Complaints complaints;
  auto const settings = load_settings(file, complaints);
  auto found = look_at_files(file, settings.record);
  std::ranges::move(found.mistakes, std::back_inserter(complaints));
  config::sort(complaints);
  auto const source = config::read_text(file).value_or("");
  Json answer{{"schema", command.row->schema}, {"file", file}, {"ok", complaints.empty()}};
  answer["complaints"] = Json::array();
  for (auto const& one : complaints) answer["complaints"].push_back(complaint_json(one, source));
  answer["not_looked_at"] = Json::array();
  for (auto const& one : found.unseen)
    answer["not_looked_at"].push_back({{"key", one.key}, {"file", one.file}, {"why", one.why}});
  print(answer, command, around);
  return complaints.empty() ? exit_ok : exit_failed;
}

int explain_config(Command const& command, Surroundings const& around) {
  auto const given = command.params.find("key");
  auto key = given == command.params.end() ? std::string() : given->second;
  while (key.ends_with('.')) key.pop_back();
  auto const manual = Manual::of(example_configuration());
  auto const* topic = manual.find(key);
  Json answer{{"schema", command.row->schema}};
  if (topic && !topic->is_section()) {
    answer.update(explanation(*topic, key, asked(command, "config show")));
    print(answer, command, around);
    return exit_ok;
  }
  auto const below = manual.below(key);
  if (below.empty()) {
    auto const near = manual.near(key);
    complain(around, look_of(command, around),
             "there is no key \"" + key + "\"" + (near ? "; did you mean \"" + *near + "\"?" : ""),
             "wardroomctl config explain lists them all");
    return exit_not_found;
  }
  answer["section"] = key;
  if (topic) answer["text"] = topic->text;
  answer["keys"] = Json::array();
  for (auto const* one : below) answer["keys"].push_back(topic_json(*one));
  print(answer, command, around);
  return exit_ok;
}

}  // namespace wardroom::ctl
