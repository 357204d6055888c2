/// Aligned columns that fit the terminal: what may be cut is cut, widest first, and
/// then what matters least is left out.
#pragma once
#include "terminal.hpp"

#include <string>
#include <vector>

namespace wardroom::ctl {

struct Cell {
  std::string text;
  Tone tone = Tone::plain;
  Cell(std::string t = "", Tone tone_ = Tone::plain) : text(std::move(t)), tone(tone_) {}
};

struct Column {
  std::string title;
  bool right = false;     ///< figures
  std::size_t least = 0;  ///< may be cut down to so many columns; 0 = never cut
  int leaves = 0;         ///< 1 is left out first when cutting is not enough; 0 = always stays
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  /// Columns that are empty in every row are left out.
  std::string text(Look const& look, std::size_t indent = 0) const;

 private:
  std::vector<std::size_t> natural_widths() const;
  std::vector<std::size_t> widths(std::size_t limit) const;
  bool shrink(std::vector<std::size_t>& widths, std::size_t limit) const;
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace wardroom::ctl
