/// Names and mail addresses of the people shown lately; the store has all of them.
#pragma once
#include "domain/person.hpp"

#include <list>
#include <string>
#include <unordered_map>

namespace wardroom::people {

struct PersonName {
  std::string name;
  std::string email;
  bool operator==(PersonName const&) const = default;
};

/// At most `capacity` entries; the one not asked for longest goes first. On the loop only.
class NameCache {
 public:
  explicit NameCache(std::size_t capacity = 10'000) : capacity_(capacity) {}

  /// Null when not cached; valid until the next put.
  PersonName const* find(PersonNo person) {
    auto const found = by_person_.find(person);
    if (found == by_person_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }
  void put(PersonNo person, PersonName name) {
    if (auto const found = by_person_.find(person); found != by_person_.end()) {
      found->second->second = std::move(name);
      entries_.splice(entries_.begin(), entries_, found->second);
      return;
    }
    entries_.emplace_front(person, std::move(name));
    by_person_[person] = entries_.begin();
    if (entries_.size() <= capacity_) return;
    by_person_.erase(entries_.back().first);
    entries_.pop_back();
  }
  void forget(PersonNo person) {
    auto const found = by_person_.find(person);
    if (found == by_person_.end()) return;
    entries_.erase(found->second);
    by_person_.erase(found);
  }
  std::size_t size() const { return entries_.size(); }

 private:
  using Entries = std::list<std::pair<PersonNo, PersonName>>;
  std::size_t capacity_;
  Entries entries_;  ///< asked for last first
  std::unordered_map<PersonNo, Entries::iterator> by_person_;
};

}  // namespace wardroom::people
