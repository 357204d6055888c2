#include "features/call_blocking/call_blocking_verbs.hpp"

#include "base/iso_moment.hpp"
#include "base/time_text.hpp"
#include "config/yaml_section.hpp"
#include "features/call_blocking/call_blocking.hpp"
#include "features/call_blocking/fence_verbs.hpp"
#include "features/call_blocking/people_verbs.hpp"
#include "features/call_blocking/watch_report.hpp"
#include "features/call_blocking/why_json.hpp"
#include "features/call_blocking/why_verbs.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;
using Answer = Task<Result<Json>>;
using control::VerbCall;

Result<std::size_t> limit_of(VerbCall const& call) {
  auto const text = call.get("limit");
  if (text.empty()) return 50;
  std::size_t n = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || n == 0 || n > 10'000)
    return failure(ErrorKind::malformed, "limit must be a whole number from 1 to 10000");
  return n;
}

Task<Json> with_name(CallBlocking& feature, Json row) {
  PersonNo const no = row.value("person_no", PersonNo{0});
  if (no != 0) row["person"] = co_await feature.ports().people.display_name(no);
  co_return row;
}

Result<Instant> since_of(std::string_view text, Instant now) {
  if (auto const ago = config::parse_duration(text)) return now - *ago;
  if (auto const moment = parse_iso(text)) return *moment;
  return failure(ErrorKind::malformed,
                 fmt::format("'{}' is no moment; write 2h (that long ago), 2026-11-22 or "
                             "2026-11-22T08:00:00Z",
                             text));
}

Result<Decision> decision_of(std::string_view word) {
  for (auto const decision : {Decision::passed, Decision::pending, Decision::rejected,
                              Decision::reject_failed, Decision::observed})
    if (name(decision) == word) return decision;
  return failure(ErrorKind::malformed,
                 "decision must be passed, pending, rejected, reject_failed or observed");
}

Answer calls_list(CallBlocking& feature, VerbCall call) {
  auto const limit = limit_of(call);
  if (!limit) co_return std::unexpected(limit.error());
  CallBlockingStore::Filter filter;
  if (auto const text = call.get("since"); !text.empty()) {
    auto const since = since_of(text, feature.ports().clock.now());
    if (!since) co_return std::unexpected(since.error());
    filter.since = *since;
  }
  if (auto const word = call.get("decision"); !word.empty()) {
    auto const decision = decision_of(word);
    if (!decision) co_return std::unexpected(decision.error());
    filter.decision = *decision;
  }
  if (auto const who = call.get("person"); !who.empty()) {
    auto const found = co_await feature.ports().people.resolve(std::string(who));
    if (!found) co_return std::unexpected(found.error());
    filter.person = found->no;
  }
  auto const documents = co_await feature.store().latest(*limit, filter);
  if (!documents) co_return std::unexpected(documents.error());
  auto calls = Json::array();
  for (auto const& document : *documents) {
    auto row = call_row_json(document);
    row.erase("events");
    row.erase("tracking");
    calls.push_back(co_await with_name(feature, std::move(row)));
  }
  co_return Json{{"calls", std::move(calls)}};
}

Answer calls_show(CallBlocking& feature, VerbCall call) {
  if (call.get("call").empty())
    co_return failure(ErrorKind::malformed, "which call? give its id or a unique end of it");
  auto const document = co_await feature.store().find(std::string(call.get("call")));
  if (!document) co_return std::unexpected(document.error());
  co_return co_await with_name(feature, call_row_json(*document));
}

Answer monitor_status(CallBlocking& feature) {
  co_return Json{{"monitoring", monitoring_json(feature)}};
}

/// What the command did, in words.
std::string switched_words(bool on, bool was_on) {
  if (on)
    return was_on
               ? "Monitoring was on already; nothing changed."
               : "Monitoring was started; it begins by itself after every restart of the daemon.";
  return was_on ? "Monitoring was stopped: every call passes unseen until `wardroomctl monitor "
                  "start`, also after a restart of the daemon."
                : "Monitoring was off already: every call passes unseen.";
}

Answer monitor_switch(CallBlocking& feature, VerbCall call, bool on) {
  *call.change = monitoring_change(feature, on);
  bool const was_on = feature.monitoring().on();
  auto const done = co_await feature.set_monitoring(on);
  if (!done) co_return std::unexpected(done.error());
  co_return Json{{"said", switched_words(on, was_on)},
                 {"changed", on != was_on},
                 {"monitoring", monitoring_json(feature)}};
}

}  // namespace

control::Change monitoring_change(CallBlocking const& feature, bool on) {
  return {.object = "monitoring",
          .before = Json{{"on", feature.monitoring().on()}}.dump(),
          .after = Json{{"on", on}}.dump()};
}

void add_call_blocking_verbs(control::Verbs& verbs, CallBlocking& feature) {
  auto& f = feature;
  verbs.handle("calls list", [&f](VerbCall call) { return calls_list(f, std::move(call)); });
  verbs.handle("calls show", [&f](VerbCall call) { return calls_show(f, std::move(call)); });
  verbs.handle("monitor start",
               [&f](VerbCall call) { return monitor_switch(f, std::move(call), true); });
  verbs.handle("monitor stop",
               [&f](VerbCall call) { return monitor_switch(f, std::move(call), false); });
  verbs.handle("monitor status", [&f](VerbCall) { return monitor_status(f); });
  add_people_verbs(verbs, f);
  add_why_verbs(verbs, f);
  add_fence_verbs(verbs, f);
}

}  // namespace wardroom::call_blocking
