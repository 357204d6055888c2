#include "audit/record.hpp"

#include <nlohmann/json.hpp>

namespace wardroom::audit {
namespace {
constexpr std::pair<ActorKind, std::string_view> kinds[] = {{ActorKind::daemon, "daemon"},
                                                            {ActorKind::uid, "uid"},
                                                            {ActorKind::cli, "cli"},
                                                            {ActorKind::web, "web"}};
}  // namespace

std::string_view name(ActorKind kind) {
  for (auto const& [value, text] : kinds)
    if (value == kind) return text;
  return "daemon";
}

std::optional<ActorKind> actor_kind(std::string_view name) {
  for (auto const& [value, text] : kinds)
    if (text == name) return value;
  return std::nullopt;
}

Result<std::string> canonical_json(std::string_view json) {
  auto const value = nlohmann::json::parse(json, nullptr, false);
  if (value.is_discarded())
    return failure(ErrorKind::malformed, "before and after of an audit record must be JSON");
  return value.dump();
}

void Canonical::add_number(std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) bytes_ += static_cast<char>(number >> shift);
}

Canonical& Canonical::add(std::string_view text) {
  bytes_ += 't';
  add_number(text.size());
  bytes_ += text;
  return *this;
}

Canonical& Canonical::add(std::int64_t number) {
  bytes_ += 'i';
  add_number(static_cast<std::uint64_t>(number));
  return *this;
}

std::string canonical_bytes(StoredRecord const& r) {
  Canonical out(record_name);
  out.add(r.seq).add(r.at_ms).add(r.happened_ms).add(r.actor_kind).add(r.uid).add(r.person_no);
  out.add(r.web).add(r.action).add(r.object).add(r.before).add(r.after).add(r.correlation);
  out.add(r.spool).add(r.login_digest).add(r.text_digest).add(r.previous);
  return out.bytes();
}

}  // namespace wardroom::audit
