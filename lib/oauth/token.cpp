#include "oauth/token.hpp"

#include <algorithm>

namespace wardroom::oauth {

std::string_view name(IdentityKind kind) {
  switch (kind) {
    case IdentityKind::integration:
      return "integration";
    case IdentityKind::service_app:
      return "service_app";
    case IdentityKind::guest_issuer:
      return "guest_issuer";
  }
  return "integration";
}

std::optional<IdentityKind> parse_identity_kind(std::string_view word) {
  for (auto kind :
       {IdentityKind::integration, IdentityKind::service_app, IdentityKind::guest_issuer})
    if (word == name(kind)) return kind;
  return std::nullopt;
}

std::vector<std::string> split_scopes(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    auto const end = std::min(text.find(' '), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string join_scopes(std::vector<std::string> const& scopes) {
  std::string out;
  for (auto const& scope : scopes) out += (out.empty() ? "" : " ") + scope;
  return out;
}

namespace {
/// Whether `scope` is one of those that `spark:all` stands for.
bool in_spark_all(std::string_view scope) {
  constexpr std::string_view family = "spark:";
  if (!scope.starts_with(family)) return false;
  scope.remove_prefix(family.size());
  if (scope == "kms") return true;
  auto const end = scope.rfind('_');
  if (end == std::string_view::npos) return false;
  auto const what = scope.substr(0, end);
  auto const right = scope.substr(end + 1);
  constexpr std::string_view things[] = {"people",   "rooms", "memberships",
                                         "messages", "teams", "team_memberships"};
  return (right == "read" || right == "write") &&
         std::ranges::find(things, what) != std::end(things);
}
}  // namespace

std::vector<std::string> missing_scopes(std::vector<std::string> const& wanted,
                                        std::vector<std::string> const& granted) {
  auto has = [&granted](std::string_view scope) {
    return std::ranges::find(granted, scope) != granted.end();
  };
  bool const all = has("spark:all");
  std::vector<std::string> out;
  for (auto const& scope : wanted)
    if (!has(scope) && !(all && in_spark_all(scope))) out.push_back(scope);
  return out;
}

}  // namespace wardroom::oauth
