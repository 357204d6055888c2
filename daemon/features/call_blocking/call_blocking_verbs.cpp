#include "features/call_blocking/call_blocking_verbs.hpp"

#include "base/time_text.hpp"
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

Answer calls_list(CallBlocking& feature, VerbCall call) {
  auto const limit = limit_of(call);
  if (!limit) co_return std::unexpected(limit.error());
  PersonNo person = 0;
  if (auto const who = call.get("person"); !who.empty()) {
    auto const found = co_await feature.ports().people.resolve(std::string(who));
    if (!found) co_return std::unexpected(found.error());
    person = found->no;
  }
  auto const documents = co_await feature.store().latest(*limit, person);
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
