/// Asks a person, one question at a time: why, the usual answer in brackets, what is wrong with the
/// words at once, ? for more.
#pragma once
#include "run.hpp"
#include "setup_questions.hpp"
#include "terminal.hpp"

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::ctl {

/// What a site is to become: its configuration, and secrets with the files they go to.
struct Site {
  Draft draft;
  std::map<std::string, Secret> secrets{};
  std::map<std::string, std::string>
      lists{};  ///< files that the daemon reads and that are no secret
};

/// Puts an answer into the site, checked by itself and as the daemon would read it.
/// Error: what is wrong with it.
Result<void> settle(Site& site, Places const& places, Question const& question, std::string words);

/// The file of a secret's question; empty for others.
std::string secret_file_of(Question const& question, Draft const& draft, Places const& places);

enum class TalkEnd {
  done,
  interrupted,  ///< Ctrl-C
  ended,        ///< standard input is over
};

class Talk {
 public:
  Talk(Surroundings const& around, Look look) : around_(around), look_(look) {}
  /// `because` = what is wrong with the present value, "" when there is none.
  TalkEnd ask(Site& site, Places const& places, Question const& question,
              std::string const& because);
  /// nullopt as in TalkEnd::interrupted and ended.
  std::optional<bool> yes_or_no(std::string const& question, bool usual);

 private:
  TalkEnd over() const { return around_.stopped() ? TalkEnd::interrupted : TalkEnd::ended; }
  void say(std::string const& text, std::size_t indent = 2);
  std::optional<std::string> words_or_usual(std::string line,
                                            std::optional<std::string> const& usual,
                                            Question const& question);

  Surroundings const& around_;
  Look look_;
};

}  // namespace wardroom::ctl
