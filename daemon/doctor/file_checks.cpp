#include "doctor/file_checks.hpp"

#include "config/config_file.hpp"
#include "crypto/master_key.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>

namespace wardroom::doctor {
namespace {

std::optional<Finding> objection(SecretFile const& file) {
  struct stat about{};
  auto const& path = file.path;
  if (::lstat(path.c_str(), &about) != 0) {
    if (errno == ENOENT)
      return bad(fmt::format("The file {} is missing ({}): the next start will be refused.", path,
                             file.key),
                 fmt::format("install -m 0600 -o {} /dev/stdin {}   # then paste what it holds, "
                             "and Ctrl-D",
                             ::geteuid(), path),
                 file.key);
    return bad(fmt::format("The file {} cannot be examined ({}): {}.", path, file.key,
                           std::strerror(errno)),
               "namei -l " + path, file.key);
  }
  auto const mode = static_cast<unsigned>(about.st_mode & 07777);
  if (S_ISREG(about.st_mode) && (mode & 0077))
    return bad(
        fmt::format("The secret file {} is open to others (mode {:04o}, {}).", path, mode,
                    file.key),
        fmt::format("chmod 0600 {}   # and replace what it holds if somebody may have read it",
                    path),
        file.key);
  if (S_ISREG(about.st_mode) && about.st_uid != 0 && about.st_uid != ::geteuid())
    return bad(fmt::format("The secret file {} belongs to uid {}, who could change it ({}).", path,
                           about.st_uid, file.key),
               fmt::format("chown {0} {1} && chmod 0600 {1}", ::geteuid(), path), file.key);
  return std::nullopt;
}

Finding look_at_master_key(std::string const& path) {
  auto const credentials = crypto::credentials_directory();
  if (auto const key = crypto::load_master_key(path, credentials); key)
    return fine(credentials.empty() ? fmt::format("The master key {} can be read and is the "
                                                  "daemon's alone.",
                                                  path)
                                    : std::string("The master key can be read."),
                "master_key");
  else {
    if (auto found = objection({"secrets.master_key_file", path})) {
      found->about = "master_key";
      return *found;
    }
    return bad("The master key cannot be read any more: " + key.error().what + ".",
               fmt::format(
                   "ls -l {}   # put the copy back: without it nobody opens the store again", path),
               "master_key");
  }
}

}  // namespace

Finding look_at_secret_file(SecretFile const& file) {
  bool const credential = file.path.find('/') == std::string::npos;
  if (!credential)
    if (auto found = objection(file)) return *found;
  if (auto const read = config::read_secret(file.path); !read)
    return bad(fmt::format("{} ({}): the next start will be refused.", read.error().what, file.key),
               credential ? "systemctl cat wardroomd | grep LoadCredential"
                          : fmt::format("ls -l {}", file.path),
               file.key);
  return fine(fmt::format("{} can be read and is the daemon's alone.", file.path), file.key);
}

void add_file_checks(Doctor& doctor, FilePorts ports) {
  auto& beside = ports.beside;
  doctor.add({"secrets", "secrets", [&beside, ports = std::move(ports)](CheckWish) {
                return beside.run([secrets = ports.secrets, key = ports.master_key_file] {
                  Findings out{look_at_master_key(key)};
                  for (auto const& file : secrets) out.push_back(look_at_secret_file(file));
                  return out;
                });
              }});
}

}  // namespace wardroom::doctor
