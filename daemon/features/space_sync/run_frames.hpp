/// Tells one watcher of a run: lines of JSON on a stream, at most ten times a second, and bounded
/// however slowly they are read. On the loop only.
#pragma once
#include "features/space_sync/progress.hpp"
#include "http/server_request.hpp"
#include "runtime/clock.hpp"

#include <memory>
#include <optional>
#include <string>

namespace wardroom::space_sync {

class RunFrames : public std::enable_shared_from_this<RunFrames> {
 public:
  static constexpr auto pause = Milliseconds(100);
  static constexpr std::size_t most_backlog = 1u << 20;  ///< then steps wait here
  static constexpr std::size_t most_waiting = 4u << 20;  ///< octets; what is more is only counted

  RunFrames(std::shared_ptr<http::ResponseStream> stream, Clock& clock)
      : stream_(std::move(stream)), clock_(clock) {}

  /// What a run reports to; keeps this alive.
  RunEvents events();
  /// The first line: {"run", "job"}. What came before waits for it.
  void began(RunId run, std::string const& job);
  /// All that waits, at once: before the last line.
  void finish();

 private:
  void soon();
  void flush(bool all);

  std::shared_ptr<http::ResponseStream> stream_;
  Clock& clock_;
  TimerHandle timer_;
  bool told_ = false;
  std::optional<Progress> progress_;
  std::string steps_;  ///< lines
  std::size_t missed_ = 0;
};

}  // namespace wardroom::space_sync
