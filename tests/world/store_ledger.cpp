#include "store_ledger.hpp"

#include "store/sqlite_connection.hpp"

namespace wardroom::world {

std::optional<StoreLedger::Missing> StoreLedger::look(test::MemoryDisk const& disk,
                                                      std::string const& path) const {
  auto const copy = disk.clone();
  copy->heal();
  // Before the very first start there is nothing, and nothing was promised.
  if (copy->contents(path).empty() && entries_.empty()) return std::nullopt;
  try {
    store::SqliteConnection sql(path, store::SqliteConnection::Use::read, copy->vfs());
    for (auto const& [key, entry] : entries_)
      if (auto wrong = entry.check(sql); !wrong.empty()) return Missing{entry.promise, wrong};
  } catch (store::StoreError const& e) {
    return Missing{"D2", "the store cannot be read: " + e.error().what};
  }
  return std::nullopt;
}

}  // namespace wardroom::world
