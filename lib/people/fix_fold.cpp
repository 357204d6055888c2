#include "people/fix_fold.hpp"

#include <fmt/format.h>

#include <array>

namespace wardroom::people {
namespace {

constexpr int columns = 7;

/// The same few sizes again and again, so that each is prepared once.
constexpr std::array<std::size_t, 3> rows_a_statement{128, 16, 1};

std::string statement(std::size_t rows) {
  std::string out =
      "INSERT INTO last_fix (person_no, latitude_e7, longitude_e7, accuracy_dm, boot_no, boot_ms, "
      "wall_ms) VALUES ";
  for (std::size_t row = 0; row < rows; ++row) {
    out += row == 0 ? "(" : ", (";
    for (std::size_t i = 1; i <= columns; ++i)
      out += fmt::format("{}${}", i == 1 ? "" : ", ", row * columns + i);
    out += ')';
  }
  return out +
         " ON CONFLICT (person_no) DO UPDATE SET latitude_e7 = excluded.latitude_e7, "
         "longitude_e7 = excluded.longitude_e7, accuracy_dm = excluded.accuracy_dm, "
         "boot_no = excluded.boot_no, boot_ms = excluded.boot_ms, wall_ms = excluded.wall_ms";
}

}  // namespace

void put_last_fixes(store::Sql& sql, std::span<StoredFix const> fixes) {
  std::vector<store::Value> values;
  for (auto const rows : rows_a_statement) {
    if (fixes.size() < rows) continue;
    auto const text = statement(rows);
    for (; fixes.size() >= rows; fixes = fixes.subspan(rows)) {
      values.clear();
      for (auto const& fix : fixes.first(rows))
        for (auto const value : {std::int64_t{fix.person}, std::int64_t{fix.latitude_e7},
                                 std::int64_t{fix.longitude_e7}, std::int64_t{fix.accuracy_dm},
                                 fix.boot_no, fix.boot_ms, fix.wall_ms})
          values.emplace_back(value);
      sql.run(text, values);
    }
  }
}

}  // namespace wardroom::people
