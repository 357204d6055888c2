#include "config/replace_file.hpp"

#include "config/config_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace wardroom::config {
namespace {

Error cannot(std::string_view what, std::string const& file, int error) {
  auto const sentence = fmt::format("cannot {} {}: {}", what, file, std::strerror(error));
  if (error == EACCES || error == EPERM || error == EROFS)
    return {ErrorKind::denied, sentence + "; run this as root (sudo)"};
  return {ErrorKind::unavailable, sentence};
}

/// The new text beside the old one, until it takes its place; removed when it never does.
class Draft {
 public:
  explicit Draft(std::string const& target) : path_(target + ".XXXXXX") {
    fd_ = ::mkostemp(path_.data(), O_CLOEXEC);
  }
  ~Draft() {
    if (fd_ >= 0) ::close(fd_);
    if (fd_ >= 0 && !kept_) ::unlink(path_.c_str());
  }
  Draft(Draft const&) = delete;
  Draft& operator=(Draft const&) = delete;

  bool made() const { return fd_ >= 0; }
  /// 0, or the error number.
  int fill(std::string_view text, struct stat const& like) const {
    while (!text.empty()) {
      auto const count = ::write(fd_, text.data(), text.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return errno;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    struct stat now{};
    if (::fstat(fd_, &now) != 0) return errno;
    bool const other = now.st_uid != like.st_uid || now.st_gid != like.st_gid;
    if (other && ::fchown(fd_, like.st_uid, like.st_gid) != 0) return errno;
    if (::fchmod(fd_, like.st_mode & 07777) != 0) return errno;
    return ::fsync(fd_) == 0 ? 0 : errno;
  }
  int replace(std::string const& target) {
    if (::rename(path_.c_str(), target.c_str()) != 0) return errno;
    kept_ = true;
    return 0;
  }

 private:
  std::string path_;
  int fd_ = -1;
  bool kept_ = false;
};

/// Of two who replace the same file at once the second is told so.
class Lock {
 public:
  explicit Lock(std::string const& file) : fd_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Lock() {
    if (fd_ >= 0) ::close(fd_);
  }
  Lock(Lock const&) = delete;
  Lock& operator=(Lock const&) = delete;
  bool held() const { return fd_ >= 0 && ::flock(fd_, LOCK_EX | LOCK_NB) == 0; }

 private:
  int fd_;
};

int sync_folder(std::string const& file) {
  auto const slash = file.rfind('/');
  auto const folder = slash == std::string::npos ? std::string(".") : file.substr(0, slash + 1);
  int const fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno;
  int const error = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  return error;
}

}  // namespace

Result<void> replace_file(std::string const& file, std::string_view expected,
                          std::string_view text) {
  std::unique_ptr<char, decltype(&std::free)> const real(::realpath(file.c_str(), nullptr),
                                                         &std::free);
  if (!real) return std::unexpected(cannot("find", file, errno));
  std::string const target = real.get();
  struct stat about{};
  if (::stat(target.c_str(), &about) != 0) return std::unexpected(cannot("examine", target, errno));
  // A folder one may write to lets one replace what one may not: the file's own rights count.
  if (::access(target.c_str(), W_OK) != 0) return std::unexpected(cannot("write", target, errno));
  Lock const lock(target);
  if (!lock.held())
    return failure(ErrorKind::conflict,
                   fmt::format("{} is being changed by somebody else: nothing was written; look at "
                               "it and try again",
                               target));
  Draft draft(target);
  if (!draft.made()) return std::unexpected(cannot("write beside", target, errno));
  if (int const error = draft.fill(text, about))
    return std::unexpected(cannot("write beside", target, error));
  auto const now = read_text(target);
  if (!now || *now != expected)
    return failure(ErrorKind::conflict,
                   fmt::format("{} was changed by somebody else meanwhile: nothing was written; "
                               "look at it and try again",
                               target));
  if (int const error = draft.replace(target))
    return std::unexpected(cannot("replace", target, error));
  if (int const error = sync_folder(target))
    return std::unexpected(cannot("write the folder of", target, error));
  return {};
}

}  // namespace wardroom::config
