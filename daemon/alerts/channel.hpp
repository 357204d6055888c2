/// One way to reach people: whom it tells, and how a message gets there.
#pragma once
#include "alerts/alert_text.hpp"
#include "base/result.hpp"
#include "runtime/task.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace wardroom::alerts {

class Channel {
 public:
  virtual ~Channel() = default;
  virtual std::string_view name() const = 0;  ///< "webex", "mail"
  virtual std::vector<std::string> targets() const = 0;
  /// One attempt. A value says what the other side said. `conflict` = it may have arrived: not to
  /// be repeated by itself.
  virtual Task<Result<std::string>> send(std::string to, Bulletin bulletin) = 0;
};

}  // namespace wardroom::alerts
