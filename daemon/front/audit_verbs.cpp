#include "front/audit_verbs.hpp"

#include "audit/export.hpp"
#include "base/iso_moment.hpp"
#include "base/time_text.hpp"
#include "config/yaml_section.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>

namespace wardroom::front {
namespace {

using control::VerbCall;
using nlohmann::ordered_json;
using Answer = Task<Result<ordered_json>>;
using Log = std::unique_ptr<audit::AuditLog>;

constexpr std::size_t usual = 50, most = 10'000;

template <class T>
std::optional<T> number_of(std::string_view text) {
  T value{};
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// One more than asked for tells whether there are more.
Result<std::size_t> limit_of(VerbCall const& call) {
  auto const text = call.get("limit");
  if (text.empty()) return usual;
  auto const limit = number_of<std::size_t>(text);
  if (!limit || *limit == 0 || *limit > most)
    return failure(ErrorKind::malformed,
                   fmt::format("--limit must be a whole number from 1 to {}", most));
  return *limit;
}

Result<std::int64_t> seq_of(VerbCall const& call, std::string_view param, std::int64_t otherwise) {
  auto const text = call.get(param);
  if (text.empty()) return otherwise;
  auto const seq = number_of<std::int64_t>(text);
  if (!seq || *seq < 1)
    return failure(ErrorKind::malformed,
                   fmt::format("--{} must be the number of a record: 1 or more", param));
  return *seq;
}

Result<audit::Filter> filter_of(VerbCall const& call, Instant now) {
  audit::Filter out{.action = std::string(call.get("action")),
                    .object = std::string(call.get("object"))};
  if (auto const since = call.get("since"); !since.empty()) {
    auto const when = parse_since(since, now);
    if (!when) return std::unexpected(when.error());
    out.since = *when;
  }
  auto const before = seq_of(call, "before", 0);
  if (!before) return std::unexpected(before.error());
  out.before = *before;
  if (auto const who = call.get("actor"); !who.empty()) want_actor(out, who);
  return out;
}

Answer list(Log const& log, Clock& clock, VerbCall call) {
  auto const limit = limit_of(call);
  if (!limit) co_return std::unexpected(limit.error());
  auto filter = filter_of(call, clock.now());
  if (!filter) co_return std::unexpected(filter.error());
  auto const found = co_await log->list(std::move(*filter), *limit + 1);
  if (!found) co_return std::unexpected(found.error());
  auto rows = ordered_json::array();
  for (auto const& entry : *found)
    if (rows.size() < *limit) rows.push_back(ordered_json::parse(audit::to_json(entry)));
  co_return ordered_json{{"records", std::move(rows)}, {"more", found->size() > *limit}};
}

Result<std::vector<audit::Head>> heads_of(std::string_view text) {
  std::vector<audit::Head> out;
  auto rest = text;
  while (!rest.empty()) {
    auto const end = std::min(rest.find('\n'), rest.size());
    if (auto head = audit::parse_head(rest.substr(0, end))) out.push_back(std::move(*head));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (out.empty() && !text.empty())
    return failure(ErrorKind::malformed,
                   "there is no published head in what --heads names: lines with "
                   "\"audit-head v1 …\" as the log of wardroomd has them");
  return out;
}

ordered_json to_json(audit::Verification const& v) {
  ordered_json out{{"ok", v.ok()},         {"sentence", v.sentence()},
                   {"from", v.from},       {"last", v.last},
                   {"records", v.records}, {"bad", v.bad},
                   {"texts", v.texts},     {"erased", v.erased},
                   {"heads", v.heads},     {"foreign_heads", v.foreign_heads}};
  if (v.first)
    out["first"] = {
        {"seq", v.first->seq}, {"fault", name(v.first->fault)}, {"what", v.first->what}};
  return out;
}

Answer verify(Log const& log, VerbCall call) {
  auto const from = seq_of(call, "from", 1);
  if (!from) co_return std::unexpected(from.error());
  auto heads = heads_of(call.get("heads"));
  if (!heads) co_return std::unexpected(heads.error());
  auto const given = heads->size();
  auto const done = co_await log->verify(*from, std::move(*heads));
  if (!done) co_return std::unexpected(done.error());
  auto out = to_json(*done);
  out["heads_given"] = given;
  co_return out;
}

}  // namespace

Result<Instant> parse_since(std::string_view text, Instant now) {
  if (auto const ago = config::parse_duration(text)) return now - *ago;
  if (auto const moment = parse_iso(text)) return *moment;
  return failure(ErrorKind::malformed,
                 fmt::format("'{}' is no moment; write 2h (that long ago), 2026-11-22 or "
                             "2026-11-22T08:00:00Z",
                             text));
}

void want_actor(audit::Filter& filter, std::string_view who) {
  auto const after = [&](std::string_view word) {
    return who.starts_with(word) ? number_of<std::uint32_t>(who.substr(word.size())) : std::nullopt;
  };
  if (auto const kind = audit::actor_kind(who))
    filter.kind = *kind;
  else if (auto const uid = number_of<std::uint32_t>(who))
    filter.uid = *uid;
  else if (auto const named = after("uid "))
    filter.uid = *named;
  else if (auto const person = after("person "))
    filter.person_no = *person;
  else
    filter.login = who;
}

void add_audit_verbs(control::Verbs& verbs, Log const& log, Clock& clock) {
  verbs.handle("audit list", [&log, &clock](VerbCall call) -> Answer {
    return list(log, clock, std::move(call));
  });
  verbs.handle("audit verify",
               [&log](VerbCall call) -> Answer { return verify(log, std::move(call)); });
}

}  // namespace wardroom::front
