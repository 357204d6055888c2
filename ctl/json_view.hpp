/// Reads an answer's members without trusting that they are there: absent = not known.
#pragma once
#include "terminal.hpp"
#include "words.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace wardroom::ctl {

using Json = nlohmann::ordered_json;

/// An empty object when absent.
inline Json const& part(Json const& json, std::string_view name) {
  static Json const none = Json::object();
  if (!json.is_object()) return none;
  auto const it = json.find(name);
  return it == json.end() || it->is_null() ? none : *it;
}
inline bool has(Json const& json, std::string_view name) {
  return json.is_object() && json.contains(name) && !json.find(name)->is_null();
}
/// Any scalar as text, safe for a terminal; empty when absent.
std::string text(Json const& json, std::string_view name);
std::optional<double> number(Json const& json, std::string_view name);
std::int64_t count(Json const& json, std::string_view name);  ///< 0 when absent
bool flag(Json const& json, std::string_view name);
/// An empty list when absent.
Json const& list(Json const& json, std::string_view name);
std::optional<Instant> time(Json const& json, std::string_view name);
/// "12 s ago", or empty.
std::string ago(Json const& json, std::string_view name, Look const& look);
/// Values of a list of scalars, joined; or the scalar itself.
std::string joined(Json const& value, std::string_view between = ", ");

}  // namespace wardroom::ctl
