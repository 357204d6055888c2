#include "store/sqlite_check.hpp"

#include "store/sqlite_error.hpp"

#include <sqlite3.h>

#include <charconv>

namespace wardroom::store {

std::int64_t size_of_store(Sql& sql) {
  auto const pages = sql.one("PRAGMA page_count");
  auto const bytes = sql.one("PRAGMA page_size");
  return pages && bytes ? pages->integer(0) * bytes->integer(0) : 0;
}

namespace {

/// The check tells of a page it could not read as of damage: "unable to get the page. error
/// code=266", or "failed to get page 24" (seen with 3.40.1). Whether the disk or the file is to
/// blame says the code; 0 = no such words.
int code_in(std::string_view words) {
  if (words.find("failed to get page") != words.npos) return SQLITE_IOERR_READ;
  constexpr std::string_view before = "error code=";
  auto const at = words.find(before);
  int code = 0;
  if (at != words.npos) {
    auto const digits = words.substr(at + before.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), code);
  }
  return code;
}

}  // namespace

std::optional<std::string> find_damage(Sql& sql, std::string_view path) {
  auto const verdict = sql.one("PRAGMA integrity_check(1)");
  if (!verdict) return "the check says nothing";
  if (verdict->text(0) == "ok") return std::nullopt;
  auto words = verdict->text(0);
  // Its words may take several lines; ours are one sentence.
  for (auto& letter : words)
    if (letter == '\n') letter = ' ';
  auto const code = code_in(words);
  if (code == 0) return words;
  auto error = sqlite_error(path, code, words);
  if (error.kind == ErrorKind::malformed) return words;
  throw StoreError(std::move(error));
}

}  // namespace wardroom::store
