/// Operators' verbs about the store: show it, back it up, move it.
#pragma once
#include "control/verbs.hpp"
#include "runtime/task_group.hpp"
#include "store/live_move.hpp"

#include <functional>
#include <string>
#include <vector>

namespace wardroom::front {

struct StorePorts {
  Executor loop;
  Clock& clock;
  TaskGroup& tasks;
  store::MovableDatabase& database;
  std::function<store::StoreSettings()> in_use;
  std::vector<store::Migration> steps;
  /// Where a backup lies until it was taken over by whoever asked for it; ours alone.
  std::string work_folder;
  std::string version;
  /// The store was moved: from now on `settings` are those in use.
  std::function<void(store::StoreSettings settings, std::string password_file)> moved;
};

void add_store_verbs(control::Verbs& verbs, StorePorts ports);

/// Removes what backups that were cut off by a crash left in the folder.
void forget_cut_backups(std::string const& work_folder);

}  // namespace wardroom::front
