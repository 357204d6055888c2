/// A recorded verdict worked out again from what was recorded under it: the proof that `why` tells
/// the whole story. Pure.
#pragma once
#include "features/call_blocking/call_record.hpp"

#include <string>
#include <vector>

namespace wardroom::call_blocking {

struct Reevaluation {
  Verdict verdict;
  Standing standing = Standing::no_fix;
  /// Worked out from the recorded reading of the fix; else (no fix, no fence, or a record of an
  /// older version) the standing is taken as it was recorded.
  bool from_measured = false;
  struct Difference {
    std::string what, recorded, again;
    bool operator==(Difference const&) const = default;
  };
  std::vector<Difference> differences;  ///< of standing, verdict, reason, applied
  bool same() const { return differences.empty(); }
};

/// Of the `why` in a call's document. Errors: not_found when the call was not judged, malformed
/// when what is recorded cannot be read.
Result<Reevaluation> reevaluate(nlohmann::ordered_json const& why);
Reevaluation reevaluate(Judgement const& recorded);

/// {same, verdict, reason, applied, standing, from, sentence, differs[]?}, or {sentence, error}.
nlohmann::ordered_json reevaluated_json(Result<Reevaluation> const& done);

}  // namespace wardroom::call_blocking
