#include "config/yaml_section.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace wardroom::config {
namespace {

std::string joined(std::string_view path, std::string_view key) {
  if (path.empty()) return std::string(key);
  return key.empty() ? std::string(path) : fmt::format("{}.{}", path, key);
}

std::string what_is(YAML::Node const& node) {
  if (node.IsSequence()) return "a list";
  if (node.IsMap()) return "a section";
  return "a single value";
}

}  // namespace

Section::Section(YAML::Node node, std::string file, std::string path, Complaints& complaints,
                 Record* record)
    : Section(node, {std::move(file), path, path, "", {}, {}}, complaints, record) {
  for (std::size_t at = 0; at < path.size();) {
    auto const end = std::min(path.find('.', at), path.size());
    at_.parts.push_back(path.substr(at, end - at));
    at = end + 1;
  }
}

Section::Section(YAML::Node node, Place at, Complaints& complaints, Record* record)
    : node_(node), at_(std::move(at)), complaints_(&complaints), record_(record) {
  if (node_.IsDefined() && !node_.Mark().is_null()) at_.mark = node_.Mark();
  must_be_mapping();
}

void Section::must_be_mapping() {
  if (!node_.IsDefined() || node_.IsNull() || node_.IsMap()) return;
  complain("", fmt::format("must be a section of keys (key: value), not {}", what_is(node_)));
  node_.reset(YAML::Node());
}

void Section::complain_at(YAML::Mark mark, std::string_view key, std::string message) {
  complaints_->push_back({at_.file, mark.is_null() ? 1 : mark.line + 1,
                          mark.is_null() ? 1 : mark.column + 1, joined(at_.path, key),
                          without_passwords(message)});
}

/// Of the key when it is there, else of the section, else of what is around it.
YAML::Mark Section::mark_of(std::string_view key) const {
  if (!key.empty() && node_.IsMap())
    for (auto const& entry : node_)
      if (entry.first.Scalar() == key) return entry.first.Mark();
  return at_.mark;
}

void Section::complain(std::string_view key, std::string message) {
  complain_at(mark_of(key), key, std::move(message));
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

Section::Place Section::below(std::string_view key) const {
  auto out = at_;
  out.path = joined(at_.path, key);
  out.pattern = joined(at_.pattern, key);
  out.parts.emplace_back(key);
  out.mark = mark_of(key);
  return out;
}

Entry* Section::note(std::string_view key, Kind kind, std::string value, std::string standard) {
  if (!record_) return nullptr;
  auto place = key.empty() ? at_ : below(key);
  Entry entry{.key = fmt::format("{}", fmt::join(place.parts, ".")),
              .path = std::move(place.parts),
              .pattern = std::move(place.pattern),
              .owner = at_.owner,
              .kind = kind,
              .value = without_passwords(value),
              .standard = without_passwords(standard)};
  if (key.empty() ? node_.IsMap() : has(key)) {
    entry.origin = Origin::file;
    entry.line = place.mark.line + 1;
    entry.column = place.mark.column + 1;
  }
  return &record_->put(std::move(entry));
}

Entry* Section::noted(std::string_view key) {
  if (!record_) return nullptr;
  auto parts = at_.parts;
  parts.emplace_back(key);
  return record_->find(fmt::format("{}", fmt::join(parts, ".")));
}

void Section::use(std::string_view key, std::string value) {
  if (auto* entry = noted(key)) entry->value = without_passwords(value);
}

void Section::choices(std::string_view key, std::string choices) {
  if (auto* entry = noted(key)) entry->choices = std::move(choices);
}

void Section::needed(std::string_view key) {
  if (auto* entry = noted(key)) entry->required = true;
}

void Section::personal(std::string_view key) {
  if (auto* entry = noted(key)) entry->personal = true;
}

Section Section::section(std::string_view key) {
  auto const node = find(key);
  note(key, Kind::section, "", "");
  return {node, below(key), *complaints_, record_};
}

std::vector<Section> Section::list(std::string_view key) {
  std::vector<Section> out;
  auto const node = find(key);
  if (node.IsDefined() && !node.IsSequence())
    complain(key,
             fmt::format("must be a list (entries beginning with '-'), not {}", what_is(node)));
  std::vector<std::string> names;
  for (std::size_t i = 0; node.IsDefined() && node.IsSequence() && i < node.size(); ++i) {
    auto place = below(key);
    YAML::Node const item = node[i];  // const: the lookup must not create the key
    auto const name = item.IsMap() ? item["name"] : YAML::Node();
    names.push_back(name.IsDefined() && name.IsScalar() ? name.Scalar() : std::to_string(i + 1));
    place.path += fmt::format("[{}]", i);
    place.pattern += ".NAME";
    place.parts.push_back(names.back());
    place.owner = fmt::format("{}", fmt::join(place.parts, "."));
    out.push_back(Section(item, std::move(place), *complaints_, record_));
  }
  note(key, Kind::entries, fmt::format("{}", fmt::join(names, ", ")), "");
  return out;
}

std::vector<Section> Section::named() {
  auto const names = keys();
  note("", Kind::entries, fmt::format("{}", fmt::join(names, ", ")), "");
  std::vector<Section> out;
  std::set<std::string> seen;
  for (auto const& name : names) {
    if (!seen.insert(name).second) continue;  // finish() tells
    auto place = below(name);
    place.pattern = at_.pattern + ".NAME";
    place.owner = fmt::format("{}", fmt::join(place.parts, "."));
    out.push_back(Section(find(name), std::move(place), *complaints_, record_));
  }
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
  std::map<std::string, int> seen;
  for (auto const& entry : node_) {
    auto const key = entry.first.Scalar();
    auto const mark = entry.first.Mark();
    auto const [first, fresh] = seen.try_emplace(key, mark.line + 1);
    if (!fresh) {
      complain_at(
          mark, key,
          fmt::format("is given twice, first in line {}: keep one of the two", first->second));
    } else if (key == "<<") {
      complain_at(mark, key, "is not taken here: write the keys out");
    } else if (!asked_.contains(key)) {
      auto const near = nearest(key, asked_);
      complain_at(mark, key,
                  "is not a key Wardroom knows" +
                      (near ? fmt::format("; did you mean '{}'?", *near)
                            : fmt::format("; here it knows {}", fmt::join(asked_, ", "))));
    }
  }
}

}  // namespace wardroom::config
