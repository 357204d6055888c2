#include "base/private_file.hpp"

#include "base/descriptor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace wardroom {
namespace {

std::string because(int error) { return std::strerror(error); }

std::string how_to_hand_over(std::string const& path, PrivateFile kind) {
  if (kind == PrivateFile::credential) return "check LoadCredential= of the service";
  return fmt::format(
      "chown it to uid {} and chmod 0600 {}, or hand it over as a systemd credential "
      "(LoadCredential=)",
      ::geteuid(), path);
}

Error cannot_open(std::string const& path, std::string_view what, PrivateFile kind, int error) {
  if (error == ENOENT)
    return {ErrorKind::not_found, fmt::format("there is no {} at {}", what, path)};
  if (error == ELOOP)
    return {ErrorKind::denied,
            fmt::format("{} is a symbolic link: put the file itself there", path)};
  return {ErrorKind::denied, fmt::format("cannot open the {} {} ({}): {}", what, path,
                                         because(error), how_to_hand_over(path, kind))};
}

/// The reason to refuse a file of these attributes, with the remedy.
std::optional<std::string> objection(struct stat const& about, std::string const& path,
                                     PrivateFile kind) {
  if (S_ISDIR(about.st_mode)) return fmt::format("{} is a folder: name the file in it", path);
  if (!S_ISREG(about.st_mode))
    return fmt::format("{} is a pipe or a device, not a regular file: put the file itself there",
                       path);
  if (about.st_uid != 0 && about.st_uid != ::geteuid())
    return fmt::format("{} belongs to uid {}, who could change it: {}", path, about.st_uid,
                       how_to_hand_over(path, kind));
  // Some systemd versions grant a service its credential by an access list, which shows as group
  // read; the directory around it is closed to everybody else.
  mode_t const forbidden = kind == PrivateFile::credential ? 0037 : 0077;
  if (about.st_mode & forbidden)
    return fmt::format(
        "{} is open to others (mode {:04o}): chmod 0600 {}, and replace what it holds if somebody "
        "may have read it",
        path, static_cast<unsigned>(about.st_mode & 07777), path);
  return std::nullopt;
}

}  // namespace

Result<Secret> read_private_file(std::string const& path, std::string_view what,
                                 std::size_t longest, PrivateFile kind) {
  // Non-blocking, so that a pipe in its place cannot hang the start.
  Descriptor const fd(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (fd.get() < 0) return std::unexpected(cannot_open(path, what, kind, errno));
  struct stat about{};
  if (::fstat(fd.get(), &about) != 0)
    return failure(ErrorKind::denied, fmt::format("cannot examine {}: {}", path, because(errno)));
  if (auto why = objection(about, path, kind)) return failure(ErrorKind::denied, *why);
  int error = 0;
  std::size_t length = 0;
  auto const room = std::min(static_cast<std::size_t>(about.st_size), longest) + 1;
  auto const buffer = Secret::filled(room, [&](std::span<char> to) {
    while (length < to.size()) {
      auto const n = ::read(fd.get(), to.data() + length, to.size() - length);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) error = errno;
      if (n <= 0) return;
      length += static_cast<std::size_t>(n);
    }
  });
  if (error != 0)
    return failure(ErrorKind::unavailable,
                   fmt::format("cannot read the {} {}: {}", what, path, because(error)));
  return Secret::joined({buffer.reveal().substr(0, length)});
}

}  // namespace wardroom
