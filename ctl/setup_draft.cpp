#include "setup_draft.hpp"

#include "config/config_file.hpp"
#include "config/yaml_edit.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::ctl {
namespace {

std::vector<std::string> parts_of(std::string_view key) {
  std::vector<std::string> out;
  while (!key.empty()) {
    auto const dot = std::min(key.find('.'), key.size());
    out.emplace_back(key.substr(0, dot));
    key.remove_prefix(std::min(dot + 1, key.size()));
  }
  return out;
}

}  // namespace

std::string yaml_text(std::string_view text) {
  auto const plain = [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '.' || c == '/' || c == '@' || c == '-' || c == '+';
  };
  static constexpr std::array<std::string_view, 10> words{"true", "false", "yes", "no", "on",
                                                          "off",  "null",  "y",   "n",  "~"};
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  bool const safe = !text.empty() &&
                    (std::isalpha(static_cast<unsigned char>(text[0])) || text[0] == '/' ||
                     std::isdigit(text[0])) &&
                    std::ranges::all_of(text, plain) &&
                    std::ranges::find(words, lower) == words.end();
  if (safe) return std::string(text);
  std::string out = "\"";
  for (unsigned char const c : text) {
    if (c == '"' || c == '\\')
      (out += '\\') += static_cast<char>(c);
    else if (c < 0x20 || c == 0x7F)
      out += fmt::format("\\x{:02x}", c);
    else
      out += static_cast<char>(c);
  }
  return out + "\"";
}

std::string yaml_list(std::vector<std::string> const& items) {
  std::string out = "[";
  for (auto const& item : items) out += (out.size() > 1 ? ", " : "") + yaml_text(item);
  return out + "]";
}

std::string yaml_flow(YAML::Node const& node) {
  if (node.IsScalar()) return yaml_text(node.Scalar());
  std::string out;
  if (node.IsSequence()) {
    for (auto const& item : node) out += (out.empty() ? "" : ", ") + yaml_flow(item);
    return "[" + out + "]";
  }
  if (!node.IsMap()) return "null";
  for (auto const& entry : node)
    out += (out.empty() ? "" : ", ") + yaml_text(entry.first.Scalar()) + ": " +
           yaml_flow(entry.second);
  return "{ " + out + " }";
}

Draft::Draft(std::string file, std::string text, bool fresh)
    : file_(std::move(file)), text_(std::move(text)), fresh_(fresh) {
  refresh();
}

void Draft::refresh() { root_ = YAML::Load(text_); }

Result<Draft> Draft::open(std::string file) {
  auto text = config::read_text(file);
  if (!text && text.error().kind == ErrorKind::not_found) return Draft(std::move(file), "", true);
  if (!text) return failure(text.error().kind, file + " " + text.error().what);
  config::Complaints complaints;
  auto const root = config::parse_yaml(*text, file, complaints);
  if (!complaints.empty()) return failure(ErrorKind::malformed, complaints.front().text());
  if (root.IsDefined() && !root.IsNull() && !root.IsMap())
    return failure(ErrorKind::malformed, file + ": is not a mapping (key: value)");
  bool const nothing = !root.IsDefined() || root.IsNull() || root.size() == 0;
  bool const fresh = nothing && text->empty();
  return Draft(std::move(file), std::move(*text), fresh);
}

YAML::Node Draft::node(std::string_view key) const {
  YAML::Node at = YAML::Clone(root_);
  for (auto const& part : parts_of(key)) {
    if (!at.IsMap()) return YAML::Node(YAML::NodeType::Undefined);
    YAML::Node const& readable = at;  // the const lookup never creates the key
    YAML::Node next = readable[part];
    if (!next.IsDefined()) return next;
    at.reset(next);
  }
  return at;
}

bool Draft::has(std::string_view key) const {
  auto const found = node(key);
  return found.IsDefined() && !found.IsNull();
}

std::string Draft::value(std::string_view key) const {
  auto const found = node(key);
  if (!found.IsDefined()) return "";
  if (found.IsScalar()) return found.Scalar();
  std::string out;
  if (found.IsSequence())
    for (auto const& item : found)
      if (item.IsScalar()) out += (out.empty() ? "" : ", ") + item.Scalar();
  return out;
}

Result<void> Draft::set(std::string const& key, std::string const& yaml,
                        std::string const& comment) {
  if (std::ranges::find(changed_, key) == changed_.end()) changed_.push_back(key);
  if (!fresh_) return set_in_place(key, yaml);
  auto const known = std::ranges::find(entries_, key, &Entry::key);
  if (known != entries_.end())
    known->yaml = yaml;
  else
    entries_.push_back({key, yaml, comment});
  text_ = fresh_text();
  refresh();
  return {};
}

/// Only that value changes: comments, order and everything else stay.
Result<void> Draft::set_in_place(std::string const& key, std::string const& yaml) {
  std::string_view constexpr stand_in = "wardroomctl_puts_the_value_here";
  auto text = config::set_value(text_, parts_of(key), std::string(stand_in));
  if (!text) return std::unexpected(std::move(text.error()));
  auto const at = text->find(stand_in);
  if (at == text->npos) return failure(ErrorKind::malformed, key + " cannot be put into " + file_);
  // Where a quoted value stood, the new one is in quotes, too.
  bool const quoted = at > 0 && ((*text)[at - 1] == '"' || (*text)[at - 1] == '\'');
  text_ = text->replace(at - quoted, stand_in.size() + 2 * quoted, yaml);
  refresh();
  return {};
}

/// Sections in the order of their first key, each key below its comment.
std::string Draft::fresh_text() const {
  std::string out =
      "# Wardroom's configuration, written by wardroomctl. What else can stand here, with default "
      "and "
      "meaning:\n# wardroom.yaml among the documents of the package. `wardroomctl setup` asks for "
      "what "
      "is missing,\n# `wardroomctl config check` names every mistake.\n";
  std::vector<std::string> sections;
  for (auto const& entry : entries_)
    if (auto const first = parts_of(entry.key).front();
        std::ranges::find(sections, first) == sections.end())
      sections.push_back(first);
  for (auto const& section : sections) {
    out += "\n" + section + ":\n";
    std::vector<std::string> open{section};
    for (auto const& entry : entries_) {
      auto const parts = parts_of(entry.key);
      if (parts.front() != section) continue;
      std::size_t same = 0;
      while (same < open.size() && same + 1 < parts.size() && open[same] == parts[same]) ++same;
      open.resize(same);
      for (; open.size() + 1 < parts.size(); open.push_back(parts[open.size()]))
        out += std::string(2 * open.size(), ' ') + parts[open.size()] + ":\n";
      std::string const indent(2 * open.size(), ' ');
      if (!entry.comment.empty()) out += indent + "# " + entry.comment + "\n";
      out += indent + parts.back() + ": " + entry.yaml + "\n";
    }
  }
  return out;
}

DaemonSettings Draft::read(config::Complaints& complaints) const {
  return read_settings(text_, file_, complaints);
}

}  // namespace wardroom::ctl
