#include "config/config_file.hpp"

#include "base/planted.hpp"
#include "base/private_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace wardroom::config {

namespace {

Error unreadable(std::string const& file, int error) {
  if (error == ENOENT) return {ErrorKind::not_found, "cannot be read: there is no such file"};
  if (error == EACCES)
    return {ErrorKind::denied,
            fmt::format("cannot be read by this user: run this as root, or chmod 0644 {} (it holds "
                        "no secrets)",
                        file)};
  return {ErrorKind::unavailable, fmt::format("cannot be read: {}", std::strerror(error))};
}

}  // namespace

Result<std::string> read_text(std::string const& file, std::size_t longest) {
  // Non-blocking, so that a pipe in its place cannot hang.
  int const fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return std::unexpected(unreadable(file, errno));
  struct Closed {
    int fd;
    ~Closed() {
      if (!WARDROOM_PLANTED("configuration-stays-open")) ::close(fd);
    }
  } const closed{fd};
  struct stat about{};
  if (::fstat(fd, &about) != 0) return std::unexpected(unreadable(file, errno));
  if (S_ISDIR(about.st_mode))
    return failure(ErrorKind::malformed, "is a folder: name the file in it");
  if (!S_ISREG(about.st_mode))
    return failure(ErrorKind::malformed, "is a pipe or a device, not a file");
  std::string out;
  for (char block[16 * 1024]; out.size() <= longest;) {
    auto const count = ::read(fd, block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(unreadable(file, errno));
    if (count == 0) return out;
    out.append(block, static_cast<std::size_t>(count));
  }
  return failure(ErrorKind::malformed,
                 fmt::format("is longer than {} MiB: is it the right file?", longest >> 20));
}

YAML::Node load_yaml(std::string const& file, Complaints& complaints) {
  auto const text = read_text(file);
  if (text) return parse_yaml(*text, file, complaints);
  complaints.push_back({file, 0, 0, "", text.error().what});
  return {};
}

namespace {
constexpr std::size_t longest_secret = 64 * 1024;

/// A name without '/' may be that of a credential.
Result<Secret> read_either(std::string const& file) {
  char const* const credentials = std::getenv("CREDENTIALS_DIRECTORY");
  if (credentials && file.find('/') == std::string::npos) {
    auto secret = read_private_file(fmt::format("{}/{}", credentials, file), "secret",
                                    longest_secret, PrivateFile::credential);
    if (secret || secret.error().kind != ErrorKind::not_found) return secret;
  }
  return read_private_file(file, "secret", longest_secret);
}
}  // namespace

Result<Secret> read_secret(std::string const& file) {
  auto const whole = read_either(file);
  if (!whole) return whole;
  auto text = whole->reveal();
  if (text.size() > longest_secret)
    return failure(
        ErrorKind::malformed,
        fmt::format("the secret file {} is longer than 64 KiB, which no secret is", file));
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  if (text.empty())
    return failure(ErrorKind::malformed, fmt::format("the secret file {} is empty", file));
  return Secret::joined({text});
}

}  // namespace wardroom::config
