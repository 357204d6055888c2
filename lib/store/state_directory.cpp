#include "store/state_directory.hpp"

#include "store/sqlite_error.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace wardroom::store {

namespace {

std::unexpected<Error> cannot(std::string_view doing, std::string const& path, int why) {
  auto const* trouble = disk_trouble(why);
  auto const remedy = trouble ? fmt::format("the disk {}", trouble)
                              : std::string("check that the folder belongs to the daemon");
  return failure(ErrorKind::unavailable,
                 fmt::format("cannot {} {}: {}; {}", doing, path, std::strerror(why), remedy));
}

std::string folder_of(std::string const& file) {
  auto folder = std::filesystem::path(file).parent_path().string();
  return folder.empty() ? "." : folder;
}

/// Names of new files are in their folder, which has to reach the disk, too.
Result<void> sync_folder(std::string const& folder) {
  int const file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return cannot("open the folder", folder, errno);
  bool const synced = ::fsync(file) == 0 || errno == EINVAL;  // some file systems cannot
  int const why = errno;
  ::close(file);
  if (!synced) return cannot("write the folder to disk", folder, why);
  return {};
}

Result<void> make_folder(std::string const& folder) {
  std::error_code trouble;
  auto const above = std::filesystem::path(folder).parent_path();
  if (!above.empty()) std::filesystem::create_directories(above, trouble);
  bool const made = ::mkdir(folder.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return cannot("make the folder", folder, errno);
  if (made)
    if (auto synced = sync_folder(above.empty() ? "." : above.string()); !synced) return synced;
  struct stat about{};
  if (::stat(folder.c_str(), &about) != 0) return cannot("look at the folder", folder, errno);
  if (!S_ISDIR(about.st_mode))
    return failure(ErrorKind::unavailable,
                   folder + " is not a folder; the store needs one of its own");
  bool const open_to_others = (about.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  if (open_to_others && (about.st_mode & S_ISVTX) == 0)
    return failure(ErrorKind::denied,
                   fmt::format("others may write to {}; the store stays closed until you run: "
                               "chmod 0700 {}",
                               folder, folder));
  return {};
}

std::string holder(int file) {
  std::array<char, 32> text{};
  auto const size = ::pread(file, text.data(), text.size() - 1, 0);
  std::string pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return pid.empty() ? "another process" : "process " + pid;
}

}  // namespace

StateLock::~StateLock() {
  if (file_ >= 0) ::close(file_);
}

Result<StateLock> lock_state_directory(std::string const& store_file) {
  auto const folder = folder_of(store_file);
  if (auto made = make_folder(folder); !made) return std::unexpected(made.error());
  auto const path = folder + "/lock";
  int const file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return cannot("open the lock", path, errno);
  StateLock lock(file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return cannot("take the lock", path, errno);
    return failure(ErrorKind::conflict,
                   fmt::format("another wardroomd ({}) uses {}; stop it first, or give this one a "
                               "state folder of its own",
                               holder(file), folder));
  }
  auto const pid = std::to_string(::getpid()) + "\n";
  // The number is only for the message above: without it the lock holds all the same, and a full
  // disk is told of in better words when the store itself is opened.
  [[maybe_unused]] bool const named =
      ::ftruncate(file, 0) == 0 && ::pwrite(file, pid.data(), pid.size(), 0) > 0;
  return lock;
}

Result<void> make_private_file(std::string const& store_file) {
  int const file = ::open(store_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return cannot("open the store", store_file, errno);
  struct stat about{};
  bool const wide = ::fstat(file, &about) == 0 && (about.st_mode & 077) != 0;
  bool const closed = !wide || ::fchmod(file, 0600) == 0;
  ::close(file);
  if (closed) return sync_folder(folder_of(store_file));
  return failure(ErrorKind::denied,
                 fmt::format("others may read {}; run: chmod 0600 {}", store_file, store_file));
}

}  // namespace wardroom::store
