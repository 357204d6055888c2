/// Groups of people as they were last read to their end, in the store: what a restart and a
/// directory that cannot be reached go on with.
#pragma once
#include "people/dirty_set.hpp"
#include "store/database.hpp"

#include <string>
#include <vector>

namespace wardroom::people {

struct KnownGroup {
  std::string wanted;  ///< the name or id by which the configuration asks for it
  std::string id, name;
  Instant read{};
  std::size_t others = 0;  ///< members that are no people
  DirtySet members{};
  std::vector<std::string> strangers{};  ///< UUIDs of members whom no row here has
};

/// On the loop only.
class GroupStore {
 public:
  explicit GroupStore(store::Database& database) : database_(database) {}

  /// Those of them that were read to their end.
  Task<Result<std::vector<KnownGroup>>> load(std::vector<std::string> wanted);
  /// Writes what differs, at most 1,000 rows a commit: who comes first, who goes last. A stop in
  /// between leaves somebody in it who went, until it is read again; one never stored to its end is
  /// not loaded.
  Task<Result<void>> save(KnownGroup group);
  /// Removes the groups that the configuration does not name any more.
  Task<Result<void>> keep_only(std::vector<std::string> wanted);

 private:
  Task<Result<std::int64_t>> number_of(std::string wanted);
  Task<Result<void>> drop(std::int64_t group);

  store::Database& database_;
};

}  // namespace wardroom::people
