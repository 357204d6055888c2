/// What every key of the configuration is for, read out of the comments of etc/wardroom.yaml, which
/// is compiled in: the one place where keys are described.
#pragma once
#include "config/record.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace wardroom {

/// etc/wardroom.yaml as it was when this was built.
std::string_view example_configuration();

/// A key or a section as the manual knows it.
struct Topic {
  config::Entry entry{};  ///< its kind, choices and default; `value` is what the example says
  std::string text{};     ///< what it is for; of a section what it is about; may be empty there
  std::string example{};  ///< one value that makes sense; empty for sections

  bool is_section() const {
    return entry.kind == config::Kind::section || entry.kind == config::Kind::entries;
  }
};

class Manual {
 public:
  /// Of an example with comments. In it, a key may stand behind "# " when it is not meant to be
  /// set; a comment is what follows a key, and goes on in lines below that hold a comment only and
  /// begin in the same column or further right; "e.g. X" in it gives the example's value.
  static Manual of(std::string_view example);

  std::vector<Topic> const& topics() const { return topics_; }
  /// By key as people write it, "identities.guests.client_id", or by pattern; null when there is
  /// none.
  Topic const* find(std::string_view key) const;
  /// All keys below a section; all of them for an empty one.
  std::vector<Topic const*> below(std::string_view section) const;
  /// The nearest key to one that does not exist.
  std::optional<std::string> near(std::string_view key) const;

 private:
  std::vector<Topic> topics_;
};

/// The example with everything that stands behind "# " brought to life; lines stay where they are.
std::string uncommented(std::string_view example);

}  // namespace wardroom
