/// A control socket that answers as told, on a thread of its own since the tool blocks.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace wardroom::test {

class FakeDaemon {
 public:
  /// Gets the request as it came and gives the bytes of the answer; empty = never answers.
  using Script = std::function<std::string(std::string const& request)>;
  /// `After` says what becomes of the connection when the answer is sent.
  enum class After { close, hold };
  explicit FakeDaemon(Script script, After after = After::close);
  ~FakeDaemon();

  std::string const& socket() const { return path_; }
  /// Safe after the tool has returned.
  std::vector<std::string> requests() const;

 private:
  struct State;
  std::string path_;
  std::unique_ptr<State> state_;
};

/// An answer with this status and JSON body.
std::string answer(int status, std::string const& json);
/// A streaming answer that has ended (or goes on), with these lines.
std::string chunked(std::string const& lines, bool ended = true);
/// A file of tests/ctl/answers.
std::string recorded(std::string const& name);
/// A new directory that is removed at the end of the program.
std::string scratch_directory();

}  // namespace wardroom::test
