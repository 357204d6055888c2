/// What operators decided about single people, whatever their place: allow, block or exempt, with a
/// reason, for good or until it ends. Kept over restarts.
///
/// Owner of the entries, on the loop. Each end comes on the boot-time clock; over a restart the
/// wall clock counts, and one that went back never makes an entry last longer than it was meant to.
#pragma once
#include "features/call_blocking/verdict.hpp"
#include "store/journal.hpp"

#include <functional>
#include <map>
#include <vector>

namespace wardroom::call_blocking {

struct OverrideEntry {
  Override kind = Override::none;
  std::string reason;
  std::string by;  ///< login of who decided it
  Instant since{};
  std::optional<Instant> until{};  ///< nullopt = until somebody removes it
  bool operator==(OverrideEntry const&) const = default;
};
std::string_view name(Override kind);

class Overrides {
 public:
  static constexpr std::size_t longest_reason = 500;
  static constexpr auto longest_time = std::chrono::days(366);

  /// Told after each change, also an end: that person's calls want to be judged again.
  using Changed = std::function<void(PersonNo, Override)>;
  Overrides(store::Database& database, store::Journal& journal, Clock& clock, Changed changed)
      : database_(database), journal_(journal), clock_(clock), changed_(std::move(changed)) {}

  /// Once, before calls are judged.
  Task<Result<void>> load();

  /// In force after the commit; replaces what there was, which is given back. Errors: malformed (no
  /// reason, one that is too long, or an end that is not in the future), those of the store.
  Task<Result<std::optional<OverrideEntry>>> set(PersonNo person, OverrideEntry entry);
  /// Errors: not_found, those of the store.
  Task<Result<OverrideEntry>> remove(PersonNo person);

  OverrideEntry const* find(PersonNo person) const;
  std::size_t size() const { return entries_.size(); }
  /// By person.
  std::vector<std::pair<PersonNo, OverrideEntry>> list() const;

 private:
  struct Kept {
    OverrideEntry entry;
    Uptime ends = Uptime::max();
  };
  void keep(PersonNo person, OverrideEntry entry);
  void arm();
  void end_what_is_over();

  store::Database& database_;
  store::Journal& journal_;
  Clock& clock_;
  Changed changed_;
  std::map<PersonNo, Kept> entries_;
  TimerHandle timer_;
};

}  // namespace wardroom::call_blocking
