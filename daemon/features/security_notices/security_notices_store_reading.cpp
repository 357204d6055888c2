// What reports, starts and retention read of the store.
#include "features/security_notices/security_notices_store.hpp"
#include "features/security_notices/security_rows.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::security_notices {
using store::Sql;
using store::Value;

namespace {

/// An answer's stays and levels: about 10 MB at most.
constexpr std::size_t kMostRows = 20'000;
constexpr std::int64_t kRowsAUnit = 1'000;

/// WHERE and ORDER BY of a report, one more than the limit.
struct Wanted {
  std::string rest;
  std::vector<Value> values;

  void want(std::string_view condition, Value value) {
    values.push_back(std::move(value));
    rest += rest.empty() ? "WHERE " : " AND ";
    rest += fmt::format(fmt::runtime(condition), values.size());
  }
};

Wanted wanted(ReportFilter const& filter) {
  Wanted out;
  if (filter.until) out.want("began_ms < ${}", unix_ms(*filter.until));
  if (filter.since) out.want("(ended_ms IS NULL OR ended_ms >= ${})", unix_ms(*filter.since));
  if (filter.least_level > 0) out.want("highest >= ${}", std::int64_t{filter.least_level});
  if (!filter.conference.empty()) out.want("substr(id, 1, length(${0})) = ${0}", filter.conference);
  if (filter.after_began) {
    auto const began = unix_ms(*filter.after_began);
    out.want("(began_ms > ${0} OR (began_ms = ${0} AND id > ", began);
    out.values.emplace_back(filter.after_id);
    out.rest += fmt::format("${}))", out.values.size());
  }
  out.values.emplace_back(static_cast<std::int64_t>(filter.limit) + 1);
  out.rest += fmt::format(" ORDER BY began_ms, id LIMIT ${}", out.values.size());
  return out;
}

SecurityNoticesStore::Report read_report(Sql& sql, ReportFilter const& filter) {
  SecurityNoticesStore::Report out;
  auto const which = wanted(filter);
  auto found = select_conferences(sql, which.rest, which.values);
  for (auto& conference : found) {
    if (out.conferences.size() == filter.limit || out.stays.size() + out.levels.size() >= kMostRows)
      break;
    Value const id[] = {conference.id};
    std::ranges::move(select_stays(sql, "WHERE conference = $1 ORDER BY began_ms, bridge, leg", id),
                      std::back_inserter(out.stays));
    std::ranges::move(select_levels(sql, "WHERE conference = $1 ORDER BY seq", id),
                      std::back_inserter(out.levels));
    out.conferences.push_back(std::move(conference));
  }
  out.more = found.size() > out.conferences.size();
  return out;
}

/// Statements of retention take the cutoff and a number of rows. Levels and conferences go after
/// the stays; the newest level stays, so that no seq comes twice.
constexpr std::string_view forget_stays =
    "DELETE FROM security_stay WHERE (bridge, leg, began_ms) IN"
    " (SELECT bridge, leg, began_ms FROM security_stay WHERE ended_ms < $1"
    " ORDER BY ended_ms LIMIT $2)";
constexpr std::string_view forget_levels =
    "DELETE FROM security_level WHERE seq IN"
    " (SELECT l.seq FROM security_level l WHERE l.at_ms < $1"
    " AND l.seq < (SELECT MAX(seq) FROM security_level)"
    " AND NOT EXISTS (SELECT 1 FROM security_conference c WHERE c.id = l.conference"
    " AND (c.ended_ms IS NULL OR c.ended_ms >= $1)) ORDER BY l.at_ms LIMIT $2)";
constexpr std::string_view forget_conferences =
    "DELETE FROM security_conference WHERE id IN"
    " (SELECT c.id FROM security_conference c WHERE c.ended_ms < $1"
    " AND NOT EXISTS (SELECT 1 FROM security_stay s WHERE s.conference = c.id)"
    " ORDER BY c.ended_ms LIMIT $2)";

}  // namespace

Task<Result<std::map<std::string, OrderMark>>> SecurityNoticesStore::marks() {
  return database_.read<std::map<std::string, OrderMark>>(select_marks);
}

Task<Result<std::vector<StayRow>>> SecurityNoticesStore::open_stays() {
  return database_.read<std::vector<StayRow>>([](Sql& sql) {
    return select_stays(sql, "WHERE ended_ms IS NULL ORDER BY began_ms, bridge, leg", {});
  });
}

Task<Result<std::vector<ConferenceRow>>> SecurityNoticesStore::open_conferences() {
  return database_.read<std::vector<ConferenceRow>>([](Sql& sql) {
    return select_conferences(sql, "WHERE ended_ms IS NULL ORDER BY began_ms, id", {});
  });
}

Task<Result<SecurityNoticesStore::Report>> SecurityNoticesStore::report(ReportFilter filter) {
  return database_.read<Report>(
      [filter = std::move(filter)](Sql& sql) { return read_report(sql, filter); });
}

Task<Result<std::vector<LevelRow>>> SecurityNoticesStore::levels(std::string conference) {
  return database_.read<std::vector<LevelRow>>(
      [conference = storable_key(std::move(conference))](Sql& sql) {
        Value const id[] = {conference};
        return select_levels(sql, "WHERE conference = $1 ORDER BY seq", id);
      });
}

Task<Result<std::size_t>> SecurityNoticesStore::forget_before(Instant cutoff) {
  std::size_t all = 0;
  for (auto const statement : {forget_stays, forget_levels, forget_conferences}) {
    auto const gone = std::make_shared<std::int64_t>(0);
    do {
      auto const done = co_await database_.write([gone, statement, cutoff](Sql& sql) {
        *gone = sql.run(statement, {unix_ms(cutoff), kRowsAUnit});
      });
      if (!done) co_return std::unexpected(done.error());
      all += static_cast<std::size_t>(*gone);
    } while (*gone == kRowsAUnit);
  }
  co_return all;
}

}  // namespace wardroom::security_notices
