#include "config/config_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace wardroom::config {

YAML::Node load_yaml(std::string const& file, Complaints& complaints) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    complaints.push_back({file, 0, 0, "", fmt::format("cannot be read: {}", std::strerror(errno))});
    return {};
  }
  std::stringstream text;
  text << in.rdbuf();
  try {
    return YAML::Load(text.str());
  } catch (YAML::Exception const& e) {
    complaints.push_back({file, e.mark.line + 1, e.mark.column + 1, "", e.msg});
    return {};
  }
}

Result<Secret> read_secret(std::string const& file) {
  std::string path = file;
  bool credential = false;
  if (char const* directory = std::getenv("CREDENTIALS_DIRECTORY");
      directory && file.find('/') == std::string::npos) {
    path = std::string(directory) + "/" + file;
    credential = true;
  }
  int const fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0)
    return failure(errno == ENOENT ? ErrorKind::not_found : ErrorKind::denied,
                   fmt::format("cannot read the secret file {}: {}", path, std::strerror(errno)));
  struct stat info{};
  std::string text;
  std::string trouble;
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    trouble = "is not a regular file";
  } else if (!credential && (info.st_mode & 077) != 0) {
    trouble = fmt::format("can be read by others (mode {:o}); run: chmod 600 {}",
                          info.st_mode & 0777, path);
  } else if (info.st_size > 64 * 1024) {
    trouble = "is longer than 64 KiB, which no secret is";
  } else {
    text.resize(static_cast<std::size_t>(info.st_size));
    auto const got = ::read(fd, text.data(), text.size());
    if (got < 0) trouble = std::strerror(errno);
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    if (trouble.empty() && text.empty()) trouble = "is empty";
  }
  ::close(fd);
  Secret secret(std::move(text));
  if (!trouble.empty())
    return failure(ErrorKind::malformed, fmt::format("the secret file {} {}", path, trouble));
  return secret;
}

}  // namespace wardroom::config
