#include "config/record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace wardroom::config {

std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::text:
      return "a text";
    case Kind::word:
      return "one word of several";
    case Kind::whole:
      return "a whole number";
    case Kind::number:
      return "a number";
    case Kind::flag:
      return "true or false";
    case Kind::duration:
      return "a duration, such as 250ms, 30s, 5m, 1h or 2d";
    case Kind::distance:
      return "a distance, such as 300m or 2km";
    case Kind::texts:
      return "a list of texts, such as [one, two]";
    case Kind::numbers:
      return "a list of numbers, such as [48.2, 16.37]";
    case Kind::secret_file:
      return "a file that holds a secret (mode 0600), or the name of a systemd credential";
    case Kind::ca_file:
      return "a PEM file of certificates";
    case Kind::entries:
      return "several entries, each with keys of its own";
    case Kind::section:
      return "a section";
  }
  return "a text";
}

Entry& Record::put(Entry entry) {
  auto const [place, fresh] = places_.try_emplace(entry.key, entries_.size());
  if (fresh) return entries_.emplace_back(std::move(entry));
  return entries_[place->second] = std::move(entry);
}

Entry const* Record::find(std::string_view key) const {
  auto const place = places_.find(key);
  return place == places_.end() ? nullptr : &entries_[place->second];
}

Entry* Record::find(std::string_view key) {
  auto const place = places_.find(key);
  return place == places_.end() ? nullptr : &entries_[place->second];
}

std::string source_of(Entry const& entry, std::string_view file) {
  if (entry.origin == Origin::file) return fmt::format("{}:{}", file, entry.line);
  if (entry.origin == Origin::derived) return "derived from " + entry.derived_from;
  return "default";
}

namespace {

std::set<std::string_view> owners(Record const& record) {
  std::set<std::string_view> out;
  for (auto const& entry : record.entries())
    if (!entry.owner.empty()) out.insert(entry.owner);
  return out;
}

}  // namespace

std::vector<Difference> differences(Record const& before, Record const& after) {
  auto const old_owners = owners(before), new_owners = owners(after);
  auto const alone = [](Entry const& entry, std::set<std::string_view> const& others) {
    return !entry.owner.empty() && !others.contains(entry.owner);
  };
  std::vector<Difference> out;
  for (auto const& entry : after.entries()) {
    if (entry.kind == Kind::section || alone(entry, old_owners)) continue;
    auto const* old = before.find(entry.key);
    if (old && old->value == entry.value) continue;
    out.push_back(
        {entry.key, old ? std::optional(old->value) : std::nullopt, entry.value, entry.personal});
  }
  for (auto const& entry : before.entries())
    if (entry.kind != Kind::section && !alone(entry, new_owners) && !after.find(entry.key))
      out.push_back({entry.key, entry.value, std::nullopt, entry.personal});
  return out;
}

Record after_reload(Record const& old, Record const& fresh,
                    std::function<bool(std::string_view)> const& taken) {
  Record out;
  for (auto const& entry : fresh.entries()) {
    auto const* before = old.find(entry.key);
    bool const same = before && before->value == entry.value;
    if (same || taken(entry.key))
      out.put(entry);
    else if (before)
      out.put(*before);
  }
  for (auto const& entry : old.entries())
    if (!fresh.find(entry.key) && !taken(entry.key)) out.put(entry);
  return out;
}

}  // namespace wardroom::config
