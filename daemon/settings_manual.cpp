#include "settings_manual.hpp"

#include "base/encoding.hpp"
#include "settings.hpp"

#include <algorithm>

namespace wardroom {
namespace {

using config::Entry;
using config::Kind;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < text.size();) {
    auto const end = std::min(text.find('\n', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

bool is_key_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

/// Where "# " stands before a key, "- key" too; npos in any other line.
std::size_t hidden_key(std::string_view line) {
  auto const hash = line.find_first_not_of(' ');
  if (hash == line.npos || !line.substr(hash).starts_with("# ")) return line.npos;
  auto rest = line.substr(hash + 2);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  if (rest.starts_with("- ")) rest.remove_prefix(2);
  std::size_t length = 0;
  while (length < rest.size() && is_key_letter(rest[length])) ++length;
  bool const key = length > 0 && rest.substr(length).starts_with(':') &&
                   (rest.size() == length + 1 || rest[length + 1] == ' ');
  return key ? hash : line.npos;
}

/// Where the comment of a line begins; npos when it has none.
std::size_t comment_of(std::string_view line) {
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quote) {
      if (line[i] == quote) quote = 0;
    } else if (line[i] == '"' || (line[i] == '\'' && i > 0 && line[i - 1] == ' ')) {
      quote = line[i];
    } else if (line[i] == '#' && (i == 0 || line[i - 1] == ' ')) {
      return i;
    }
  }
  return line.npos;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('#')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// What stands behind the key of this line, and below it.
std::string text_at(std::vector<std::string_view> const& lines, std::size_t number) {
  auto line = lines[number];
  auto const hidden = hidden_key(line);
  auto const offset = hidden == line.npos ? 0 : hidden + 2;
  auto const begin = comment_of(line.substr(offset));
  if (begin == line.npos) return {};
  auto const column = offset + begin;
  std::string out(trimmed(line.substr(column)));
  for (auto next = number + 1; next < lines.size(); ++next) {
    line = lines[next];
    auto const hash = line.find('#');
    if (hash == line.npos || hash < column || line.find_first_not_of(' ') != hash) break;
    out.append(" ").append(trimmed(line.substr(hash)));
  }
  return out;
}

/// Takes "e.g. X" out of "what for; e.g. X; more" and gives X.
std::string take_example(std::string& text) {
  auto const begin = text.find("e.g. ");
  if (begin == text.npos) return {};
  auto const end = std::min(text.find("; ", begin), text.size());
  auto out = text.substr(begin + 5, end - begin - 5);
  auto const cut = text.substr(0, begin).ends_with("; ") ? begin - 2 : begin;
  text.erase(cut, end - cut);
  return out;
}

/// The key with NAME for each part that operators name.
std::vector<std::string> patterns_of(std::string_view key) {
  std::vector<std::string> out{std::string(key)};
  for (std::string_view named :
       {"identities.", "call_blocking.fences.", "space_sync.jobs.", "space_sync.jobs.NAME.include.",
        "space_sync.jobs.NAME.exclude.", "security_notices.bridges."}) {
    auto const last = out.back();
    if (!last.starts_with(named)) continue;
    auto const end = last.find('.', named.size());
    out.push_back(std::string(named) + "NAME" + (end == last.npos ? "" : last.substr(end)));
  }
  // What a rule means is told once, for both lists.
  constexpr std::string_view exclude = "space_sync.jobs.NAME.exclude.NAME.";
  if (out.back().starts_with(exclude))
    out.push_back("space_sync.jobs.NAME.include.NAME." + out.back().substr(exclude.size()));
  return out;
}

}  // namespace

std::string uncommented(std::string_view example) {
  std::string out;
  std::size_t last = 0;  // where the last line of keys begins
  for (auto const line : lines_of(example)) {
    auto const hash = hidden_key(line);
    if (hash == line.npos) {
      if (line.contains(": ") && !line.starts_with('#')) last = out.size();
      out.append(line).append("\n");
      continue;
    }
    // The entries of a list take the place of its empty brackets.
    auto const brackets = out.find(": []", last);
    if (line.substr(hash).starts_with("# - ") && brackets != out.npos)
      out.replace(brackets, 4, ":   ");
    out.append(line.substr(0, hash)).append(line.substr(hash + 2)).append("\n");
  }
  return out;
}

Manual Manual::of(std::string_view example) {
  config::Complaints ignored;  // of the example's empty client id
  auto const settings = read_settings(uncommented(example), "etc/wardroom.yaml", ignored);
  auto const lines = lines_of(example);
  Manual out;
  for (auto const& entry : settings.record.entries()) {
    Topic topic{.entry = entry};
    if (entry.line > 0) topic.text = text_at(lines, static_cast<std::size_t>(entry.line) - 1);
    topic.example = take_example(topic.text);
    if (topic.example.empty()) topic.example = entry.value;
    if (topic.is_section()) topic.example.clear();
    auto const same = std::ranges::find(out.topics_, entry.pattern,
                                        [](Topic const& t) { return t.entry.pattern; });
    if (same == out.topics_.end()) {
      out.topics_.push_back(std::move(topic));
    } else {
      if (same->text.empty()) same->text = topic.text;
      if (same->example.empty()) same->example = topic.example;
      same->entry.required = same->entry.required || entry.required;
    }
  }
  return out;
}

Topic const* Manual::find(std::string_view key) const {
  for (auto const& pattern : patterns_of(key)) {
    auto const found =
        std::ranges::find(topics_, pattern, [](Topic const& t) { return t.entry.pattern; });
    if (found != topics_.end()) return &*found;
  }
  return nullptr;
}

std::vector<Topic const*> Manual::below(std::string_view section) const {
  std::vector<Topic const*> out;
  for (auto const& pattern : patterns_of(section)) {
    auto const prefix = pattern.empty() ? std::string() : pattern + ".";
    for (auto const& topic : topics_)
      if (topic.entry.pattern.starts_with(prefix) && topic.entry.kind != Kind::section)
        out.push_back(&topic);
    if (!out.empty()) return out;
  }
  return out;
}

std::optional<std::string> Manual::near(std::string_view key) const {
  std::vector<std::string> all;
  for (auto const& topic : topics_) {
    all.push_back(topic.entry.pattern);
    // A key without its section, "timeout", is meant as often as a slip of the finger.
    if (topic.entry.path.back() == key) return topic.entry.pattern;
  }
  auto const patterns = patterns_of(key);
  return nearest(patterns.back(), all);
}

}  // namespace wardroom
