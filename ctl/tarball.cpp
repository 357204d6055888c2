#include "tarball.hpp"

#include "program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

namespace wardroom::ctl {
namespace {

constexpr std::size_t block = 512;

/// One ustar header. Source: POSIX.1-2017, pax, "ustar Interchange Format".
std::string header(std::string const& name, std::size_t size, std::int64_t time, char type,
                   unsigned mode) {
  if (name.size() >= 100) throw std::logic_error("a name is too long for ustar");
  std::string out(block, '\0');
  auto const put = [&](std::size_t at, std::string const& text) {
    std::ranges::copy(text, out.begin() + static_cast<std::ptrdiff_t>(at));
  };
  put(0, name);
  put(100, fmt::format("{:07o}", mode));
  put(108, "0000000");
  put(116, "0000000");
  put(124, fmt::format("{:011o}", size));
  put(136, fmt::format("{:011o}", time));
  put(148, std::string(8, ' '));
  out[156] = type;
  put(257, "ustar");
  put(263, "00");
  put(265, "root");
  put(297, "root");
  unsigned sum = 0;
  for (char c : out) sum += static_cast<unsigned char>(c);
  put(148, fmt::format("{:06o}", sum));
  out[154] = '\0';
  return out;
}

}  // namespace

std::string tar_of(std::string const& folder, std::vector<Packed> const& files, Instant at) {
  auto const time = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  auto out = header(folder + "/", 0, time, '5', 0700);
  for (auto const& file : files) {
    out += header(folder + "/" + file.name, file.content.size(), time, '0', 0600);
    out += file.content;
    out.append((block - file.content.size() % block) % block, '\0');
  }
  return out.append(2 * block, '\0');
}

Result<std::string> gzipped(std::string_view bytes) {
  auto end = run_program({"gzip", "-9nc"}, Milliseconds(60'000), bytes);
  if (!end.ran || end.code != 0)
    return failure(ErrorKind::unavailable, "gzip does not run on this machine");
  return std::move(end.out);
}

Result<void> write_new_file(std::string const& path, std::string_view bytes) {
  int const fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return failure(errno == EEXIST ? ErrorKind::conflict : ErrorKind::unavailable,
                   errno == EEXIST
                       ? path + " is there already, and nothing is ever overwritten"
                       : fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  bool fine = true;
  while (fine && !bytes.empty()) {
    auto const n = ::write(fd, bytes.data(), bytes.size());
    if (n > 0)
      bytes.remove_prefix(static_cast<std::size_t>(n));
    else if (n < 0 && errno != EINTR)
      fine = false;
  }
  int const before = errno;
  fine = fine && ::fsync(fd) == 0;
  auto const why = fine ? 0 : bytes.empty() ? errno : before;
  ::close(fd);
  if (fine) return {};
  ::unlink(path.c_str());
  return failure(ErrorKind::unavailable,
                 fmt::format("cannot write {}: {}", path, std::strerror(why)));
}

}  // namespace wardroom::ctl
