#include "features/space_sync/space_sync_reading.hpp"

#include "base/time_text.hpp"
#include "features/space_sync/space_sync_json.hpp"

#include <algorithm>

namespace wardroom::space_sync {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kRunsAPage = 50;
constexpr std::size_t kStepsAPage = 1'000;
constexpr std::size_t kSparedAtMost = 5'000;

http::Response answer(std::string body) {
  auto response = http::json_text(200, std::move(body));
  response.headers.add("Cache-Control", "no-store");
  return response;
}

std::string text(Json const& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool fits(Step const& step, Only only) {
  switch (only) {
    case Only::all:
      return true;
    case Only::add:
      return step.change.act == Act::add;
    case Only::remove:
      return step.change.act == Act::remove;
    case Only::failed:
      return step.state == StepState::failed || step.state == StepState::begun;
  }
  return false;
}

struct RunPage {
  Run run;
  std::vector<Step> steps;
  std::vector<SparedPerson> spared;
  bool first = false, spared_more = false;
  std::int64_t next = 0;  ///< the `after` of the next page; 0 = there is none
};

/// The next page of those that fit, however far apart they are.
Task<Result<void>> read_steps(SpaceSyncStore& store, std::int64_t after, Only only, RunPage& page) {
  for (;;) {
    auto got = co_await store.steps(page.run.id, after, kStepsAPage);
    if (!got) co_return std::unexpected(got.error());
    bool const last = got->size() < kStepsAPage;
    for (auto& step : *got) {
      after = step.number;
      if (!fits(step, only)) continue;
      page.steps.push_back(std::move(step));
      if (page.steps.size() == kStepsAPage) break;
    }
    if (page.steps.size() == kStepsAPage) {
      page.next = after;
      co_return Result<void>{};
    }
    if (last) co_return Result<void>{};
  }
}

std::string page_text(RunPage const& page, Instant now) {
  Json out{{"now", iso_text(now)}, {"run", run_json(page.run)}, {"steps", Json::array()}};
  for (auto const& step : page.steps) out["steps"].push_back(step_json(step));
  if (page.next != 0) out["next"] = page.next;
  if (page.first) {
    auto& spared = out["spared"] = Json::array();
    for (auto const& one : page.spared) spared.push_back(spared_json(one));
    if (page.spared_more) out["spared_more"] = true;
  }
  return text(out);
}

}  // namespace

http::Response refusal(Error const& why, std::string_view remedy) {
  int status = 503;
  switch (why.kind) {
    case ErrorKind::not_found:
      status = 404;
      break;
    case ErrorKind::malformed:
      status = 400;
      break;
    case ErrorKind::denied:
    case ErrorKind::unauthorized:
    case ErrorKind::conflict:
      status = 409;
      break;
    case ErrorKind::throttled:
      status = 429;
      break;
    case ErrorKind::timed_out:
      status = 504;
      break;
    case ErrorKind::unavailable:
    case ErrorKind::cancelled:
    case ErrorKind::internal:
      break;
  }
  auto response = http::problem(status, wardroom::name(why.kind), why.what, remedy);
  if (why.retry_after || status == 429)
    response.headers.set("Retry-After",
                         std::to_string(std::max<std::int64_t>(
                             1, std::chrono::ceil<std::chrono::seconds>(
                                    why.retry_after.value_or(std::chrono::seconds(1)))
                                    .count())));
  return response;
}

http::Response jobs_answer(SpaceSync const& feature) {
  auto const now = feature.ports().clock.now();
  Json out{{"now", iso_text(now)}, {"jobs", Json::array()}};
  for (auto const& view : feature.jobs())
    out["jobs"].push_back(job_json(view, feature.settings().mode, now));
  return answer(text(out));
}

Task<http::Response> runs_answer(SpaceSync& feature, std::string job, RunId before) {
  auto const runs = co_await feature.store().history(std::move(job), kRunsAPage + 1, before);
  if (!runs) co_return refusal(runs.error());
  Json out{{"now", iso_text(feature.ports().clock.now())}, {"runs", Json::array()}};
  auto const shown = std::min(runs->size(), kRunsAPage);
  for (std::size_t i = 0; i < shown; ++i) out["runs"].push_back(run_json((*runs)[i]));
  if (runs->size() > kRunsAPage) out["older"] = (*runs)[kRunsAPage - 1].id;
  co_return answer(text(out));
}

Task<http::Response> run_answer(SpaceSync& feature, RunId run, std::int64_t after, Only only) {
  auto& store = feature.store();
  auto found = co_await store.run(run);
  if (!found) co_return refusal(found.error());
  RunPage page{.run = std::move(*found), .first = after == 0 && only == Only::all};
  if (auto const read = co_await read_steps(store, after, only, page); !read)
    co_return refusal(read.error());
  if (page.first) {
    auto spared = co_await store.spared(run, kSparedAtMost + 1);
    if (!spared) co_return refusal(spared.error());
    page.spared_more = spared->size() > kSparedAtMost;
    if (page.spared_more) spared->resize(kSparedAtMost);
    page.spared = std::move(*spared);
  }
  auto body = co_await feature.ports().helpers.run(
      [page = std::move(page), now = feature.ports().clock.now()] { return page_text(page, now); });
  co_return answer(std::move(body));
}

}  // namespace wardroom::space_sync
