/// What the daemon has acknowledged, and how to find it in its store: looked for as each start
/// finds the store, and at the end.
#pragma once
#include "store/database.hpp"
#include "support/memory_disk.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace wardroom::world {

class StoreLedger {
 public:
  /// What is missing or wrong, in words; empty = all is there.
  using Check = std::function<std::string(store::Sql&)>;

  /// `key` names the thing that was written about; what was known of it before no longer counts.
  void acknowledged(std::string const& key, std::string promise, Check check) {
    entries_[key] = {std::move(promise), std::move(check)};
  }
  /// Another write about it is under way, or ended without an answer.
  void in_doubt(std::string const& key) { entries_.erase(key); }
  void all_in_doubt(std::string const& prefix) {
    std::erase_if(entries_, [&](auto const& entry) { return entry.first.starts_with(prefix); });
  }
  std::size_t size() const { return entries_.size(); }

  struct Missing {
    std::string promise, sentence;
  };
  /// On a copy: whoever has the disk notices nothing.
  std::optional<Missing> look(test::MemoryDisk const& disk, std::string const& path) const;

 private:
  struct Entry {
    std::string promise;
    Check check;
  };
  std::map<std::string, Entry> entries_;
};

}  // namespace wardroom::world
