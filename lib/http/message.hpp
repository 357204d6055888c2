/// HTTP values both directions share: methods, headers, responses.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wardroom::http {

enum class Method { get, head, post, put, patch, delete_, options, other };
std::string_view name(Method method);
Method parse_method(std::string_view text);

/// In order of arrival; names compare without case.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> all) : all_(all) {}
  void add(std::string name, std::string value) {
    all_.emplace_back(std::move(name), std::move(value));
  }
  void set(std::string_view name, std::string value);  ///< replaces every field of that name
  /// The first field of that name; empty when there is none.
  std::string_view get(std::string_view name) const;
  std::vector<std::string_view> get_all(std::string_view name) const;
  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }
  std::size_t size() const { return all_.size(); }
  void clear() { all_.clear(); }  ///< keeps its memory for the next message

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

bool equal_ignoring_case(std::string_view a, std::string_view b);

struct Response {
  int status = 200;
  Headers headers{};
  std::string body{};
};

/// `text/html; charset=utf-8` and the like are added by these.
Response text(int status, std::string body);
Response json_text(int status, std::string json);
/// The one error shape of the API: {"error":{"code","message","remedy"?}}.
Response problem(int status, std::string_view code, std::string_view message,
                 std::string_view remedy = "");
Response redirect(std::string location, int status = 303);
std::string_view reason_phrase(int status);

using QueryPairs = std::vector<std::pair<std::string, std::string>>;
/// `a=1&b=%20x`; also form bodies. A broken escape makes the whole thing nullopt.
std::optional<QueryPairs> parse_query(std::string_view text);
std::optional<std::string> find(QueryPairs const& pairs, std::string_view key);
std::string to_query(QueryPairs const& pairs);

/// The value of one cookie in a Cookie header; nullopt when absent.
std::optional<std::string_view> cookie(std::string_view cookie_header, std::string_view name);

}  // namespace wardroom::http
