/// What the killed program and the test that looks afterwards agree on.
#pragma once
#include "domain/person.hpp"
#include "people/migrations.hpp"

#include <cmath>
#include <vector>

namespace wardroom::test {

inline constexpr std::int64_t crash_clients = 4;
inline constexpr PersonNo crash_people = 8;

inline std::vector<store::Migration> crash_tables() {
  std::vector<store::Migration> steps(people::migrations().begin(), people::migrations().end());
  steps.push_back({901, "crash rows",
                   "CREATE TABLE crash_rows (client INTEGER NOT NULL, n INTEGER NOT NULL, "
                   "PRIMARY KEY (client, n))"});
  return steps;
}

/// A place that names a number: 0 … 1.6 billion.
inline GeoPoint crash_point(std::int64_t n) {
  return {static_cast<double>(n % 1'000'000) * 1e-6, static_cast<double>(n / 1'000'000)};
}
inline std::int64_t crash_number(GeoPoint const& where) {
  return std::llround(where.longitude) * 1'000'000 + std::llround(where.latitude * 1e6);
}

}  // namespace wardroom::test
