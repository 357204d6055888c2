#include "oauth/answer_reading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace wardroom::oauth {
namespace {
using nlohmann::json;
/// Longer lives are a mistake of the server; without a bound they would overflow the sum.
constexpr std::int64_t longest_life_s = 10LL * 365 * 24 * 3600;
}  // namespace

std::optional<std::int64_t> seconds_of(json const& body, char const* key) {
  auto const it = body.find(key);
  if (it == body.end()) return std::nullopt;
  std::int64_t value = -1;
  if (it->is_number()) {
    auto const number = it->get<double>();
    if (number >= 0 && number <= double(longest_life_s)) value = static_cast<std::int64_t>(number);
  } else if (it->is_string()) {
    auto const& text = it->get_ref<std::string const&>();
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) value = -1;
  }
  if (value < 0) return std::nullopt;
  return std::min(value, longest_life_s);
}

std::string text_of(json const& body, char const* key) {
  auto const it = body.find(key);
  return it != body.end() && it->is_string() ? it->get<std::string>() : std::string();
}

std::vector<std::string> sentences_of(json const& body) {
  std::vector<std::string> out;
  auto add = [&out](std::string words) {
    if (!words.empty()) out.push_back(std::move(words));
  };
  for (char const* key : {"error", "error_description"}) add(text_of(body, key));
  if (auto const errors = body.find("errors"); errors != body.end() && errors->is_array())
    for (auto const& item : *errors)
      if (item.is_object()) add(text_of(item, "description"));
  // Webex's "message" only says what the status says, unless there is nothing else.
  if (out.empty()) add(text_of(body, "message"));
  return out;
}

std::string joined_sentences(std::vector<std::string> const& sentences) {
  std::string out;
  for (auto const& sentence : sentences) out += (out.empty() ? "" : "; ") + sentence;
  return out;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::string fit_for_log(std::string_view words) {
  std::string out;
  std::size_t run = 0;
  for (char c : words.substr(0, 200)) {
    run = c == ' ' ? 0 : run + 1;
    if (run > 48) return "(text withheld: it may hold a secret)";
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  }
  return out;
}

Error endpoint_error(ErrorKind kind, std::string_view who, http::ClientResponse const& answer,
                     std::string_view words) {
  auto what = fmt::format("{} answered {}", who, answer.status);
  if (!words.empty()) what += fmt::format(": {}", fit_for_log(words));
  if (auto const id = answer.headers.get("TrackingID"); !id.empty())
    what += fmt::format(" (tracking id {})", fit_for_log(id));
  return {kind, std::move(what), std::nullopt};
}

}  // namespace wardroom::oauth
