/// Checks of the store: that it commits, has room, keeps its log short and is not damaged.
#pragma once
#include "doctor/beside_loop.hpp"
#include "process/doctor.hpp"
#include "store/database.hpp"

#include <functional>
#include <optional>
#include <string>

namespace wardroom::doctor {

struct StorePorts {
  store::Database& database;
  Clock& clock;
  BesideLoop& beside;
  std::function<std::string()> url;  ///< of the store in use; never shown with user or password
};
void add_store_checks(Doctor& doctor, StorePorts ports);

/// Of a commit that took so long. Pure.
Finding judge_commit(Milliseconds took);
/// `by_others` = a server whose administrators make backups of their own. Pure.
Finding judge_backup(std::optional<Instant> made, Instant now, bool by_others);

}  // namespace wardroom::doctor
