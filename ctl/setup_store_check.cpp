// Whether the store that a configuration names would open, tried as the daemon's user.
#include "setup_checks.hpp"
#include "store/open_store.hpp"
#include "store/postgres_connection.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace wardroom::ctl {
namespace {

namespace fs = std::filesystem;
constexpr auto check_name = "store";

std::string owner_of_daemon(std::optional<DaemonUser> const& user) {
  return user ? user->name : "the user of the daemon";
}

/// Only looks: opening a database of a stopped daemon could leave files of ours beside it.
std::optional<Check> no_sqlite(std::string const& path) {
  std::ifstream in(path, std::ios::binary);
  std::array<char, 16> head{};
  in.read(head.data(), head.size());
  if (!in && in.gcount() == 0) return std::nullopt;  // empty, or not ours to read
  if (std::string_view(head.data(), 15) == "SQLite format 3") return std::nullopt;
  return Check{check_name, false, path + " is there and is no SQLite database",
               "name another file in store.url"};
}

Check check_sqlite(std::string const& path, std::optional<DaemonUser> const& user) {
  auto const folder = fs::path(path).parent_path().string();
  struct stat about{};
  if (::stat(folder.c_str(), &about) != 0) {
    auto const above = existing_folder_of(path);
    if (auto const why = cannot_write(path); !why.empty())
      return {check_name, false, fmt::format("the folder {} cannot be made ({})", folder, why),
              "run setup with sudo, or name a folder of your own in store.url"};
    return {check_name, true,
            fmt::format("the folder {} will be made in {}, mode 0700", folder, above)};
  }
  if (!S_ISDIR(about.st_mode))
    return {check_name, false, folder + " is no folder", "name another one in store.url"};
  if ((about.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (about.st_mode & S_ISVTX) == 0)
    return {check_name, false, "others may write to " + folder, "chmod 0700 " + folder};
  uid_t const daemon = user ? user->uid : ::geteuid();
  if (about.st_uid != daemon && daemon != 0)
    return {check_name, false,
            fmt::format("{} belongs to uid {}, and {} could not write there", folder, about.st_uid,
                        owner_of_daemon(user)),
            fmt::format("chown -R {} {}", user ? user->name : std::to_string(daemon), folder)};
  if (auto bad = no_sqlite(path)) return std::move(*bad);
  std::error_code trouble;
  return {check_name, true,
          fs::exists(path, trouble) ? path + " is there" : "in " + folder + ", which is there"};
}

/// "" or why not.
std::string try_postgres(DaemonSettings const& settings, std::optional<Secret> const& password) {
  store::PostgresSettings how;
  how.url = settings.store_url;
  if (password) how.password = *password;
  how.name = "wardroomctl setup";
  try {
    store::PostgresConnection const connection(how, store::PostgresConnection::Use::read);
    return "";
  } catch (store::StoreError const& e) {
    return e.error().what;
  } catch (std::exception const& e) {
    return e.what();
  }
}

/// In a process of its own, as the daemon's user: the server may know users by who they are.
std::string try_as(DaemonUser const& user, DaemonSettings const& settings,
                   std::optional<Secret> const& password) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return "no pipe";
  auto const child = ::fork();
  if (child == 0) {
    bool const became = ::initgroups(user.name.c_str(), user.gid) == 0 && ::setgid(user.gid) == 0 &&
                        ::setuid(user.uid) == 0;
    auto const why = became ? try_postgres(settings, password) : "cannot become " + user.name;
    (void)!::write(ends[1], why.data(), why.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string out;
  std::array<char, 1024> some{};
  for (ssize_t n = 0;
       (n = ::read(ends[0], some.data(), some.size())) > 0 || (n < 0 && errno == EINTR);)
    if (n > 0) out.append(some.data(), static_cast<std::size_t>(n));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) || !out.empty() ? out : "the trial connection ended by itself";
}

}  // namespace

Check check_store(DaemonSettings const& settings, std::optional<Secret> const& password,
                  std::optional<DaemonUser> const& user) {
  auto const engine = store::engine_of(settings.store_url);
  if (!engine) return {check_name, false, engine.error().what, "see store.url"};
  if (*engine == store::Engine::sqlite)
    return check_sqlite(store::sqlite_path(settings.store_url), user);
  auto const why = user ? try_as(*user, settings, password) : try_postgres(settings, password);
  auto const at = store::shown_url(settings.store_url);
  if (why.empty()) return {check_name, true, at + " opens"};
  return {check_name, false, why,
          "see docs/store.md for how a database for Wardroom is made; then try again"};
}

}  // namespace wardroom::ctl
