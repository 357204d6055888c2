#include "store/store_move.hpp"

#include "store/change_capture.hpp"
#include "store/empty_store.hpp"
#include "store/failpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <random>

namespace wardroom::store {
namespace {

[[maybe_unused]] StoreError injected() {
  return StoreError(Error{ErrorKind::unavailable, "an I/O error was injected"});
}

[[noreturn]] void conflict(std::string what) {
  throw TargetInUse(Error{ErrorKind::conflict, std::move(what)});
}

/// The row with this key; empty when there is none.
class RowReader {
 public:
  RowReader(Sql& sql, Table const& table) : sql_(sql) {
    std::vector<std::string> names, match;
    for (auto const& column : table.columns) names.push_back(sql_name(column.name));
    for (std::size_t i = 0; i < table.key.size(); ++i)
      match.push_back(fmt::format("{} = ${}", sql_name(table.columns[table.key[i]].name), i + 1));
    auto const where =
        fmt::format("FROM {} WHERE {}", sql_name(table.name), fmt::join(match, " AND "));
    select_ = fmt::format("SELECT {} {}", fmt::join(names, ", "), where);
    remove_ = "DELETE " + where;
  }
  std::optional<std::vector<Value>> get(std::vector<Value> const& key) {
    std::optional<std::vector<Value>> out;
    sql_.query(select_, std::span(key), [&](Row const& row) { out = row.values(); });
    return out;
  }
  void remove(std::vector<Value> const& key) { sql_.run(remove_, std::span(key)); }

 private:
  Sql& sql_;
  std::string select_, remove_;
};

std::vector<RowReader> readers(Sql& sql, std::vector<Table> const& tables) {
  std::vector<RowReader> out;
  out.reserve(tables.size());
  for (auto const& table : tables) out.emplace_back(sql, table);
  return out;
}

}  // namespace

std::string new_move_id() {
  std::random_device dice;
  return fmt::format("{:08x}{:08x}", dice(), dice());
}

StoreMove::StoreMove(StoreSettings from, StoreSettings to, std::vector<Migration> steps,
                     Watch watch)
    : from_(std::move(from)),
      to_(std::move(to)),
      steps_(std::move(steps)),
      watch_(std::move(watch)),
      mark_{new_move_id(), from_.url, {}} {
  report_.from = shown_url(from_.url);
  report_.to = shown_url(to_.url);
}

StoreMove::~StoreMove() = default;

void StoreMove::stop_if_told() {
  if (stopped_)
    throw StoreError(Error{ErrorKind::cancelled, "the move was given up before it was finished"});
}

void StoreMove::interrupt() {
  stopped_ = true;
  std::lock_guard lock(mutex_);
  if (source_) source_->interrupt();
  if (target_) target_->interrupt();
}

void StoreMove::tell(std::string phase, std::string const& table, std::int64_t rows) {
  stop_if_told();
  auto const total = table.empty() && phase != "copy" ? 0 : total_;
  if (watch_) watch_({std::move(phase), table, rows, total});
}

void StoreMove::open(Instant now, bool locked) {
  using Use = StoreSession::Use;
  mark_.at = now;
  auto source = std::make_unique<StoreSession>(from_, locked ? Use::write : Use::read);
  auto target = std::make_unique<StoreSession>(to_, Use::write);
  {
    std::lock_guard lock(mutex_);
    source_ = std::move(source);
    target_ = std::move(target);
  }
  stop_if_told();
  if (locked) {
    auto const all = list_all_tables(source_->sql(), source_->engine());
    if (std::ranges::find(all, "meta") != all.end()) refuse_moved(source_->sql(), from_.password);
    source_->migrate(steps_, now);
    source_->transaction([&] { settle_moves(source_->sql(), source_->engine()); });
  }
  tables_ = list_tables(source_->sql(), source_->engine());
  prepare_target(now);
}

void StoreMove::prepare_target(Instant now) {
  auto& sql = target_->sql();
  auto const there = list_all_tables(sql, target_->engine());
  if (std::ranges::find(there, "meta") != there.end()) {
    if (auto const mark = moved_mark(sql))
      conflict(fmt::format("{} is a store that was moved to {}; empty it first", target_->address(),
                           shown_url(mark->other)));
    auto const copied = copy_mark(sql);
    if (copied && copied->mark.other != from_.url)
      conflict(fmt::format("{} holds an unfinished copy of another store, {}; empty it first",
                           target_->address(), shown_url(copied->mark.other)));
    if (auto const table = copied ? std::string() : table_with_rows(*target_); !table.empty())
      conflict(
          fmt::format("{} is not empty: its table {} holds rows; name a database (or a file) "
                      "that holds nothing",
                      target_->address(), table));
    drop_all_tables(*target_);
  } else if (!there.empty()) {
    conflict(
        fmt::format("{} is not empty: it holds the table {}; name a database (or a file) "
                    "that holds nothing",
                    target_->address(), there.front()));
  }
  target_->migrate(steps_, now);
  target_->transaction([&] { set_copy(sql, {mark_, CopyState::copying}); });
  expect_same_tables(tables_, list_tables(sql, target_->engine()));
}

void StoreMove::in_snapshot(std::function<void()> const& work) {
  source_->begin_snapshot();
  try {
    work();
  } catch (...) {
    try {
      source_->end();
    } catch (StoreError const&) {
      // The session is over; the snapshot with it.
    }
    throw;
  }
  source_->end();
}

void StoreMove::copy(bool captured) {
  in_snapshot([&] {
    auto& from = source_->sql();
    if (captured) caught_up_to_ = last_change(from);
    total_ = 0;
    for (auto const& table : tables_) total_ += count_rows(from, table);
    tell("copy");
    copy_tables(
        from, target_->sql(), tables_,
        [&](std::function<void()> const& work) { target_->transaction(work); },
        [&](std::string const& table, std::int64_t rows) {
          if (WARDROOM_FAILPOINT("move.copying")) throw injected();
          tell("copy", table, rows);
        });
  });
}

/// First every changed row goes, then those that are still there come back: in between no two rows
/// can claim the same unique value.
void StoreMove::apply(std::int64_t upto) {
  auto& from = source_->sql();
  auto& to = target_->sql();
  auto here = readers(from, tables_), there = readers(to, tables_);
  target_->transaction([&] {
    changed_rows(from, tables_, caught_up_to_, upto, [&](std::vector<ChangedRow> const& rows) {
      for (auto const& [table, key] : rows)
        if (!is_own_row(tables_[table], key)) there[table].remove(key);
    });
    changed_rows(from, tables_, caught_up_to_, upto, [&](std::vector<ChangedRow> const& rows) {
      std::map<std::size_t, std::vector<std::vector<Value>>> pages;
      for (auto const& [table, key] : rows) {
        if (is_own_row(tables_[table], key)) continue;
        if (auto row = here[table].get(key)) pages[table].push_back(std::move(*row));
      }
      for (auto const& [table, page] : pages) RowInserter(to, tables_[table], true).add(page);
      report_.caught_up += static_cast<std::int64_t>(rows.size());
      stop_if_told();
    });
  });
}

void StoreMove::apply_new() {
  auto const upto = last_change(source_->sql());
  if (upto > caught_up_to_) apply(upto);
  caught_up_to_ = upto;
}

std::int64_t StoreMove::catch_up() {
  auto const before = report_.caught_up;
  in_snapshot([&] { apply_new(); });
  tell("catch up", {}, report_.caught_up);
  return report_.caught_up - before;
}

void StoreMove::compare(bool captured) {
  in_snapshot([&] {
    if (captured) apply_new();
    report_.tables = compare_tables(
        source_->sql(), target_->sql(), tables_,
        [&](std::string const& table, std::int64_t rows) { tell("compare", table, rows); });
  });
}

void StoreMove::check_counts(std::vector<TableCount> const& expected) {
  for (auto const& count : expected) {
    auto const table = std::ranges::find(tables_, count.table, &Table::name);
    auto const rows = count_rows(target_->sql(), *table);
    if (rows != count.rows)
      throw StoreError(Error{
          ErrorKind::internal,
          fmt::format("the table {} has {} rows, but {} arrived", count.table, count.rows, rows)});
  }
}

/// What changed last, read back row by row.
void StoreMove::check_rows_since(std::int64_t seq) {
  auto here = readers(source_->sql(), tables_), there = readers(target_->sql(), tables_);
  changed_rows(
      source_->sql(), tables_, seq, caught_up_to_, [&](std::vector<ChangedRow> const& rows) {
        for (auto const& row : rows)
          if (!is_own_row(tables_[row.table], row.key) &&
              here[row.table].get(row.key) != there[row.table].get(row.key))
            throw StoreError(Error{ErrorKind::internal,
                                   fmt::format("a row of the table {} does not arrive as it was",
                                               tables_[row.table].name)});
      });
}

void StoreMove::finish(bool captured) {
  auto const before = caught_up_to_;
  if (captured) catch_up();
  tell("finish");
  in_snapshot([&] {
    std::vector<TableCount> counts;
    for (auto const& table : tables_)
      counts.push_back({table.name, count_rows(source_->sql(), table), {}});
    check_counts(counts);
    if (captured) check_rows_since(before);
    for (auto& count : counts) {
      auto const compared = std::ranges::find(report_.tables, count.table, &TableCount::table);
      if (compared != report_.tables.end() && compared->rows == count.rows)
        count.digest = compared->digest;
      report_.rows += count.rows;
    }
    report_.tables = std::move(counts);
  });
  if (WARDROOM_FAILPOINT("move.before_ready")) throw injected();
  target_->transaction([&] {
    if (target_->engine() == Engine::postgres) set_sequences(target_->sql(), tables_);
    set_copy(target_->sql(), {mark_, CopyState::ready});
  });
  abandon();
  if (WARDROOM_FAILPOINT("move.ready")) throw injected();
}

void StoreMove::abandon() {
  std::lock_guard lock(mutex_);
  source_.reset();
  target_.reset();
}

}  // namespace wardroom::store
