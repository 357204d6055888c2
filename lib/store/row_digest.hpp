/// A checksum over rows that is the same whichever engine they were read from.
#pragma once
#include "store/table_list.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace wardroom::store {

/// BLAKE2b-128 over the rows in the order they are added.
class RowDigest {
 public:
  RowDigest();
  ~RowDigest();
  RowDigest(RowDigest&&) noexcept;
  RowDigest& operator=(RowDigest&&) noexcept;

  void add(Table const& table, std::vector<Value> const& row);
  void add(std::string_view bytes);
  std::string hex() const;  ///< of what was added so far

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::string scratch_;
};

/// One row as bytes: a letter for the type of each value, its length, itself.
void append_row(std::string& out, Table const& table, std::vector<Value> const& row);

}  // namespace wardroom::store
