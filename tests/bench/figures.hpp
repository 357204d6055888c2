/// The figures a benchmark found: printed as a table, written as build/bench/<id>.json.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::bench {

struct Figure {
  std::string id, what;
  double value = 0;
  std::string unit;
  std::string reference{};        ///< what it is compared with, measured in the same run
  std::optional<double> ratio{};  ///< value / reference
  std::string goal{};
  std::optional<bool> met{};  ///< absent = for orientation only
};

class Figures {
 public:
  void add(Figure figure);
  std::vector<Figure> const& all() const { return all_; }
  void print() const;
  /// One file per id; throws when it cannot be written.
  void write(std::string const& folder) const;

 private:
  std::vector<Figure> all_;
};

/// Latencies in nanoseconds; keeps every sample (a run has at most a few million).
class Latencies {
 public:
  void add(std::int64_t ns) { samples_.push_back(ns); }
  std::size_t count() const { return samples_.size(); }
  /// Those added after the first `count`; asked before any percentile.
  Latencies after(std::size_t count) const {
    Latencies out;
    out.samples_.assign(samples_.begin() + static_cast<std::ptrdiff_t>(count), samples_.end());
    return out;
  }
  double percentile_ms(double p);
  double percentile_us(double p) { return percentile_ms(p) * 1000; }

 private:
  std::vector<std::int64_t> samples_;
  bool sorted_ = false;
};

std::int64_t now_ns();  ///< CLOCK_MONOTONIC

}  // namespace wardroom::bench
