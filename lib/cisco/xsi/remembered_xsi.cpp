#include "cisco/xsi/remembered_xsi.hpp"

#include "base/log.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <utility>

namespace wardroom::xsi {
namespace {

using nlohmann::json;

constexpr auto write_again = std::chrono::hours(24);  // so that the age which is shown is right
constexpr std::size_t most_records = 64;
constexpr char const* organisation_key = "xsi_endpoints";
constexpr char const* srv_key = "xsi_srv";

/// Whether an error says that nobody answered, or nobody could be asked.
bool is_silence(Error const& error) {
  switch (error.kind) {
    case ErrorKind::not_found:
    case ErrorKind::denied:
      return false;
    default:
      return true;
  }
}

std::optional<json> object_of(std::string_view text) {
  auto read = json::parse(text, nullptr, false);
  if (!read.is_object()) return std::nullopt;
  return read;
}

std::optional<Instant> moment_of(json const& read) {
  auto const found = read.find("as_of");
  if (found == read.end() || !found->is_number_integer()) return std::nullopt;
  return from_unix_ms(found->get<std::int64_t>());
}

std::string word(json const& read, char const* name) {
  auto const found = read.find(name);
  return found != read.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint16_t number(json const& read, char const* name) {
  auto const found = read.find(name);
  if (found == read.end() || !found->is_number_unsigned()) return 0;
  return static_cast<std::uint16_t>(std::min<std::uint64_t>(found->get<std::uint64_t>(), 65'535));
}

Task<std::optional<std::string>> recall(XsiMemory& memory, char const* key) {
  auto const kept = co_await memory.recall(key);
  if (kept) co_return *kept;
  log::warning("what was known of XSI could not be read", {{"why", kept.error().what}});
  co_return std::nullopt;
}

}  // namespace

// --- as text
// ----------------------------------------------------------------------------------------

std::string text_of(KnownOrganisation const& known) {
  auto const& e = known.endpoints;
  return json{{"org", known.org},   {"actions", e.actions},
              {"events", e.events}, {"channel", e.channel},
              {"domain", e.domain}, {"as_of", unix_ms(e.as_of.value_or(Instant{}))}}
      .dump();
}

std::optional<KnownOrganisation> organisation_of(std::string_view text) {
  auto const read = object_of(text);
  if (!read) return std::nullopt;
  KnownOrganisation out{word(*read, "org"),
                        {word(*read, "actions"), word(*read, "events"), word(*read, "channel"),
                         word(*read, "domain"), moment_of(*read)}};
  if (out.org.empty() || !out.endpoints.as_of || !check(out.endpoints)) return std::nullopt;
  return out;
}

std::string text_of(KnownSrv const& known) {
  json records = json::array();
  for (auto const& r : known.answer.records)
    records.push_back(
        {{"target", r.target}, {"port", r.port}, {"priority", r.priority}, {"weight", r.weight}});
  return json{{"name", known.name},
              {"records", std::move(records)},
              {"as_of", unix_ms(known.answer.as_of.value_or(Instant{}))}}
      .dump();
}

std::optional<KnownSrv> srv_of(std::string_view text) {
  auto const read = object_of(text);
  if (!read) return std::nullopt;
  KnownSrv out{word(*read, "name"), {}};
  out.answer.as_of = moment_of(*read);
  auto const records = read->find("records");
  if (!out.answer.as_of || records == read->end() || !records->is_array()) return std::nullopt;
  for (auto const& r : *records) {
    if (!r.is_object() || word(r, "target").empty()) continue;
    if (out.answer.records.size() == most_records) break;
    out.answer.records.push_back(
        {word(r, "target"), number(r, "port"), number(r, "priority"), number(r, "weight")});
  }
  return out.answer.records.empty() ? std::nullopt : std::optional(std::move(out));
}

// --- the organisation
// -------------------------------------------------------------------------------

Task<Result<std::string>> RememberedOrganisation::org_uuid() {
  auto told = co_await asked_.org_uuid();
  if (told || !is_silence(told.error())) co_return told;
  auto const text = co_await recall(memory_, organisation_key);
  if (auto const known = text ? organisation_of(*text) : std::nullopt) co_return known->org;
  co_return told;
}

Task<Result<XsiEndpoints>> RememberedOrganisation::endpoints() {
  auto told = co_await asked_.endpoints();
  auto const org = co_await asked_.org_uuid();
  if (told) {
    if (!org || !check(*told)) co_return told;
    KnownOrganisation known{*org, *told};
    auto plain = text_of(known);
    auto const now = clock_.now();
    if (plain != kept_ || now - kept_at_ >= write_again) {
      kept_ = std::move(plain);
      kept_at_ = now;
      known.endpoints.as_of = now;
      memory_.keep(organisation_key, text_of(known));
    }
    co_return told;
  }
  if (!is_silence(told.error())) co_return told;
  auto const text = co_await recall(memory_, organisation_key);
  auto const known = text ? organisation_of(*text) : std::nullopt;
  if (!known || (org && *org != known->org)) co_return told;
  co_return known->endpoints;
}

// --- DNS
// ---------------------------------------------------------------------------------------------

Task<Result<SrvAnswer>> RememberedSrv::lookup(std::string name) {
  auto told = co_await asked_.lookup(name);
  if (told) {
    if (told->records.empty()) co_return told;
    KnownSrv known{name, *told};
    auto plain = text_of(known);
    auto const now = clock_.now();
    if (plain != kept_ || now - kept_at_ >= write_again) {
      kept_ = std::move(plain);
      kept_at_ = now;
      known.answer.as_of = now;
      memory_.keep(srv_key, text_of(known));
    }
    co_return told;
  }
  auto const text = co_await recall(memory_, srv_key);
  auto const known = text ? srv_of(*text) : std::nullopt;
  if (!known || known->name != name) co_return told;
  co_return known->answer;
}

}  // namespace wardroom::xsi
