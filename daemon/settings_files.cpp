#include "settings_files.hpp"

#include "config/config_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <pwd.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace wardroom {
namespace {

using config::Entry;
using config::Kind;

/// A file that was not good, or could not be looked at.
struct Finding {
  bool unseen = false;
  std::string sentence;
};
using Found = std::optional<Finding>;

Finding wrong(std::string sentence) { return {false, std::move(sentence)}; }
Finding hidden(std::string sentence) { return {true, std::move(sentence)}; }

std::optional<uid_t> daemon_uid() {
  char buffer[4096];
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwnam_r("wardroom", &entry, buffer, sizeof buffer, &found) != 0 || !found)
    return std::nullopt;
  return found->pw_uid;
}

/// "wardroom" when there is such a user, else whom the file should belong to.
std::string owner_to_be() { return daemon_uid() ? "wardroom" : fmt::format("uid {}", ::geteuid()); }

Finding not_reached(std::string const& path, int error, std::string const& remedy) {
  if (error == EACCES)
    return hidden(fmt::format("{} lies where this user may not look: run this as root", path));
  if (error == ENOENT || error == ENOTDIR)
    return wrong(fmt::format("there is no file {}{}", path, remedy));
  return wrong(fmt::format("{} cannot be looked at: {}", path, std::strerror(error)));
}

Found look_at_secret(Entry const& entry) {
  auto const& path = entry.value;
  if (!path.contains('/')) {
    char const* const folder = std::getenv("CREDENTIALS_DIRECTORY");
    if (!folder)
      return hidden(
          fmt::format("'{}' is the name of a systemd credential, which only the service "
                      "gets to see",
                      path));
    if (::access(fmt::format("{}/{}", folder, path).c_str(), F_OK) == 0) return std::nullopt;
    return wrong(
        fmt::format("systemd hands over no credential '{}': add LoadCredential={}:/path to "
                    "the service, or name a file with its whole path",
                    path, path));
  }
  bool const master = entry.credential == "master.key";
  struct stat about{};
  if (::lstat(path.c_str(), &about) != 0)
    return not_reached(path, errno,
                       master ? fmt::format(": make it with wardroomd --new-master-key {}", path)
                              : ": put the secret there, mode 0600");
  if (S_ISLNK(about.st_mode))
    return wrong(fmt::format("{} is a symbolic link: put the file itself there", path));
  if (!S_ISREG(about.st_mode))
    return wrong(fmt::format("{} is no regular file: put the secret into one", path));
  auto const daemon = daemon_uid();
  if (about.st_uid != 0 && about.st_uid != ::geteuid() && about.st_uid != daemon)
    return wrong(fmt::format("{} belongs to uid {}, who could change it: chown it to {}", path,
                             about.st_uid, owner_to_be()));
  if (about.st_mode & 0077)
    return wrong(
        fmt::format("{} is open to others (mode {:04o}): chmod 0600 {}, and replace what "
                    "it holds if somebody may have read it",
                    path, static_cast<unsigned>(about.st_mode & 07777), path));
  if (about.st_size == 0) return wrong(fmt::format("{} is empty: put the secret there", path));
  if (daemon && about.st_uid == 0 && entry.credential.empty())
    return hidden(
        fmt::format("{} belongs to root: a daemon that runs as wardroom cannot read it; "
                    "chown wardroom {}, or hand it over with LoadCredential=",
                    path, path));
  return std::nullopt;
}

Found look_at_certificates(std::string const& path) {
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0)
    return not_reached(path, errno, ": put the certificate (PEM) there");
  auto const text = config::read_text(path, 8u << 20);
  if (!text && text.error().kind == ErrorKind::denied)
    return hidden(fmt::format("this user may not read {}: run this as root", path));
  if (!text) return wrong(fmt::format("{} {}", path, text.error().what));
  if (!text->contains("-----BEGIN CERTIFICATE-----") ||
      !text->contains("-----END CERTIFICATE-----"))
    return wrong(
        fmt::format("{} holds no certificate: a PEM file is wanted "
                    "(-----BEGIN CERTIFICATE-----)",
                    path));
  return std::nullopt;
}

}  // namespace

FileFindings look_at_files(std::string const& file, config::Record const& record) {
  FileFindings out;
  for (auto const& entry : record.entries()) {
    bool const secret = entry.kind == Kind::secret_file;
    if ((!secret && entry.kind != Kind::ca_file) || entry.value.empty()) continue;
    auto found = secret ? look_at_secret(entry) : look_at_certificates(entry.value);
    if (!found) continue;
    if (found->unseen)
      out.unseen.push_back({entry.key, entry.value, std::move(found->sentence)});
    else
      out.mistakes.push_back(
          {file, entry.line, entry.column, entry.key, std::move(found->sentence)});
  }
  return out;
}

}  // namespace wardroom
