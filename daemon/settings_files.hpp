/// Looks at the files that the configuration names: secrets and certificates. What this user may
/// not look at is said, not guessed.
#pragma once
#include "config/complaint.hpp"
#include "config/record.hpp"

#include <string>
#include <sys/types.h>
#include <vector>

namespace wardroom {

struct Unseen {
  std::string key, file, why;
};

struct FileFindings {
  config::Complaints mistakes;
  std::vector<Unseen> unseen;  ///< not looked at, and why
};

/// `file` = the configuration; the others are what the record of it names. Files of root, of
/// ourselves and of the user `wardroom` are fine; contents of secrets are never read.
FileFindings look_at_files(std::string const& file, config::Record const& record);

}  // namespace wardroom
