#include "front/journal_routes.hpp"

#include "base/time_text.hpp"
#include "http/event_stream.hpp"
#include "store/journal_kinds.hpp"
#include "viewings.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace wardroom::front {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t page_usually = 50, page_at_most = 200;
/// Further behind, a page does better to read the newest again.
constexpr std::int64_t caught_up_within = 1'000;

struct State {
  JournalRoutesPorts ports;
  Viewings viewings;
};
using Shared = std::shared_ptr<State>;

/// What is needed of a request after its answer has begun.
struct Asked {
  http::QueryPairs query{};
  std::string last_event{};
  http::Caller caller{};

  std::string_view get(std::string_view name) const {
    for (auto const& [key, value] : query)
      if (key == name) return value;
    return {};
  }
};

Result<Asked> asked_of(http::ServerRequest const& request) {
  auto query = http::parse_query(request.query);
  if (!query) return failure(ErrorKind::malformed, "the query has a broken %-escape");
  return Asked{std::move(*query), std::string(request.header("Last-Event-ID")), request.caller};
}

http::Response refused(Error const& error) {
  int const status = error.kind == ErrorKind::malformed   ? 400
                     : error.kind == ErrorKind::not_found ? 404
                     : error.kind == ErrorKind::conflict  ? 409
                                                          : 503;
  auto response = http::problem(status, name(error.kind), error.what);
  response.headers.add("Cache-Control", "no-store");
  return response;
}

Task<Result<JournalPlan>> plan_of(SharedJournalPorts ports, Asked const& asked, bool follow) {
  auto query = read_journal_query(
      [&](std::string_view name) { return name == "limit" ? "" : asked.get(name); }, follow,
      ports->clock.now());
  if (!query) co_return std::unexpected(std::move(query.error()));
  auto plan = co_await plan_journal(ports, std::move(*query), 0);
  if (plan) plan->naming = store::Naming::told;
  co_return plan;
}

/// What was looked at, without naming anybody.
ordered_json filter_json(JournalPlan const& plan, Asked const& asked) {
  ordered_json out = ordered_json::object();
  if (plan.filter.person_no != 0) out["person_no"] = plan.filter.person_no;
  if (!plan.filter.kinds.empty()) out["kinds"] = plan.filter.kinds;
  if (auto const since = asked.get("since"); !since.empty()) out["since"] = since;
  return out;
}

void note_viewing(Shared const& state, JournalPlan const& plan, Asked const& asked) {
  auto const filter = filter_json(plan, asked).dump();
  // Paging back and the live head belong to the viewing; another filter is another one.
  if (!state->ports.audit || !state->viewings.begins(asked.caller.session, filter)) return;
  state->ports.audit(asked.caller, "journal viewed", {.object = "journal", .after = filter});
}

ordered_json const& kinds_json() {
  static ordered_json const kinds = [] {
    auto out = ordered_json::array();
    for (auto const& kind : store::journal_kinds())
      out.push_back({{"name", kind.name}, {"title", kind.title}, {"summary", kind.summary}});
    return out;
  }();
  return kinds;
}

Result<std::size_t> page_limit(std::string_view text) {
  if (text.empty()) return page_usually;
  std::size_t limit = 0;
  for (char const c : text) {
    if (c < '0' || c > '9' || limit > page_at_most)
      limit = page_at_most + 1;
    else
      limit = limit * 10 + static_cast<std::size_t>(c - '0');
  }
  if (limit < 1 || limit > page_at_most)
    return failure(
        ErrorKind::malformed,
        fmt::format("'{}' is no limit; write a number from 1 to {}", text, page_at_most));
  return limit;
}

Task<http::Response> list(Shared state, Asked asked) {
  auto const& journal = state->ports.journal->journal;
  auto const limit = page_limit(asked.get("limit"));
  if (!limit) co_return refused(limit.error());
  auto const newest = journal.last_seq();  // before anything is read: later ones come live
  auto const plan = co_await plan_of(state->ports.journal, asked, false);
  if (!plan) co_return refused(plan.error());
  note_viewing(state, *plan, asked);
  auto const page = co_await read_journal_page(state->ports.journal, *plan, *limit);
  if (!page) co_return refused(page.error());
  ordered_json rest{
      {"newest", newest},
      {"keep_s", std::chrono::floor<std::chrono::seconds>(state->ports.keep()).count()},
      {"kinds", kinds_json()}};
  if (state->ports.health) rest["health"] = state->ports.health();
  if (page->older != 0) rest["older"] = page->older;
  if (auto const oldest = journal.extent().oldest) rest["oldest_at"] = iso_text(*oldest);
  auto response =
      http::json_text(200, fmt::format(R"({{"now":"{}","entries":[{}],{})",
                                       iso_text(state->ports.journal->clock.now()),
                                       fmt::join(page->entries, ","), rest.dump().substr(1)));
  response.headers.add("Cache-Control", "no-store");
  co_return response;
}

using SharedResponder = std::shared_ptr<http::Responder>;

Task<void> stream(Shared state, Asked asked, SharedResponder responder) {
  if (!asked.last_event.empty()) {
    std::erase_if(asked.query, [](auto const& pair) { return pair.first == "since"; });
    asked.query.emplace_back("since", asked.last_event);
  }
  auto& journal = state->ports.journal->journal;
  auto plan = co_await plan_of(state->ports.journal, asked, true);
  if (!plan) co_return responder->send(refused(plan.error()));
  note_viewing(state, *plan, asked);
  plan->again = !asked.get("since").empty() && journal.last_seq() - plan->after > caught_up_within;
  if (asked.get("since").empty() || plan->again) plan->after = journal.last_seq();
  plan->format = plan->errors = store::EventFormat::plain;
  plan->sse = true;
  plan->admitted = [state, session = asked.caller.session] { return state->ports.alive(session); };
  co_await pour_journal(state->ports.journal, std::move(*plan),
                        responder->stream(http::sse_head()));
}

Task<void> download(Shared state, Asked asked, SharedResponder responder) {
  auto const format = asked.get("format").empty() ? "csv" : asked.get("format");
  bool const csv = format == "csv";
  if (!csv && format != "json")
    co_return responder->send(refused(
        {ErrorKind::malformed, fmt::format("'{}' is no format; write csv or json", format)}));
  auto plan = co_await plan_of(state->ports.journal, asked, false);
  if (!plan) co_return responder->send(refused(plan.error()));
  plan->format = plan->errors = csv ? store::EventFormat::csv : store::EventFormat::ndjson;
  plan->admitted = [state, session = asked.caller.session] { return state->ports.alive(session); };
  if (state->ports.audit) {
    auto after = filter_json(*plan, asked);
    if (auto const until = asked.get("until"); !until.empty()) after["until"] = until;
    after["format"] = csv ? "csv" : "json";
    state->ports.audit(asked.caller, "journal exported",
                       {.object = "journal", .after = after.dump()});
  }
  auto const day = iso_text(state->ports.journal->clock.now()).substr(0, 10);
  http::Response head;
  head.headers.add("Content-Type", csv ? "text/csv; charset=utf-8; header=present"
                                       : "application/x-ndjson; charset=utf-8");
  head.headers.add(
      "Content-Disposition",
      fmt::format("attachment; filename=\"wardroom-journal-{}.{}\"", day, csv ? "csv" : "ndjson"));
  head.headers.add("Cache-Control", "no-store");
  co_await pour_journal(state->ports.journal, std::move(*plan), responder->stream(std::move(head)));
}

}  // namespace

void add_journal_routes(http::Router& router, JournalRoutesPorts given) {
  using http::Audience, http::Method;
  auto& clock = given.journal->clock;
  auto const state = std::make_shared<State>(State{std::move(given), Viewings(clock)});
  router.add_task(
      {.method = Method::get, .pattern = "/api/v1/journal", .audience = Audience::admin},
      [state](http::ServerRequest& request) -> Task<http::Response> {
        auto asked = asked_of(request);
        if (!asked) co_return refused(asked.error());
        co_return co_await list(state, std::move(*asked));
      });
  auto const add_stream = [&](std::string path, auto body) {
    router.add({.method = Method::get, .pattern = std::move(path), .audience = Audience::admin},
               [state, body](http::ServerRequest& request, http::Responder responder) {
                 auto asked = asked_of(request);
                 if (!asked) return responder.send(refused(asked.error()));
                 auto const shared = std::make_shared<http::Responder>(std::move(responder));
                 state->ports.tasks.spawn("a reader of the journal",
                                          [state, body, asked = std::move(*asked), shared] {
                                            return body(state, asked, shared);
                                          });
               });
  };
  add_stream("/api/v1/journal/stream", stream);
  add_stream("/api/v1/journal/export", download);
}

}  // namespace wardroom::front
