/// What is needed from a messaging service: a message to one person.
#pragma once
#include "base/result.hpp"
#include "runtime/task.hpp"

#include <string>

namespace wardroom {

struct Message {
  std::string text;
  std::string markdown;  ///< the same for services that show it; empty = `text` alone
};

class Messenger {
 public:
  virtual ~Messenger() = default;
  /// One attempt. `who` = the service's id of a person, or a mail address. A value says what the
  /// service said. Errors: conflict when it may have arrived although no answer came, so do not
  /// repeat it; unauthorized, denied, not_found, malformed: final; throttled with `retry_after`;
  /// unavailable.
  virtual Task<Result<std::string>> to_person(std::string who, Message message) = 0;
};

}  // namespace wardroom
