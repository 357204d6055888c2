/// One line on a terminal that says how far a long job is, how fast, and how long it takes yet.
/// Pure: lines and moments in, text out.
#pragma once
#include "json_view.hpp"

#include <chrono>
#include <string>

namespace wardroom::ctl {

class ProgressLine {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  /// The text to print for a line of the stream: {"phase", "table", "rows", "total"}.
  std::string take(Json const& line, Look const& look, Moment now);
  /// The same for octets that arrive.
  std::string take_octets(std::int64_t octets, Look const& look, Moment now);
  /// The same for a stage of so many steps, with a bar: {"stage", "done", "total", "failed",
  /// "waiting_for"}.
  std::string take_stage(Json const& progress, bool blocks, Look const& look, Moment now);
  /// Ends the line, before anything else is printed.
  std::string leave();

 private:
  std::string draw(std::string const& words, Look const& look);
  double rate(std::int64_t count, Moment now);

  std::string phase_;
  Moment begun_{}, drawn_{};
  std::int64_t first_ = 0;
  bool shown_ = false;
};

/// "12.4 MB"
std::string size_words(std::int64_t octets);

}  // namespace wardroom::ctl
