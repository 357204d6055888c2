// The typed reads of a section: each complains, falls back and notes what it gave.
#include "base/encoding.hpp"
#include "config/yaml_section.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace wardroom::config {
namespace {

/// "'many' is none", for what is no such value.
std::string quoted(YAML::Node const& node) {
  if (!node.IsScalar()) return node.IsSequence() ? "a list" : "a section";
  auto text = node.Scalar().substr(0, 40);
  return fmt::format("'{}{}'", text, text.size() < node.Scalar().size() ? "…" : "");
}

std::string list_text(std::vector<std::string> const& items) {
  return fmt::format("{}", fmt::join(items, ", "));
}

/// "observe, enforce or off"
std::string one_of(std::vector<std::string> const& words) {
  if (words.size() < 2) return list_text(words);
  std::vector<std::string> const first(words.begin(), words.end() - 1);
  return list_text(first) + " or " + words.back();
}

}  // namespace

std::string Section::text_of(Kind kind, std::string_view key, std::string const& fallback) {
  auto const node = find(key);
  auto value = fallback;
  if (node.IsDefined() && !node.IsScalar())
    complain(key, fmt::format("must be a text, not {}", quoted(node)));
  else if (node.IsDefined())
    value = node.Scalar();
  note(key, kind, value, fallback);
  return value;
}

std::string Section::text(std::string_view key, std::string fallback) {
  return text_of(Kind::text, key, fallback);
}

std::string Section::derived_text(std::string_view key, std::string fallback, std::string from) {
  auto out = text_of(Kind::text, key, fallback);
  auto* entry = noted(key);
  if (entry) entry->derived_from = std::move(from);
  if (entry && entry->origin == Origin::standard) entry->origin = Origin::derived;
  return out;
}

std::string Section::secret_file(std::string_view key, std::string fallback,
                                 std::string credential) {
  auto out = text_of(Kind::secret_file, key, fallback);
  if (auto* entry = noted(key)) entry->credential = std::move(credential);
  return out;
}

std::string Section::ca_file(std::string_view key) { return text_of(Kind::ca_file, key, ""); }

std::string Section::required_text(std::string_view key) {
  bool const there = has(key);
  auto value = text(key);
  needed(key);
  if (!there)
    complain("", fmt::format("the key '{}' is needed here: add a line {}: …", key, key));
  else if (value.empty())
    complain(key, "must not be empty");
  return value;
}

std::string Section::required_secret_file(std::string_view key) {
  auto value = required_text(key);
  if (auto* entry = noted(key)) entry->kind = Kind::secret_file;
  return value;
}

std::string Section::word(std::string_view key, std::string fallback,
                          std::vector<std::string> const& words) {
  auto value = text_of(Kind::word, key, fallback);
  choices(key, one_of(words));
  if (std::ranges::find(words, value) != words.end()) return value;
  std::string hint;
  if (auto const near = nearest(value, words)) hint = fmt::format("; did you mean '{}'?", *near);
  complain(key, fmt::format("'{}' is not one of {}{}", value, fmt::join(words, ", "), hint));
  use(key, fallback);
  return fallback;
}

std::int64_t Section::integer(std::string_view key, std::int64_t fallback, std::int64_t least,
                              std::int64_t most) {
  auto const node = find(key);
  std::int64_t value = fallback;
  if (node.IsDefined()) {
    auto const scalar = node.IsScalar() ? node.Scalar() : std::string();
    auto const [end, error] = std::from_chars(scalar.data(), scalar.data() + scalar.size(), value);
    if (error != std::errc{} || end != scalar.data() + scalar.size() || value < least ||
        value > most) {
      complain(key, fmt::format("must be a whole number from {} to {}; {} is none", least, most,
                                quoted(node)));
      value = fallback;
    }
  }
  note(key, Kind::whole, std::to_string(value), std::to_string(fallback));
  choices(key, fmt::format("from {} to {}", least, most));
  return value;
}

std::optional<double> Section::maybe_number(std::string_view key, double least, double most) {
  auto const node = find(key);
  auto value = node.IsDefined() && node.IsScalar() ? parse_number(node.Scalar()) : std::nullopt;
  if (node.IsDefined() && (!value || *value < least || *value > most)) {
    complain(key,
             fmt::format("must be a number from {} to {}; {} is none", least, most, quoted(node)));
    value.reset();
  }
  note(key, Kind::number, value ? fmt::format("{}", *value) : "", "");
  choices(key, fmt::format("from {} to {}", least, most));
  return value;
}

double Section::number(std::string_view key, double fallback, double least, double most) {
  auto const value = maybe_number(key, least, most);
  if (auto* entry = noted(key)) {
    entry->standard = fmt::format("{}", fallback);
    if (!value) entry->value = entry->standard;
  }
  return value.value_or(fallback);
}

bool Section::flag(std::string_view key, bool fallback) {
  auto const node = find(key);
  auto value = fallback;
  auto const word = node.IsDefined() && node.IsScalar() ? node.Scalar() : std::string();
  if (word == "true" || word == "false")
    value = word == "true";
  else if (node.IsDefined())
    complain(key, fmt::format("must be true or false, not {}", quoted(node)));
  note(key, Kind::flag, value ? "true" : "false", fallback ? "true" : "false");
  return value;
}

Milliseconds Section::duration(std::string_view key, Milliseconds fallback) {
  auto const node = find(key);
  auto value = node.IsDefined() && node.IsScalar() ? parse_duration(node.Scalar()) : std::nullopt;
  if (node.IsDefined() && !value)
    complain(key, fmt::format("must be a duration such as 250ms, 30s, 5m, 1h or 2d; {} is none",
                              quoted(node)));
  auto const used = value.value_or(fallback);
  note(key, Kind::duration, format_duration(used), format_duration(fallback));
  return used;
}

Meters Section::distance(std::string_view key, Meters fallback) {
  auto const node = find(key);
  auto value = node.IsDefined() && node.IsScalar() ? parse_distance(node.Scalar()) : std::nullopt;
  if (node.IsDefined() && !value)
    complain(key, fmt::format("must be a distance such as 300m or 2km; {} is none", quoted(node)));
  auto const used = value.value_or(fallback);
  note(key, Kind::distance, format_distance(used), format_distance(fallback));
  return used;
}

std::vector<std::string> Section::texts(std::string_view key, std::vector<std::string> fallback) {
  auto const node = find(key);
  auto const standard = list_text(fallback);
  std::vector<std::string> out;
  if (node.IsDefined() && node.IsSequence()) {
    for (auto const& item : node) {
      if (!item.IsScalar() || item.Scalar().empty())
        complain_at(item.Mark().is_null() ? mark_of(key) : item.Mark(), key,
                    "has an empty or nested entry; each entry must be a text");
      else
        out.push_back(item.Scalar());
    }
  } else {
    if (node.IsDefined())
      complain(key, fmt::format("must be a list; write {}: [{}]", key,
                                node.IsScalar() ? node.Scalar() : "one, two"));
    out = std::move(fallback);
  }
  note(key, Kind::texts, list_text(out), standard);
  return out;
}

std::vector<std::string> Section::one_or_more(std::string_view key) {
  auto const node = find(key);
  if (!node.IsDefined() || !node.IsScalar()) return texts(key);
  note(key, Kind::texts, node.Scalar(), "");
  if (node.Scalar().empty()) complain(key, "must not be empty");
  return {node.Scalar()};
}

std::vector<GeoPoint> Section::points(std::string_view key) {
  auto const node = find(key);
  std::vector<GeoPoint> out;
  if (node.IsDefined() && !node.IsSequence())
    complain(key, "must be a list of points, such as [[48.1, 16.2], [48.3, 16.2], [48.2, 16.5]]");
  std::string all;
  for (std::size_t i = 0; node.IsDefined() && node.IsSequence() && i < node.size(); ++i) {
    YAML::Node const item = node[i];
    auto const number = [&](std::size_t n) {
      return item[n].IsScalar() ? parse_number(item[n].Scalar()) : std::nullopt;
    };
    auto const pair = item.IsSequence() && item.size() == 2;
    auto const latitude = pair ? number(0) : std::nullopt;
    auto const longitude = pair ? number(1) : std::nullopt;
    if (latitude && longitude && std::abs(*latitude) <= 90 && std::abs(*longitude) <= 180) {
      out.push_back({*latitude, *longitude});
      all += fmt::format("{}[{}, {}]", all.empty() ? "" : ", ", *latitude, *longitude);
    } else {
      complain_at(item.Mark().is_null() ? mark_of(key) : item.Mark(), key,
                  fmt::format("point {} must be [latitude, longitude] in degrees", i + 1));
    }
  }
  note(key, Kind::numbers, all, "");
  return out;
}

std::vector<double> Section::numbers(std::string_view key) {
  auto const node = find(key);
  std::vector<double> out;
  if (node.IsDefined() && !node.IsSequence())
    complain(key, "must be a list of numbers, such as [48.2, 16.37]");
  for (std::size_t i = 0; node.IsDefined() && node.IsSequence() && i < node.size(); ++i) {
    auto const item = node[i];
    auto const value = item.IsScalar() ? parse_number(item.Scalar()) : std::nullopt;
    if (value)
      out.push_back(*value);
    else
      complain_at(item.Mark().is_null() ? mark_of(key) : item.Mark(), key,
                  fmt::format("{} is not a number", quoted(item)));
  }
  note(key, Kind::numbers, fmt::format("{}", fmt::join(out, ", ")), "");
  return out;
}

}  // namespace wardroom::config
