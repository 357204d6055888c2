#include "features/space_sync/space_sync_routes.hpp"

#include "base/encoding.hpp"
#include "base/rate_table.hpp"
#include "features/space_sync/space_sync.hpp"
#include "features/space_sync/space_sync_json.hpp"
#include "features/space_sync/space_sync_reading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace wardroom::space_sync {
namespace {

using http::Audience;
using http::Method;
using Json = nlohmann::ordered_json;

constexpr std::size_t kBodyLimit = 4'096;
constexpr std::size_t kReasonAtMost = 400;  // characters, as the page lets in

/// How often one session may ask: a page that follows a run asks once a second, and twenty pages of
/// people at once.
struct Paces {
  RateTable reads, changes;
  explicit Paces(std::uint64_t salt)
      : reads({Milliseconds(250), 120}, salt, 256), changes({Milliseconds(2'000), 12}, salt, 256) {}
};

struct Door {
  SpaceSync& feature;
  Paces paces;
  std::optional<http::Response> too_often(RateTable& pace, http::Caller const& caller) {
    auto const key = std::hash<std::string>{}(caller.session);
    auto const wait = pace.take(key, feature.ports().clock.uptime());
    if (wait.count() == 0) return std::nullopt;
    return refusal({ErrorKind::throttled, "too many requests at once", wait}, "wait a moment");
  }
};
using Shared = std::shared_ptr<Door>;

http::Response malformed(std::string_view what, std::string_view remedy) {
  return http::problem(400, "malformed", what, remedy);
}

/// From 1; 0 = absent; nothing = not a number.
std::optional<std::int64_t> number_of(std::optional<std::string> const& text) {
  if (!text || text->empty()) return 0;
  std::int64_t number = 0;
  auto const* end = text->data() + text->size();
  auto const [at, error] = std::from_chars(text->data(), end, number);
  if (error != std::errc{} || at != end || number < 1) return std::nullopt;
  return number;
}

std::optional<Only> only_of(std::optional<std::string> const& text) {
  if (!text || text->empty()) return Only::all;
  if (*text == "add") return Only::add;
  if (*text == "remove") return Only::remove;
  if (*text == "failed") return Only::failed;
  return std::nullopt;
}

http::Response no_job(std::string_view name) {
  return http::problem(404, "not_found", fmt::format("There is no job '{}'.", name),
                       "name one of the jobs of /api/v1/sync");
}

Task<http::Response> runs(Shared door, http::ServerRequest& request) {
  if (auto refused = door->too_often(door->paces.reads, request.caller)) co_return *refused;
  auto const query = http::parse_query(request.query);
  if (!query) co_return malformed("The query is damaged.", "");
  auto const before = number_of(http::find(*query, "before"));
  if (!before) co_return malformed("'before' is the number of a run.", "leave it out to begin");
  auto job = http::find(*query, "job").value_or("");
  if (job.size() > 200) co_return no_job("…");
  co_return co_await runs_answer(door->feature, std::move(job), *before);
}

Task<http::Response> one_run(Shared door, http::ServerRequest& request) {
  if (auto refused = door->too_often(door->paces.reads, request.caller)) co_return *refused;
  auto const id = number_of(request.params[0]);
  auto const query = http::parse_query(request.query);
  if (!id || *id == 0 || !query) co_return malformed("A run is asked for by its number.", "");
  auto const after = number_of(http::find(*query, "after"));
  auto const only = only_of(http::find(*query, "only"));
  if (!after || !only)
    co_return malformed("'after' is the number of a step; 'only' is add, remove or failed.", "");
  co_return co_await run_answer(door->feature, *id, *after, *only);
}

/// What a button of a job asks for; an error says what the body must be.
struct Wish {
  RunOrder order;
  std::string reason;
};
Result<Wish> read_wish(std::string_view verb, std::string_view body) {
  auto const json = nlohmann::json::parse(body, nullptr, false);
  auto wrong = [](std::string what) { return failure(ErrorKind::malformed, std::move(what)); };
  if (!json.is_object()) return wrong("The body must be an object of JSON.");
  Wish wish;
  for (auto const& [key, value] : json.items()) {
    bool const whole = value.is_number_integer() && value.get<std::int64_t>() >= 0;
    if (verb == "run" && key == "plan" && whole && value > 0)
      wish.order.plan = value.get<RunId>();
    else if ((verb == "run" || verb == "plan") && key == "add_left" && value.is_boolean())
      wish.order.add_left_again = value.get<bool>();
    else if (verb == "approve" && key == "removals" && whole)
      wish.order.approve_removals = value.get<std::int64_t>();
    else if (verb == "pause" && key == "reason" && value.is_string())
      wish.reason = value.get<std::string>();
    else
      return wrong(fmt::format("'{}' does not belong in the body of '{}', or not as it is.",
                               std::string_view(key).substr(0, 40), verb));
  }
  if (verb == "approve" && wish.order.approve_removals < 0)
    return wrong(R"(The body must be {"removals":N}: how many people are removed.)");
  if (verb == "pause" && (wish.reason.empty() || wish.reason.size() > 4 * kReasonAtMost))
    return wrong(R"(The body must be {"reason":"…"}, of at most 400 characters.)");
  wish.order.only_plan = verb == "plan";
  return wish;
}

JobView const* view_of(std::vector<JobView> const& jobs, std::string_view name) {
  auto const found =
      std::ranges::find_if(jobs, [&](JobView const& view) { return view.settings->name == name; });
  return found == jobs.end() ? nullptr : &*found;
}

/// Only what waits can be approved, and only with the number that was shown.
Result<void> approvable(SpaceSync const& feature, RunOrder const& order) {
  auto const jobs = feature.jobs();
  auto const* view = view_of(jobs, order.job);
  if (view == nullptr || !view->held)
    return failure(ErrorKind::conflict,
                   fmt::format("No run of '{}' waits for approval any more.", order.job));
  if (auto const found = view->held->counts.to_remove; found != order.approve_removals)
    return failure(ErrorKind::conflict, fmt::format("Run {} would remove {} people, not {}.",
                                                    view->held->id, found, order.approve_removals));
  return {};
}

http::Response job_answer(SpaceSync const& feature, std::string_view name) {
  auto const jobs = feature.jobs();
  auto const* view = view_of(jobs, name);
  if (view == nullptr) return no_job(name);
  Json const out{{"job", job_json(*view, feature.settings().mode, feature.ports().clock.now())}};
  return http::json_text(200, out.dump(-1, ' ', false, Json::error_handler_t::replace));
}

control::Change asked_change(SpaceSync const& feature, std::string_view verb, Wish const& wish) {
  Json after = Json::object();
  if (wish.order.plan != 0) after["plan"] = wish.order.plan;
  if (wish.order.add_left_again) after["add_left"] = true;
  if (verb == "approve") after["removals"] = wish.order.approve_removals;
  return {.object = "job " + wish.order.job,
          .after = after.empty() ? std::nullopt : std::optional(after.dump()),
          .text = wish.reason,
          .correlation = to_hex(feature.ports().dice.bytes(8))};
}

Task<Result<http::Response>> carry_out(SpaceSync& feature, std::string_view verb, Wish wish) {
  auto const job = wish.order.job;
  if (verb == "pause" || verb == "resume") {
    auto const done = co_await feature.pause(job, verb == "pause", wish.order.by, wish.reason);
    if (!done) co_return std::unexpected(done.error());
    co_return job_answer(feature, job);
  }
  auto const run = co_await feature.start(std::move(wish.order));
  if (!run) co_return std::unexpected(run.error());
  co_return http::json_text(202, Json{{"run", *run}}.dump());
}

/// As at the control socket: asked, and how it ended.
Task<http::Response> press(Shared door, std::string_view verb, http::ServerRequest& request) {
  auto& feature = door->feature;
  auto const caller = request.caller;
  if (auto refused = door->too_often(door->paces.changes, caller)) co_return *refused;
  auto const job = request.params[0];
  if (feature.settings().job(job) == nullptr) co_return no_job(job.substr(0, 100));
  auto wish = read_wish(verb, request.body);
  if (!wish) co_return refusal(wish.error(), "see docs/api.md");
  wish->order.job = job;
  wish->order.by = caller.name;
  if (verb == "approve") {
    wish->order.cause = RunCause::approval;
    if (auto const fine = approvable(feature, wish->order); !fine)
      co_return refusal(fine.error(), "look at what is held now");
  }
  auto const action = fmt::format("sync {}", verb);
  auto change = asked_change(feature, verb, *wish);
  auto* const audit = feature.ports().audit;
  if (audit != nullptr)
    if (auto const asked = co_await audit->web_first(caller, action + " asked", change); !asked)
      co_return refusal(asked.error(), "mend the store and try again");
  auto done = co_await carry_out(feature, verb, std::move(*wish));
  if (audit != nullptr) audit->web(caller, done ? action : action + " failed", std::move(change));
  if (!done) co_return refusal(done.error());
  done->headers.set("Cache-Control", "no-store");
  co_return std::move(*done);
}

}  // namespace

void add_space_sync_routes(http::Router& router, SpaceSync& feature) {
  auto const door = std::make_shared<Door>(Door{feature, Paces(feature.ports().dice.number())});
  router.add({.method = Method::get, .pattern = "/api/v1/sync", .audience = Audience::admin},
             [door](http::ServerRequest& request, http::Responder responder) {
               auto refused = door->too_often(door->paces.reads, request.caller);
               responder.send(refused ? std::move(*refused) : jobs_answer(door->feature));
             });
  router.add_task(
      {.method = Method::get, .pattern = "/api/v1/sync/runs", .audience = Audience::admin},
      [door](http::ServerRequest& request) { return runs(door, request); });
  router.add_task(
      {.method = Method::get, .pattern = "/api/v1/sync/runs/{id}", .audience = Audience::admin},
      [door](http::ServerRequest& request) { return one_run(door, request); });
  for (std::string_view const verb : {"run", "plan", "approve", "pause", "resume"})
    router.add_task(
        {.method = Method::post,
         .pattern = fmt::format("/api/v1/sync/jobs/{{name}}/{}", verb),
         .audience = Audience::admin,
         .body_limit = kBodyLimit,
         .json = true},
        [door, verb](http::ServerRequest& request) { return press(door, verb, request); });
}

void SpaceSync::add_routes(http::Router& router) { add_space_sync_routes(router, *this); }

}  // namespace wardroom::space_sync
