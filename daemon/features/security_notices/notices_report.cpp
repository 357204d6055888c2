#include "features/security_notices/notices_report.hpp"

#include "base/time_text.hpp"
#include "config/point.hpp"
#include "features/security_notices/notices_web.hpp"
#include "features/security_notices/security_notices_csv.hpp"

#include <fmt/format.h>

namespace wardroom::security_notices {
namespace {

constexpr std::size_t kConferencesAPage = 200;
/// What may wait for a reader who is slower than the store.
constexpr std::size_t kMostWaiting = 512 * 1024;
constexpr auto kLookAgain = std::chrono::milliseconds(20);

Result<std::optional<Instant>> moment_of(http::QueryPairs const& query, std::string_view name,
                                         Instant now) {
  auto const text = http::find(query, name).value_or("");
  if (text.empty()) return std::optional<Instant>();
  auto const point = config::parse_point(text, now);
  if (!point || !std::holds_alternative<Instant>(*point))
    return failure(ErrorKind::malformed,
                   fmt::format("'{}' is no moment; write {} as 2026-11-22T14:30Z (UTC), 2h or 1d",
                               std::string_view(text).substr(0, 60), name));
  return std::optional(std::get<Instant>(*point));
}

Result<ReportFilter> filter_of(http::ServerRequest const& request, Instant now) {
  auto const query = http::parse_query(request.query);
  if (!query) return failure(ErrorKind::malformed, "the query has a broken %-escape");
  auto const since = moment_of(*query, "since", now);
  if (!since) return std::unexpected(since.error());
  auto const until = moment_of(*query, "until", now);
  if (!until) return std::unexpected(until.error());
  ReportFilter filter{.since = *since, .until = *until, .limit = kConferencesAPage};
  return filter;
}

http::Response head_of(Instant now) {
  http::Response head;
  head.headers.add("Content-Type", "text/csv; charset=utf-8; header=present");
  head.headers.add("Content-Disposition",
                   fmt::format("attachment; filename=\"wardroom-conferences-{}.csv\"",
                               iso_text(now).substr(0, 10)));
  head.headers.add("Cache-Control", "no-store");
  return head;
}

Task<Result<void>> tell_audit(SecurityNotices& feature, http::Caller caller, ReportFilter filter) {
  auto* const audit = feature.ports().audit;
  if (audit == nullptr) co_return Result<void>{};
  nlohmann::ordered_json asked{{"format", "csv"}};
  if (filter.since) asked["since"] = iso_text(*filter.since);
  if (filter.until) asked["until"] = iso_text(*filter.until);
  co_return co_await audit->web_first(std::move(caller), "conferences exported",
                                      {.object = "conferences", .after = asked.dump()});
}

using Report = SecurityNoticesStore::Report;

/// Put together on a helper: a page may have thousands of lines.
Task<std::string> lines_of(SecurityNotices& feature, std::shared_ptr<Report const> page) {
  co_return co_await feature.ports().helpers.run([page] { return report_csv(*page); });
}

void write(http::ResponseStream& stream, std::string text) {
  if (!text.empty()) stream.write(std::make_shared<std::string const>(std::move(text)));
}

Task<void> pour(SecurityNotices& feature, ReportFilter filter, std::string session,
                std::shared_ptr<http::ResponseStream> stream, std::shared_ptr<Report const> page) {
  write(*stream, std::string(report_csv_head()));
  for (;;) {
    write(*stream, co_await lines_of(feature, page));
    if (!page->more || page->conferences.empty()) break;
    filter.after_began = page->conferences.back().began;
    filter.after_id = page->conferences.back().id;
    while (stream->open() && stream->backlog() > kMostWaiting)
      co_await feature.ports().clock.sleep_for(kLookAgain);
    if (!stream->open() || !feature.admitted(session)) break;
    auto next = co_await feature.store().report(filter);
    if (!next) {
      write(*stream, report_csv_error(next.error()));
      break;
    }
    page = std::make_shared<Report const>(std::move(*next));
  }
  stream->close();
}

Task<void> report(SecurityNotices& feature, ReportFilter filter, http::Caller caller,
                  std::shared_ptr<http::Responder> responder) {
  if (auto const told = co_await tell_audit(feature, caller, filter); !told)
    co_return responder->send(notices_refusal(told.error(), "mend the store and try again"));
  auto first = co_await feature.store().report(filter);
  if (!first) co_return responder->send(notices_refusal(first.error()));
  auto page = std::make_shared<Report const>(std::move(*first));
  auto stream = responder->stream(head_of(feature.ports().clock.now()));
  co_await pour(feature, std::move(filter), caller.session, std::move(stream), std::move(page));
}

}  // namespace

void send_report(SecurityNotices& feature, http::ServerRequest& request,
                 http::Responder responder) {
  auto filter = filter_of(request, feature.ports().clock.now());
  if (!filter) return responder.send(notices_refusal(filter.error()));
  auto const shared = std::make_shared<http::Responder>(std::move(responder));
  feature.tasks().spawn("a report of conferences",
                        [&feature, filter = std::move(*filter), caller = request.caller, shared] {
                          return report(feature, filter, caller, shared);
                        });
}

}  // namespace wardroom::security_notices
