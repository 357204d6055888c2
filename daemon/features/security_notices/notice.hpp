/// When a conference's level rises and when it may fall. Pure.
///
///   evidence rises, or doubt arises     wanted rises at once
///   evidence below what is wanted       falls only when a complete API reading, begun after the
///                                       last record of the conference, says so, and no record came
///                                       for `calm`; a timer alone never lowers
/// Source: decisions.md "CDR", reliability.md 3.
#pragma once
#include "base/units.hpp"
#include "features/security_notices/conference_ledger.hpp"

#include <optional>

namespace wardroom::security_notices {

class Notice {
 public:
  static constexpr auto calm = std::chrono::seconds(2);

  /// True when `wanted` changed (it can only rise here).
  bool hear(Evidence const& evidence, Uptime now);
  /// When a reading is worth beginning: who is known to be in it asks for less than what is wanted,
  /// and calm is due. It may end doubt as well.
  std::optional<Uptime> read_at() const;
  /// A complete reading of all its calls was begun at `begun` and is in the evidence now. True when
  /// `wanted` fell.
  bool prove(Tick begun, Evidence const& evidence, Uptime now);
  /// A call of `other`'s conference turned out to be of this one: nothing is lowered by that.
  void join(Notice const& other, Uptime now);

  SecurityLevel wanted() const { return wanted_; }
  /// What the last evidence says, doubt included.
  SecurityLevel evident() const { return evident_; }
  /// The same without doubt: by who is known to be in it.
  SecurityLevel known() const { return known_; }
  std::optional<Uptime> since() const { return since_; }  ///< of `wanted`

 private:
  SecurityLevel wanted_ = SecurityLevel::none;
  SecurityLevel evident_ = SecurityLevel::none, known_ = SecurityLevel::none;
  Tick heard_ = 0;
  Uptime heard_at_{};
  std::optional<Uptime> since_;
};

/// Doubt counts as external.
SecurityLevel level_of(Evidence const& evidence);

}  // namespace wardroom::security_notices
