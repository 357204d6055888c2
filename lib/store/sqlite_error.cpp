#include "store/sqlite_error.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cstring>

namespace wardroom::store {

Error sqlite_error(std::string_view path, int code, std::string_view detail, int system_error) {
  auto const said = system_error == 0 ? fmt::format("SQLite {}: {}", code, detail)
                                      : fmt::format("SQLite {}: {}, {}", code, detail,
                                                    std::strerror(system_error));
  auto make = [](ErrorKind kind, std::string what) { return Error{kind, std::move(what)}; };
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return make(ErrorKind::malformed,
                  fmt::format("the store {} is damaged; restore a backup ({})", path, said));
    case SQLITE_FULL:
      return make(ErrorKind::unavailable,
                  fmt::format("the disk under the store {} is full; free some space, writing "
                              "resumes by itself ({})",
                              path, said));
    case SQLITE_IOERR:
      return make(ErrorKind::unavailable,
                  fmt::format("the disk under the store {} reports errors; check it and the "
                              "kernel's log ({})",
                              path, said));
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return make(ErrorKind::unavailable,
                  fmt::format("the store {} is read-only; check its owner, mode and mount ({})",
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
