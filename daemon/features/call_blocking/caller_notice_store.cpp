#include "features/call_blocking/caller_notice_store.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <charconv>

namespace wardroom::call_blocking {
namespace {

/// "1795356000000 1795359600000"
std::string moments_text(std::vector<Instant> const& moments) {
  std::vector<std::int64_t> out;
  for (auto const one : moments) out.push_back(unix_ms(one));
  return fmt::format("{}", fmt::join(out, " "));
}

std::vector<Instant> moments_from(std::string_view text) {
  std::vector<Instant> out;
  for (auto const* at = text.data(); at < text.data() + text.size();) {
    std::int64_t ms = 0;
    auto const [end, error] = std::from_chars(at, text.data() + text.size(), ms);
    if (error != std::errc{})
      throw store::StoreError(
          Error{ErrorKind::malformed, "the store holds a list of moments that is none"});
    out.push_back(from_unix_ms(ms));
    at = end + 1;
  }
  return out;
}

NoticeRow read_row(store::Row const& row) {
  auto const reason = parse_reason(row.text(3));
  auto const told = parse_told(row.text(5));
  if (!reason || !told)
    throw store::StoreError(
        Error{ErrorKind::malformed,
              fmt::format("the store holds a notice of a kind that is unknown: '{}', '{}'",
                          row.text(3), row.text(5))});
  return {.person = static_cast<PersonNo>(row.integer(0)),
          .episode = {.since = from_unix_ms(row.integer(1)),
                      .last = from_unix_ms(row.integer(2)),
                      .reason = *reason,
                      .words = row.text(4),
                      .told = *told,
                      .told_at = from_unix_ms(row.integer(6)),
                      .attempts = static_cast<int>(row.integer(7)),
                      .detail = row.text(8),
                      .over = row.integer(9) != 0},
          .messages = moments_from(row.text(10))};
}

}  // namespace

std::vector<NoticeRow> notice_rows(store::Sql& sql) {
  std::vector<NoticeRow> out;
  sql.query(
      "SELECT person_no, since_ms, last_ms, reason, words, told, told_ms, attempts, detail, ended,"
      " messages FROM caller_notice ORDER BY since_ms, person_no",
      {}, [&](store::Row const& row) { out.push_back(read_row(row)); });
  return out;
}

void put_notice(store::Sql& sql, NoticeRow const& row) {
  auto const& e = row.episode;
  sql.run(
      "INSERT INTO caller_notice (person_no, since_ms, last_ms, reason, words, told, told_ms,"
      " attempts, detail, ended, messages) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
      " ON CONFLICT (person_no) DO UPDATE SET since_ms = excluded.since_ms,"
      " last_ms = excluded.last_ms, reason = excluded.reason, words = excluded.words,"
      " told = excluded.told, told_ms = excluded.told_ms, attempts = excluded.attempts,"
      " detail = excluded.detail, ended = excluded.ended, messages = excluded.messages",
      {std::int64_t{row.person}, unix_ms(e.since), unix_ms(e.last), std::string(name(e.reason)),
       e.words, std::string(name(e.told)), unix_ms(e.told_at), std::int64_t{e.attempts}, e.detail,
       std::int64_t{e.over}, moments_text(row.messages)});
}

void drop_notice(store::Sql& sql, PersonNo person) {
  sql.run("DELETE FROM caller_notice WHERE person_no = $1", {std::int64_t{person}});
}

store::JournalEntry notice_entry(NoticeRow const& row, Instant now) {
  auto const& e = row.episode;
  nlohmann::ordered_json const body{{"told", name(e.told)},
                                    {"reason", name(e.reason)},
                                    {"attempts", e.attempts},
                                    {"detail", e.detail}};
  return {.seq = 0,
          .at = now,
          .kind = "notice",
          .person_no = row.person,
          .body = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)};
}

}  // namespace wardroom::call_blocking
