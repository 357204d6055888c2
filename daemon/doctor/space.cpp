#include "doctor/space.hpp"

#include <fmt/format.h>

#include <array>

namespace wardroom::doctor {
namespace {

constexpr std::uint64_t MiB = 1024 * 1024, GiB = 1024 * MiB;

std::string what_to_do(std::string const& folder) {
  return fmt::format("df -h {0}; du -xsh {0}/* | sort -h   # free some, or enlarge the disk",
                     folder);
}

}  // namespace

std::string size_words(std::uint64_t bytes) {
  static std::array<char const*, 6> constexpr units{"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
  if (unit == 0) return fmt::format("{} bytes", bytes);
  return value < 10 ? fmt::format("{:.1f} {}", value, units[unit])
                    : fmt::format("{:.0f} {}", value, units[unit]);
}

Finding judge_space(std::string const& folder, Space const& space) {
  if (space.total == 0) return skipped(folder + ": the file system does not tell its size.");
  auto const free = size_words(space.free);
  auto const percent = 100.0 * double(space.free) / double(space.total);
  auto const figures = fmt::format("{} of {} ({:.0f} %)", free, size_words(space.total), percent);
  if (space.all_files > 0 && space.free_files * 100 < space.all_files)
    return bad(
        fmt::format("The disk of {} has room for only {} more files.", folder, space.free_files),
        fmt::format("df -i {}   # remove small files, or make a file system with more inodes",
                    folder));
  if (space.free < 64 * MiB && space.free < space.total / 4)
    return bad(fmt::format("The disk of {} is nearly full: {} are free.", folder, figures),
               what_to_do(folder));
  if (space.free < GiB && percent < 5)
    return warn(fmt::format("The disk of {} fills up: {} are free.", folder, figures),
                what_to_do(folder));
  return fine(fmt::format("{} are free on the disk of {}.", free, folder));
}

}  // namespace wardroom::doctor
