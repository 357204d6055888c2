/// Short ways to read wishes and to write answers of the control API.
#pragma once
#include "sim/exchange.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace wardroom::sim {

inline Answer ok(nlohmann::json const& body, int status = 200) {
  Answer a;
  a.response =
      http::json_text(status, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  a.response.headers.add("Cache-Control", "no-store");
  return a;
}

inline Answer trouble(int status, std::string_view message) {
  return ok({{"error", message}}, status);
}

inline std::string text_in(nlohmann::json const& j, char const* key, std::string otherwise = "") {
  auto const found = j.find(key);
  return found != j.end() && found->is_string() ? found->get<std::string>() : std::move(otherwise);
}

inline std::optional<double> number_in(nlohmann::json const& j, char const* key) {
  auto const found = j.find(key);
  if (found == j.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

// An answer that comes later; `handle` sends nothing for it.
inline constexpr int answer_comes_later = 0;
inline Answer answered_later() {
  Answer a;
  a.response.status = answer_comes_later;
  return a;
}

}  // namespace wardroom::sim
