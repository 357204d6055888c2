/// The section `call_blocking.caller_notice` of wardroom.yaml, checked: whether a blocked person is
/// told by a message, and who sends it.
#pragma once
#include "config/yaml_section.hpp"

#include <string>
#include <vector>

namespace wardroom::call_blocking {

struct CallerNoticeSettings {
  bool enabled = true;
  std::string identity = "admin";  ///< whose login sends
  std::string bot_token_file;      ///< a bot that sends instead; empty = the identity
  std::string text;                ///< the operator's own line, such as the help desk's number
  /// Calls allowed for so long end an episode: the next call that is ended is told again.
  Milliseconds again_after{300'000};
  bool operator==(CallerNoticeSettings const&) const = default;

  /// Scopes the identity must have been granted for this.
  std::vector<std::string> needed_scopes() const;
  /// Complaints go to the section; what comes back is only for use when there were none.
  static CallerNoticeSettings parse(config::Section section);
};

}  // namespace wardroom::call_blocking
