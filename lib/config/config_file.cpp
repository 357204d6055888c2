#include "config/config_file.hpp"

#include "base/private_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

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
