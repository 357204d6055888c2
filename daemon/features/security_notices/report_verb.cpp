// `cms report`: conferences as they began, one line each with everybody who was in it; or CSV.
#include "base/iso_moment.hpp"
#include "base/time_text.hpp"
#include "config/amounts.hpp"
#include "features/security_notices/security_notices_csv.hpp"
#include "features/security_notices/security_notices_json.hpp"
#include "features/security_notices/security_notices_verbs.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::security_notices {
namespace {

using control::VerbCall;
using Stream = std::shared_ptr<http::ResponseStream>;
using Report = SecurityNoticesStore::Report;

constexpr std::size_t kConferencesAPage = 100;
constexpr std::size_t kMostWaiting = 1u << 20;
constexpr Milliseconds kLookAgain{20};
constexpr auto kUnlessGiven = std::chrono::hours(24);
constexpr std::string_view kSchema = "wardroom.cms_report/1";

std::string line_of(Json const& line) {
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write(http::ResponseStream& stream, std::string text) {
  if (!text.empty()) stream.write(std::make_shared<std::string const>(std::move(text)));
}

/// Programs that read CSV know lines of an error by their beginning, too.
void end_with(http::ResponseStream& stream, Error const& why) {
  write(stream, line_of({{"error", {{"code", wardroom::name(why.kind)}, {"message", why.what}}}}));
  stream.close();
}

/// "2h" or "2h ago" is that long ago.
Result<std::optional<Instant>> moment_param(VerbCall const& call, std::string_view param,
                                            Instant now) {
  auto text = call.get(param);
  if (text.empty()) return std::nullopt;
  if (auto const at = parse_iso(text)) return at;
  if (text.ends_with(" ago")) text.remove_suffix(4);
  if (auto const ago = config::parse_duration(text)) return now - *ago;
  return failure(ErrorKind::malformed,
                 fmt::format("--{}: '{}' is no moment; write 2h or 7d (that long ago), 2026-11-22 "
                             "or 2026-11-22T08:00Z",
                             param, call.get(param)));
}

Result<ReportFilter> filter_of(VerbCall const& call, Instant now) {
  ReportFilter out{.conference = std::string(call.get("conference")), .limit = kConferencesAPage};
  auto const since = moment_param(call, "since", now);
  if (!since) return std::unexpected(since.error());
  auto const until = moment_param(call, "until", now);
  if (!until) return std::unexpected(until.error());
  auto const level = level_param(call);
  if (!level) return std::unexpected(level.error());
  out.since = *since;
  out.until = *until;
  out.least_level = *level;
  if (!out.since && out.conference.empty()) out.since = out.until.value_or(now) - kUnlessGiven;
  if (out.since && out.until && *out.until <= *out.since)
    return failure(ErrorKind::malformed,
                   "nothing lies between --since and --until: since must be the earlier one");
  return out;
}

/// Rows of a conference stand together, in the order of the conferences.
template <class T>
std::span<T const> rows_of(std::vector<T> const& all, std::size_t& from, std::string const& id) {
  auto const begin = from;
  while (from < all.size() && all[from].conference == id) ++from;
  return std::span(all).subspan(begin, from - begin);
}

std::string lines_of(Report const& report) {
  std::string out;
  std::size_t stay = 0, level = 0;
  for (auto const& conference : report.conferences) {
    auto const stays = rows_of(report.stays, stay, conference.id);
    auto const levels = rows_of(report.levels, level, conference.id);
    Json line{{"schema", kSchema}};
    line.update(report_json(conference, stays, levels));
    out += line_of(line);
  }
  return out;
}

std::string text_of(Report const& report, bool csv) {
  return csv ? report_csv(report) : lines_of(report);
}

Task<Result<void>> pour(SecurityNotices& feature, VerbCall call, Stream stream) {
  auto filter = filter_of(call, feature.ports().clock.now());
  if (!filter) co_return std::unexpected(filter.error());
  bool const csv = call.flag("csv");
  std::size_t conferences = 0, stays = 0;
  for (bool more = true, first = true; more && stream->open(); first = false) {
    auto report = co_await feature.store().report(*filter);
    if (!report) co_return std::unexpected(report.error());
    if (csv && first) write(*stream, std::string(report_csv_head()));
    conferences += report->conferences.size();
    stays += report->stays.size();
    more = report->more && !report->conferences.empty();
    if (more) {
      filter->after_began = report->conferences.back().began;
      filter->after_id = report->conferences.back().id;
    }
    auto text = co_await feature.ports().helpers.run(
        [report = std::move(*report), csv] { return text_of(report, csv); });
    write(*stream, std::move(text));
    while (stream->open() && stream->backlog() > kMostWaiting)
      co_await feature.ports().clock.sleep_for(kLookAgain);
  }
  call.change->after = Json{{"conferences", conferences}, {"stays", stays}}.dump();
  stream->close();
  co_return Result<void>{};
}

Task<void> answer(SecurityNotices& feature, VerbCall call, Stream stream) {
  call.change->object = "who was in which conference";
  auto const done = co_await pour(feature, call, stream);
  if (!done) end_with(*stream, done.error());
}

}  // namespace

void add_report_verb(control::Verbs& verbs, SecurityNotices& feature) {
  verbs.handle_stream("cms report", [&feature](VerbCall call, Stream stream) {
    feature.tasks().spawn("cms report", [&feature, call = std::move(call), stream] {
      return answer(feature, call, stream);
    });
  });
}

}  // namespace wardroom::security_notices
