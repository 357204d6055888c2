/// Reload: read everything, check everything, then swap the policy in one handler or change
/// nothing.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace wardroom {

/// A key whose value differs; safe to show, though it may name people.
struct ChangedKey {
  std::string key;
  std::optional<std::string> before, after;  ///< absent = the key was not there
  bool restart = false;                      ///< a reload cannot take it
  bool personal = false;                     ///< names people: not for the journal or the audit
};

struct ReloadReport {
  bool ok = false;
  std::vector<std::string> complaints;     ///< with file:line:column; empty when ok
  std::vector<std::string> mistakes;       ///< the same without what people wrote
  std::vector<std::string> changed;        ///< policy keys that are now different
  std::vector<std::string> needs_restart;  ///< keys that differ but cannot change while running
  std::vector<ChangedKey> keys;            ///< both, in the order of the file
};

}  // namespace wardroom
