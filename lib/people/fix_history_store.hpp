/// The fixes of the last hours, for replays: every batch as it was committed, kept for as long as
/// the operator said. Nothing but replays reads it; the start never does.
///
/// `FixLog` writes the rows, in the commit that answers their posts. Their numbers only grow, so
/// their order is the order of receipt, over restarts.
#pragma once
#include "people/fix_batch.hpp"
#include "store/database.hpp"

#include <optional>
#include <vector>

namespace wardroom::people {

struct FixHistorySize {
  std::optional<Instant> oldest{};  ///< receipt of the oldest fix that is kept
  std::int64_t batches = 0, fixes = 0, bytes = 0;
  bool operator==(FixHistorySize const&) const = default;
};

/// A stretch of the history in the order of receipt.
struct FixHistoryPage {
  std::vector<std::string> blobs;  ///< as `decode_batch` takes them
  std::int64_t last = 0;           ///< where the next page goes on after
  bool end = false;
};

/// The row of one batch. For a unit; `fixes` is not empty.
void keep_batch(store::Sql& sql, std::int64_t seq, std::vector<StoredFix> const& fixes,
                std::string blob);
/// No batch may have a number up to this one.
std::int64_t last_kept(store::Sql& sql);

/// On the loop only. Everything that may be long goes in slices: the writer and the reader serve
/// others between them.
class FixHistoryStore {
 public:
  explicit FixHistoryStore(store::Database& database) : database_(database) {}

  Task<Result<FixHistorySize>> size();
  /// Batches whose last fix is older; how many went.
  Task<Result<std::int64_t>> forget_before(Instant cutoff);
  /// What lies between two moments: `after` is where the first page begins.
  struct Extent {
    std::int64_t after = 0, fixes = 0;
  };
  Task<Result<Extent>> extent(Instant from, Instant until);
  /// About 50,000 fixes of batches that begin at `until` or before.
  Task<Result<FixHistoryPage>> page(std::int64_t after, Instant until);

  /// The daemon's starts while a history was kept: standings begin anew with each.
  Task<Result<void>> note_start(Instant at);
  Task<Result<std::vector<Instant>>> starts();

  /// Takes every position of this person out of the history; how many there were. The caller sees
  /// to it that no new ones come, and to what is not history (roster, last_fix). After an error
  /// some may be left: ask again. A batch that cannot be read goes as a whole.
  Task<Result<std::int64_t>> erase(PersonNo person);

 private:
  store::Database& database_;
};

}  // namespace wardroom::people
