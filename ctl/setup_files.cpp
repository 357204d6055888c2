#include "setup_files.hpp"

#include "base/descriptor.hpp"
#include "base/encoding.hpp"
#include "runtime/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace wardroom::ctl {
namespace {

namespace fs = std::filesystem;

constexpr auto users_name = "wardroom";

std::unexpected<Error> cannot(std::string_view doing, std::string const& path, int why) {
  std::string remedy = "choose another place with --dir or --config";
  if (why == EACCES || why == EPERM)
    remedy = "run it with sudo, or choose a place of your own with --dir";
  if (why == ENOSPC) remedy = "make room on that disk";
  return failure(ErrorKind::unavailable,
                 fmt::format("cannot {} {}: {}; {}", doing, path, std::strerror(why), remedy));
}

int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    auto const n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

std::string folder_of(std::string const& path) {
  auto folder = fs::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

/// The folder's entries are on disk, too.
int sync_folder(std::string const& folder) {
  Descriptor const fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.get() >= 0 && ::fsync(fd.get()) == 0 ? 0 : errno;
}

}  // namespace

std::optional<DaemonUser> daemon_user() {
  if (::geteuid() != 0) return std::nullopt;
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> room(16 * 1024);
  if (::getpwnam_r(users_name, &entry, room.data(), room.size(), &found) != 0 || !found)
    return std::nullopt;
  return DaemonUser{entry.pw_uid, entry.pw_gid, users_name};
}

FileSet::~FileSet() {
  for (auto const& file : files_)
    if (!file.beside.empty()) ::unlink(file.beside.c_str());
}

Result<void> FileSet::make_folders(std::vector<WrittenFile>& made) {
  for (auto const& [folder, kind] : folders_) {
    struct stat about{};
    if (::stat(folder.c_str(), &about) == 0) {
      if (!S_ISDIR(about.st_mode)) return cannot("make the folder", folder, ENOTDIR);
      continue;
    }
    std::vector<fs::path> missing;
    std::error_code none;
    for (auto at = fs::absolute(folder); !at.empty() && !fs::exists(at, none);
         at = at.parent_path()) {
      missing.push_back(at);
      if (at == at.parent_path()) break;
    }
    std::ranges::reverse(missing);
    for (auto const& one : missing) {
      bool const last = one == missing.back();
      mode_t const mode = last && kind == Folder::state ? 0700 : 0755;
      if (::mkdir(one.c_str(), mode) != 0) return cannot("make the folder", one.string(), errno);
      // Who may write beside it may have put a link in its place.
      Descriptor const fd(::open(one.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (fd.get() < 0 || ::fchmod(fd.get(), mode) != 0)
        return cannot("close the folder", one.string(), errno);
      bool const given = last && user_ && kind != Folder::config;
      if (given && ::fchown(fd.get(), user_->uid, user_->gid) != 0)
        return cannot("give away the folder", one.string(), errno);
      sync_folder(one.parent_path().string());
      made.push_back({one.string() + "/", fmt::format("{:04o}", static_cast<unsigned>(mode)),
                      given ? user_->name : ""});
    }
  }
  return {};
}

Result<void> FileSet::bring_to_disk(File& file) {
  SystemRandom random;
  auto const beside = fmt::format("{}.{}.new", file.path, to_hex(random.bytes(6)));
  Descriptor const fd(
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (fd.get() < 0) return cannot("write", file.path, errno);
  file.beside = beside;
  if (int const why = write_all(fd.get(), file.content.reveal()))
    return cannot("write", beside, why);
  if (user_) {
    // The daemon owns its secrets; its configuration it only reads.
    if (::fchown(fd.get(), file.secret ? user_->uid : 0, user_->gid) != 0)
      return cannot("give away", beside, errno);
    if (::fchmod(fd.get(), file.secret ? 0600 : 0640) != 0) return cannot("close", beside, errno);
  }
  struct stat before{};
  if (!user_ && ::geteuid() == 0 && ::stat(file.path.c_str(), &before) == 0 &&
      ::fchown(fd.get(), before.st_uid, before.st_gid) != 0)
    return cannot("give back", beside, errno);
  if (::fsync(fd.get()) != 0) return cannot("bring to disk", beside, errno);
  return {};
}

Result<std::vector<WrittenFile>> FileSet::commit() {
  std::vector<WrittenFile> out;
  if (auto made = make_folders(out); !made) return std::unexpected(made.error());
  for (auto& file : files_) {
    // A link to the configuration stays one; the daemon takes no secret through a link.
    std::error_code trouble;
    if (!file.secret && fs::is_symlink(file.path, trouble))
      if (auto const real = fs::canonical(file.path, trouble); !trouble) file.path = real.string();
    if (auto there = bring_to_disk(file); !there) return std::unexpected(there.error());
  }
  for (auto& file : files_) {
    if (::rename(file.beside.c_str(), file.path.c_str()) != 0)
      return cannot("put into its place", file.path, errno);
    file.beside.clear();
    if (int const why = sync_folder(folder_of(file.path)))
      return cannot("bring to disk the folder of", file.path, why);
    out.push_back({file.path, user_ && !file.secret ? "0640" : "0600",
                   user_ ? (file.secret ? user_->name : "root") : ""});
  }
  return out;
}

std::string existing_folder_of(std::string const& path) {
  std::error_code trouble;
  auto at = fs::absolute(path).parent_path();
  while (at.has_relative_path() && !fs::is_directory(at, trouble)) at = at.parent_path();
  return at.string();
}

std::string cannot_write(std::string const& path) {
  auto const folder = existing_folder_of(path);
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return "";
  return fmt::format("{}: {}", folder, std::strerror(errno));
}

}  // namespace wardroom::ctl
