#include "table.hpp"

#include <algorithm>

namespace wardroom::ctl {
namespace {
constexpr std::size_t gap = 2;
}

std::vector<std::size_t> Table::natural_widths() const {
  std::vector<std::size_t> out(columns_.size(), 0);
  for (auto const& row : rows_)
    for (std::size_t i = 0; i < row.size() && i < out.size(); ++i)
      out[i] = std::max(out[i], ctl::columns(row[i].text));
  for (std::size_t i = 0; i < out.size(); ++i)
    if (out[i] > 0) out[i] = std::max(out[i], ctl::columns(columns_[i].title));
  return out;
}

/// Takes columns off the widest that may give, one at a time; false when that is not enough.
bool Table::shrink(std::vector<std::size_t>& widths, std::size_t limit) const {
  for (;;) {
    std::size_t total = 0, widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i) {
      total += widths[i] ? widths[i] + gap : 0;
      bool const gives = columns_[i].least && widths[i] > columns_[i].least;
      if (gives && (widest == widths.size() || widths[i] > widths[widest])) widest = i;
    }
    if (total <= limit + gap) return true;
    if (widest == widths.size()) return false;
    --widths[widest];
  }
}

std::vector<std::size_t> Table::widths(std::size_t limit) const {
  auto natural = natural_widths();
  for (int leaving = 1;; ++leaving) {
    auto out = natural;
    if (limit == 0 || shrink(out, limit)) return out;
    auto const next = std::ranges::find(columns_, leaving, &Column::leaves);
    if (next == columns_.end()) return out;
    natural[static_cast<std::size_t>(next - columns_.begin())] = 0;
  }
}

std::string Table::text(Look const& look, std::size_t indent) const {
  auto const widths_ = widths(look.width > indent ? look.width - indent : 0);
  std::string out;
  auto line = [&](auto const& cell_of, auto const& tone_of) {
    std::string row(indent, ' ');
    std::string blank;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (widths_[i] == 0) continue;
      auto const cut = shorten(cell_of(i), widths_[i]);
      std::string const room(widths_[i] - ctl::columns(cut), ' ');
      row += blank + (columns_[i].right ? room : "") + paint(look, tone_of(i), cut);
      blank = (columns_[i].right ? "" : room) + std::string(gap, ' ');
    }
    row.erase(row.find_last_not_of(' ') + 1);
    out += row + "\n";
  };
  line([&](std::size_t i) { return std::string_view(columns_[i].title); },
       [](std::size_t) { return Tone::faint; });
  for (auto const& row : rows_)
    line(
        [&](std::size_t i) {
          return i < row.size() ? std::string_view(row[i].text) : std::string_view{};
        },
        [&](std::size_t i) { return i < row.size() ? row[i].tone : Tone::plain; });
  return out;
}

}  // namespace wardroom::ctl
