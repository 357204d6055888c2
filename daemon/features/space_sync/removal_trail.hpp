/// Writes removals into the audit, a hundred to a record: people by their ids, no names. On the
/// loop only.
#pragma once
#include "features/space_sync/run_world.hpp"

namespace wardroom::space_sync {

class RemovalTrail {
 public:
  static constexpr std::size_t to_a_record = 100;

  RemovalTrail(AuditPort* audit, ActiveRunPtr run) : audit_(audit), run_(std::move(run)) {}

  /// Before the first removal. Error: the audit takes nothing; then nobody is removed.
  Task<Result<void>> begin(std::size_t removals);
  void removed(Uuid person);
  void flush();

 private:
  AuditPort* audit_;
  ActiveRunPtr run_;
  std::vector<std::string> people_;
};

/// "sync job all-hands, run 7".
std::string audited_object(Run const& run);

}  // namespace wardroom::space_sync
