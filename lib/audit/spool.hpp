/// Holds records while the store takes none: what protects people goes on, what can wait is
/// refused. In memory only; each entry is written once, marked with when it truly happened.
#pragma once
#include "audit/record.hpp"
#include "runtime/random.hpp"

#include <deque>
#include <span>
#include <string_view>
#include <vector>

namespace wardroom::audit {

/// What may go on unwritten for a while, by action; everything else is refused.
/// Source: reliability.md, "audit not writable".
struct Allowance {
  std::string_view action;
  std::string_view why;
};
std::span<Allowance const> may_go_on();
bool may_go_on(std::string_view action);

/// On the loop only.
class AuditSpool {
 public:
  static constexpr std::size_t capacity = 10'000;

  explicit AuditSpool(Random& random, std::size_t most = capacity) : random_(random), most_(most) {}

  /// Errors: denied when the action has to wait for the store; unavailable when the spool is full:
  /// the act may go on (people are protected first), and the record counts as lost.
  Result<void> keep(Record record, Instant happened);
  /// What happened already, whatever it was. Error: unavailable, as above.
  Result<void> keep_happened(Record record, Instant happened);

  std::size_t size() const { return waiting_.size(); }
  bool empty() const { return waiting_.empty() && lost_ == 0; }
  std::uint64_t lost() const { return lost_; }  ///< since the last time that was written

  /// The oldest ones, at most `count`; they stay until `written` says that they are in the chain.
  std::vector<Record> oldest(std::size_t count) const;
  void written(std::size_t count);
  /// A record that says how many were lost; once it is in the chain call forget_lost.
  Record lost_record() const;
  void forget_lost(std::uint64_t told) { lost_ -= told; }

 private:
  Random& random_;
  std::size_t most_;
  std::deque<Record> waiting_;
  std::uint64_t lost_ = 0;
};

}  // namespace wardroom::audit
