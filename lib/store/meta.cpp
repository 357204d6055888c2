#include "store/meta.hpp"

namespace wardroom::store {

std::optional<std::string> get_meta(Sql& sql, std::string_view key) {
  auto const row = sql.one("SELECT value FROM meta WHERE key = $1", {std::string(key)});
  if (!row) return std::nullopt;
  return row->text(0);
}

void set_meta(Sql& sql, std::string_view key, std::string value) {
  sql.run(
      "INSERT INTO meta (key, value) VALUES ($1, $2) "
      "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      {std::string(key), std::move(value)});
}

void remove_meta(Sql& sql, std::string_view key) {
  sql.run("DELETE FROM meta WHERE key = $1", {std::string(key)});
}

}  // namespace wardroom::store
