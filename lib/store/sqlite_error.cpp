#include "store/sqlite_error.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstring>

namespace wardroom::store {

namespace {

/// SQLite quotes statements in its words, line breaks and all; a sentence has one line.
std::string on_one_line(std::string text) {
  for (auto& letter : text)
    if (static_cast<unsigned char>(letter) < ' ') letter = ' ';
  return text;
}

}  // namespace

Error damage_error(std::string_view path, std::string_view how) {
  return Error{ErrorKind::malformed,
               fmt::format("the store {} is damaged; stop the daemon and restore the last backup: "
                           "wardroomd --restore FILE ({})",
                           path, how)};
}

char const* disk_trouble(int system_error) {
  switch (system_error) {
    case ENOSPC:
    case EDQUOT:
      return "is full; free some space, writing resumes by itself";
    case EFBIG:
      return "takes no bigger files; raise LimitFSIZE= of the unit, or the limit of the file "
             "system";
    case EROFS:
      return "is mounted read-only; look for the reason in the kernel's log, then mount it "
             "writable";
    default:
      return nullptr;
  }
}

Error sqlite_error(std::string_view path, int code, std::string_view detail, int system_error) {
  auto const said = on_one_line(system_error == 0 ? fmt::format("SQLite {}: {}", code, detail)
                                                  : fmt::format("SQLite {}: {}, {}", code, detail,
                                                                std::strerror(system_error)));
  int const family = code & 0xff;
  auto make = [](ErrorKind kind, std::string what) { return Error{kind, std::move(what)}; };
  bool const of_the_disk = family == SQLITE_IOERR || family == SQLITE_CANTOPEN;
  if (auto const* trouble = disk_trouble(system_error); trouble != nullptr && of_the_disk)
    return make(ErrorKind::unavailable,
                fmt::format("the disk under the store {} {} ({})", path, trouble, said));
  switch (family) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return damage_error(path, said);
    case SQLITE_FULL:
      return make(ErrorKind::unavailable, fmt::format("the disk under the store {} {} ({})", path,
                                                      disk_trouble(ENOSPC), said));
    case SQLITE_IOERR:
      return make(ErrorKind::unavailable,
                  fmt::format("the disk under the store {} reports errors; check it and the "
                              "kernel's log ({})",
                              path, said));
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return make(
          ErrorKind::unavailable,
          fmt::format("the store {} is read-only; check its owner, mode and mount, and where these "
                      "are right, restore the last backup: wardroomd --restore FILE ({})",
                      path, said));
    case SQLITE_CANTOPEN:
      return make(ErrorKind::unavailable,
                  fmt::format("the store {} cannot be opened; check that the folder exists and "
                              "belongs to the daemon ({})",
                              path, said));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return make(ErrorKind::unavailable,
                  fmt::format("another program holds the store {}; end it ({})", path, said));
    case SQLITE_NOMEM:
      return make(ErrorKind::unavailable,
                  fmt::format("no memory left for the store {} ({})", path, said));
    case SQLITE_CONSTRAINT:
      return make(ErrorKind::conflict, fmt::format("the store refused a change ({})", said));
    case SQLITE_INTERRUPT:
      return make(ErrorKind::cancelled, "the store is closing; the query was given up");
    default:
      return make(ErrorKind::internal, fmt::format("a statement failed in the store ({})", said));
  }
}

}  // namespace wardroom::store
