#include "features/security_notices/security_rows.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace wardroom::security_notices {
using store::Row;
using store::Sql;
using store::Value;

namespace {

constexpr std::size_t kRowsAStatement = 16;
constexpr std::size_t kMostOfAKey = 200;
constexpr std::string_view conference_columns = "id, name, space, began_ms, ended_ms, highest";
constexpr std::string_view stay_columns =
    "bridge, leg, began_ms, conference, call, name, address, domain, level, why, machine, ended_ms,"
    " end_reason";

Value moment(std::optional<Instant> at) { return at ? Value(unix_ms(*at)) : Value(); }
std::optional<Instant> moment(Row const& row, std::size_t column) {
  if (row.is_null(column)) return std::nullopt;
  return from_unix_ms(row.integer(column));
}

Value whole(SecurityLevel level) { return std::int64_t{number(level)}; }
/// What cannot be is read as the least trusted.
SecurityLevel level_from(std::int64_t found) {
  return found >= 0 && found <= 3 ? static_cast<SecurityLevel>(found) : SecurityLevel::external;
}

std::string insert_statement(std::string_view table, std::string_view columns,
                             std::size_t columns_a_row, std::size_t rows,
                             std::string_view conflict) {
  auto out = fmt::format("INSERT INTO {} ({}) VALUES ", table, columns);
  for (std::size_t place = 1, row = 0; row < rows; ++row) {
    out += row > 0 ? ", (" : "(";
    for (std::size_t column = 0; column < columns_a_row; ++column, ++place)
      out += fmt::format("{}${}", column > 0 ? ", " : "", place);
    out += ")";
  }
  return out + " " + std::string(conflict);
}

void append(std::vector<Value>& out, ConferenceRow const& row) {
  for (auto& value : {Value(row.id), Value(row.name), Value(row.space), Value(unix_ms(row.began)),
                      moment(row.ended), whole(row.highest)})
    out.push_back(value);
}

void append(std::vector<Value>& out, StayRow const& row) {
  for (auto& value :
       {Value(row.bridge), Value(row.leg), Value(unix_ms(row.began)), Value(row.conference),
        Value(row.call), Value(row.name), Value(row.address), Value(row.domain), whole(row.level),
        Value(row.why), Value(row.machine), moment(row.ended), Value(row.end_reason)})
    out.push_back(value);
}

/// Many rows a statement where there are many; both texts stay prepared.
template <class T>
void put_all(Sql& sql, std::span<T const> rows, std::string const& several,
             std::string const& single) {
  while (!rows.empty()) {
    auto const count = rows.size() < kRowsAStatement ? 1 : kRowsAStatement;
    std::vector<Value> values;
    values.reserve(count * 13);
    for (auto const& row : rows.first(count)) append(values, row);
    sql.run(count == 1 ? single : several, values);
    rows = rows.subspan(count);
  }
}

std::string joined(std::vector<std::int64_t> const& numbers) {
  return fmt::format("{}", fmt::join(numbers, ","));
}

[[noreturn]] void damaged_mark() {
  throw store::StoreError(
      Error{ErrorKind::malformed, "the store holds a damaged mark of a meeting server"});
}

/// [["session", highest], …]
std::string text_of(std::vector<OverSession> const& sessions) {
  auto out = nlohmann::json::array();
  for (auto const& one : sessions) out.push_back({one.session, one.highest});
  return out.dump();
}

std::vector<OverSession> sessions_of(std::string const& text) {
  auto const all = nlohmann::json::parse(text, nullptr, false);
  if (!all.is_array()) damaged_mark();
  std::vector<OverSession> out;
  for (auto const& one : all) {
    if (!one.is_array() || one.size() != 2 || !one[0].is_string() || !one[1].is_number_integer())
      damaged_mark();
    out.push_back({one[0].get<std::string>(), one[1].get<std::int64_t>()});
  }
  return out;
}

std::vector<std::int64_t> numbers_of(std::string_view text) {
  std::vector<std::int64_t> out;
  while (!text.empty()) {
    std::int64_t n = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error != std::errc{}) damaged_mark();
    out.push_back(n);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty()) text.remove_prefix(1);
  }
  return out;
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Not longer than `most`, cut between two characters.
void cut(std::string& text, std::size_t most) {
  if (text.size() <= most) return;
  while (most > 0 && is_continuation(text[most])) --most;
  text.resize(most);
}

}  // namespace

std::string storable(std::string text, std::size_t most) {
  std::ranges::replace(text, '\0', ' ');
  if (!is_valid_utf8(text))
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  cut(text, most);
  return text;
}

std::string storable_key(std::string text) {
  constexpr std::size_t kept = 100;
  bool const fits = text.size() <= kMostOfAKey && is_valid_utf8(text) && !text.contains('\0');
  if (fits) return text;
  auto const digest = to_hex(sha256(text)).substr(0, 32);
  return storable(std::move(text), kept) + "#" + digest;
}

void put_conferences(Sql& sql, std::span<ConferenceRow const> rows) {
  constexpr std::string_view conflict =
      "ON CONFLICT (id) DO UPDATE SET name = excluded.name, space = excluded.space,"
      " began_ms = excluded.began_ms, ended_ms = excluded.ended_ms, highest = excluded.highest";
  static auto const several =
      insert_statement("security_conference", conference_columns, 6, kRowsAStatement, conflict);
  static auto const single =
      insert_statement("security_conference", conference_columns, 6, 1, conflict);
  put_all(sql, rows, several, single);
}

void put_stays(Sql& sql, std::span<StayRow const> rows) {
  constexpr std::string_view conflict =
      "ON CONFLICT (bridge, leg, began_ms) DO UPDATE SET conference = excluded.conference,"
      " call = excluded.call, name = excluded.name, address = excluded.address,"
      " domain = excluded.domain, level = excluded.level, why = excluded.why,"
      " machine = excluded.machine, ended_ms = excluded.ended_ms,"
      " end_reason = excluded.end_reason";
  static auto const several =
      insert_statement("security_stay", stay_columns, 13, kRowsAStatement, conflict);
  static auto const single = insert_statement("security_stay", stay_columns, 13, 1, conflict);
  put_all(sql, rows, several, single);
}

void put_mark(Sql& sql, std::string const& bridge, OrderMark const& mark) {
  sql.run(
      "INSERT INTO security_mark (bridge, session, highest, missing, over_sessions, since_ms)"
      " VALUES ($1, $2, $3, $4, $5, $6)"
      " ON CONFLICT (bridge) DO UPDATE SET session = excluded.session,"
      " highest = excluded.highest, missing = excluded.missing,"
      " over_sessions = excluded.over_sessions, since_ms = excluded.since_ms",
      {bridge, mark.session, mark.highest, joined(mark.missing), text_of(mark.over),
       moment(mark.since)});
}

void put_level(Sql& sql, LevelRow& row) {
  row.seq = sql.one("SELECT COALESCE(MAX(seq), 0) FROM security_level")->integer(0) + 1;
  sql.run(
      "INSERT INTO security_level (seq, conference, at_ms, level, cause, shown_ms, trouble)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7)",
      {row.seq, row.conference, unix_ms(row.at), whole(row.level), row.cause, moment(row.shown),
       row.trouble});
}

std::int64_t find_level(Sql& sql, LevelRow const& row) {
  auto const found = sql.one(
      "SELECT seq FROM security_level WHERE conference = $1 AND at_ms = $2 AND level = $3"
      " AND cause = $4 ORDER BY seq DESC LIMIT 1",
      {row.conference, unix_ms(row.at), whole(row.level), row.cause});
  return found ? found->integer(0) : 0;
}

void put_shown(Sql& sql, std::int64_t seq, std::optional<Instant> at, std::string const& trouble) {
  sql.run("UPDATE security_level SET shown_ms = $2, trouble = $3 WHERE seq = $1",
          {seq, moment(at), trouble});
}

std::vector<ConferenceRow> select_conferences(Sql& sql, std::string_view rest,
                                              std::span<Value const> values) {
  std::vector<ConferenceRow> out;
  sql.query(fmt::format("SELECT {} FROM security_conference {}", conference_columns, rest), values,
            [&](Row const& row) {
              out.push_back({.id = row.text(0),
                             .name = row.text(1),
                             .space = row.text(2),
                             .began = from_unix_ms(row.integer(3)),
                             .ended = moment(row, 4),
                             .highest = level_from(row.integer(5))});
            });
  return out;
}

std::vector<StayRow> select_stays(Sql& sql, std::string_view rest, std::span<Value const> values) {
  std::vector<StayRow> out;
  sql.query(fmt::format("SELECT {} FROM security_stay {}", stay_columns, rest), values,
            [&](Row const& row) {
              out.push_back({.bridge = row.text(0),
                             .leg = row.text(1),
                             .began = from_unix_ms(row.integer(2)),
                             .conference = row.text(3),
                             .call = row.text(4),
                             .name = row.text(5),
                             .address = row.text(6),
                             .domain = row.text(7),
                             .level = level_from(row.integer(8)),
                             .why = row.text(9),
                             .machine = row.text(10),
                             .ended = moment(row, 11),
                             .end_reason = row.text(12)});
            });
  return out;
}

std::vector<LevelRow> select_levels(Sql& sql, std::string_view rest,
                                    std::span<Value const> values) {
  std::vector<LevelRow> out;
  sql.query(
      fmt::format(
          "SELECT seq, conference, at_ms, level, cause, shown_ms, trouble FROM security_level {}",
          rest),
      values, [&](Row const& row) {
        out.push_back({.seq = row.integer(0),
                       .conference = row.text(1),
                       .at = from_unix_ms(row.integer(2)),
                       .level = level_from(row.integer(3)),
                       .cause = row.text(4),
                       .shown = moment(row, 5),
                       .trouble = row.text(6)});
      });
  return out;
}

std::map<std::string, OrderMark> select_marks(Sql& sql) {
  std::map<std::string, OrderMark> out;
  sql.query("SELECT bridge, session, highest, missing, over_sessions, since_ms FROM security_mark",
            {}, [&](Row const& row) {
              out[row.text(0)] = {.session = row.text(1),
                                  .highest = row.integer(2),
                                  .missing = numbers_of(row.text(3)),
                                  .over = sessions_of(row.text(4)),
                                  .since = moment(row, 5)};
            });
  return out;
}

}  // namespace wardroom::security_notices
