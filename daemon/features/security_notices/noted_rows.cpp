#include "features/security_notices/noted_rows.hpp"

#include <iterator>

namespace wardroom::security_notices {
namespace {

/// `older` in front of `newer`.
template <class T>
void put_before(std::vector<T>& newer, std::vector<T> older) {
  older.insert(older.end(), std::make_move_iterator(newer.begin()),
               std::make_move_iterator(newer.end()));
  newer = std::move(older);
}

}  // namespace

void NotedRows::fold_shown() {
  for (auto& level : levels) {
    auto const found = shown.extract(level.number);
    if (found.empty()) continue;
    level.row.shown = found.mapped().at;
    level.row.trouble = found.mapped().trouble;
  }
}

void NotedRows::take_back(NotedRows failed) {
  conferences.merge(failed.conferences);
  stays.merge(failed.stays);
  marks.merge(failed.marks);
  shown.merge(failed.shown);
  for (auto& level : failed.levels) level.again = true;
  put_before(levels, std::move(failed.levels));
  put_before(entries, std::move(failed.entries));
}

}  // namespace wardroom::security_notices
