/// Goes over the chain in slices and names the first record that is not as it was written.
#pragma once
#include "audit/chain_rows.hpp"
#include "audit/head.hpp"

#include <optional>
#include <string>
#include <vector>

namespace wardroom::audit {

enum class Fault {
  altered,       ///< the record, or a text of it
  missing,       ///< a number is left out
  inserted,      ///< not written by Wardroom
  reordered,     ///< genuine, but it belongs elsewhere
  truncated,     ///< cut off at the end
  replaced,      ///< genuine, but not what was there when a head was signed: an older copy
  head_altered,  ///< the store's own note of where the chain ends
};
std::string_view name(Fault fault);

struct Finding {
  Fault fault = Fault::altered;
  std::int64_t seq = 0;  ///< the first bad record
  std::string what;      ///< a sentence
};

struct Verification {
  std::int64_t from = 1, last = 0;
  std::int64_t records = 0;  ///< looked at
  std::int64_t bad = 0;      ///< of them; what follows a gap is good again
  std::int64_t texts = 0, erased = 0;
  std::int64_t heads = 0;          ///< signed heads that the chain agrees with
  std::int64_t foreign_heads = 0;  ///< given, but not signed with this chain's key: not used
  std::optional<Finding> first{};
  bool ok() const { return !first && bad == 0; }
  std::string sentence() const;
};

class Verifier {
 public:
  static constexpr std::int64_t slice = 1'000;

  /// `heads`: published ones, in any order. `from` > 1 trusts the hash of the record before.
  Verifier(AuditKey const& key, std::vector<Head> heads, std::int64_t from = 1);

  /// On the reader's thread, until it gives true. Throws StoreError: denied when the chain was
  /// written with another audit key.
  bool step(store::Sql& sql);
  Verification const& result() const { return out_; }

 private:
  void begin(store::Sql& sql);
  void finish(store::Sql& sql);
  void look_at(store::Sql& sql, RowRead const& row, Texts& texts);
  void look_at_texts(StoredRecord const& record, Texts& texts);
  bool text_fits(StoredRecord const& record, std::string const& field, std::string const& digest,
                 Texts& texts);
  void compare_heads(std::int64_t seq, std::string const& hash);
  Finding explain(store::Sql& sql, StoredRecord const& record, bool genuine);
  std::optional<std::int64_t> true_number(store::Sql& sql, StoredRecord const& record) const;
  std::optional<std::int64_t> stands_at(store::Sql& sql, std::int64_t not_at);
  void refuse_foreign_key(store::Sql& sql);
  void note(Finding finding);
  bool is_first(std::int64_t seq) const { return !out_.first || seq < out_.first->seq; }

  AuditKey const& key_;
  std::vector<Head> heads_;  ///< by number
  std::size_t next_head_ = 0;
  std::int64_t agreed_;  ///< the last number a head vouches for
  bool begun_ = false;
  std::int64_t after_;  ///< the last number looked at
  std::int64_t expected_;
  std::int64_t genuine_ = 0;
  std::string previous_ = std::string(32, '\0');
  Verification out_;
};

}  // namespace wardroom::audit
