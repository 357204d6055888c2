/// Moves fixes into `last_fix`. Inside units only.
#pragma once
#include "people/fix_batch.hpp"
#include "store/database.hpp"

#include <span>

namespace wardroom::people {

/// Adds or replaces a row for each; nobody comes twice. Many rows a statement: a server elsewhere
/// answers each of them once.
void put_last_fixes(store::Sql& sql, std::span<StoredFix const> fixes);

}  // namespace wardroom::people
