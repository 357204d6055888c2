#include "config/yaml_edit.hpp"

#include "config/config_file.hpp"
#include "config/yaml_dress.hpp"
#include "config/yaml_quote.hpp"
#include "config/yaml_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace wardroom::config {
namespace {

/// The YAML of what hangs below a key that is not there yet.
std::string nested(std::span<std::string const> path, NewValue const& value, std::size_t indent,
                   bool in_flow) {
  auto const key = yaml_scalar(path.front(), in_flow);
  if (path.size() == 1) return fmt::format("{}: {}", key, yaml_value(value, 0, in_flow));
  auto const rest = path.subspan(1);
  if (in_flow) return fmt::format("{}: {{ {} }}", key, nested(rest, value, 0, true));
  return fmt::format("{}:\n{}{}", key, std::string(indent + 2, ' '),
                     nested(rest, value, indent + 2, false));
}

Error by_hand(std::string_view why) {
  return {ErrorKind::malformed, fmt::format("{}: change it with an editor", why)};
}

/// Whether a text and a node say the same.
bool says(YAML::Node const& node, NewValue const& value) {
  if (auto const* text = std::get_if<std::string>(&value))
    return node.IsScalar() && node.Scalar() == *text;
  auto const& list = std::get<std::vector<std::string>>(value);
  return node.IsSequence() && node.size() == list.size() &&
         std::equal(node.begin(), node.end(), list.begin(), [](auto const& item, auto const& text) {
           return item.IsScalar() && item.Scalar() == text;
         });
}

/// Whether the value came to stand where it was meant to; of lists any entry may be the one.
bool stands(YAML::Node const& node, std::span<std::string const> path, NewValue const& value) {
  if (path.empty()) return says(node, value);
  if (node.IsMap()) {
    for (auto const& child : node)
      if (child.first.IsScalar() && child.first.Scalar() == path.front())
        return stands(child.second, path.subspan(1), value);
    return false;
  }
  return node.IsSequence() && std::any_of(node.begin(), node.end(), [&](auto const& item) {
           return stands(item, path.subspan(1), value);
         });
}

class Editor {
 public:
  explicit Editor(std::string_view text) : text_(text), lines_(text_) {}

  Result<std::string> set(YAML::Node const& root, std::span<std::string const> path,
                          NewValue const& value) {
    if (!root.IsDefined() || root.IsNull()) return append(path, value);
    if (!root.IsMap()) return std::unexpected(by_hand("the file is no mapping of sections"));
    return in_map(root, path, value, 0);
  }

 private:
  bool is_flow(YAML::Node const& node) const {
    auto const at = lines_.at(node.Mark());
    return at < text_.size() && (text_[at] == '{' || text_[at] == '[');
  }
  std::string replaced(std::size_t begin, std::size_t end, std::string_view with) const {
    return std::string(text_.substr(0, begin)).append(with).append(text_.substr(end));
  }

  Result<std::string> append(std::span<std::string const> path, NewValue const& value) const {
    std::string out(text_);
    if (!out.empty() && !out.ends_with('\n')) out += '\n';
    if (!out.empty() && !out.ends_with("\n\n")) out += '\n';
    return out + nested(path, value, 0, false) + "\n";
  }

  Result<std::string> in_map(YAML::Node const& map, std::span<std::string const> path,
                             NewValue const& value, std::size_t depth) {
    bool const flow = is_flow(map);
    if (flow) in_flow_ = true;
    for (auto const& child : map) {
      if (!child.first.IsScalar() || child.first.Scalar() != path.front()) continue;
      return at_key(child.first, child.second, path, value, depth);
    }
    if (map.size() == 0) return into_empty_braces(map, path, value);
    return flow ? into_braces(map, path, value) : below_last(map, path, value, depth);
  }

  Result<std::string> at_key(YAML::Node const& key, YAML::Node const& child,
                             std::span<std::string const> path, NewValue const& value,
                             std::size_t depth) {
    auto const column = static_cast<std::size_t>(key.Mark().column);
    auto const rest = path.subspan(1);
    if (rest.empty()) return replace(key, child, value);
    if (child.IsMap()) return in_map(child, rest, value, depth + 1);
    if (child.IsSequence()) return in_list(child, rest, value, depth + 1);
    if (!child.IsNull())
      return std::unexpected(by_hand(fmt::format("'{}' is no section", path.front())));
    auto const begin = lines_.value_of(key.Mark());
    if (in_flow_ || begin != lines_.end_of_line(begin))
      return std::unexpected(by_hand(fmt::format("'{}' is empty in an unusual way", path.front())));
    return replaced(begin, begin,
                    fmt::format("\n{}{}", std::string(column + 2, ' '),
                                nested(rest, value, column + 2, false)));
  }

  Result<std::string> in_list(YAML::Node const& list, std::span<std::string const> path,
                              NewValue const& value, std::size_t depth) {
    if (is_flow(list)) in_flow_ = true;
    for (std::size_t i = 0; i < list.size(); ++i) {
      YAML::Node const item = list[i];
      if (!item.IsMap()) continue;
      auto const name = item["name"];
      bool const meant = name.IsDefined() && name.IsScalar()
                             ? name.Scalar() == path.front()
                             : std::to_string(i + 1) == path.front();
      if (meant && path.size() > 1) return in_map(item, path.subspan(1), value, depth + 1);
    }
    return std::unexpected(by_hand(fmt::format("the list has no entry '{}'", path.front())));
  }

  Result<std::string> replace(YAML::Node const& key, YAML::Node const& old, NewValue const& value) {
    auto const begin = lines_.value_of(key.Mark());
    if (old.IsNull()) return in_place_of_nothing(begin, value);
    if (old.IsMap()) return std::unexpected(by_hand("it is a section"));
    if (old.IsSequence() && !is_flow(old)) return items(key, old, value);
    char const first = begin < text_.size() ? text_[begin] : '\n';
    if (first == '!' || first == '&' || first == '*')
      return std::unexpected(by_hand("its value has a tag"));
    if (old.IsSequence() && first != '[')
      return std::unexpected(by_hand("its list begins on another line"));
    if (old.IsSequence()) return flow_items(begin, old, value);
    if (first == '|' || first == '>') {
      auto const end = lines_.end_of_block_text(begin, static_cast<std::size_t>(key.Mark().column));
      return replaced(begin, end, yaml_value(value, 0, in_flow_));
    }
    if (first == '"' || first == '\'') {
      auto const end = lines_.end_of_quoted(begin);
      if (!end) return std::unexpected(by_hand("its quote never closes"));
      return replaced(begin, *end, yaml_value(value, first, in_flow_));
    }
    auto const end = lines_.end_of_plain(begin, in_flow_);
    if (text_.substr(begin, end - begin) != old.Scalar())
      return std::unexpected(by_hand("its value goes over several lines"));
    return replaced(begin, end, yaml_value(value, 0, in_flow_));
  }

  Result<std::string> in_place_of_nothing(std::size_t begin, NewValue const& value) const {
    auto const end = lines_.end_of_plain(begin, in_flow_);  // "~", "null", or nothing at all
    auto const after_colon = text_.substr(0, begin).rfind(':') + 1;
    bool const bare = end == begin;
    auto out = yaml_value(value, 0, in_flow_);
    if (!bare) return replaced(begin, end, out);
    return replaced(after_colon, after_colon, " " + out);
  }

  Result<std::string> flow_items(std::size_t begin, YAML::Node const& old, NewValue const& value) {
    auto const end = lines_.end_of_flow(begin);
    if (!end) return std::unexpected(by_hand("its bracket never closes"));
    if (text_.substr(begin, *end - begin).contains('#') &&
        text_.substr(begin, *end - begin).contains('\n'))
      return std::unexpected(by_hand("its list has comments of its own"));
    char quote = 0;
    if (old.size() > 0) {
      auto const first = text_[lines_.at(old[0].Mark())];
      if (first == '"' || first == '\'') quote = first;
    }
    return replaced(begin, *end, yaml_value(value, quote, true));
  }

  /// A list with a line an entry: entries that stay keep their line with its comment.
  Result<std::string> items(YAML::Node const& key, YAML::Node const& old, NewValue const& value) {
    auto const* list = std::get_if<std::vector<std::string>>(&value);
    if (!list) return std::unexpected(by_hand("it is a list"));
    std::string out(text_.substr(0, lines_.end_of_line(lines_.at(key.Mark()))));
    auto done = out.size();
    std::string indent;
    std::size_t next = 0;  // of the new list
    for (auto const& item : old) {
      auto const begin = lines_.at(item.Mark());
      auto const first_of_line = text_.rfind('\n', begin) + 1;
      auto const end = lines_.end_of_line(begin);
      char const quote = text_[begin] == '"' || text_[begin] == '\'' ? text_[begin] : '\0';
      auto const value_end =
          quote ? lines_.end_of_quoted(begin).value_or(0) : lines_.end_of_plain(begin, false);
      bool const usual =
          item.IsScalar() && value_end > begin && value_end <= end &&
          (quote || text_.substr(begin, value_end - begin) == item.Scalar()) &&
          text_.substr(first_of_line, begin - first_of_line).find_first_not_of(" -") == text_.npos;
      if (!usual) return std::unexpected(by_hand("an entry of its list goes over several lines"));
      if (indent.empty()) indent = std::string(text_.substr(first_of_line, begin - first_of_line));
      out.append(text_.substr(done, first_of_line - done));
      done = std::min(end + 1, text_.size());
      bool const stays = std::find(list->begin() + static_cast<std::ptrdiff_t>(next), list->end(),
                                   item.Scalar()) != list->end();
      if (!stays) continue;
      for (; (*list)[next] != item.Scalar(); ++next)
        out += fmt::format("{}{}\n", indent, yaml_scalar_like(quote, (*list)[next], false));
      out.append(text_.substr(first_of_line, done - first_of_line));
      if (!out.ends_with('\n')) out += '\n';
      ++next;
    }
    for (; next < list->size(); ++next)
      out += fmt::format("{}{}\n", indent, yaml_scalar((*list)[next]));
    out.append(text_.substr(done));
    if (!list->empty()) return out;
    auto const after = lines_.value_of(key.Mark());
    auto const colon = text_.substr(0, after).rfind(':') + 1;
    return out.insert(colon, " []");
  }

  Result<std::string> into_empty_braces(YAML::Node const& map, std::span<std::string const> path,
                                        NewValue const& value) {
    auto const begin = lines_.at(map.Mark());
    auto const end = lines_.end_of_flow(begin);
    if (!end) return std::unexpected(by_hand("its bracket never closes"));
    return replaced(begin, *end, fmt::format("{{ {} }}", nested(path, value, 0, true)));
  }

  Result<std::string> into_braces(YAML::Node const& map, std::span<std::string const> path,
                                  NewValue const& value) {
    auto const end = end_of(map, true);
    if (!end) return std::unexpected(by_hand("its section stands in an unusual way"));
    return replaced(*end, *end, ", " + nested(path, value, 0, true));
  }

  Result<std::string> below_last(YAML::Node const& map, std::span<std::string const> path,
                                 NewValue const& value, std::size_t depth) {
    if (depth == 0 && path.size() > 1 && !text_.contains("\n...")) return append(path, value);
    auto const end = end_of(map, false);
    if (!end) return std::unexpected(by_hand("its section stands in an unusual way"));
    auto const line_end = lines_.end_of_line(*end);
    auto const column = static_cast<std::size_t>(map.begin()->first.Mark().column);
    return replaced(
        line_end, line_end,
        fmt::format("\n{}{}", std::string(column, ' '), nested(path, value, column, false)));
  }

  /// One past the last child of a mapping or list; nullopt when that cannot be told.
  std::optional<std::size_t> end_of(YAML::Node const& node, bool flow) const {
    std::size_t end = 0;
    auto const take = [&](std::optional<std::size_t> one) {
      if (one) end = std::max(end, *one);
      return one.has_value();
    };
    if (node.IsMap()) {
      for (auto const& child : node)
        if (!take(end_of_value(child.first, child.second, flow))) return std::nullopt;
    } else {
      for (auto const& item : node) {
        if (item.IsNull()) return std::nullopt;
        if (!take(end_at(item, lines_.at(item.Mark()),
                         static_cast<std::size_t>(std::max(node.Mark().column, 0)), flow)))
          return std::nullopt;
      }
    }
    return end;
  }

  std::optional<std::size_t> end_of_value(YAML::Node const& key, YAML::Node const& value,
                                          bool flow) const {
    auto const begin = lines_.value_of(key.Mark());
    if (value.IsNull()) return lines_.end_of_plain(begin, flow);
    return end_at(value, lines_.at(value.Mark()), static_cast<std::size_t>(key.Mark().column),
                  flow);
  }

  std::optional<std::size_t> end_at(YAML::Node const& node, std::size_t begin,
                                    std::size_t key_column, bool flow) const {
    char const first = begin < text_.size() ? text_[begin] : '\n';
    if (first == '!' || first == '&') return std::nullopt;
    if (node.IsMap() || node.IsSequence())
      return first == '{' || first == '[' ? lines_.end_of_flow(begin) : end_of(node, flow);
    if (first == '"' || first == '\'') return lines_.end_of_quoted(begin);
    if (first == '|' || first == '>') return lines_.end_of_block_text(begin, key_column);
    auto const end = lines_.end_of_plain(begin, flow);
    if (text_.substr(begin, end - begin) != node.Scalar()) return std::nullopt;
    return end;
  }

  std::string_view text_;
  YamlText lines_;
  bool in_flow_ = false;  ///< on the way to the value some bracket was opened
};

}  // namespace

Result<std::string> set_value(std::string_view text, std::vector<std::string> const& path,
                              NewValue const& value) {
  Complaints complaints;
  auto const root = parse_yaml(text, "", complaints);
  if (!complaints.empty()) return failure(ErrorKind::malformed, complaints.front().message);
  auto const plain = plain_lines(text);
  auto edited = Editor(plain).set(root, path, value);
  if (!edited) return edited;
  auto const again = parse_yaml(*edited, "", complaints);
  if (!complaints.empty() || !stands(again, path, value))
    return std::unexpected(by_hand("it stands in an unusual way"));
  return dressed_as(text, *edited);
}

}  // namespace wardroom::config
