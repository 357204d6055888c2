#include "oauth/grant_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sodium.h>

namespace wardroom::oauth {
namespace {
using nlohmann::json;

/// Writes into room made beforehand, so that no token is left behind in memory given back.
void append_text(std::string& out, std::string_view key, std::string_view text) {
  fmt::format_to(std::back_inserter(out), "{}\"{}\":\"", out.size() > 1 ? "," : "", key);
  for (char const c : text) {
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (static_cast<unsigned char>(c) < 0x20)
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    else
      out += c;
  }
  out += '"';
}

void append_number(std::string& out, std::string_view key, std::int64_t number) {
  fmt::format_to(std::back_inserter(out), ",\"{}\":{}", key, number);
}

std::string take_text(json& body, char const* key) {
  auto& text = body.at(key).get_ref<std::string&>();
  std::string out = text;
  sodium_memzero(text.data(), text.size());
  return out;
}

Grant read_grant(json& body) {
  Grant grant;
  grant.identity = take_text(body, "identity");
  grant.generation = body.at("generation").get<std::uint64_t>();
  grant.access = Secret(take_text(body, "access"));
  grant.refresh = Secret(take_text(body, "refresh"));
  grant.previous_refresh = Secret(take_text(body, "previous_refresh"));
  grant.scopes = split_scopes(take_text(body, "scopes"));
  grant.issued_at = from_unix_ms(body.at("issued_at").get<std::int64_t>());
  grant.access_expires_at = from_unix_ms(body.at("access_expires_at").get<std::int64_t>());
  if (auto const end = body.find("refresh_expires_at"); end != body.end())
    grant.refresh_expires_at = from_unix_ms(end->get<std::int64_t>());
  grant.who = {take_text(body, "person_id"), take_text(body, "name"), take_text(body, "email"),
               take_text(body, "org_id")};
  grant.retired = take_text(body, "retired");
  grant.client = take_text(body, "client");
  grant.seed = take_text(body, "seed");
  return grant;
}

}  // namespace

Secret grant_to_json(Grant const& grant) {
  std::string const scopes = join_scopes(grant.scopes);
  std::size_t room = 1024;
  for (std::size_t const size :
       {grant.identity.size(), grant.access.reveal().size(), grant.refresh.reveal().size(),
        grant.previous_refresh.reveal().size(), scopes.size(), grant.who.person_id.size(),
        grant.who.name.size(), grant.who.email.size(), grant.who.org_id.size(),
        grant.retired.size(), grant.client.size(), grant.seed.size()})
    room += 6 * size;  // "\u0000" is the longest form of one byte
  std::string out = "{";
  out.reserve(room);
  append_text(out, "identity", grant.identity);
  append_number(out, "generation", static_cast<std::int64_t>(grant.generation));
  append_text(out, "access", grant.access.reveal());
  append_text(out, "refresh", grant.refresh.reveal());
  append_text(out, "previous_refresh", grant.previous_refresh.reveal());
  append_text(out, "scopes", scopes);
  append_number(out, "issued_at", unix_ms(grant.issued_at));
  append_number(out, "access_expires_at", unix_ms(grant.access_expires_at));
  if (grant.refresh_expires_at)
    append_number(out, "refresh_expires_at", unix_ms(*grant.refresh_expires_at));
  append_text(out, "person_id", grant.who.person_id);
  append_text(out, "name", grant.who.name);
  append_text(out, "email", grant.who.email);
  append_text(out, "org_id", grant.who.org_id);
  append_text(out, "retired", grant.retired);
  append_text(out, "client", grant.client);
  append_text(out, "seed", grant.seed);
  out += '}';
  return Secret(std::move(out));
}

std::optional<Grant> grant_from_json(Secret const& text) {
  auto body = json::parse(text.reveal(), nullptr, false);
  if (!body.is_object()) return std::nullopt;
  try {
    return read_grant(body);
  } catch (json::exception const&) {
    return std::nullopt;  // a field is missing or of another type: not our text
  }
}

}  // namespace wardroom::oauth
