/// The store as a port: queued units of writing answered after their commit, and reads beside them.
#pragma once
#include "base/result.hpp"
#include "runtime/task.hpp"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace wardroom::store {

struct Blob {
  std::string bytes;
  bool operator==(Blob const&) const = default;
};
using Value = std::variant<std::monostate, std::int64_t, double, std::string, Blob>;

/// One row; columns by position. Wrong types are a broken invariant and throw.
class Row {
 public:
  explicit Row(std::vector<Value> values) : values_(std::move(values)) {}
  bool is_null(std::size_t column) const;
  std::int64_t integer(std::size_t column) const;
  double real(std::size_t column) const;
  std::string const& text(std::size_t column) const;
  std::string const& blob(std::size_t column) const;
  std::vector<Value> const& values() const { return values_; }

 private:
  std::vector<Value> values_;
};

/// A statement run inside a unit. Used on the writer's or reader's thread only.
/// SQL is the common subset of SQLite and PostgreSQL, parameters are $1, $2 …
/// Errors throw StoreError; a throwing unit is rolled back to its savepoint.
class Sql {
 public:
  virtual ~Sql() = default;
  /// Runs a statement; returns the number of rows changed.
  virtual std::int64_t run(std::string_view sql, std::span<Value const> params) = 0;
  /// Calls `each` per row; rows live during the call only.
  virtual void query(std::string_view sql, std::span<Value const> params,
                     std::function<void(Row const&)> const& each) = 0;

  std::int64_t run(std::string_view sql, std::initializer_list<Value> params = {}) {
    return run(sql, std::span(params.begin(), params.size()));
  }
  void query(std::string_view sql, std::initializer_list<Value> params,
             std::function<void(Row const&)> const& each) {
    query(sql, std::span(params.begin(), params.size()), each);
  }
  /// The first row, if any.
  std::optional<Row> one(std::string_view sql, std::initializer_list<Value> params = {});
};

class StoreError : public std::exception {
 public:
  explicit StoreError(Error error) : error_(std::move(error)) {}
  char const* what() const noexcept override { return error_.what.c_str(); }
  Error const& error() const { return error_; }

 private:
  Error error_;
};

using Unit = std::function<void(Sql&)>;
using Committed = std::function<void(Result<void>)>;

struct WriterHealth {
  Uptime last_commit{};
  std::uint64_t commits = 0, units = 0, failures = 0;
  std::optional<std::string> trouble{};  ///< a sentence while the last batch failed
  bool damaged = false;  ///< the store is damaged: nothing is written until it was restored
};

class Database {
 public:
  virtual ~Database() = default;

  /// Queues a unit; `then` runs on the loop after the commit that holds it, or with the error.
  virtual void write(Unit unit, Committed then) = 0;
  /// A source is asked, on the loop, when the next batch is put together: it appends its units
  /// then. For hot paths that gather rows while the previous batch commits. Asked once per
  /// wake_source().
  using Source = std::function<void(std::vector<std::pair<Unit, Committed>>& batch)>;
  virtual std::size_t add_source(Source source) = 0;
  virtual void wake_source(std::size_t source) = 0;
  /// Runs `work` on the read-only connection's thread; `then` on the loop.
  virtual void read(Unit work, Committed then) = 0;
  virtual WriterHealth const& health() const = 0;
  /// Where it is, for people: without user and password.
  virtual std::string address() const = 0;
  /// The daemon ends soon: from now on a write after one that failed waits a tenth of the time.
  /// What is still to be stored is stored step by step, and all steps together have seconds.
  virtual void hurry() {}
  /// Commits and answers what waits, cancels reads; later writes are refused. Blocks for the last
  /// commits. Call it while those who wait for answers are alive.
  virtual void close() = 0;

  /// Awaitable forms.
  Task<Result<void>> write(Unit unit);
  template <class T>
  Task<Result<T>> read(std::function<T(Sql&)> work);

 protected:
  virtual Executor executor() const = 0;
  Task<Result<void>> await(std::function<void(Committed)> start);
};

template <class T>
Task<Result<T>> Database::read(std::function<T(Sql&)> work) {
  auto value = std::make_shared<std::optional<T>>();
  auto done = co_await await([this, value, work = std::move(work)](Committed then) {
    read([value, work](Sql& sql) { value->emplace(work(sql)); }, std::move(then));
  });
  if (!done) co_return std::unexpected(std::move(done.error()));
  co_return std::move(**value);
}

/// One numbered step of a store's schema. Numbers are global and never reused.
struct Migration {
  int number;
  std::string_view name;
  std::string_view sql;  ///< several statements separated by ';'
};

}  // namespace wardroom::store
