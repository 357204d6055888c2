/// Recorded calls as replays read them: by the time they began, in pages.
#pragma once
#include "store/database.hpp"

#include <string>
#include <vector>

namespace wardroom::call_blocking {

struct PastCallsPage {
  std::vector<std::string> documents;
  // Where the next page goes on after.
  std::int64_t at_ms = 0;
  std::string target, call;
  bool end = false;
};

/// Calls that began in [since, until].
class PastCallsStore {
 public:
  PastCallsStore(store::Database& database, Instant since, Instant until)
      : database_(database), since_(since), until_(until) {}
  Task<Result<std::int64_t>> count();
  /// The first page goes on after a default one.
  Task<Result<PastCallsPage>> after(PastCallsPage before);

 private:
  store::Database& database_;
  Instant since_, until_;
};

}  // namespace wardroom::call_blocking
