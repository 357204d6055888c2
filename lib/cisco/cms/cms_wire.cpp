#include "cisco/cms/cms_wire.hpp"

#include "base/planted.hpp"
#include "runtime/backoff.hpp"

#include <algorithm>

namespace wardroom::cms {
namespace {

/// What the client's own time-outs may come late by.
constexpr Milliseconds grace{1'000};

bool succeeded(http::ClientResponse const& answer) {
  return answer.status >= 200 && answer.status < 300;
}

}  // namespace

CmsApi::Wire::Wire(http::Client& http, Clock& clock, Random& dice, CmsSettings settings,
                   CmsLimits limits)
    : http_(http),
      clock_(clock),
      dice_(dice),
      settings_(std::move(settings)),
      limits_(limits),
      gate_(clock, limits.gate) {
  while (settings_.base_url.ends_with('/')) settings_.base_url.pop_back();
}

http::ClientRequest CmsApi::Wire::request(http::Method method, std::string const& path) const {
  http::ClientRequest out;
  out.method = method;
  out.url = settings_.base_url + path;
  out.basic.emplace(settings_.username, settings_.password);
  out.connect_timeout = limits_.connect;
  out.timeout = limits_.total;
  out.response_limit = limits_.answer;
  return out;
}

std::string CmsApi::Wire::words(http::ClientRequest const& request) const {
  return settings_.name + ": " + http::describe(request);
}

Task<Result<http::ClientResponse>> CmsApi::Wire::send(http::ClientRequest request, Lane lane,
                                                      Wanted wanted) {
  auto const place = co_await gate_.enter(lane);
  if (wanted && !wanted())
    co_return failure(ErrorKind::cancelled,
                      settings_.name + ": not sent: it was not wanted any more");
  auto const what = http::describe(request);
  auto answer =
      co_await within(clock_, limits_.total + grace, what, http_.send(std::move(request)));
  if (!answer) answer.error().what = settings_.name + ": " + answer.error().what;
  co_return answer;
}

Task<CmsApi::Wire::Outcome> CmsApi::Wire::attempt(Read const& what) {
  auto asked = request(http::Method::get, what.path);
  auto const about = words(asked);
  if (!what.query.empty()) asked.url += '?' + http::to_query(what.query);
  auto const answer = co_await send(std::move(asked), Lane::read);
  if (!answer) co_return Outcome{std::unexpected(answer.error()), true};
  auto const no = [&](Refusal refusal) {
    return Outcome{std::unexpected(std::move(refusal.error)), refusal.again};
  };
  if (!succeeded(*answer)) co_return no(refused(about, *answer, what.names_object, clock_.now()));
  auto document = document_of(about, *answer, what.root);
  if (document) co_return Outcome{std::move(document)};
  if (!failure_words(answer->body).empty())
    co_return no(refused(about, *answer, what.names_object, clock_.now()));
  co_return Outcome{std::unexpected(document.error()), true};  // perhaps it was cut
}

Task<Result<xml::Document>> CmsApi::Wire::read(Read what) {
  Backoff backoff(limits_.first_wait, limits_.longest_wait);
  for (int attempts_left = limits_.attempts;;) {
    auto outcome = co_await attempt(what);
    if (outcome.document || !outcome.again || --attempts_left <= 0)
      co_return std::move(outcome.document);
    auto const asked = outcome.document.error().retry_after.value_or(Milliseconds(0));
    co_await clock_.sleep_for(std::max(backoff.next(dice_), std::min(asked, limits_.longest_wait)));
  }
}

Task<Result<xml::Document>> CmsApi::Wire::read_list(Read what, std::string item,
                                                    std::function<void()> anew, Hear hear) {
  ListReading reading(std::move(item), limits_.rounds);
  auto const filters = what.query;
  for (;;) {
    what.query = filters;
    what.query.emplace_back("offset", std::to_string(reading.offset()));
    what.query.emplace_back("limit", std::to_string(limits_.page));
    auto page = co_await read(what);
    if (!page) co_return page;
    auto taken = reading.take(page->root());
    if (!taken) {
      taken.error().what = settings_.name + ": " + taken.error().what;
      co_return std::unexpected(std::move(taken.error()));
    }
    if (taken->step == ListReading::Step::again) {
      anew();
      continue;
    }
    for (auto const element : taken->fresh) hear(element);
    if (taken->step == ListReading::Step::done) co_return page;
  }
}

Task<std::optional<Refusal>> CmsApi::Wire::send_change(Change what) {
  auto asked = request(what.method, what.path);
  auto const about = words(asked);
  asked.headers.add("Content-Type", "application/x-www-form-urlencoded");
  asked.body = http::to_query(what.form);
  asked.urgent = what.lane == Lane::urgent;
  asked.idempotent = what.method == http::Method::put;
  auto const answer = co_await send(std::move(asked), what.lane, std::move(what.wanted));
  if (!answer) co_return Refusal{.error = answer.error()};
  if (succeeded(*answer) && failure_words(answer->body).empty()) co_return std::nullopt;
  co_return refused(about, *answer, what.names_object, clock_.now());
}

Task<Result<void>> CmsApi::Wire::change(Change what) {
  auto refusal = co_await send_change(std::move(what));
  if (!refusal || WARDROOM_PLANTED("refused-notice-taken-for-shown")) co_return Result<void>{};
  co_return std::unexpected(std::move(refusal->error));
}

Task<Result<void>> CmsApi::Wire::change_receiver(http::Method method, std::string path,
                                                 std::string uri) {
  Change what{.method = method,
              .path = std::move(path),
              .form = {{"uri", std::move(uri)}},
              .names_object = method == http::Method::put};
  auto refusal = co_await send_change(what);
  if (refusal && refusal->bad_parameter) {
    what.form.front().first = "url";
    refusal = co_await send_change(std::move(what));
  }
  if (!refusal) co_return Result<void>{};
  co_return std::unexpected(std::move(refusal->error));
}

}  // namespace wardroom::cms
