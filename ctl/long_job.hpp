/// A verb whose answer is a stream of progress lines that ends with {"done": …} or an error.
#pragma once
#include "command_line.hpp"
#include "progress_line.hpp"
#include "run.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace wardroom::ctl {

class LongJob {
 public:
  using Take = std::function<bool(Json const& line)>;  ///< a line of another kind; false = enough
  /// What to do about it, when the job has no end.
  struct Words {
    std::string_view given_up;    ///< after Ctrl-C
    std::string_view broken_off;  ///< the daemon ended first
  };

  LongJob(Command const& command, Surroundings const& around, Words words)
      : command_(command), around_(around), words_(words), live_(around.terminal && !around.dumb) {}

  /// The exit code so far; what the job said when it was done is in done().
  int run(Take const& other = {});
  Json const& done() const { return done_; }
  Look look() const;
  void octets(std::int64_t count);

 private:
  bool take(std::string_view text, Take const& other);
  void show(std::string const& text);
  void leave() { show(line_.leave()); }

  Command const& command_;
  Surroundings const& around_;
  Words words_;
  bool live_;
  ProgressLine line_;
  Json done_;
  std::optional<int> code_;
};

}  // namespace wardroom::ctl
