#include "store/sqlite_check.hpp"

namespace wardroom::store {

std::int64_t size_of_store(Sql& sql) {
  auto const pages = sql.one("PRAGMA page_count");
  auto const bytes = sql.one("PRAGMA page_size");
  return pages && bytes ? pages->integer(0) * bytes->integer(0) : 0;
}

std::optional<std::string> find_damage(Sql& sql) {
  auto const verdict = sql.one("PRAGMA integrity_check(1)");
  if (!verdict) return "the check says nothing";
  if (verdict->text(0) == "ok") return std::nullopt;
  auto words = verdict->text(0);
  // Its words may take several lines; ours are one sentence.
  for (auto& letter : words)
    if (letter == '\n') letter = ' ';
  return words;
}

}  // namespace wardroom::store
