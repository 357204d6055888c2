/// What two stores note about a move between them, so that a crash at any moment leaves exactly one
/// of them in use. All of it are rows of `meta` that never leave their store.
///
///   the old store    store.move_out …     being copied; the next start forgets it
///                    store.moved …        moved: never opened again          ← the turning point
///   the new store    store.move … copying an unfinished copy: never opened
///                    store.move … ready   complete; opened only when the old one says `moved`
#pragma once
#include "store/open_store.hpp"

#include <optional>
#include <string>

namespace wardroom::store {

struct MoveMark {
  std::string id;     ///< of one attempt, the same in both stores
  std::string other;  ///< the URL of the other store, or the backup's file
  Instant at{};
};
enum class CopyState { copying, ready };
struct CopyMark {
  MoveMark mark;
  CopyState state = CopyState::copying;
};

/// Inside a unit or read, on a store that has its table `meta`.
std::optional<MoveMark> moved_mark(Sql& sql);
std::optional<CopyMark> copy_mark(Sql& sql);
std::optional<MoveMark> leaving_mark(Sql& sql);
void set_moved(Sql& sql, MoveMark const& mark);
void set_copy(Sql& sql, CopyMark const& mark);
void set_leaving(Sql& sql, MoveMark const& mark);
void forget_moved(Sql& sql);
void forget_copy(Sql& sql);
void forget_leaving(Sql& sql);

/// For open_store's `admit`. Throws StoreError `denied` for a store that was moved away, or that
/// holds an unfinished copy. A complete copy is let in when its old store, `password` for
/// PostgreSQL, says that it was moved here. `own` = an attempt of this process.
void refuse_moved(Sql& sql, Secret const& password, std::string_view own = "");

/// What is left of an attempt: this store is the one in use. Drops its triggers and marks.
void settle_moves(Sql& sql, Engine engine);

}  // namespace wardroom::store
