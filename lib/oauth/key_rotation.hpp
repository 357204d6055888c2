/// At start: makes sure that the master key is the one the store was sealed with, and seals
/// everything anew when a new key was put in its place.
///
///   meta `master_key_id`   key      old key        what happens
///   absent, nothing sealed any      any            the id is noted
///   absent, sealed values  opens    any            the id is noted (a store of the first version)
///   the key's own          same     any            nothing
///   the old key's          other    fits           all cells re-sealed, id noted: one commit
///   any other              other    absent, other  denied; nothing is changed
#pragma once
#include "crypto/sealing.hpp"
#include "store/database.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::oauth {

/// Where sealed cells lie: `row_column` (text) and `generation_column` (integer) give what they are
/// bound to. NULL and empty cells hold nothing. The texts must be literals.
struct SealedTable {
  std::string_view table, row_column, generation_column;
  std::vector<std::string_view> sealed_columns;
};
/// All of ours. Whoever adds a sealed column adds it here, or a new key leaves it unreadable.
std::span<SealedTable const> sealed_tables();

inline constexpr std::string_view master_key_id_meta = "master_key_id";

enum class KeyStep { first_start, adopted, unchanged, rotated };

struct RotationReport {
  KeyStep step = KeyStep::unchanged;
  std::string key_id;
  std::string previous_key_id;      ///< after `rotated`
  std::size_t cells = 0;            ///< re-sealed
  bool old_key_configured = false;  ///< it may go now: everything is sealed with the key itself
  std::string sentence;             ///< what happened, for the log
};

/// For a store of an earlier start, before even its schema is touched (SqliteDatabase::open):
/// throws StoreError `denied` when the id it notes is neither that of `key` nor of `old_key`.
void refuse_other_key(store::Sql& sql, crypto::MasterKey const& key,
                      std::optional<crypto::MasterKey> const& old_key);

/// Before anything else reads or writes sealed cells. `key`, `old_key` and `random` (used on the
/// writer's thread) are used until it ends.
/// Errors: denied when the store is sealed with a key that is neither of the two (the sentence
/// names the ids), malformed when a cell does not open; those of the store. With any error the
/// cells are as they were; only when the store's answer got lost may the new state be there, whole.
Task<Result<RotationReport>> settle_key(store::Database& database, crypto::MasterKey const& key,
                                        std::optional<crypto::MasterKey> const& old_key,
                                        Random& random, std::span<SealedTable const> tables);

}  // namespace wardroom::oauth
