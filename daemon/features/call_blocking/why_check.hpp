/// The doctor's look at recorded verdicts: worked out again, each must come out the same.
#pragma once
#include "process/doctor.hpp"

namespace wardroom::call_blocking {

class CallBlocking;

struct WhyCount {
  std::size_t same = 0, unreadable = 0;
  std::size_t other = 0;
  std::string first_other{};  ///< the newest such call, and how it differs
};
Findings judge_why(WhyCount const& count);

void add_why_check(Doctor& doctor, CallBlocking& feature);

}  // namespace wardroom::call_blocking
