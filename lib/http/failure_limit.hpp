/// How many requests of one address may fail: a page whose session has ended asks once or twice,
/// whoever tries sessions or sends rubbish asks without end.
///
/// Counted are only requests that were refused: thousands of people behind one address post as
/// they like, and one of them who does not cannot shut the others out.
#pragma once
#include "base/rate_table.hpp"

#include <optional>
#include <string_view>

namespace wardroom::http {

class FailureLimit {
 public:
  /// 20 a second on average, 60 at once.
  static constexpr RateTable::Limit limit{Milliseconds(50), 60};

  FailureLimit();
  explicit FailureLimit(std::uint64_t salt) : table_(limit, salt) {}

  /// One request of this address failed. True = it has too many of them: answer `too_many` instead
  /// of what the failure would have been answered. Never for what is no address (a Unix socket).
  /// No allocation.
  bool exceeded(std::string_view remote, Uptime now);

  /// A complete answer 429.
  static std::string_view too_many();

  /// An IPv4 address whole, an IPv6 one as its /64; nothing for what is no address.
  static std::optional<std::uint64_t> key_of(std::string_view address);
  std::size_t memory() const { return table_.memory(); }

 private:
  RateTable table_;
};

/// Whether a refusal with this status counts: no session, a body that is none of ours.
constexpr bool is_failure(int status) {
  return status == 400 || status == 401 || status == 403 || status == 413 || status == 415 ||
         status == 422;
}

}  // namespace wardroom::http
