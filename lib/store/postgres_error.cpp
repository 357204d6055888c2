#include "store/postgres_error.hpp"

#include <fmt/format.h>

namespace wardroom::store {

namespace {

/// The first line, without the noise of "ERROR:  ".
std::string_view first_line(std::string_view detail) {
  detail = detail.substr(0, detail.find('\n'));
  for (std::string_view const noise : {"ERROR:", "FATAL:", "PANIC:"})
    if (detail.starts_with(noise)) detail.remove_prefix(noise.size());
  while (detail.starts_with(' ')) detail.remove_prefix(1);
  return detail;
}

}  // namespace

bool ends_session(std::string_view state) {
  return state.empty() || state.starts_with("08") || state.starts_with("57P") || state == "25P03" ||
         state == "25P04" || state == "XX000";
}

Error postgres_error(std::string_view at, std::string_view state, std::string_view detail) {
  auto const said = state.empty() ? std::string(first_line(detail))
                                  : fmt::format("PostgreSQL {}: {}", state, first_line(detail));
  auto make = [](ErrorKind kind, std::string what) { return Error{kind, std::move(what)}; };
  auto const family = state.substr(0, 2);
  if (state == "57014")
    return make(ErrorKind::timed_out,
                fmt::format("the store {} took too long over a statement ({})", at, said));
  if (state.empty() || family == "08" || family == "57" || state == "25P03" || state == "25P04")
    return make(ErrorKind::unavailable,
                fmt::format("the connection to the store {} was lost; a new one is made by itself "
                            "({})",
                            at, said));
  if (state == "53100")
    return make(ErrorKind::unavailable,
                fmt::format("the disk under the store {} is full; free some space, writing "
                            "resumes by itself ({})",
                            at, said));
  if (family == "53")
    return make(ErrorKind::unavailable,
                fmt::format("the store {} is short of memory or connections ({})", at, said));
  if (family == "58")
    return make(ErrorKind::unavailable,
                fmt::format("the disk under the store {} reports errors; check it and the "
                            "server's log ({})",
                            at, said));
  if (state == "25006")
    return make(ErrorKind::unavailable,
                fmt::format("the store {} is read-only: a standby, or "
                            "default_transaction_read_only is on; name the primary ({})",
                            at, said));
  if (family == "40" || state == "55P03")
    return make(ErrorKind::unavailable,
                fmt::format("another program holds the store {}; end it ({})", at, said));
  if (state == "XX001" || state == "XX002")
    return make(ErrorKind::malformed,
                fmt::format("the store {} is damaged; stop the daemon and restore the last backup: "
                            "wardroomd --restore FILE ({})",
                            at, said));
  if (family == "23")
    return make(ErrorKind::conflict, fmt::format("the store refused a change ({})", said));
  if (state == "42501" || family == "28")
    return make(ErrorKind::denied,
                fmt::format("the store {} does not let us in or lacks a right for us; the database "
                            "should belong to the user in store.url ({})",
                            at, said));
  return make(ErrorKind::internal, fmt::format("a statement failed in the store ({})", said));
}

Error postgres_connect_error(std::string_view at, std::string_view detail) {
  while (detail.ends_with('\n')) detail.remove_suffix(1);
  std::string said(detail);
  for (auto& c : said)
    if (c == '\n' || c == '\t') c = ' ';
  auto const has = [&](std::string_view words) { return detail.find(words) != detail.npos; };
  if (has("no password supplied") || has("authentication failed") || has("pg_hba.conf"))
    return Error{ErrorKind::denied,
                 fmt::format("the store {} does not let us in; check the user in store.url, "
                             "store.password_file (or peer, or ~/.pgpass) and the server's "
                             "pg_hba.conf ({})",
                             at, said)};
  if (has("does not exist"))
    return Error{ErrorKind::denied,
                 fmt::format("the store {} is not there yet; as the server's administrator run: "
                             "createuser wardroom; createdb -O wardroom wardroom, with the names "
                             "in store.url ({})",
                             at, said)};
  if (has("invalid URI") || has(" in URI") || has("invalid connection option") ||
      has("invalid integer value"))
    return Error{ErrorKind::denied, fmt::format("store.url is not understood; it looks like "
                                                "postgresql://wardroom@host/wardroom ({})",
                                                said)};
  return Error{ErrorKind::unavailable,
               fmt::format("the store {} does not answer; check that PostgreSQL runs there and "
                           "can be reached ({})",
                           at, said)};
}

}  // namespace wardroom::store
