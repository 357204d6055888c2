#include "backup_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace wardroom::ctl {
namespace {

std::unexpected<std::string> cannot(std::string_view doing, std::string const& path, int why) {
  return std::unexpected(fmt::format("cannot {} {}: {}", doing, path, std::strerror(why)));
}

std::string folder_of(std::string const& path) {
  auto folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

std::unexpected<std::string> there_already(std::string const& place) {
  return std::unexpected(place + " is there already; add --force to replace it");
}

}  // namespace

BackupFile::BackupFile(std::string place, std::string part, int file, bool replace)
    : place_(std::move(place)), part_(std::move(part)), file_(file), replace_(replace) {}

BackupFile::BackupFile(BackupFile&& other) noexcept
    : place_(std::move(other.place_)),
      part_(std::exchange(other.part_, {})),
      file_(std::exchange(other.file_, -1)),
      replace_(other.replace_),
      octets_(other.octets_),
      digest_(other.digest_) {}

BackupFile::~BackupFile() {
  if (file_ >= 0) ::close(file_);
  if (!part_.empty()) ::unlink(part_.c_str());
}

std::expected<BackupFile, std::string> BackupFile::begin(std::string place, bool replace) {
  struct stat about{};
  if (::lstat(place.c_str(), &about) == 0) {
    if (!S_ISREG(about.st_mode)) return std::unexpected(place + " is there and is no plain file");
    if (!replace) return there_already(place);
  }
  auto part = fmt::format("{}.part-{}", place, ::getpid());
  int const file = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return cannot("make the file", part, errno);
  return BackupFile(std::move(place), std::move(part), file, replace);
}

std::expected<void, std::string> BackupFile::add(std::string_view octets) {
  digest_.add(octets);
  octets_ += static_cast<std::int64_t>(octets.size());
  while (!octets.empty()) {
    auto const written = ::write(file_, octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return cannot("write", part_, errno);
    octets.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::expected<void, std::string> BackupFile::finish(std::int64_t octets, std::string_view digest) {
  if (octets != octets_ || digest != digest_.hex())
    return std::unexpected(
        fmt::format("the backup did not arrive whole: {} octets of {}", octets_, octets));
  if (::fsync(file_) != 0) return cannot("bring to the disk", part_, errno);
  if (::close(std::exchange(file_, -1)) != 0) return cannot("close", part_, errno);
  unsigned const flags = replace_ ? 0 : RENAME_NOREPLACE;
  if (::renameat2(AT_FDCWD, part_.c_str(), AT_FDCWD, place_.c_str(), flags) != 0) {
    if (errno == EEXIST) return there_already(place_);
    return cannot("put into place", place_, errno);
  }
  part_.clear();
  auto const folder = folder_of(place_);
  int const open = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int const synced = open < 0 ? -1 : ::fsync(open);
  int const why = errno;
  if (open >= 0) ::close(open);
  if (synced != 0) return cannot("bring to the disk", folder, why);
  return {};
}

}  // namespace wardroom::ctl
