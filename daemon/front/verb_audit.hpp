/// What the audit hears of the control socket: that something was asked, how it ended, and who was
/// refused.
///
///   "monitor stop asked"   before the handler runs; without it the handler does not run
///   "monitor stop"         done; or "monitor stop failed"; the same correlation
#pragma once
#include "front/local_rights.hpp"
#include "front/trail.hpp"

#include <memory>
#include <string>

namespace wardroom::front {

/// A changing verb under way.
struct AskedVerb {
  audit::Actor actor{};
  std::string words, correlation;
  std::shared_ptr<control::Change> change{};
};

/// Why it did not come about.
struct FailedVerb {
  std::string code, sentence;
};

class VerbAudit {
 public:
  VerbAudit(Trail& trail, Random& random) : trail_(trail), random_(random) {}

  /// Error: unavailable; then the verb must not run.
  Task<Result<AskedVerb>> asked(control::VerbCall const& call, http::PeerCredentials peer,
                                LocalRights rights);
  /// Resolves when it is written, or kept to be written.
  Task<void> ended(AskedVerb asked, std::optional<FailedVerb> why);
  /// The same without waiting, for a task that is being ended.
  void broke_off(AskedVerb asked, std::optional<FailedVerb> why);
  /// `stream` so that its end is written down with what its last lines said.
  std::shared_ptr<http::ResponseStream> watch(std::shared_ptr<http::ResponseStream> stream,
                                              AskedVerb asked);
  /// For want of a right. Bounded: the rest is counted.
  void refused(control::VerbRow const& row, http::PeerCredentials const& peer,
               LocalRights const& rights);

 private:
  Trail& trail_;
  Random& random_;
};

/// The record of how it ended. `why` = it failed.
audit::Record outcome_record(AskedVerb const& asked, std::optional<FailedVerb> const& why);

}  // namespace wardroom::front
