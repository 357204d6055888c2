#include "json_view.hpp"

#include <cmath>

namespace wardroom::ctl {
namespace {

std::string scalar(Json const& value) {
  if (value.is_string()) return clean(value.get_ref<std::string const&>());
  if (value.is_null()) return "";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return clean(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

std::string text(Json const& json, std::string_view name) {
  return has(json, name) ? scalar(*json.find(name)) : std::string();
}

std::optional<double> number(Json const& json, std::string_view name) {
  if (!has(json, name) || !json.find(name)->is_number()) return std::nullopt;
  return json.find(name)->get<double>();
}

std::int64_t count(Json const& json, std::string_view name) {
  auto const value = number(json, name);
  return value && std::abs(*value) < 9e15 ? std::llround(*value) : 0;
}

bool flag(Json const& json, std::string_view name) {
  return has(json, name) && json.find(name)->is_boolean() && json.find(name)->get<bool>();
}

Json const& list(Json const& json, std::string_view name) {
  static Json const none = Json::array();
  auto const& value = part(json, name);
  return value.is_array() ? value : none;
}

std::optional<Instant> time(Json const& json, std::string_view name) {
  return has(json, name) ? parse_time(text(json, name)) : std::nullopt;
}

std::string ago(Json const& json, std::string_view name, Look const& look) {
  auto const when = time(json, name);
  return when ? relative_words(*when, look.now) : std::string();
}

std::string joined(Json const& value, std::string_view between) {
  if (!value.is_array()) return value.is_object() && value.empty() ? "" : scalar(value);
  std::string out;
  for (auto const& item : value) {
    if (!out.empty()) out += between;
    out += scalar(item);
  }
  return out;
}

}  // namespace wardroom::ctl
