#include "features/space_sync/run_rows.hpp"

#include <fmt/format.h>

namespace wardroom::space_sync {
using nlohmann::ordered_json;
using store::Row;
using store::Sql;
using store::Value;

namespace {

constexpr std::string_view run_columns =
    "id, job, space, title, kind, cause, state, asked_by, people, members, to_add, to_remove, "
    "added,"
    " removed, already, spared, failed, skipped, calls, digest, rules, hold, error,"
    " approved_removals, undoes, began_ms, planned_ms, expires_ms, ended_ms";

constexpr std::size_t kStepColumns = 12;
constexpr std::size_t kRowsAStatement = 50;

[[noreturn]] void damaged(std::string_view what, std::string_view found) {
  throw store::StoreError(Error{ErrorKind::malformed,
                                fmt::format("the store holds {} that is none: '{}'", what, found)});
}

template <class T>
T known(std::optional<T> word, std::string_view what, std::string const& found) {
  if (!word) damaged(what, found);
  return *word;
}

Value moment(std::optional<Instant> at) { return at ? Value(unix_ms(*at)) : Value(); }
std::optional<Instant> moment(Row const& row, std::size_t column) {
  if (row.is_null(column)) return std::nullopt;
  return from_unix_ms(row.integer(column));
}
Value text(std::string_view word) { return std::string(word); }

std::vector<Value> values_of(Run const& run) {
  auto const& c = run.counts;
  return {run.id,
          run.job,
          run.space,
          run.title,
          text(name(run.kind)),
          text(name(run.cause)),
          text(name(run.state)),
          run.by,
          c.people,
          c.members,
          c.to_add,
          c.to_remove,
          c.added,
          c.removed,
          c.already,
          c.spared,
          c.failed,
          c.skipped,
          c.calls,
          run.digest,
          run.rules,
          run.hold,
          run.error,
          run.approved_removals,
          run.undoes,
          unix_ms(run.began),
          moment(run.planned),
          moment(run.expires),
          moment(run.ended)};
}

Run run_from(Row const& row) {
  Run run;
  run.id = row.integer(0);
  run.job = row.text(1);
  run.space = row.text(2);
  run.title = row.text(3);
  run.kind = known(parse_run_kind(row.text(4)), "a kind of run", row.text(4));
  run.cause = known(parse_run_cause(row.text(5)), "a cause of a run", row.text(5));
  run.state = known(parse_run_state(row.text(6)), "a state of a run", row.text(6));
  run.by = row.text(7);
  std::size_t column = 8;
  auto& c = run.counts;
  for (auto* const count : {&c.people, &c.members, &c.to_add, &c.to_remove, &c.added, &c.removed,
                            &c.already, &c.spared, &c.failed, &c.skipped, &c.calls})
    *count = row.integer(column++);
  for (auto* const words : {&run.digest, &run.rules, &run.hold, &run.error})
    *words = row.text(column++);
  run.approved_removals = row.integer(column++);
  run.undoes = row.integer(column++);
  run.began = from_unix_ms(row.integer(column++));
  for (auto* const at : {&run.planned, &run.expires, &run.ended}) *at = moment(row, column++);
  return run;
}

/// "$1, $2, $3"
std::string places(std::size_t count, std::size_t after = 0) {
  std::string out;
  for (std::size_t i = 1; i <= count; ++i)
    out += fmt::format("{}${}", i > 1 ? ", " : "", after + i);
  return out;
}

std::string update_statement() {
  std::string sets;
  std::size_t place = 1;
  for (auto rest = run_columns; !rest.empty(); ++place) {
    auto const end = rest.find(", ");
    auto const column = rest.substr(0, end);
    if (place > 1) sets += fmt::format("{}{} = ${}", sets.empty() ? "" : ", ", column, place);
    rest = end == rest.npos ? std::string_view() : rest.substr(end + 2);
  }
  return "UPDATE space_sync_run SET " + sets + " WHERE id = $1";
}

/// For so many steps.
std::string insert_statement(std::size_t rows) {
  std::string out =
      "INSERT INTO space_sync_step (run, number, act, person, target, name, email, why, state,"
      " outcome, membership, at_ms) VALUES ";
  for (std::size_t row = 0; row < rows; ++row)
    out += fmt::format("{}({})", row > 0 ? ", " : "", places(kStepColumns, row * kStepColumns));
  return out;
}

void append_values(std::vector<Value>& out, RunId run, Step const& step) {
  auto const& c = step.change;
  for (auto& value :
       {Value(run), Value(step.number), text(name(c.act)), Value(c.person.text()), Value(c.target),
        Value(c.name), Value(c.email), Value(c.why), text(name(step.state)), Value(step.outcome),
        Value(step.membership), moment(step.at)})
    out.push_back(value);
}

std::string dump(ordered_json const& body) {
  return body.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

void insert_run(Sql& sql, Run const& run) {
  static auto const values = places(29);
  sql.run(fmt::format("INSERT INTO space_sync_run ({}) VALUES ({})", run_columns, values),
          values_of(run));
}

bool update_run(Sql& sql, Run const& run) {
  static auto const statement = update_statement();
  return sql.run(statement, values_of(run)) > 0;
}

std::vector<Run> select_runs(Sql& sql, std::string const& rest, std::vector<Value> values) {
  std::vector<Run> out;
  sql.query(fmt::format("SELECT {} FROM space_sync_run {}", run_columns, rest), values,
            [&](Row const& row) { out.push_back(run_from(row)); });
  return out;
}

void insert_steps(Sql& sql, RunId run, std::span<Step const> steps) {
  static auto const several = insert_statement(kRowsAStatement);
  static auto const single = insert_statement(1);
  while (!steps.empty()) {
    auto const count = steps.size() < kRowsAStatement ? 1 : kRowsAStatement;
    std::vector<Value> values;
    values.reserve(count * kStepColumns);
    for (auto const& step : steps.first(count)) append_values(values, run, step);
    sql.run(count == 1 ? single : several, values);
    steps = steps.subspan(count);
  }
}

Step step_from(Row const& row) {
  auto const& act = row.text(1);
  if (act != name(Act::add) && act != name(Act::remove)) damaged("a change", act);
  return {.number = row.integer(0),
          .change = {.act = act == name(Act::add) ? Act::add : Act::remove,
                     .person = uuid_from(row.text(2)),
                     .target = row.text(3),
                     .name = row.text(4),
                     .email = row.text(5),
                     .why = row.text(6)},
          .state = known(parse_step_state(row.text(7)), "a state of a step", row.text(7)),
          .outcome = row.text(8),
          .membership = row.text(9),
          .at = moment(row, 10)};
}

void insert_spared(Sql& sql, RunId run, std::int64_t number, SparedPerson const& spared) {
  sql.run(
      "INSERT INTO space_sync_spared (run, number, person, name, email, why, rule)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7)",
      {run, number, spared.person.text(), spared.name, spared.email, text(name(spared.why)),
       spared.rule});
}

SparedPerson spared_from(Row const& row) {
  auto const& found = row.text(3);
  for (auto const why : all_spared)
    if (name(why) == found)
      return {.person = uuid_from(row.text(0)),
              .name = row.text(1),
              .email = row.text(2),
              .why = why,
              .rule = row.text(4)};
  damaged("a reason to spare somebody", found);
}

Uuid uuid_from(std::string const& text) { return known(Uuid::parse(text), "an id", text); }

store::JournalEntry entry_of(Run const& run, Instant now) {
  ordered_json body{{"job", run.job},
                    {"run", run.id},
                    {"what", "run"},
                    {"state", name(run.state)},
                    {"cause", name(run.cause)}};
  if (run.undoes != 0) body["undoes"] = run.undoes;
  if (run.approved_removals >= 0) body["approved_removals"] = run.approved_removals;
  if (!run.by.empty()) body["by"] = run.by;
  auto const& c = run.counts;
  if (run.state != RunState::reading) {
    body["people"] = c.people;
    body["members"] = c.members;
    body["to_add"] = c.to_add;
    body["to_remove"] = c.to_remove;
    body["added"] = c.added;
    body["removed"] = c.removed;
    body["already"] = c.already;
    body["spared"] = c.spared;
    body["failed"] = c.failed;
    body["skipped"] = c.skipped;
  }
  if (!run.hold.empty()) body["hold"] = run.hold;
  if (!run.error.empty()) body["sentence"] = run.error;
  return {.at = now, .kind = "sync", .body = dump(body)};
}

store::JournalEntry entry_of_pause(std::string_view job, JobMemory const& memory, Instant now) {
  ordered_json body{{"job", job}, {"what", memory.paused ? "paused" : "resumed"}};
  if (!memory.pause_reason.empty()) body["reason"] = memory.pause_reason;
  if (!memory.paused_by.empty()) body["by"] = memory.paused_by;
  return {.at = now, .kind = "sync", .body = dump(body)};
}

}  // namespace wardroom::space_sync
