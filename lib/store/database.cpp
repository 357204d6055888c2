#include "store/database.hpp"

#include <boost/asio/async_result.hpp>

#include <stdexcept>

namespace wardroom::store {
namespace asio = boost::asio;

namespace {
template <class T>
T const& at(std::vector<Value> const& values, std::size_t column, char const* wanted) {
  if (column >= values.size())
    throw std::logic_error("a row has no column " + std::to_string(column));
  if (auto const* value = std::get_if<T>(&values[column])) return *value;
  throw std::logic_error("column " + std::to_string(column) + " of a row is not " + wanted);
}
}  // namespace

bool Row::is_null(std::size_t column) const {
  return column >= values_.size() || std::holds_alternative<std::monostate>(values_[column]);
}

std::int64_t Row::integer(std::size_t column) const {
  return at<std::int64_t>(values_, column, "an integer");
}

double Row::real(std::size_t column) const {
  if (column < values_.size())
    if (auto const* whole = std::get_if<std::int64_t>(&values_[column])) return double(*whole);
  return at<double>(values_, column, "a number");
}

std::string const& Row::text(std::size_t column) const {
  return at<std::string>(values_, column, "text");
}

std::string const& Row::blob(std::size_t column) const {
  return at<Blob>(values_, column, "a blob").bytes;
}

std::optional<Row> Sql::one(std::string_view sql, std::initializer_list<Value> params) {
  std::optional<Row> first;
  query(sql, params, [&](Row const& row) {
    if (!first) first = row;
  });
  return first;
}

Task<Result<void>> Database::await(std::function<void(Committed)> start) {
  auto begin = [start = std::move(start)](auto handler) {
    // std::function wants copies; the handler can only move.
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    start([shared](Result<void> outcome) { (*shared)(std::move(outcome)); });
  };
  co_return co_await asio::async_initiate<asio::use_awaitable_t<Executor> const,
                                          void(Result<void>)>(std::move(begin), use_task);
}

Task<Result<void>> Database::write(Unit unit) {
  return await([this, unit = std::move(unit)](Committed then) { write(unit, std::move(then)); });
}

}  // namespace wardroom::store
