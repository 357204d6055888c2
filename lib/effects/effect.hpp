/// An act on the outside, described: so that observing, retrying and auditing live in one place.
#pragma once
#include "base/result.hpp"
#include "runtime/task.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace wardroom {

enum class EffectKind {
  once,         ///< a second effect of the same key while one is pending or done is ignored
  latest_wins,  ///< a newer effect of the same key replaces one not yet begun
  idempotent,   ///< may be repeated freely
};

struct Effect {
  std::string feature;  ///< whose observe mode counts
  std::string key;      ///< "release <target> <callId>"
  EffectKind kind = EffectKind::once;
  bool observe = false;  ///< decided and recorded only, whatever the feature's mode
  bool takes_back =
      false;          ///< undoes what was done before observing began: carried out all the same
  Uptime deadline{};  ///< no attempt starts after it
  /// Waits before each attempt; the first is usually 0. Its length is the number of attempts.
  std::vector<Milliseconds> attempts{};
  /// One attempt. A value is done; a transient error is tried again, another is final.
  std::function<Task<Result<std::string>>()> act;
};

enum class EffectEnd { done, observed, failed, superseded, duplicate, expired };

struct EffectOutcome {
  EffectEnd end = EffectEnd::failed;
  std::string detail{};              ///< what act returned, or the error's sentence
  std::optional<ErrorKind> error{};  ///< of the last attempt, when it failed
  int attempts = 0;
  BootClock::duration took{};
};

}  // namespace wardroom
