/// operator new that fails when told to, for the program it is linked into.
#pragma once
#include <cstdint>

namespace wardroom::test {

/// While it lives, allocation number `nth` of this thread (counted from 1) fails, and with
/// `lasting` all after it.
class FailingNew {
 public:
  FailingNew(std::uint64_t nth, bool lasting);
  ~FailingNew();
  FailingNew(FailingNew const&) = delete;
  FailingNew& operator=(FailingNew const&) = delete;
  /// Whether one has failed.
  bool reached() const;
  /// From now on all succeed.
  void stop();
};

}  // namespace wardroom::test
