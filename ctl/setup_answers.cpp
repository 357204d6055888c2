#include "setup_answers.hpp"

#include "base/encoding.hpp"
#include "config/config_file.hpp"
#include "env_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <sstream>

namespace wardroom::ctl {
namespace {

std::vector<std::string> known_keys() {
  std::vector<std::string> out;
  for (auto const& question : questions()) out.emplace_back(question.key);
  return out;
}

class Collector {
 public:
  explicit Collector(std::string file) : file_(std::move(file)) {}

  void wrong(int line, std::string const& sentence) {
    complaints_.push_back(line > 0 ? fmt::format("{}:{}: {}", file_, line, sentence)
                                   : fmt::format("{}: {}", file_, sentence));
  }
  void take(int line, std::string const& key, std::string value) {
    if (!find_question(key)) return unknown(line, key);
    if (!answers_.emplace(key, std::move(value)).second)
      wrong(line, fmt::format("{} stands here twice", key));
  }
  std::expected<Answers, std::vector<std::string>> done() {
    if (!complaints_.empty()) return std::unexpected(std::move(complaints_));
    return std::move(answers_);
  }

 private:
  void unknown(int line, std::string const& key) {
    if (find_question(key + "_file"))
      return wrong(line,
                   fmt::format("{0}: a secret never stands in an answer file; write it into a "
                               "file of mode 0600 and name that: {0}_file",
                               key));
    auto const near = nearest(key, known_keys());
    wrong(line,
          fmt::format("setup asks for no {}{}", key,
                      near ? "; did you mean " + *near + "?" : "; --print-answers shows all keys"));
  }

  std::string file_;
  Answers answers_;
  std::vector<std::string> complaints_;
};

std::string words_of_node(YAML::Node const& node) {
  if (node.IsNull()) return "";
  if (node.IsScalar()) return node.Scalar();
  bool plain = node.IsSequence();
  std::string out;
  if (plain)
    for (auto const& item : node) {
      plain = plain && item.IsScalar();
      if (item.IsScalar()) out += (out.empty() ? "" : ", ") + item.Scalar();
    }
  if (plain) return out;
  return yaml_flow(node);
}

void walk(YAML::Node const& node, std::string const& path, Collector& out) {
  for (auto const& entry : node) {
    auto const key = (path.empty() ? "" : path + ".") + entry.first.Scalar();
    auto const line = entry.first.Mark().line + 1;
    if (entry.second.IsMap() && !find_question(key))
      walk(entry.second, key, out);
    else
      out.take(line, key, words_of_node(entry.second));
  }
}

bool looks_like_env(std::string const& text) {
  static std::regex const assignment(R"(^\s*(export\s+)?[A-Za-z_.]+\s*=.*)");
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    auto const plain = trimmed(line);
    if (plain.empty() || plain.starts_with('#')) continue;
    return std::regex_match(plain, assignment);
  }
  return false;
}

std::string shown(Question const& question, Draft const& draft, Places const& places) {
  if (question.secret) return draft.value(question.key);
  if (!draft.has(question.key)) return question.usual(draft, places).value_or("");
  auto const node = draft.node(question.key);
  return words_of_node(node);
}

}  // namespace

std::expected<Answers, std::vector<std::string>> parse_answers(std::string const& text,
                                                               std::string const& file) {
  Collector out(file);
  if (looks_like_env(text)) {
    auto const env = parse_env(text);
    for (auto const& trouble : env.troubles)
      out.wrong(trouble.line,
                (trouble.key.empty() ? "this line " : trouble.key + " ") + trouble.sentence);
    for (auto const& entry : env.entries) out.take(entry.line, entry.key, entry.value);
    return out.done();
  }
  config::Complaints complaints;
  auto const root = config::parse_yaml(text, file, complaints);
  for (auto const& complaint : complaints) out.wrong(complaint.line, complaint.message);
  if (root.IsDefined() && !root.IsNull() && !root.IsMap())
    out.wrong(0, "is neither YAML with keys as in wardroom.yaml nor KEY=VALUE lines");
  else if (root.IsMap())
    walk(root, "", out);
  return out.done();
}

std::expected<Answers, std::vector<std::string>> read_answers(std::string const& file) {
  auto const text = config::read_text(file);
  if (!text) return std::unexpected(std::vector{fmt::format("{} {}", file, text.error().what)});
  return parse_answers(*text, file);
}

std::string answers_template(Draft const& draft, Places const& places) {
  std::string out =
      "# Answers for `wardroomctl setup --answers FILE`. What is left out takes its usual value.\n"
      "# A line that ends with = needs an answer, unless nothing is fine there. Of a secret the "
      "file "
      "is named\n# that holds it (mode 0600); setup keeps a copy of its own.\n";
  for (auto const& question : questions()) {
    auto const value = shown(question, draft, places);
    bool const asked = question.applies(draft);
    out += fmt::format("\n# {}. {}\n{}{}={}\n", question.title, question.why, asked ? "" : "# ",
                       question.key,
                       value.find_first_of("#\"' ") == value.npos ? value : "'" + value + "'");
  }
  return out;
}

}  // namespace wardroom::ctl
