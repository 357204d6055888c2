#include "oauth/key_rotation.hpp"

#include "store/meta.hpp"

#include <fmt/format.h>

#include <memory>

namespace wardroom::oauth {
namespace {
using crypto::Sealer;
using store::Sql;
using store::StoreError;

/// What both passes need. Shared with the store's threads, since the coroutine may end before them.
struct Keys {
  Sealer sealer;  ///< seals with the key, opens with both
  std::optional<std::string> old_id;
  std::vector<SealedTable> tables;

  std::string const& id() const { return sealer.key_id(); }
};

/// Cells of one row that are sealed with the previous key.
struct StaleRow {
  SealedTable const* table = nullptr;
  std::string row;
  std::uint64_t generation = 0;
  std::vector<std::pair<std::string_view, std::string>> cells;  ///< column, sealed bytes

  crypto::Cell cell(std::string_view column) const {
    return {table->table, row, column, generation};
  }
};

struct Plan {
  std::optional<std::string> noted_id;
  std::size_t sealed_cells = 0;
  std::vector<StaleRow> stale;
};

[[noreturn]] void refuse(std::string_view id, std::optional<std::string> const& old_id,
                         std::string_view sealed_with) {
  auto const old_key = old_id ? fmt::format("the old key that is configured has the id {}", *old_id)
                              : std::string("no old key is configured");
  throw StoreError(Error{
      ErrorKind::denied,
      fmt::format("the store is sealed with master key {}, but secrets.master_key_file holds key "
                  "{}, and {}: put key {} back, or name it in secrets.old_master_key_file so that "
                  "everything is sealed anew; nothing was changed",
                  sealed_with, id, old_key, sealed_with)});
}

template <class T>
T or_throw(Result<T> result) {
  if (!result) throw StoreError(std::move(result.error()));
  return std::move(*result);
}

std::string select_of(SealedTable const& table) {
  auto sql = fmt::format("SELECT {}, {}", table.row_column, table.generation_column);
  for (auto const column : table.sealed_columns) sql += fmt::format(", {}", column);
  return sql + fmt::format(" FROM {} ORDER BY 1", table.table);
}

/// Each cell must open with the key it names, and that must be one of ours.
void look_at_row(Keys const& keys, SealedTable const& table, store::Row const& row, Plan& plan) {
  StaleRow stale{&table, row.text(0), static_cast<std::uint64_t>(row.integer(1)), {}};
  for (std::size_t i = 0; i < table.sealed_columns.size(); ++i) {
    if (row.is_null(i + 2) || row.blob(i + 2).empty()) continue;
    auto const column = table.sealed_columns[i];
    auto const& sealed = row.blob(i + 2);
    auto const id = crypto::sealing_key_id(sealed);
    ++plan.sealed_cells;
    bool const old = id && id == keys.old_id;
    if (id && !old && *id != keys.id()) refuse(keys.id(), keys.old_id, *id);
    or_throw(keys.sealer.open(sealed, stale.cell(column)));
    if (old) stale.cells.emplace_back(column, sealed);
  }
  if (!stale.cells.empty()) plan.stale.push_back(std::move(stale));
}

/// Reads only. Throws StoreError when the start must not go on.
Plan plan_of(Sql& sql, Keys const& keys) {
  Plan plan;
  plan.noted_id = store::get_meta(sql, master_key_id_meta);
  if (plan.noted_id == keys.id()) return plan;
  if (plan.noted_id && plan.noted_id != keys.old_id) refuse(keys.id(), keys.old_id, *plan.noted_id);
  for (auto const& table : keys.tables)
    sql.query(select_of(table), {},
              [&](store::Row const& row) { look_at_row(keys, table, row, plan); });
  return plan;
}

void seal_anew(Sql& sql, Keys const& keys, StaleRow const& row) {
  std::string assignments;
  std::vector<store::Value> values{row.row, static_cast<std::int64_t>(row.generation)};
  for (auto const& [column, sealed] : row.cells) {
    auto const plain = or_throw(keys.sealer.open(sealed, row.cell(column)));
    values.emplace_back(store::Blob{keys.sealer.seal(plain, row.cell(column))});
    assignments +=
        fmt::format("{}{} = ${}", assignments.empty() ? "" : ", ", column, values.size());
  }
  auto const changed =
      sql.run(fmt::format("UPDATE {} SET {} WHERE {} = $1 AND {} = $2", row.table->table,
                          assignments, row.table->row_column, row.table->generation_column),
              values);
  if (changed != 1)
    throw StoreError(
        Error{ErrorKind::internal, fmt::format("{} rows instead of one answer to \"{}\" of {}",
                                               changed, row.row, row.table->table)});
}

/// The unit of writing: looks once more, so that what is checked is what is written.
std::size_t carry_out(Sql& sql, Keys const& keys) {
  auto const plan = plan_of(sql, keys);
  std::size_t cells = 0;
  for (auto const& row : plan.stale) {
    seal_anew(sql, keys, row);
    cells += row.cells.size();
  }
  store::set_meta(sql, master_key_id_meta, keys.id());
  return cells;
}

KeyStep step_of(Plan const& plan, Keys const& keys) {
  if (plan.noted_id == keys.id()) return KeyStep::unchanged;
  if (plan.noted_id || !plan.stale.empty()) return KeyStep::rotated;
  return plan.sealed_cells == 0 ? KeyStep::first_start : KeyStep::adopted;
}

std::string sentence_of(RotationReport const& report) {
  auto const& id = report.key_id;
  switch (report.step) {
    case KeyStep::first_start:
      return fmt::format("the store is new; it is sealed with master key {}", id);
    case KeyStep::adopted:
      return fmt::format("everything sealed in the store opens with master key {}; noted", id);
    case KeyStep::unchanged:
      return fmt::format("the store is sealed with master key {}", id);
    case KeyStep::rotated:
      break;
  }
  return fmt::format(
      "the master key was changed from {} to {}: {} values sealed anew; remove "
      "secrets.old_master_key_file, and keep the old key only for backups made before",
      report.previous_key_id, id, report.cells);
}

}  // namespace

std::span<SealedTable const> sealed_tables() {
  static std::vector<SealedTable> const all{
      {"grants", "identity", "generation", {"access", "refresh", "previous_refresh"}},
      {"audit_keys", "name", "generation", {"sealed"}}};
  return all;
}

void refuse_other_key(Sql& sql, crypto::MasterKey const& key,
                      std::optional<crypto::MasterKey> const& old_key) {
  auto const noted = store::get_meta(sql, master_key_id_meta);
  if (!noted || *noted == key.id() || (old_key && *noted == old_key->id())) return;
  refuse(key.id(), old_key ? std::optional(old_key->id()) : std::nullopt, *noted);
}

Task<Result<RotationReport>> settle_key(store::Database& database, crypto::MasterKey const& key,
                                        std::optional<crypto::MasterKey> const& old_key,
                                        Random& random, std::span<SealedTable const> tables) {
  auto keys = std::make_shared<Keys>(
      Keys{Sealer(key, random), std::nullopt, {tables.begin(), tables.end()}});
  // The same key twice is as good as none.
  if (old_key && old_key->id() != key.id()) {
    keys->sealer.also_open(*old_key);
    keys->old_id = old_key->id();
  }
  RotationReport report{.key_id = key.id(), .old_key_configured = old_key.has_value()};

  auto const plan = co_await database.read<Plan>([keys](Sql& sql) { return plan_of(sql, *keys); });
  if (!plan) co_return std::unexpected(plan.error());
  report.step = step_of(*plan, *keys);
  if (report.step != KeyStep::unchanged) {
    auto cells = std::make_shared<std::size_t>(0);
    auto const done =
        co_await database.write([keys, cells](Sql& sql) { *cells = carry_out(sql, *keys); });
    if (!done) co_return std::unexpected(done.error());
    report.cells = *cells;
    if (report.step == KeyStep::rotated) report.previous_key_id = old_key->id();
  }
  report.sentence = sentence_of(report);
  co_return report;
}

}  // namespace wardroom::oauth
