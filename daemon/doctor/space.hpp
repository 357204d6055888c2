/// Whether a file system has room for what is written there. Pure.
#pragma once
#include "process/doctor.hpp"

#include <cstdint>
#include <string>

namespace wardroom::doctor {

struct Space {
  std::uint64_t free = 0, total = 0;            ///< bytes, for those who are not root
  std::uint64_t free_files = 0, all_files = 0;  ///< 0 of 0: the file system does not count them
};
/// Failed below 64 MiB (unless that is a quarter of a tiny disk), a warning below 1 GiB and 5 %.
Finding judge_space(std::string const& folder, Space const& space);

/// "41 GiB", "512 KiB".
std::string size_words(std::uint64_t bytes);

}  // namespace wardroom::doctor
