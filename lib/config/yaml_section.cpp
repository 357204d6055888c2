#include "config/yaml_section.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace wardroom::config {
namespace {

/// A number followed by a unit: "2.5km" → 2.5, "km".
std::optional<std::pair<double, std::string_view>> split_amount(std::string_view text) {
  double amount = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
  if (error != std::errc{} || !std::isfinite(amount) || amount < 0) return std::nullopt;
  return std::pair(amount, text.substr(static_cast<std::size_t>(end - text.data())));
}

}  // namespace

std::string Complaint::text() const {
  std::string out = file;
  if (line > 0) out += fmt::format(":{}:{}", line, column);
  out += ": ";
  if (!key.empty()) out += key + ": ";
  return out + message;
}

std::optional<Milliseconds> parse_duration(std::string_view text) {
  auto const parts = split_amount(text);
  if (!parts) return std::nullopt;
  auto const [amount, unit] = *parts;
  double scale = 0;
  if (unit == "ms" || (unit.empty() && amount == 0))
    scale = 1;
  else if (unit == "s")
    scale = 1000;
  else if (unit == "m" || unit == "min")
    scale = 60'000;
  else if (unit == "h")
    scale = 3'600'000;
  else if (unit == "d")
    scale = 86'400'000;
  else
    return std::nullopt;
  double const ms = amount * scale;
  if (ms > 1e15) return std::nullopt;
  return Milliseconds(std::llround(ms));
}

std::string format_duration(Milliseconds d) {
  auto const ms = d.count();
  if (ms == 0) return "0s";
  if (ms % 86'400'000 == 0) return fmt::format("{}d", ms / 86'400'000);
  if (ms % 3'600'000 == 0) return fmt::format("{}h", ms / 3'600'000);
  if (ms % 60'000 == 0) return fmt::format("{}m", ms / 60'000);
  if (ms % 1000 == 0) return fmt::format("{}s", ms / 1000);
  return fmt::format("{}ms", ms);
}

Section::Section(YAML::Node node, std::string file, std::string path, Complaints& complaints)
    : node_(node), file_(std::move(file)), path_(std::move(path)), complaints_(&complaints) {
  if (node_.IsDefined() && !node_.IsNull() && !node_.IsMap()) {
    complain("", "must be a mapping (key: value)");
    node_ = YAML::Node();
  }
}

void Section::complain(std::string_view key, std::string message) {
  Complaint c{file_, 0, 0, path_, std::move(message)};
  if (!key.empty()) c.key += (c.key.empty() ? "" : ".") + std::string(key);
  auto mark = node_.IsDefined() ? node_.Mark() : YAML::Mark::null_mark();
  if (!key.empty() && node_.IsMap()) {
    for (auto const& entry : node_)
      if (entry.first.Scalar() == key) mark = entry.first.Mark();
  }
  if (!mark.is_null()) {
    c.line = mark.line + 1;
    c.column = mark.column + 1;
  }
  complaints_->push_back(std::move(c));
}

YAML::Node Section::find(std::string_view key) {
  asked_.emplace(key);
  if (!node_.IsMap()) return YAML::Node(YAML::NodeType::Undefined);
  YAML::Node const& readable = node_;  // the const lookup never creates the key
  auto found = readable[std::string(key)];
  if (!found.IsDefined() || found.IsNull()) return YAML::Node(YAML::NodeType::Undefined);
  return found;
}

bool Section::has(std::string_view key) const {
  if (!node_.IsMap()) return false;
  YAML::Node const& readable = node_;
  auto const found = readable[std::string(key)];
  return found.IsDefined() && !found.IsNull();
}

std::string Section::text(std::string_view key, std::string fallback) {
  auto const node = find(key);
  if (!node.IsDefined()) return fallback;
  if (!node.IsScalar()) {
    complain(key, "must be a text");
    return fallback;
  }
  return node.Scalar();
}

std::string Section::required_text(std::string_view key) {
  if (!has(key)) {
    asked_.emplace(key);
    complain(has(key) ? key : "", fmt::format("the key '{}' is needed here", key));
    return {};
  }
  auto value = text(key);
  if (value.empty()) complain(key, "must not be empty");
  return value;
}

std::string Section::word(std::string_view key, std::string fallback,
                          std::vector<std::string> const& words) {
  auto value = text(key, fallback);
  if (std::ranges::find(words, value) != words.end()) return value;
  std::string hint;
  if (auto const near = nearest(value, words)) hint = fmt::format("; did you mean '{}'?", *near);
  complain(key, fmt::format("'{}' is not one of {}{}", value, fmt::join(words, ", "), hint));
  return fallback;
}

std::int64_t Section::integer(std::string_view key, std::int64_t fallback, std::int64_t least,
                              std::int64_t most) {
  auto const node = find(key);
  if (!node.IsDefined()) return fallback;
  auto const scalar = node.IsScalar() ? node.Scalar() : std::string();
  std::int64_t value = 0;
  auto const [end, error] = std::from_chars(scalar.data(), scalar.data() + scalar.size(), value);
  if (error != std::errc{} || end != scalar.data() + scalar.size() || value < least ||
      value > most) {
    complain(key, fmt::format("must be a whole number from {} to {}", least, most));
    return fallback;
  }
  return value;
}

std::optional<double> Section::maybe_number(std::string_view key, double least, double most) {
  auto const node = find(key);
  if (!node.IsDefined()) return std::nullopt;
  auto const scalar = node.IsScalar() ? node.Scalar() : std::string();
  auto const parts = split_amount(scalar.starts_with('-') ? std::string_view(scalar).substr(1)
                                                          : std::string_view(scalar));
  double const value = parts ? (scalar.starts_with('-') ? -parts->first : parts->first) : NAN;
  if (!parts || !parts->second.empty() || value < least || value > most) {
    complain(key, fmt::format("must be a number from {} to {}", least, most));
    return std::nullopt;
  }
  return value;
}

double Section::number(std::string_view key, double fallback, double least, double most) {
  return maybe_number(key, least, most).value_or(fallback);
}

bool Section::flag(std::string_view key, bool fallback) {
  auto const node = find(key);
  if (!node.IsDefined()) return fallback;
  if (node.IsScalar()) {
    if (node.Scalar() == "true") return true;
    if (node.Scalar() == "false") return false;
  }
  complain(key, "must be true or false");
  return fallback;
}

Milliseconds Section::duration(std::string_view key, Milliseconds fallback) {
  auto const node = find(key);
  if (!node.IsDefined()) return fallback;
  auto const value = node.IsScalar() ? parse_duration(node.Scalar()) : std::nullopt;
  if (!value) complain(key, "must be a duration such as 250ms, 30s, 5m, 1h or 2d");
  return value.value_or(fallback);
}

Meters Section::distance(std::string_view key, Meters fallback) {
  auto const node = find(key);
  if (!node.IsDefined()) return fallback;
  auto const parts = node.IsScalar() ? split_amount(node.Scalar()) : std::nullopt;
  if (parts && parts->second == "m") return {parts->first};
  if (parts && parts->second == "km") return {parts->first * 1000};
  if (parts && parts->second.empty() && parts->first == 0) return {0};
  complain(key, "must be a distance such as 300m or 2km");
  return fallback;
}

std::vector<std::string> Section::texts(std::string_view key, std::vector<std::string> fallback) {
  auto const node = find(key);
  if (!node.IsDefined()) return fallback;
  if (!node.IsSequence()) {
    complain(key, "must be a list, such as [one, two]");
    return fallback;
  }
  std::vector<std::string> out;
  for (auto const& item : node) {
    if (!item.IsScalar() || item.Scalar().empty())
      complain(key, "has an empty or nested entry; each entry must be a text");
    else
      out.push_back(item.Scalar());
  }
  return out;
}

std::vector<double> Section::numbers(std::string_view key) {
  auto const node = find(key);
  std::vector<double> out;
  if (!node.IsDefined()) return out;
  if (!node.IsSequence()) {
    complain(key, "must be a list of numbers");
    return out;
  }
  for (auto const& item : node) {
    auto const text = item.IsScalar() ? item.Scalar() : std::string();
    double value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
      complain(key, fmt::format("'{}' is not a number", text));
    else
      out.push_back(value);
  }
  return out;
}

Section Section::section(std::string_view key) {
  auto const path = path_.empty() ? std::string(key) : path_ + "." + std::string(key);
  return {find(key), file_, path, *complaints_};
}

std::vector<Section> Section::list(std::string_view key) {
  std::vector<Section> out;
  auto const node = find(key);
  if (!node.IsDefined()) return out;
  if (!node.IsSequence()) {
    complain(key, "must be a list (entries beginning with '-')");
    return out;
  }
  for (std::size_t i = 0; i < node.size(); ++i)
    out.emplace_back(node[i], file_,
                     fmt::format("{}{}[{}]", path_.empty() ? "" : path_ + ".", key, i),
                     *complaints_);
  return out;
}

std::vector<std::string> Section::keys() const {
  std::vector<std::string> out;
  if (node_.IsMap())
    for (auto const& entry : node_) out.push_back(entry.first.Scalar());
  return out;
}

void Section::finish() {
  if (!node_.IsMap()) return;
  std::set<std::string> seen;
  for (auto const& entry : node_) {
    auto const key = entry.first.Scalar();
    Complaint c{file_,
                entry.first.Mark().line + 1,
                entry.first.Mark().column + 1,
                path_.empty() ? key : path_ + "." + key,
                {}};
    if (!seen.insert(key).second) {
      c.message = "is given twice; which of the two should count?";
      complaints_->push_back(std::move(c));
    } else if (!asked_.contains(key)) {
      c.message = "is not a key Wardroom knows";
      if (auto const near = nearest(key, asked_))
        c.message += fmt::format("; did you mean '{}'?", *near);
      complaints_->push_back(std::move(c));
    }
  }
}

}  // namespace wardroom::config
