#include "control/verb_table.hpp"

#include "control/rows/rows.hpp"

#include <algorithm>

namespace wardroom::control {
namespace {

std::vector<VerbRow> all_rows() {
  std::vector<VerbRow> rows;
  for (auto* topic : {life_rows, event_rows, config_rows, login_rows, alert_rows, call_rows,
                      sync_rows, cms_rows, session_rows, store_rows, audit_rows, site_rows})
    std::ranges::move(topic(), std::back_inserter(rows));
  return rows;
}

}  // namespace

std::span<VerbRow const> verb_table() {
  static std::vector<VerbRow> const rows = all_rows();
  return rows;
}

VerbRow const* find_verb(std::string_view words) {
  auto const rows = verb_table();
  auto const row = std::ranges::find(rows, words, &VerbRow::words);
  return row == rows.end() ? nullptr : &*row;
}

std::string path_of(VerbRow const& row) {
  std::string path = "/v1/" + std::string(row.words);
  std::ranges::replace(path, ' ', '/');
  return path;
}

http::Method method_of(VerbRow const& row) {
  return row.changes || row.long_params ? http::Method::post : http::Method::get;
}

}  // namespace wardroom::control
